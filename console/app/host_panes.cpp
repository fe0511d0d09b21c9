// SPDX-License-Identifier: GPL-3.0-or-later
// The lists about hosts: what their audit logs hold, and how well each host is heard.
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <algorithm>
#include <cmath>

#include "console/app/list_panes.h"
#include "console/view/table_model.h"

namespace zz::console {
namespace {

constexpr std::int64_t kListNs = kNs / 4; // lists are made anew four times a second

// Consoles and command lines read all the time: who changed what would be lost among it.
bool only_reads(const telemetry::AuditEntry& entry) {
    for (const char* command : {"status", "events", "audit list", "evidence"})
        if (entry.command() == command && entry.result() == "accepted")
            return true;
    return false;
}

// With the day if it is not of today.
QString moment_text(std::int64_t wall_ns) {
    const QDate day = QDateTime::fromMSecsSinceEpoch(wall_ns / 1'000'000).date();
    return day == QDate::currentDate() ? clock_text(wall_ns)
                                       : day.toString("MM-dd ") + clock_text(wall_ns).left(8);
}

} // namespace

AuditPane::AuditPane(Session& session, QWidget* parent)
    : Pane(session, "audit", tr("Audit"), parent), model_(new TableModel(this)),
      view_(make_table_view(model_, tr("Audit log"))), status_(new QLabel),
      reads_(new QCheckBox(tr("Also what only &reads"))) {
    auto* box = new QWidget;
    auto* layout = list_column(box);
    auto* fetch_button = new QPushButton(tr("&Fetch"));
    auto* row = new QHBoxLayout;
    row->addWidget(list_heading(tr("Who did what, refused ones too")));
    row->addWidget(status_, 1);
    row->addWidget(reads_);
    row->addWidget(fetch_button);
    connect(reads_, &QCheckBox::toggled, this, [this] {
        shown_ns_ = 0;
        update_now();
    });
    view_->setWordWrap(true);
    layout->addLayout(row);
    layout->addWidget(view_);
    setContent(box);
    connect(fetch_button, &QPushButton::clicked, this, &AuditPane::fetch);
    connect(&session, &Session::sourceChanged, this, [this] {
        entries_.clear();
        errors_.clear();
        shown_ns_ = 0;
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
        shown_ns_ = 0;
        update_now();
    });
}

// Newest first. What operators did is also told as events: shown as long as a host keeps no log to
// read.
std::vector<AuditPane::Row> AuditPane::rows() const {
    std::vector<Row> out;
    const auto name_of_host = [this](std::uint32_t id) {
        const auto* host = session().now().host(id);
        return host != nullptr ? host->name : QString();
    };
    const auto text = [](const std::string& from) { return QString::fromStdString(from); };
    for (const auto& [id, entries] : entries_)
        for (const auto& e : entries.entries())
            if (reads_->isChecked() || !only_reads(e))
                out.push_back({e.wall_ns(), name_of_host(id), e.n(), text(e.who()), text(e.role()),
                               std::max(1U, e.times()), text(e.command()), text(e.result())});
    if (out.empty()) {
        for (const EventRecord& one : session().log().all())
            if (one.kind == telemetry::OPERATOR_ACTION)
                out.push_back({one.wall_ns,
                               name_of_host(one.host()),
                               0,
                               name_of(one.event().subject()),
                               {},
                               1,
                               text(one.event().text()),
                               {}});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Row& a, const Row& b) { return a.wall_ns > b.wall_ns; });
    return out;
}

void AuditPane::refresh() {
    if (std::llabs(session().cursor() - shown_ns_) < kNs)
        return;
    shown_ns_ = session().cursor();
    Table table;
    table.caption = title();
    table.columns = {
        {tr("Time"), "time", ""}, {tr("Host"), "host", ""},       {tr("No"), "n", ""},
        {tr("Who"), "who", ""},   {tr("Command"), "command", ""}, {tr("Result"), "result", ""}};
    // In short: the export has every word.
    for (const Row& row : rows()) {
        const QString who = row.who.section(',', 0, 0);
        table.rows.push_back(
            {moment_text(row.wall_ns), row.host,
             row.n == 0 ? QVariant() : QVariant::fromValue<qulonglong>(row.n),
             row.role.isEmpty() ? who : tr("%1, %2").arg(who, row.role),
             row.times > 1 ? tr("%1 (%2 times)").arg(row.command).arg(row.times) : row.command,
             row.result});
    }
    const bool other = table.rows.size() != model_->table().rows.size() ||
                       (!table.rows.empty() && table.rows[0] != model_->table().rows[0]);
    model_->setTable(std::move(table));
    fit_columns(view_, {4, 5}, other);
    QStringList trouble;
    for (const auto& [id, text] : errors_)
        trouble << tr("host %1: %2").arg(id).arg(text);
    status_->setText(trouble.isEmpty() ? QString() : trouble.first());
}

Exportable AuditPane::exportable() const {
    Exportable out;
    out.name = "audit";
    out.title = title();
    Table table;
    table.caption = title();
    table.columns = {
        {tr("Time"), "time", ""},       {tr("Host"), "host", ""},    {tr("No"), "n", ""},
        {tr("Who"), "who", ""},         {tr("Role"), "role", ""},    {tr("Times"), "times", ""},
        {tr("Command"), "command", ""}, {tr("Result"), "result", ""}};
    for (const Row& row : rows())
        table.rows.push_back({iso_utc(row.wall_ns), row.host,
                              row.n == 0 ? QVariant() : QVariant::fromValue<qulonglong>(row.n),
                              row.who, row.role, row.times, row.command, row.result});
    out.tables.push_back(std::move(table));
    return out;
}

ConnectionsPane::ConnectionsPane(Session& session, QWidget* parent)
    : Pane(session, "connections", tr("Connections"), parent), model_(new TableModel(this)),
      view_(make_table_view(model_, tr("Connections"))) {
    auto* box = new QWidget;
    auto* layout = list_column(box);
    auto* retry = new QPushButton(tr("&Retry now"));
    auto* toggle = new QPushButton(tr("&Disable or enable"));
    auto* copy = new QPushButton(tr("&Copy diagnostics"));
    auto* row = new QHBoxLayout;
    row->addWidget(list_heading(tr("Hosts, as they are heard")));
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
    connect(&session, &Session::refreshed, this, &ConnectionsPane::measure);
    connect(&session, &Session::sourceChanged, this, [this] {
        rates_.clear();
        disabled_.clear();
        shown_ns_ = 0;
    });
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
             rate == rates_.end() || !rate->second.per_s ? QVariant()
                                                         : QVariant(*rate->second.per_s),
             QVariant::fromValue<qulonglong>(host.link.missing),
             QVariant::fromValue<qulonglong>(host.link.dropped),
             host.link.beat_ns == 0 ? QVariant()
                                    : QVariant(static_cast<double>(host.link.offset_ns) / 1e6),
             host.link.protocol == 0 ? QVariant() : QVariant(host.link.protocol),
             QString::fromStdString(host.link.program), QString(host.address).remove("tcp://")});
    }
    return out;
}

// Also while others are looked at: a rate is there when the view is.
void ConnectionsPane::measure() {
    const std::int64_t at = session().cursor();
    for (const auto& host : session().now().hosts) {
        Rate& rate = rates_[host.id];
        const std::int64_t past = at - rate.at_ns;
        if (past < kNs)
            continue;
        if (rate.at_ns != 0 && host.link.updates >= rate.updates)
            rate.per_s = std::llround(static_cast<double>(host.link.updates - rate.updates) *
                                      static_cast<double>(kNs) / static_cast<double>(past));
        rate.updates = host.link.updates;
        rate.at_ns = at;
    }
}

void ConnectionsPane::refresh() {
    if (std::llabs(session().cursor() - shown_ns_) < kListNs)
        return;
    shown_ns_ = session().cursor();
    model_->setTable(table());
    fit_columns(view_, {9});
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
    shown_ns_ = 0;
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
