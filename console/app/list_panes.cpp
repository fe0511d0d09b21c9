// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/list_panes.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QDir>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

#include "console/view/glyphs.h"
#include "console/view/table_model.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

// Severity as a shape and a word: how bad is never told by colour alone.
class SeverityDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        const auto severity = static_cast<Severity>(
            index.siblingAtColumn(0).data(EventsModel::kSeverityRole).toInt());
        const Theme& t = theme();
        if (index.column() == EventsModel::kSeverity) {
            const Badge badge = severity == Severity::Alarm     ? Badge::Convicted
                                : severity == Severity::Warning ? Badge::Suspected
                                                                : Badge::None;
            if (badge != Badge::None) {
                option->icon = icon_of(badge, t);
                option->features |= QStyleOptionViewItem::HasDecoration;
            }
        }
        if (severity == Severity::Detail)
            option->palette.setColor(QPalette::Text, t.muted);
        else if (severity == Severity::Alarm)
            option->palette.setColor(QPalette::Text, t.bad_text);
    }
};

QVBoxLayout* column(QWidget* box) {
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(10, 8, 10, 8);
    layout->setSpacing(8);
    return layout;
}

// Consoles and command lines read all the time: who changed what would be lost among it.
bool only_reads(const telemetry::AuditEntry& entry) {
    for (const char* command : {"status", "events", "audit list", "evidence"})
        if (entry.command() == command && entry.result() == "accepted")
            return true;
    return false;
}

QLabel* heading(const QString& text) {
    auto* label = new QLabel(text);
    label->setFont(strong_font(label->font()));
    return label;
}

} // namespace

QTableView* make_table_view(QAbstractItemModel* model, const QString& name) {
    auto* view = new QTableView;
    view->setModel(model);
    view->setAccessibleName(name);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::SingleSelection);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setShowGrid(false);
    view->setAlternatingRowColors(true);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(view->fontMetrics().height() + 8);
    view->horizontalHeader()->setStretchLastSection(true);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return view;
}

void fit_columns(QTableView* view, int wide) {
    constexpr int kRowsLookedAt = 40, kLeast = 36, kMost = 190, kNarrow = 70;
    const QSize now(view->viewport()->width(), view->model()->rowCount());
    if (view->property("fitted").toSize() == now)
        return; // what was dragged since stays
    view->setProperty("fitted", now);
    auto* header = view->horizontalHeader();
    header->setResizeContentsPrecision(kRowsLookedAt);
    header->setMinimumSectionSize(kLeast);
    header->setStretchLastSection(false);
    int room = now.width();
    const int wide_least = std::max(100, now.width() / 4);
    std::vector<int> widths(static_cast<std::size_t>(header->count()), 0);
    for (int i = 0; i < header->count(); ++i) {
        if (i == wide || view->isColumnHidden(i))
            continue;
        const int needs = std::max(static_cast<QAbstractItemView*>(view)->sizeHintForColumn(i) + 6,
                                   header->sectionSizeHint(i));
        widths[static_cast<std::size_t>(i)] = std::min(needs, kMost);
        room -= std::min(needs, kMost);
    }
    // Too narrow for all: the widest give way, but not the first, which names the row.
    while (room < wide_least && widths.size() > 1) {
        auto widest = std::max_element(widths.begin() + 1, widths.end());
        if (*widest <= kNarrow)
            break;
        *widest -= 2;
        room += 2;
    }
    for (int i = 0; i < header->count(); ++i)
        if (widths[static_cast<std::size_t>(i)] > 0)
            header->resizeSection(i, widths[static_cast<std::size_t>(i)]);
    header->resizeSection(wide, std::max(room, wide_least));
}

EventsPane::EventsPane(Session& session, QWidget* parent)
    : Pane(session, "events", tr("Events and alerts"), parent),
      model_(new EventsModel(session, this)), alerts_model_(new TableModel(this)),
      alerts_view_(make_table_view(alerts_model_, tr("Alerts"))),
      events_view_(make_table_view(model_, tr("Events"))), least_(new QComboBox) {
    for (const auto severity :
         {Severity::Detail, Severity::Info, Severity::Notice, Severity::Warning, Severity::Alarm})
        least_->addItem(tr("%1 and worse").arg(words(severity)), static_cast<int>(severity));
    least_->setCurrentIndex(1);
    least_->setAccessibleName(tr("Least severity"));
    events_view_->setItemDelegate(new SeverityDelegate(events_view_));
    const int widths[] = {96, 100, 60, 44, 100};
    for (int i = 0; i < 5; ++i)
        events_view_->setColumnWidth(i, widths[i]);
    auto* upper = new QWidget;
    auto* top = column(upper);
    auto* ack = new QPushButton(tr("&Acknowledge…"));
    auto* row = new QHBoxLayout;
    row->addWidget(heading(tr("Alerts")));
    row->addStretch();
    row->addWidget(ack);
    top->addLayout(row);
    top->addWidget(alerts_view_);
    auto* lower = new QWidget;
    auto* bottom = column(lower);
    auto* head = new QHBoxLayout;
    head->addWidget(heading(tr("Events")));
    head->addStretch();
    head->addWidget(least_);
    bottom->addLayout(head);
    bottom->addWidget(events_view_);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(upper);
    splitter->addWidget(lower);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 3);
    upper_ = upper;
    setContent(splitter);
    connect(ack, &QPushButton::clicked, this, &EventsPane::acknowledge);
    connect(least_, &QComboBox::currentIndexChanged, this,
            [this] { model_->setLeast(static_cast<Severity>(least_->currentData().toInt())); });
    connect(&session, &Session::filterChanged, model_, &EventsModel::reset);
    connect(&session, &Session::selectionChanged, model_, &EventsModel::reset);
    connect(&session, &Session::cursorChanged, model_, &EventsModel::reset);
    connect(&session, &Session::sourceChanged, this, &EventsPane::reload);
    connect(events_view_, &QTableView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT jumpWanted(index.data(EventsModel::kTimeRole).toLongLong());
    });
}

// In a low pane the events have all of it; the counter below still tells of alerts.
void EventsPane::resizeEvent(QResizeEvent* event) {
    constexpr int kBothHeight = 380;
    Pane::resizeEvent(event);
    upper_->setVisible(height() >= kBothHeight);
}

void EventsPane::loadAcknowledged() {
    acknowledged_.clear();
    QSettings settings;
    settings.beginGroup("acknowledged/" + session().title());
    for (const auto& key : settings.childKeys())
        acknowledged_[QByteArray::fromPercentEncoding(key.toLatin1())] =
            settings.value(key).toString();
}

void EventsPane::reload() {
    loadAcknowledged();
    alerts_ns_ = 0;
    model_->reset();
}

Condition EventsPane::emptiness() const {
    return session().eventCount() == 0 ? Condition::NoData : Condition::Live;
}

void EventsPane::refresh() {
    model_->refresh();
    refreshAlerts();
}

void EventsPane::refreshAlerts() {
    if (!session().hasSource())
        return;
    const std::int64_t at = session().cursor();
    if (std::llabs(at - alerts_ns_) < kNs / 2)
        return;
    alerts_ns_ = at;
    alerts_ = alerts_of(session(), acknowledged_);
    Table table;
    table.caption = tr("Alerts");
    table.columns = {{tr("Severity"), "severity", ""}, {tr("App"), "application", ""},
                     {tr("Times"), "times", ""},       {tr("Last"), "last", ""},
                     {tr("What"), "what", ""},         {tr("Acknowledged"), "acknowledged", ""}};
    open_alerts_ = 0;
    for (const auto& alert : alerts_) {
        open_alerts_ += alert.acknowledged.isEmpty() ? 1 : 0;
        table.rows.push_back({words(alert.severity), alert.application, alert.count,
                              clock_text(alert.last_ns).left(8), alert.text, alert.acknowledged});
    }
    alerts_model_->setTable(std::move(table));
    fit_columns(alerts_view_, 4);
}

void EventsPane::acknowledge() {
    const int row = alerts_view_->currentIndex().row();
    if (row < 0 || row >= static_cast<int>(alerts_.size())) {
        Q_EMIT said(tr("Choose an alert first"));
        return;
    }
    const Alert alert = alerts_[static_cast<std::size_t>(row)];
    bool given = false;
    const QString reason = QInputDialog::getText(this, tr("Acknowledge"),
                                                 tr("Why is this all right? %1").arg(alert.text),
                                                 QLineEdit::Normal, {}, &given);
    if (!given || reason.trimmed().isEmpty())
        return;
    const QString who = session().link() != nullptr
                            ? QString::fromStdString(session().link()->self().name)
                            : qEnvironmentVariable("USER", tr("somebody"));
    acknowledged_[alert.key] = tr("%1: %2").arg(who, reason.trimmed());
    QSettings settings;
    settings.beginGroup("acknowledged/" + session().title());
    settings.setValue(QString::fromLatin1(alert.key.toUtf8().toPercentEncoding()),
                      acknowledged_[alert.key]);
    alerts_ns_ = 0;
    update_now();
}

// Of a recording what is in it; else also what hosts told of the time before.
std::pair<std::int64_t, std::int64_t> EventsPane::range() const {
    auto [from, to] = Pane::range();
    const Link* link = session().link();
    const auto& all = session().history().log().all();
    if (link != nullptr && !link->recording().on && !all.empty())
        from = std::min(from, all.front().wall_ns);
    return {from, to};
}

Exportable EventsPane::exportable() const {
    Exportable out;
    out.name = "events";
    out.title = title();
    Table table;
    table.caption = tr("Events");
    table.columns = {{tr("Time"), "time", ""},          {tr("Host"), "host", ""},
                     {tr("Number"), "host_number", ""}, {tr("App"), "application", ""},
                     {tr("Source"), "source", ""},      {tr("Kind"), "kind", ""},
                     {tr("Subject"), "subject", ""},    {tr("Batch"), "n", ""},
                     {tr("What"), "what", ""}};
    const auto& log = session().history().log();
    const auto& all = log.all();
    const std::size_t count = session().eventCount();
    for (std::size_t i = log.count_until(range().first - 1); i < count; ++i) {
        const auto& event = all[i].event();
        if (!model_->passes(all[i]))
            continue;
        const auto* host = session().now().host(all[i].host());
        table.rows.push_back({iso_utc(event.wall_ns()), host != nullptr ? host->name : QString(),
                              QVariant::fromValue<qulonglong>(all[i].update->host_number()),
                              application_of(event, *session().cluster()),
                              name_of(event.source().principal()), kind_word(event),
                              name_of(event.subject()), QVariant::fromValue<qulonglong>(event.n()),
                              sentence(event)});
    }
    out.tables.push_back(std::move(table));
    return out;
}

SessionsPane::SessionsPane(Session& session, QWidget* parent)
    : Pane(session, "sessions", tr("Sessions"), parent), model_(new TableModel(this)),
      view_(make_table_view(model_, tr("Recordings"))), record_(new QPushButton(tr("&Record"))),
      open_(new QPushButton(tr("&Open"))), status_(new QLabel),
      none_(
          new QLabel(tr("No recordings yet.\nRecord (Ctrl+R) begins one: it holds everything that "
                        "the hosts tell, for replay, reports and bug reports."))) {
    none_->setAlignment(Qt::AlignCenter);
    none_->setWordWrap(true);
    none_->setProperty("role", QStringLiteral("muted"));
    auto* box = new QWidget;
    auto* layout = column(box);
    auto* row = new QHBoxLayout;
    row->addWidget(heading(tr("Recordings")));
    row->addWidget(status_, 1);
    row->addWidget(record_);
    row->addWidget(open_);
    layout->addLayout(row);
    layout->addWidget(view_, 1);
    layout->addWidget(none_, 1);
    setContent(box);
    const auto open = [this] {
        const int at = view_->currentIndex().row();
        if (at >= 0)
            Q_EMIT openWanted(folder(this->session()) + "/" +
                              model_->table().rows[static_cast<std::size_t>(at)][0].toString());
    };
    connect(record_, &QPushButton::clicked, this, &SessionsPane::toggleRecording);
    connect(open_, &QPushButton::clicked, this, open);
    connect(view_, &QTableView::activated, this, open);
}

QString SessionsPane::folder(const Session& session) {
    if (const Link* link = session.link())
        return QString::fromStdString(link->profile().dir) + "/sessions";
    return QDir::currentPath();
}

void SessionsPane::toggleRecording() {
    auto* link = session().link();
    if (link == nullptr) {
        Q_EMIT said(tr("Nothing is connected: there is nothing to record"));
        return;
    }
    if (link->recording().on) {
        link->record({});
    } else {
        QDir().mkpath(folder(session()));
        link->record((folder(session()) + "/" +
                      QDateTime::currentDateTimeUtc().toString("yyyyMMdd-hhmmss") + ".zzs")
                         .toStdString());
    }
    listed_ns_ = 0;
}

void SessionsPane::list() {
    Table table;
    table.caption = tr("Recordings");
    table.columns = {
        {tr("File"), "file", ""}, {tr("Made"), "made", ""}, {tr("Size"), "bytes", "B"}};
    for (const auto& file :
         QDir(folder(session())).entryInfoList({"*.zzs"}, QDir::Files, QDir::Time))
        table.rows.push_back({file.fileName(), file.lastModified().toString("yyyy-MM-dd hh:mm:ss"),
                              QVariant::fromValue<qlonglong>(file.size())});
    const bool first = model_->table().columns.empty();
    model_->setTable(std::move(table));
    if (first) {
        view_->setColumnWidth(0, 280);
        view_->setColumnWidth(1, 200);
    }
}

void SessionsPane::refresh() {
    auto* link = session().link();
    const Recording now = link != nullptr ? link->recording() : Recording();
    record_->setText(now.on ? tr("&Stop recording") : tr("&Record"));
    record_->setEnabled(link != nullptr);
    status_->setText(!now.error.empty() ? QString::fromStdString(now.error)
                     : now.on           ? tr("recording %1: %L2 updates, %L3 KiB")
                                    .arg(QString::fromStdString(now.path).section('/', -1))
                                    .arg(now.entries)
                                    .arg(now.bytes / 1024)
                              : tr("in %1").arg(folder(session())));
    const std::int64_t at = QDateTime::currentMSecsSinceEpoch() * 1'000'000;
    if (at - listed_ns_ < kNs)
        return;
    listed_ns_ = at;
    list();
    const bool any = !model_->table().rows.empty();
    open_->setEnabled(any);
    view_->setVisible(any);
    none_->setVisible(!any);
}

Exportable SessionsPane::exportable() const {
    Exportable out;
    out.name = "sessions";
    out.title = title();
    out.tables.push_back(model_->table());
    return out;
}

AuditPane::AuditPane(Session& session, QWidget* parent)
    : Pane(session, "audit", tr("Audit"), parent), model_(new TableModel(this)),
      view_(make_table_view(model_, tr("Audit log"))), status_(new QLabel),
      reads_(new QCheckBox(tr("Also what only &reads"))) {
    auto* box = new QWidget;
    auto* layout = column(box);
    auto* fetch_button = new QPushButton(tr("&Fetch"));
    auto* row = new QHBoxLayout;
    row->addWidget(heading(tr("Who did what, refused ones too")));
    row->addWidget(status_, 1);
    row->addWidget(reads_);
    row->addWidget(fetch_button);
    connect(reads_, &QCheckBox::toggled, this, [this] { update_now(); });
    layout->addLayout(row);
    layout->addWidget(view_);
    setContent(box);
    connect(fetch_button, &QPushButton::clicked, this, &AuditPane::fetch);
    connect(&session, &Session::sourceChanged, this, [this] {
        entries_.clear();
        errors_.clear();
    });
}

void AuditPane::showEvent(QShowEvent* event) {
    Pane::showEvent(event);
    fetch();
}

void AuditPane::fetch() {
    telemetry::CommandBody body;
    body.mutable_audit_list()->set_count_max(1024);
    session().ask(body, [this](const Reply& reply) {
        if (reply.answered && reply.answer.ok() && reply.answer.has_audit()) {
            entries_[reply.host] = reply.answer.audit();
            errors_.erase(reply.host);
        } else {
            errors_[reply.host] =
                reply.answered ? QString::fromStdString(reply.answer.error()) : tr("no answer");
        }
        update_now();
    });
}

void AuditPane::refresh() {
    Table table;
    table.caption = title();
    table.columns = {
        {tr("Time"), "time", ""},       {tr("Host"), "host", ""},    {tr("No"), "n", ""},
        {tr("Who"), "who", ""},         {tr("Role"), "role", ""},    {tr("Times"), "times", ""},
        {tr("Command"), "command", ""}, {tr("Result"), "result", ""}};
    std::vector<std::pair<std::int64_t, std::vector<QVariant>>> rows;
    for (const auto& [id, entries] : entries_) {
        const auto* host = session().now().host(id);
        for (const auto& e : entries.entries())
            if (reads_->isChecked() || !only_reads(e))
                rows.push_back(
                    {e.wall_ns(),
                     {iso_utc(e.wall_ns()), host != nullptr ? host->name : QString(),
                      QVariant::fromValue<qulonglong>(e.n()), QString::fromStdString(e.who()),
                      QString::fromStdString(e.role()), std::max(1U, e.times()),
                      QString::fromStdString(e.command()), QString::fromStdString(e.result())}});
    }
    // What operators did is also told as events: shown as long as a host keeps no log to read.
    if (rows.empty()) {
        const auto& all = session().history().log().all();
        for (std::size_t i = 0; i < session().eventCount(); ++i) {
            const auto& e = all[i].event();
            if (e.kind() != telemetry::OPERATOR_ACTION)
                continue;
            const auto* host = session().now().host(all[i].host());
            rows.push_back({e.wall_ns(),
                            {iso_utc(e.wall_ns()), host != nullptr ? host->name : QString(),
                             QVariant(), name_of(e.subject()), QVariant(), 1,
                             QString::fromStdString(e.text()), QVariant()}});
        }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (auto& row : rows)
        table.rows.push_back(std::move(row.second));
    model_->setTable(std::move(table));
    fit_columns(view_, 6);
    QStringList trouble;
    for (const auto& [id, text] : errors_)
        trouble << tr("host %1: %2").arg(id).arg(text);
    status_->setText(trouble.isEmpty() ? QString() : trouble.first());
}

Exportable AuditPane::exportable() const {
    Exportable out;
    out.name = "audit";
    out.title = title();
    out.tables.push_back(model_->table());
    return out;
}

ConnectionsPane::ConnectionsPane(Session& session, QWidget* parent)
    : Pane(session, "connections", tr("Connections"), parent), model_(new TableModel(this)),
      view_(make_table_view(model_, tr("Connections"))) {
    auto* box = new QWidget;
    auto* layout = column(box);
    auto* retry = new QPushButton(tr("&Retry now"));
    auto* toggle = new QPushButton(tr("&Disable or enable"));
    auto* copy = new QPushButton(tr("&Copy diagnostics"));
    auto* row = new QHBoxLayout;
    row->addWidget(heading(tr("Hosts, as they are heard")));
    row->addStretch();
    for (auto* button : {retry, toggle, copy})
        row->addWidget(button);
    layout->addLayout(row);
    layout->addWidget(view_);
    setContent(box);
    connect(retry, &QPushButton::clicked, this, [this] {
        if (this->session().link() != nullptr)
            this->session().link()->refetch();
    });
    connect(toggle, &QPushButton::clicked, this, &ConnectionsPane::toggleHost);
    connect(copy, &QPushButton::clicked, this, &ConnectionsPane::copyDiagnostics);
}

Table ConnectionsPane::table() const {
    Table out;
    out.caption = title();
    out.columns = {{tr("Host"), "host", ""},          {tr("State"), "state", ""},
                   {tr("Age"), "age_ms", "ms"},       {tr("Updates"), "updates_per_s", "1/s"},
                   {tr("Missing"), "missing", ""},    {tr("Dropped"), "dropped", ""},
                   {tr("Offset"), "offset_ms", "ms"}, {tr("Version"), "protocol", ""},
                   {tr("Program"), "program", ""},    {tr("Endpoint"), "endpoint", ""}};
    for (const auto& host : session().now().hosts) {
        const auto rate = rates_.find(host.id);
        QString state = host.contact == Contact::Live    ? tr("live")
                        : host.contact == Contact::Stale ? tr("stale")
                        : host.contact == Contact::Lost
                            ? tr("lost, attempt %1").arg(host.link.attempt)
                        : host.contact == Contact::Refused
                            ? tr("refused: %1").arg(QString::fromStdString(host.link.refused))
                            : tr("not heard, attempt %1").arg(host.link.attempt);
        if (disabled_.contains(host.id))
            state = tr("disabled here");
        out.rows.push_back(
            {host.name, state,
             host.age_ns < 0 ? QVariant() : QVariant::fromValue<qlonglong>(host.age_ns / 1'000'000),
             rate == rates_.end() ? QVariant() : QVariant(std::round(rate->second.per_s)),
             QVariant::fromValue<qulonglong>(host.link.missing),
             QVariant::fromValue<qulonglong>(host.link.dropped),
             host.link.beat_ns == 0 ? QVariant()
                                    : QVariant(static_cast<double>(host.link.offset_ns) / 1e6),
             host.link.protocol == 0 ? QVariant() : QVariant(host.link.protocol),
             QString::fromStdString(host.link.program), QString(host.address).remove("tcp://")});
    }
    return out;
}

void ConnectionsPane::refresh() {
    const std::int64_t at = session().cursor();
    for (const auto& host : session().now().hosts) {
        Rate& rate = rates_[host.id];
        const std::int64_t past = at - rate.at_ns;
        if (past < kNs)
            continue;
        if (rate.at_ns != 0 && host.link.updates >= rate.updates)
            rate.per_s = static_cast<double>(host.link.updates - rate.updates) *
                         static_cast<double>(kNs) / static_cast<double>(past);
        rate.updates = host.link.updates;
        rate.at_ns = at;
    }
    model_->setTable(table());
    fit_columns(view_, 9);
}

void ConnectionsPane::toggleHost() {
    const int row = view_->currentIndex().row();
    if (row < 0 || session().link() == nullptr) {
        Q_EMIT said(tr("Choose a host first"));
        return;
    }
    const std::uint32_t id = session().now().hosts[static_cast<std::size_t>(row)].id;
    const bool enable = disabled_.erase(id) > 0;
    if (!enable)
        disabled_.insert(id);
    session().link()->enable(id, enable);
}

void ConnectionsPane::copyDiagnostics() {
    QApplication::clipboard()->setText(QString::fromUtf8(to_json(exportable(), header())));
    Q_EMIT said(tr("Diagnostics are in the clipboard"));
}

Exportable ConnectionsPane::exportable() const {
    Exportable out;
    out.name = "connections";
    out.title = title();
    out.tables.push_back(table());
    return out;
}

} // namespace zz::console
