// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/events_model.h"

#include <algorithm>

namespace zz::console {

EventsModel::EventsModel(const Session& session, QObject* parent)
    : QAbstractTableModel(parent), session_(session) {}

void EventsModel::setLeast(Severity severity) {
    least_ = severity;
    reset();
}

QString EventsModel::text(const EventRecord& record, int column) const {
    const auto& event = record.event();
    switch (column) {
    case kSeverity:
        return words(severity_of(event));
    case kTime:
        return clock_text(event.wall_ns());
    case kHost: {
        const auto* host = session_.now().host(record.host());
        return host != nullptr ? host->name : QString();
    }
    case kApplication:
        return session_.cluster() != nullptr ? application_of(event, *session_.cluster())
                                             : QString();
    case kSource:
        return name_of(event.source().principal());
    default:
        return sentence(event);
    }
}

bool EventsModel::passes(const EventRecord& record) const {
    const auto& event = record.event();
    if (severity_of(event) < least_)
        return false;
    const Selection& chosen = session_.selection();
    const std::uint32_t app = event.source().application();
    if (chosen.application >= 0 && app != 0 &&
        app != static_cast<std::uint32_t>(chosen.application) + 1)
        return false;
    if (chosen.part == Part::Host && record.host() != chosen.host)
        return false;
    const QString& filter = session_.filter();
    if (filter.isEmpty())
        return true;
    if (kind_word(event).contains(filter, Qt::CaseInsensitive))
        return true;
    for (int column = 0; column < kColumns; ++column)
        if (text(record, column).contains(filter, Qt::CaseInsensitive))
            return true;
    return false;
}

void EventsModel::reset() {
    beginResetModel();
    rows_.clear();
    const auto& log = session_.history().log();
    count_ = session_.eventCount();
    newest_ = reordered_ = 0;
    seen_any_ = count_ > 0;
    for (std::size_t i = count_; i > 0 && rows_.size() < kRowsMax; --i)
        if (passes(log.all()[i - 1]))
            rows_.push_back(log.all()[i - 1]);
    for (std::size_t i = 0; i < count_; ++i)
        newest_ = std::max(newest_, log.all()[i].serial);
    reordered_ = log.reordered();
    endResetModel();
}

void EventsModel::refresh() {
    const auto& log = session_.history().log();
    const auto& all = log.all();
    const std::size_t count = session_.eventCount();
    if (session_.mode() != TimeMode::Live || count == 0 || rows_.empty()) {
        if (count != count_)
            reset();
        return;
    }
    // New ones are near the end: events of several hosts come out of order by milliseconds.
    std::vector<EventRecord> fresh;
    std::size_t looked = 0;
    for (std::size_t i = count; i > 0 && looked < 200; --i) {
        if (all[i - 1].serial > newest_) {
            looked = 0;
            if (passes(all[i - 1]))
                fresh.push_back(all[i - 1]);
        } else {
            ++looked;
        }
    }
    count_ = count;
    for (const auto& record : fresh)
        newest_ = std::max(newest_, record.serial);
    newest_ = std::max(newest_, log.newest_serial());
    if (fresh.size() > 1000) {
        reset();
        return;
    }
    for (auto it = fresh.rbegin(); it != fresh.rend(); ++it) {
        // The row where time is not younger.
        const auto place = std::find_if(rows_.begin(), rows_.end(), [&](const EventRecord& row) {
            return row.wall_ns <= it->wall_ns;
        });
        const int row = static_cast<int>(place - rows_.begin());
        beginInsertRows({}, row, row);
        rows_.insert(place, *it);
        endInsertRows();
    }
    if (rows_.size() > kRowsMax) {
        beginRemoveRows({}, static_cast<int>(kRowsMax), static_cast<int>(rows_.size()) - 1);
        rows_.resize(kRowsMax);
        endRemoveRows();
    }
}

int EventsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int EventsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumns;
}

QVariant EventsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= static_cast<int>(rows_.size()))
        return {};
    const auto& one = record(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(one, index.column());
    case Qt::ToolTipRole:
        return QString("%1 #%2\n%3: %4")
            .arg(text(one, kHost))
            .arg(one.update->host_number())
            .arg(kind_word(one.event()), sentence(one.event()));
    case kSeverityRole:
        return static_cast<int>(severity_of(one.event()));
    case kTimeRole:
        return QVariant::fromValue<qint64>(one.wall_ns);
    case kSelectionRole: {
        Selection out;
        const auto& event = one.event();
        out.application = static_cast<int>(event.source().application()) - 1;
        const auto& who =
            event.subject().index() != 0 ? event.subject() : event.source().principal();
        out.part = who.role() == 1   ? Part::Agreement
                   : who.role() == 2 ? Part::Execution
                   : who.role() == 6 ? Part::Host
                                     : Part::None;
        out.index = out.part == Part::Host || out.part == Part::None ? 0 : who.index();
        out.host = out.part == Part::Host ? who.index() : 0;
        out.n = event.n();
        out.vote = event.vote();
        return QVariant::fromValue(out);
    }
    default:
        return {};
    }
}

QVariant EventsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case kSeverity:
        return tr("Severity");
    case kTime:
        return tr("Time");
    case kHost:
        return tr("Host");
    case kApplication:
        return tr("App");
    case kSource:
        return tr("Source");
    default:
        return tr("What");
    }
}

std::vector<Alert> alerts_of(const Session& session,
                             const std::map<QString, QString>& acknowledged) {
    std::map<QString, Alert> found;
    const auto& all = session.history().log().all();
    const std::size_t count = session.eventCount();
    for (std::size_t i = 0; i < count; ++i) {
        const auto& event = all[i].event();
        const Severity severity = severity_of(event);
        if (severity < Severity::Warning || session.cluster() == nullptr)
            continue;
        const QString app = application_of(event, *session.cluster());
        const QString key = kind_word(event) + " " + app + " " + name_of(event.subject());
        Alert& alert = found[key];
        if (alert.count++ == 0) {
            alert.key = key;
            alert.severity = severity;
            alert.application = app;
            alert.first_ns = event.wall_ns();
        }
        alert.text = sentence(event);
        alert.last_ns = event.wall_ns();
    }
    std::vector<Alert> out;
    for (auto& [key, alert] : found) {
        if (const auto ack = acknowledged.find(key); ack != acknowledged.end())
            alert.acknowledged = ack->second;
        out.push_back(std::move(alert));
    }
    std::sort(out.begin(), out.end(), [](const Alert& a, const Alert& b) {
        if (a.acknowledged.isEmpty() != b.acknowledged.isEmpty())
            return a.acknowledged.isEmpty();
        return a.severity != b.severity ? a.severity > b.severity : a.last_ns > b.last_ns;
    });
    return out;
}

} // namespace zz::console
