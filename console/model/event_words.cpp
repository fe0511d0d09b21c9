// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/event_words.h"

#include <QDateTime>

#include "console/model/words.h"
#include "protocol/base/ids.h"

namespace zz::console {
namespace {

QString quoted_text(const telemetry::Event& event) {
    return QString::fromStdString(event.text());
}

QString machine(const telemetry::Event& event, const char* pattern) {
    return tr(pattern).arg(name_of(event.subject()), quoted_text(event));
}

} // namespace

QString words(Severity severity) {
    switch (severity) {
    case Severity::Detail:
        return tr("detail");
    case Severity::Info:
        return tr("info");
    case Severity::Notice:
        return tr("notice");
    case Severity::Warning:
        return tr("warning");
    case Severity::Alarm:
        break;
    }
    return tr("alarm");
}

Severity severity_of(const telemetry::Event& event) {
    const bool client = event.source().principal().role() == static_cast<unsigned>(Role::Client);
    const bool came_or_went =
        event.kind() == telemetry::SERVICE_STARTED || event.kind() == telemetry::SERVICE_STOPPED;
    return client && came_or_went ? Severity::Detail : severity_of(event.kind());
}

Severity severity_of(telemetry::EventKind kind) {
    switch (kind) {
    case telemetry::COLUMN_OF:
    case telemetry::CHECKPOINT_TAKEN:
    case telemetry::STABLE_CHECKPOINT:
    case telemetry::LOG_RECEIVED:
    case telemetry::EVIDENCE_ROUND:
    case telemetry::MACHINE_ASKED:
    case telemetry::REJECTION:
        return Severity::Detail;
    case telemetry::CONVICTED:
    case telemetry::ASSUMPTION_VIOLATED:
    case telemetry::ALL_NAMED:
    case telemetry::SERVICE_LOST:
    case telemetry::MACHINE_CRASHED:
        return Severity::Alarm;
    case telemetry::DEVIATION:
    case telemetry::DEMANDED:
    case telemetry::NO_SIGNED:
    case telemetry::ACCUSED:
    case telemetry::SUSPICION:
    case telemetry::MACHINE_FAILED:
    case telemetry::CLIENT_COMPLAINT:
    case telemetry::EVENTS_DROPPED:
    case telemetry::VIEW_CHANGE_STARTED:
        return Severity::Warning;
    case telemetry::WAKE_DECIDED:
    case telemetry::WAKE_UP_KNOWN:
    case telemetry::EPOCH_SETTLED:
    case telemetry::DRILL_STARTED:
    case telemetry::DRILL_STOPPED:
    case telemetry::OPERATOR_ACTION:
    case telemetry::SETTLED_BY_EVIDENCE:
    case telemetry::PROOF_OF:
    case telemetry::COMPLETED:
    case telemetry::FIRST_REPORT:
        return Severity::Notice;
    default:
        return Severity::Info;
    }
}

QString kind_word(const telemetry::Event& event) {
    return QString::fromStdString(telemetry::EventKind_Name(event.kind()))
        .toLower()
        .replace('_', '-');
}

QString name_of(const telemetry::Principal& who) {
    if (who.role() < 1 || who.role() > 6)
        return QString();
    return QString::fromStdString(
        zz::to_string(PrincipalId{static_cast<Role>(who.role()), who.index(), who.incarnation()}));
}

QString application_of(const telemetry::Event& event, const cluster::Cluster& cluster) {
    // A controller is of no application, but says of which one it speaks.
    const std::uint32_t number =
        event.source().application() != 0 ? event.source().application() : event.application();
    return number == 0 || number > cluster.applications.size()
               ? QString()
               : QString::fromStdString(cluster.applications[number - 1].name);
}

namespace {

// What is about ordering, detection and blame.
QString protocol_sentence(const telemetry::Event& e, const QString& subject, const QString& text) {
    switch (e.kind()) {
    case telemetry::VIEW_CHANGE_STARTED:
        return tr("asks for view %1").arg(e.value());
    case telemetry::VIEW_ENTERED:
        return tr("entered view %1").arg(e.value());
    case telemetry::STABLE_CHECKPOINT:
        return tr("checkpoint %1 is stable").arg(e.n());
    case telemetry::CAUGHT_UP:
        return tr("caught up to %1").arg(e.n());
    case telemetry::CONFIGURED:
        return tr("configuration %1 in force").arg(e.value());
    case telemetry::DEVIATION:
        if (!e.has_subject())
            return tr("replies of batch %1 differ").arg(e.n());
        return (e.digest().empty() ? tr("misses the reply of %2 to batch %1")
                                   : tr("%2 deviates from the value of batch %1"))
            .arg(e.n())
            .arg(subject);
    case telemetry::EVIDENCE_ROUND:
        return tr("asks all for signed replies of batch %1").arg(e.n());
    case telemetry::COLUMN_OF:
        return tr("tells column %2 of batch %1").arg(e.n()).arg(subject);
    case telemetry::SETTLED_BY_EVIDENCE:
        return tr("settled batch %1: %2").arg(e.n()).arg(text);
    case telemetry::DEMANDED:
        return tr("demands a wake-up over batch %1").arg(e.n());
    case telemetry::NO_SIGNED:
        return tr("got no signed reply of %1").arg(subject);
    case telemetry::ACCUSED:
        return tr("accuses %1 over batch %2").arg(subject).arg(e.n());
    case telemetry::CONVICTED:
        return tr("%1 is convicted over batch %2: %3").arg(subject).arg(e.n()).arg(text);
    case telemetry::EPOCH_SETTLED:
        return tr("epoch %1 begins: removed and replaced").arg(e.epoch());
    case telemetry::WAKE_UP_KNOWN:
        return text.isEmpty() ? tr("knows a valid wake-up proof")
                              : tr("knows a valid wake-up proof: %1").arg(text);
    case telemetry::PROOF_OF:
        return tr("holds proof against %1: %2").arg(subject, text);
    case telemetry::ASSUMPTION_VIOLATED:
        return tr("more than f faults at batch %1: %2").arg(e.n()).arg(text);
    case telemetry::ALL_NAMED:
        return tr("every replica was named: overload or partition");
    default:
        return tr("suspects %1 (%2)").arg(subject).arg(e.value());
    }
}

} // namespace

QString sentence(const telemetry::Event& e) {
    const QString subject = name_of(e.subject());
    const QString text = quoted_text(e);
    switch (e.kind()) {
    case telemetry::WAKE_DECIDED:
        return tr("wake-up decided: %1").arg(text);
    case telemetry::MACHINE_ASKED:
        return machine(e, QT_TRANSLATE_NOOP("EventWords", "asks %1's machine: %2"));
    case telemetry::MACHINE_DONE:
        return machine(e, QT_TRANSLATE_NOOP("EventWords", "%1's machine: %2 done"));
    case telemetry::MACHINE_FAILED:
        return machine(e, QT_TRANSLATE_NOOP("EventWords", "%1's machine failed: %2"));
    case telemetry::MACHINE_CRASHED:
        return machine(e, QT_TRANSLATE_NOOP("EventWords", "%1 crashed: %2"));
    case telemetry::LOG_RECEIVED:
        return tr("received the log up to %1").arg(e.n());
    case telemetry::REPLAYED:
        return tr("replayed the log up to %1").arg(e.n());
    case telemetry::FIRST_REPORT:
        return tr("first reply after waking, batch %1").arg(e.n());
    case telemetry::COMPLETED:
        return tr("holds the whole state (%1 bytes fetched)").arg(e.value());
    case telemetry::CHECKPOINT_TAKEN:
        return tr("took checkpoint %1").arg(e.n());
    case telemetry::REJECTION:
        return tr("rejected %1 messages: %2").arg(e.value()).arg(text);
    case telemetry::SERVICE_STARTED:
        return tr("%1 started, process %2").arg(text).arg(e.value());
    case telemetry::SERVICE_STOPPED:
        return text.isEmpty() ? tr("stopped") : tr("stopped: %1").arg(text);
    case telemetry::SERVICE_LOST:
        return tr("%1 is not heard any more").arg(subject);
    case telemetry::EVENTS_DROPPED:
        return tr("%1 events were dropped: a queue was full").arg(e.value());
    case telemetry::OPERATOR_ACTION:
        return tr("%1: %2").arg(subject, text);
    case telemetry::DRILL_STARTED:
        return tr("drill began: %1").arg(text);
    case telemetry::DRILL_STOPPED:
        return tr("drill ended: %1").arg(text);
    case telemetry::CLIENT_COMPLAINT:
        return tr("%1 requests wait longer than they should").arg(e.value());
    case telemetry::TEXT:
    case telemetry::EVENT_NONE:
        return text;
    default:
        break;
    }
    return e.kind() <= telemetry::SUSPICION ? protocol_sentence(e, subject, text)
                                            : kind_word(e) + (text.isEmpty() ? "" : ": " + text);
}

QString clock_text(std::int64_t wall_ns) {
    return QDateTime::fromMSecsSinceEpoch(wall_ns / 1'000'000).toString("hh:mm:ss.zzz");
}

QString age_text(std::int64_t age_ns) {
    if (age_ns < 0)
        return tr("never");
    const double seconds = static_cast<double>(age_ns) / 1e9;
    if (seconds < 10)
        return tr("%1 s").arg(seconds, 0, 'f', 1);
    if (seconds < 120)
        return tr("%1 s").arg(seconds, 0, 'f', 0);
    return tr("%1 min").arg(seconds / 60, 0, 'f', 0);
}

} // namespace zz::console
