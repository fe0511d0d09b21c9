// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/inspector.h"

#include <QSet>
#include <algorithm>

#include "console/model/adapters.h"
#include "console/model/event_words.h"
#include "console/model/words.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

struct Html {
    QString out;
    void title(const QString& text) { out += "<h3>" + text.toHtmlEscaped() + "</h3><table>"; }
    void fact(const QString& name, const QString& value) {
        out += QString("<tr><td style='color:%1;padding-right:8px'>%2</td><td>%3</td></tr>")
                   .arg(theme().muted.name(), name.toHtmlEscaped(), value.toHtmlEscaped());
    }
    void fact(const QString& name, std::optional<std::uint64_t> value) {
        fact(name, value ? QString::number(*value) : tr("not known"));
    }
    void end() { out += "</table>"; }
    void link(const QString& target, const QString& text) {
        out += QString("<p><a style='color:%1' href='%2'>%3</a></p>")
                   .arg(theme().accent.name(), target, text.toHtmlEscaped());
    }
};

void inspect_replica(const Session& session, const ApplicationNow& app, const ReplicaNow& replica,
                     Html& html) {
    html.title(app.name + "." + replica.name());
    html.fact(tr("State"), words(replica.state, replica.badges));
    html.fact(tr("Host"), replica.host_name);
    if (replica.role == Role::Agreement)
        html.fact(tr("Role"), replica.primary ? tr("primary") : tr("backup"));
    else
        html.fact(tr("Incarnation"), QString::number(replica.incarnation));
    if (is_asleep(replica.state))
        html.fact(tr("Sleeps"), replica.spare);
    html.fact(replica.role == Role::Agreement ? tr("Committed") : tr("Executed"), replica.executed);
    if (replica.fetched_bytes && *replica.fetched_bytes > 0)
        html.fact(tr("Fetched"), tr("%1 bytes").arg(*replica.fetched_bytes));
    if (replica.complete)
        html.fact(tr("State whole"), *replica.complete ? tr("yes") : tr("not yet"));
    html.fact(tr("Suspicion"), replica.suspicion);
    html.fact(tr("Last word"), replica.age_ns < 0 ? tr("none") : age_text(replica.age_ns));
    if (!replica.trouble.isEmpty())
        html.fact(tr("Trouble"), replica.trouble);
    html.end();
    for (const auto& conviction : app.convictions)
        if (replica.role == Role::Execution && conviction.slot == replica.index)
            html.out += "<p>" +
                        tr("Incarnation %1 was convicted at batch %2: %3")
                            .arg(conviction.incarnation)
                            .arg(conviction.n)
                            .arg(conviction.proof)
                            .toHtmlEscaped() +
                        "</p>";
    if (replica.role == Role::Execution && session.mayDrill())
        html.link("drill:" + app.name + QString(".E%1").arg(replica.index), tr("Drill on it…"));
    html.link("timeline", tr("Its timeline"));
}

void inspect_application(const ApplicationNow& app, Html& html) {
    html.title(tr("Application %1").arg(app.name));
    html.fact(tr("Kind"), app.kind + ", " + app.mode + ", " + app.policy);
    const auto left = [&](std::optional<int> value) {
        return value ? tr("%1 of %2").arg(*value).arg(app.faults.f) : tr("not known");
    };
    html.fact(tr("Execution left"), left(app.execution_left));
    html.fact(tr("Agreement left"), left(app.agreement_left));
    html.fact(tr("View"), app.view);
    html.fact(tr("Epoch"), app.epoch);
    html.fact(tr("Configuration"), app.configuration);
    html.fact(tr("Committed"), app.committed);
    html.fact(tr("Settled"), app.settled);
    html.fact(tr("Checkpoint"), app.stable);
    html.fact(tr("Requests"), app.requests);
    html.fact(tr("Wake-ups"), app.wakeups);
    html.fact(tr("Removals"), app.removals);
    html.fact(tr("Non-blocking"), app.nonblocking);
    html.fact(tr("Blocking"), app.blocking);
    html.fact(tr("View changes"), app.view_changes);
    html.fact(tr("Convicted"), QString::number(app.convictions.size()));
    html.fact(tr("Front"), app.front.isEmpty() ? tr("none") : app.front);
    html.fact(tr("Oldest word"), app.age_ns < 0 ? tr("none") : age_text(app.age_ns));
    html.end();
    html.link("matrix", tr("Its disagreements"));
    html.link("drills", tr("Drill on it…"));
}

void inspect_host(const HostNow& host, const ClusterNow& now, Html& html) {
    html.title(tr("Host %1").arg(host.name));
    html.fact(tr("Hypervisor"), host.hypervisor);
    html.fact(tr("Last heard"), age_text(host.age_ns));
    html.fact(tr("Load"), host.load ? QString::number(*host.load, 'f', 2) : tr("not known"));
    html.fact(tr("Updates"), QString::number(host.link.updates));
    html.fact(tr("Missing"), QString::number(host.link.missing));
    html.fact(tr("Clock offset"),
              tr("%1 ms").arg(static_cast<double>(host.link.offset_ns) / 1e6, 0, 'f', 1));
    const auto plays = [&](const telemetry::DrillFacts& one) {
        const auto* drill = now.drill(QString::fromStdString(one.id()));
        return drill != nullptr && !drill->over;
    };
    html.fact(tr("Drills running"),
              QString::number(std::count_if(host.drills.begin(), host.drills.end(), plays)));
    html.fact(tr("Endpoint"), host.address);
    html.end();
    html.link("connections", tr("Connections"));
    html.link("placement", tr("Placement"));
}

void inspect_dispute(const Session& session, const Dispute& dispute, Html& html) {
    const auto& app = session.now().applications[static_cast<std::size_t>(dispute.key.application)];
    const auto verdict = dispute.first_verdict(app.faults);
    html.title(tr("Last disagreement"));
    html.fact(tr("Batch"), tr("%1 of %2").arg(dispute.key.n).arg(app.name));
    html.fact(tr("Verdict"), QString::fromStdString(std::string(matrix::to_string(verdict.kind))));
    html.fact(tr("Rule"), QString::fromStdString(std::string(verdict.rule)));
    html.fact(tr("Since"), clock_text(dispute.first_ns).left(8));
    html.end();
    html.out += "<p>" + aftermath(dispute, app).toHtmlEscaped() + "</p>";
    html.link("matrix", tr("Response matrix"));
    std::set<std::string> seen;
    for (const auto& update : dispute.chain)
        if (!update->event().evidence().empty() && seen.insert(update->event().evidence()).second &&
            seen.size() <= 4)
            html.link("evidence:" + QString::fromStdString(update->event().evidence()),
                      tr("Export proof %1")
                          .arg(QString::fromStdString(update->event().evidence()).left(8)));
}

QString span_text(std::int64_t ns) {
    const std::int64_t seconds = ns / kNs;
    return seconds < 120 ? tr("%1 s").arg(seconds) : tr("%1 min").arg(seconds / 60);
}

} // namespace

QString inspect(const Session& session) {
    if (!session.hasSource())
        return "<p>" + tr("Nothing is connected.") + "</p>";
    Html html;
    const ClusterNow& now = session.now();
    const Selection& what = session.selection();
    const auto* app =
        what.application >= 0 && what.application < static_cast<int>(now.applications.size())
            ? &now.applications[static_cast<std::size_t>(what.application)]
            : nullptr;
    const auto* replica =
        app != nullptr && (what.part == Part::Agreement || what.part == Part::Execution)
            ? app->replica(what.part == Part::Agreement ? Role::Agreement : Role::Execution,
                           what.index)
            : nullptr;
    if (replica != nullptr) {
        inspect_replica(session, *app, *replica, html);
    } else if (app != nullptr) {
        inspect_application(*app, html);
    } else if (const auto* host = now.host(what.host); host != nullptr) {
        inspect_host(*host, now, html);
    } else {
        html.title(now.name);
        html.fact(tr("Environment"), now.environment);
        html.fact(tr("Hosts heard"), tr("%1 of %2").arg(now.hosts_heard).arg(now.hosts.size()));
        html.fact(tr("Applications"), QString::number(now.applications.size()));
        html.fact(tr("Drills"), now.playing() > 0 ? tr("%1 running").arg(now.playing())
                                : now.drills      ? tr("allowed")
                                                  : tr("not allowed"));
        if (const auto* link = session.link())
            html.fact(tr("You are"), QString::fromStdString(link->self().name) +
                                         (link->may_change() ? tr(", operator") : tr(", viewer")));
        html.end();
        html.out += "<p>" + tr("Choose a host, an application or a replica.") + "</p>";
    }
    if (const auto* dispute = shown_dispute(session, what.n == 0))
        inspect_dispute(session, *dispute, html);
    return html.out;
}

QString newest_events(const Session& session, int count) {
    QStringList out;
    QSet<QString> told;
    constexpr std::size_t kLookedAt = 2000; // of a flood that says nothing, the rest is not
    const auto& all = session.log().all();
    const std::size_t last = all.size();
    const std::size_t end = last > kLookedAt ? last - kLookedAt : 0;
    for (std::size_t i = last; i > end && out.size() < count; --i) {
        const auto kind = all[i - 1].kind;
        if (severity_of(kind) < Severity::Notice && kind != telemetry::CONFIGURED)
            continue;
        const auto& event = all[i - 1].event();
        const QString app = application_of(event, *session.cluster());
        const QString who = name_of(event.source().principal());
        // Of all who say the same of an application, the last one is enough.
        const QString said = app + u' ' + sentence(event);
        if (told.contains(said))
            continue;
        told.insert(said);
        out << QString("<span style='color:%1'>%2</span> %3 %4")
                   .arg(theme().muted.name(), clock_text(event.wall_ns()).left(8),
                        app.isEmpty() ? who : app + "." + who, sentence(event).toHtmlEscaped());
    }
    return out.join(" &nbsp; · &nbsp; ");
}

QString counters_text(const Session& session, int open_alerts) {
    std::uint64_t missing = 0, dropped = 0;
    for (const auto& host : session.now().hosts) {
        missing += host.link.missing;
        dropped += host.link.dropped;
    }
    QString out = tr("%L1 events").arg(session.log().all().size());
    if (open_alerts > 0)
        out += open_alerts == 1 ? tr(" · 1 alert") : tr(" · %1 alerts").arg(open_alerts);
    if (missing + dropped > 0)
        out += tr(" · %L1 missing, %L2 dropped").arg(missing).arg(dropped);
    if (const auto* link = session.link()) {
        const Recording recording = link->recording();
        out +=
            recording.on
                ? tr(" · recording %L1 KiB").arg(recording.bytes / 1024)
                : tr(" · history %1, %2 MiB")
                      .arg(span_text(session.history().last_ns() - session.history().first_ns()))
                      .arg(static_cast<double>(session.history().bytes()) / (1 << 20), 0, 'f', 1);
    }
    return out;
}

} // namespace zz::console
