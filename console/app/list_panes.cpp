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

void add_shape(QStyleOptionViewItem* option, Severity severity) {
    const Badge badge = severity == Severity::Alarm     ? Badge::Convicted
                        : severity == Severity::Warning ? Badge::Suspected
                                                        : Badge::None;
    if (badge == Badge::None)
        return;
    option->icon = icon_of(badge, theme());
    option->features |= QStyleOptionViewItem::HasDecoration;
}

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
        if (index.column() == EventsModel::kSeverity)
            add_shape(option, severity);
        if (severity == Severity::Detail)
            option->palette.setColor(QPalette::Text, t.muted);
        else if (severity == Severity::Alarm)
            option->palette.setColor(QPalette::Text, t.bad_text);
    }
};

class AlertDelegate : public QStyledItemDelegate {
  public:
    AlertDelegate(const std::vector<Alert>& alerts, QObject* parent)
        : QStyledItemDelegate(parent), alerts_(alerts) {}

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        if (index.row() >= static_cast<int>(alerts_.size()))
            return;
        const Alert& alert = alerts_[static_cast<std::size_t>(index.row())];
        if (index.column() == 0)
            add_shape(option, alert.severity);
        if (!alert.acknowledged.isEmpty())
            option->palette.setColor(QPalette::Text, theme().muted);
        else if (alert.severity == Severity::Alarm)
            option->palette.setColor(QPalette::Text, theme().bad_text);
    }

  private:
    const std::vector<Alert>& alerts_;
};

} // namespace

EventsPane::EventsPane(Session& session, QWidget* parent)
    : Pane(session, "events", tr("Events and alerts"), parent),
      model_(new EventsModel(session, this)), alerts_model_(new TableModel(this)),
      alerts_view_(make_table_view(alerts_model_, tr("Alerts"))),
      events_view_(make_table_view(model_, tr("Events"))), least_(new QComboBox), book_(session) {
    for (const auto severity :
         {Severity::Detail, Severity::Info, Severity::Notice, Severity::Warning, Severity::Alarm})
        least_->addItem(tr("%1 and worse").arg(words(severity)), static_cast<int>(severity));
    least_->setCurrentIndex(1);
    least_->setAccessibleName(tr("Least severity"));
    events_view_->setItemDelegate(new SeverityDelegate(events_view_));
    alerts_view_->setItemDelegate(new AlertDelegate(alerts_, alerts_view_));
    // One bar: a list that is as high as it needs has none, and a wide column none across.
    alerts_view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    events_view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const int widths[] = {86, 94, 46, 42, 90};
    for (int i = 0; i < 5; ++i)
        events_view_->setColumnWidth(i, widths[i]);
    auto* upper = new QWidget;
    auto* top = list_column(upper);
    auto* ack = new QPushButton(tr("&Acknowledge…"));
    auto* row = new QHBoxLayout;
    row->addWidget(list_heading(tr("Alerts")));
    row->addStretch();
    row->addWidget(ack);
    top->addLayout(row);
    top->addWidget(alerts_view_);
    auto* lower = new QWidget;
    auto* bottom = list_column(lower);
    auto* head = new QHBoxLayout;
    head->addWidget(list_heading(tr("Events")));
    head->addStretch();
    head->addWidget(least_);
    bottom->addLayout(head);
    bottom->addWidget(events_view_);
    splitter_ = new QSplitter(Qt::Vertical);
    splitter_->addWidget(upper);
    splitter_->addWidget(lower);
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 3);
    connect(splitter_, &QSplitter::splitterMoved, this, [this] { split_by_hand_ = true; });
    upper_ = upper;
    setContent(splitter_);
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

// In a low pane the events have all of it; the counter below still tells of alerts. In a narrow one
// what is said has the room of what is said beside it.
void EventsPane::resizeEvent(QResizeEvent* event) {
    constexpr int kBothHeight = 380, kAllWidth = 640;
    Pane::resizeEvent(event);
    upper_->setVisible(height() >= kBothHeight);
    const bool all = width() >= kAllWidth;
    events_view_->setColumnHidden(EventsModel::kHost, !all);
    events_view_->setColumnWidth(EventsModel::kSeverity, all ? 86 : 80);
    alerts_view_->setColumnHidden(2, !all);
    fit_columns(alerts_view_, {4, 5}, true);
    split();
}

// The alerts as high as they need, up to a share.
void EventsPane::split() {
    const int all = splitter_->height() - splitter_->handleWidth();
    if (split_by_hand_ || all <= 0 || !upper_->isVisibleTo(splitter_))
        return;
    const int around = std::max(upper_->sizeHint().height() - alerts_view_->sizeHint().height(),
                                upper_->height() - alerts_view_->viewport()->height() -
                                    alerts_view_->horizontalHeader()->height());
    const int rows = std::max(2, alerts_model_->rowCount());
    const int wanted = around + alerts_view_->horizontalHeader()->sizeHint().height() + 8 +
                       rows * alerts_view_->verticalHeader()->defaultSectionSize();
    const int upper = std::min(wanted, all * 45 / 100);
    if (splitter_->sizes().value(0) != upper)
        splitter_->setSizes({upper, all - upper});
}

// Names of data centers repeat, their ids do not.
QString EventsPane::acknowledgedGroup() const {
    return "acknowledged/" + QString::fromStdString(to_hex(session().cluster()->id.view()));
}

void EventsPane::loadAcknowledged() {
    acknowledged_.clear();
    if (session().cluster() == nullptr)
        return;
    QSettings settings;
    settings.beginGroup(acknowledgedGroup());
    for (const auto& key : settings.childKeys()) {
        const QStringList kept = settings.value(key).toStringList();
        if (kept.size() == 2)
            acknowledged_[QByteArray::fromPercentEncoding(key.toLatin1())] = {kept[0].toLongLong(),
                                                                              kept[1]};
    }
}

void EventsPane::reload() {
    loadAcknowledged();
    book_.reset();
    alerts_ns_ = 0;
    model_->reset();
}

Condition EventsPane::emptiness() const {
    return session().log().all().empty() ? Condition::NoData : Condition::Live;
}

void EventsPane::refresh() {
    model_->refresh();
    refreshAlerts();
}

void EventsPane::refreshAlerts() {
    if (!session().hasSource())
        return;
    book_.refresh();
    const std::int64_t at = session().cursor();
    if (std::llabs(at - alerts_ns_) < kNs / 2)
        return;
    alerts_ns_ = at;
    alerts_ = book_.alerts(acknowledged_);
    showAlerts();
}

void EventsPane::showAlerts() {
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
    const bool other = table.rows.size() != alerts_model_->table().rows.size();
    alerts_model_->setTable(std::move(table));
    fit_columns(alerts_view_, {4, 5});
    if (other)
        split();
}

void EventsPane::acknowledge() {
    const int row = alerts_view_->currentIndex().row();
    if (row < 0 || row >= static_cast<int>(alerts_.size())) {
        Q_EMIT said(tr("Choose an alert first"));
        return;
    }
    const Alert alert = alerts_[static_cast<std::size_t>(row)];
    bool yes = false;
    const QString reason = QInputDialog::getText(this, tr("Acknowledge"),
                                                 tr("Why is this all right? %1").arg(alert.text),
                                                 QLineEdit::Normal, {}, &yes);
    if (!yes || reason.trimmed().isEmpty())
        return;
    const QString who = session().link() != nullptr
                            ? QString::fromStdString(session().link()->self().name)
                            : qEnvironmentVariable("USER", tr("somebody"));
    const Acknowledgement given{alert.last_ns, tr("%1: %2").arg(who, reason.trimmed())};
    acknowledged_[alert.key] = given;
    QSettings settings;
    settings.beginGroup(acknowledgedGroup());
    settings.setValue(QString::fromLatin1(alert.key.toUtf8().toPercentEncoding()),
                      QStringList{QString::number(given.until_ns), given.words});
    alerts_ns_ = 0;
    update_now();
}

// Of a recording what is in it; else also what hosts told of the time before.
std::pair<std::int64_t, std::int64_t> EventsPane::range() const {
    auto [from, to] = Pane::range();
    const Link* link = session().link();
    const auto& log = session().log();
    if (log.all().empty())
        return {from, to};
    if (link != nullptr && !link->recording().on)
        from = std::min(from, log.all().front().wall_ns);
    else if (log.forgotten() > 0) // of a long one only the end is held
        from = std::max(from, log.all().front().wall_ns);
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
    const auto& all = session().log().all();
    for (std::size_t i = session().log().count_until(range().first - 1); i < all.size(); ++i) {
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
    auto* layout = list_column(box);
    auto* row = new QHBoxLayout;
    row->addWidget(list_heading(tr("Recordings")));
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
        view_->horizontalHeader()->setStretchLastSection(false);
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

} // namespace zz::console
