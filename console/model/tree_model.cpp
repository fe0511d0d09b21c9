// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/tree_model.h"

#include <algorithm>

#include "console/model/event_words.h"

namespace zz::console {

struct TreeModel::Node {
    Node* parent = nullptr;
    int row = 0;
    QString name, detail, tip;
    ReplicaState state = ReplicaState::Unknown;
    Badges badges;
    Selection selection;
    bool root = false;  // "Hosts", "Applications"
    bool stale = false; // the state, or that of one below, is not of now
    std::vector<std::unique_ptr<Node>> children;

    Node& add(const QString& text, const Selection& what) {
        children.push_back(std::make_unique<Node>());
        Node& child = *children.back();
        child.parent = this;
        child.row = static_cast<int>(children.size()) - 1;
        child.name = text;
        child.selection = what;
        return child;
    }
};

namespace {

// How bad a state is, for the worst of a group.
int rank(ReplicaState state) {
    switch (state) {
    case ReplicaState::Convicted:
        return 9;
    case ReplicaState::Unresponsive:
        return 8;
    case ReplicaState::Stopped:
        return 7;
    case ReplicaState::Unknown:
        return 6;
    case ReplicaState::Waking:
    case ReplicaState::Recovering:
    case ReplicaState::Reimaging:
        return 5;
    case ReplicaState::Active:
        return 1;
    default:
        return 0;
    }
}

Selection of(const ReplicaNow& replica, int application) {
    Selection out;
    out.application = application;
    out.host = replica.host;
    out.part = replica.role == Role::Agreement ? Part::Agreement : Part::Execution;
    out.index = replica.index;
    return out;
}

QString contact_words(const HostNow& host) {
    switch (host.contact) {
    case Contact::Live:
        return TreeModel::tr("heard");
    case Contact::Stale:
        return TreeModel::tr("stale, %1").arg(age_text(host.age_ns));
    case Contact::Lost:
        return TreeModel::tr("lost, %1").arg(age_text(host.age_ns));
    case Contact::Refused:
        return TreeModel::tr("refused");
    case Contact::Never:
        break;
    }
    return TreeModel::tr("not heard yet");
}

ReplicaState state_of(Contact contact) {
    return contact == Contact::Live    ? ReplicaState::Active
           : contact == Contact::Stale ? ReplicaState::Unresponsive
           : contact == Contact::Lost  ? ReplicaState::Stopped
                                       : ReplicaState::Unknown;
}

} // namespace

TreeModel::TreeModel(QObject* parent)
    : QAbstractItemModel(parent), root_(std::make_unique<Node>()) {}

TreeModel::~TreeModel() = default;

void TreeModel::setCluster(const ClusterNow& now) {
    beginResetModel();
    root_ = std::make_unique<Node>();
    if (!now.hosts.empty()) {
        Node& hosts = root_->add(tr("Hosts"), {});
        hosts.root = true;
        for (const auto& host : now.hosts) {
            Selection what;
            what.host = host.id;
            what.part = Part::Host;
            Node& node = hosts.add(host.name, what);
            for (const auto& app : now.applications)
                for (const auto* list : {&app.agreement, &app.execution})
                    for (const auto& replica : *list)
                        if (replica.host == host.id)
                            node.add(app.name + "." + replica.name(), of(replica, app.index));
        }
        Node& apps = root_->add(tr("Applications"), {});
        apps.root = true;
        for (const auto& app : now.applications) {
            Selection what;
            what.application = app.index;
            Node& node = apps.add(app.name, what);
            for (const auto* list : {&app.execution, &app.agreement})
                for (const auto& replica : *list)
                    node.add(replica.name(), of(replica, app.index));
        }
    }
    for (auto& child : root_->children)
        update(*child, now);
    endResetModel();
}

void TreeModel::refresh(const ClusterNow& now) {
    for (auto& top : root_->children) {
        update(*top, now);
        for (auto& middle : top->children) {
            const auto& list = middle->children;
            if (!list.empty())
                Q_EMIT dataChanged(index_of(list.front().get()),
                                   createIndex(list.back()->row, 1, list.back().get()));
        }
        if (!top->children.empty())
            Q_EMIT dataChanged(
                index_of(top->children.front().get()),
                createIndex(top->children.back()->row, 1, top->children.back().get()));
    }
}

void TreeModel::update(Node& node, const ClusterNow& now) {
    for (auto& child : node.children)
        update(*child, now);
    const Selection& what = node.selection;
    if (what.part == Part::Agreement || what.part == Part::Execution) {
        const auto& app = now.applications[static_cast<std::size_t>(what.application)];
        const auto* replica = app.replica(
            what.part == Part::Agreement ? Role::Agreement : Role::Execution, what.index);
        if (replica == nullptr)
            return;
        const bool below_host = node.parent->selection.part == Part::Host;
        node.name = below_host ? app.name + "." + replica->name() : replica->name();
        node.state = replica->state;
        node.stale = replica->stale;
        node.badges = replica->badges;
        node.detail = words(replica->state);
        if (replica->primary)
            node.detail += tr(", primary");
        node.tip = tr("%1 on %2: %3")
                       .arg(node.name, replica->host_name, words(replica->state, replica->badges));
        if (replica->stale && replica->state != ReplicaState::Unknown) {
            node.detail += tr(", stale");
            node.tip += tr(", stale");
        }
        return;
    }
    node.state = node.root ? ReplicaState::Active : ReplicaState::Unknown;
    node.badges = {};
    node.stale = false;
    for (const auto& child : node.children) {
        node.stale = node.stale || child->stale;
        if (&child == &node.children.front() || rank(child->state) > rank(node.state))
            node.state = child->state;
        node.badges |= child->badges;
    }
    if (is_asleep(node.state))
        node.state = ReplicaState::Active;
    if (what.part == Part::Host) {
        const auto* host = now.host(what.host);
        if (host != nullptr) {
            if (rank(state_of(host->contact)) > rank(node.state) || node.children.empty())
                node.state = state_of(host->contact);
            node.stale = host->contact != Contact::Live;
            node.detail = contact_words(*host);
        }
    } else if (what.application >= 0) {
        const auto& app = now.applications[static_cast<std::size_t>(what.application)];
        node.detail = app.execution_left
                          ? tr("%1 of %2 left").arg(*app.execution_left).arg(app.faults.f)
                          : tr("not known");
    }
    node.tip =
        what.application >= 0 && what.part == Part::None
            ? tr("%1: execution faults that it can still bear: %2").arg(node.name, node.detail)
            : node.name + ": " + node.detail;
}

TreeModel::Node* TreeModel::node(const QModelIndex& index) const {
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : root_.get();
}

QModelIndex TreeModel::index_of(const Node* node) const {
    return node == nullptr || node == root_.get()
               ? QModelIndex()
               : createIndex(node->row, 0, const_cast<Node*>(node));
}

QModelIndex TreeModel::index(int row, int column, const QModelIndex& parent) const {
    const Node* above = node(parent);
    if (row < 0 || column < 0 || column > 1 || row >= static_cast<int>(above->children.size()) ||
        parent.column() > 0)
        return {};
    return createIndex(row, column, above->children[static_cast<std::size_t>(row)].get());
}

QModelIndex TreeModel::parent(const QModelIndex& child) const {
    return child.isValid() ? index_of(node(child)->parent) : QModelIndex();
}

int TreeModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : static_cast<int>(node(parent)->children.size());
}

int TreeModel::columnCount(const QModelIndex&) const {
    return 2;
}

QVariant TreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Node& one = *node(index);
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == 0 ? one.name : one.detail;
    case Qt::ToolTipRole:
        return one.tip;
    case Qt::AccessibleTextRole:
        return index.column() == 0 ? one.name + ", " + one.detail : one.detail;
    case kStateRole:
        return one.root ? QVariant() : QVariant(static_cast<int>(one.state));
    case kStaleRole:
        return one.stale;
    case kBadgesRole:
        return one.badges.toInt();
    case kSelectionRole:
        return QVariant::fromValue(one.selection);
    default:
        return {};
    }
}

QModelIndex TreeModel::find(const Selection& selection) const {
    Selection wanted = selection;
    wanted.n = wanted.vote = wanted.incarnation = 0;
    // Applications first: that is where one thinks in replicas.
    for (auto top = root_->children.rbegin(); top != root_->children.rend(); ++top)
        for (const auto& middle : (*top)->children) {
            if (middle->selection == wanted)
                return index_of(middle.get());
            for (const auto& leaf : middle->children) {
                Selection of_leaf = leaf->selection;
                if (wanted.host == 0)
                    of_leaf.host = 0;
                if (of_leaf == wanted)
                    return index_of(leaf.get());
            }
        }
    return {};
}

} // namespace zz::console
