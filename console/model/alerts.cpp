// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/alerts.h"

#include <algorithm>

namespace zz::console {
namespace {

bool is_of_a_disagreement(telemetry::EventKind kind) {
    return kind == telemetry::DEVIATION || kind == telemetry::DEMANDED ||
           kind == telemetry::NO_SIGNED || kind == telemetry::ACCUSED ||
           kind == telemetry::SUSPICION;
}

} // namespace

void AlertBook::reset() {
    entries_.clear();
    newest_ = 0;
}

void AlertBook::refresh() {
    const EventLog& log = session_.log();
    if (mode_ != session_.mode() || log.newest_serial() < newest_)
        reset(); // the cursor went back
    mode_ = session_.mode();
    if (newest_ == 0)
        for (const auto& record : log.all())
            take(record);
    else
        for (std::size_t i = log.arrived_before(newest_ + 1); i < log.arrived().size(); ++i)
            take(log.arrived()[i]);
    newest_ = log.newest_serial();
}

void AlertBook::take(const EventRecord& record) {
    if (severity_of(record.kind) < Severity::Warning)
        return;
    const auto& event = record.event();
    const auto& who = event.subject();
    Key key;
    key.application =
        event.source().application() != 0 ? event.source().application() : event.application();
    if (!is_of_a_disagreement(record.kind))
        key = {static_cast<std::uint32_t>(record.kind), key.application, who.role(), who.index(),
               who.incarnation()};
    if (entries_.size() >= kAlertsMax && !entries_.contains(key))
        return;
    Entry& entry = entries_[key];
    if (entry.count++ == 0)
        entry.first_ns = record.wall_ns;
    if (event.source().principal().role() == static_cast<std::uint32_t>(Role::Agreement))
        entry.tellers.insert(event.source().principal().index());
    entry.severity = std::max(entry.severity, severity_of(event));
    entry.first_ns = std::min(entry.first_ns, record.wall_ns);
    if (record.wall_ns >= entry.last_ns) {
        entry.last_ns = record.wall_ns;
        entry.last = record.update;
    }
}

bool AlertBook::is_fact(const Key& key, const Entry& entry) const {
    const auto& apps = session_.cluster()->applications;
    return key.kind != static_cast<std::uint32_t>(telemetry::CONVICTED) ||
           (key.application >= 1 && key.application <= apps.size() &&
            entry.tellers.size() >= apps[key.application - 1].faults().weak_quorum());
}

std::vector<Alert> AlertBook::alerts(const std::map<QString, Acknowledgement>& acknowledged) const {
    std::vector<Alert> out;
    if (session_.cluster() == nullptr)
        return out;
    for (const auto& [key, entry] : entries_) {
        if (!is_fact(key, entry))
            continue;
        const auto& event = entry.last->event();
        Alert alert;
        alert.application = application_of(event, *session_.cluster());
        alert.key = key.kind == 0 ? "disagreement " + alert.application
                                  : kind_word(event) + " " + alert.application + " " +
                                        name_of(event.subject());
        alert.severity = entry.severity;
        alert.text = sentence(event);
        alert.first_ns = entry.first_ns;
        alert.last_ns = entry.last_ns;
        alert.count = entry.count;
        if (const auto ack = acknowledged.find(alert.key);
            ack != acknowledged.end() && alert.last_ns <= ack->second.until_ns)
            alert.acknowledged = ack->second.words;
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
