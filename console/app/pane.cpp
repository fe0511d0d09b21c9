// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/pane.h"

#include <QVBoxLayout>

#include "console/model/event_words.h"
#include "protocol/telemetry/version.h"

namespace zz::console {

ViewState view_state_of(const Session& session) {
    ViewState out;
    if (!session.hasSource())
        return out;
    const ClusterNow& now = session.now();
    out.as_of = clock_text(session.cursor()).left(8);
    out.sources_all = static_cast<int>(now.hosts.size());
    out.sources_known = now.hosts_heard;
    if (session.isReplay()) {
        out.condition = Condition::Replay;
        return out;
    }
    if (session.mode() != TimeMode::Live) {
        out.condition = Condition::Paused;
        return out;
    }
    int never = 0, stale = 0, lost = 0, refused = 0;
    std::int64_t best_age = INT64_MAX;
    for (const auto& host : now.hosts) {
        never += host.contact == Contact::Never ? 1 : 0;
        stale += host.contact == Contact::Stale ? 1 : 0;
        lost += host.contact == Contact::Lost ? 1 : 0;
        out.attempt = std::max(out.attempt, static_cast<int>(host.link.attempt));
        out.retry_s = std::max(out.retry_s, static_cast<int>(host.link.retry_ms / 1000));
        out.missing += host.link.missing + host.link.dropped;
        if (host.age_ns >= 0)
            best_age = std::min(best_age, host.age_ns);
        if (host.contact == Contact::Refused) {
            ++refused;
            out.detail = host.name + ": " + QString::fromStdString(host.link.refused);
            out.other_version =
                host.link.protocol != 0 && host.link.protocol != telemetry::kTelemetryVersion;
        }
    }
    const int all = out.sources_all;
    out.age_ms = best_age == INT64_MAX ? 0 : best_age / 1'000'000;
    if (refused == all)
        out.condition = Condition::Incompatible;
    else if (never == all)
        out.condition = Condition::Connecting;
    else if (out.sources_known == all)
        out.condition = out.missing > 0 ? Condition::Gap : Condition::Live;
    else if (out.sources_known > 0)
        out.condition = Condition::Partial;
    else
        out.condition = stale > 0  ? Condition::Stale
                        : lost > 0 ? Condition::Lost
                                   : Condition::Connecting;
    return out;
}

ExportHeader export_header(const Session& session, std::int64_t from_ns, std::int64_t to_ns) {
    ExportHeader out;
    out.session = session.id();
    out.profile = session.now().name;
    out.environment = session.now().environment;
    out.start_ns = session.startNs();
    out.from_ns = from_ns;
    out.to_ns = to_ns;
    out.as_of_ns = session.cursor();
    return out;
}

Pane::Pane(Session& session, const QString& name, const QString& title, QWidget* parent)
    : QWidget(parent), session_(session), name_(name), title_(title) {
    setObjectName(name);
    setAccessibleName(title);
    setMinimumSize(240, 110); // else views would make the window larger than a screen
}

void Pane::setContent(QWidget* content) {
    frame_ = new StateFrame(content, this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(frame_);
    connect(frame_, &StateFrame::actionRequested, this, &Pane::actionRequested);
}

ExportHeader Pane::header() const {
    const auto [from, to] = range();
    ExportHeader out = export_header(session_, from, to);
    if (isFiltered())
        out.filter = session_.filter();
    return out;
}

std::pair<std::int64_t, std::int64_t> Pane::range() const {
    return {session_.startNs(), session_.cursor()};
}

void Pane::update_now() {
    if (!isVisible())
        return;
    ViewState state = view_state_of(session_);
    if (state.condition == Condition::Incompatible && tellsRefusals())
        state.condition = Condition::Partial; // 0 of so many
    if (!needsSource())
        state.condition = Condition::Live;
    else if (!covers(state.condition)) {
        const Condition empty = emptiness();
        if (empty != Condition::Live)
            state.condition = empty;
        if (empty == Condition::Filtered && isFiltered())
            state.detail = session_.filter();
    }
    frame_->setViewState(state);
    if (!covers(state.condition))
        refresh();
}

void Pane::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    update_now();
}

} // namespace zz::console
