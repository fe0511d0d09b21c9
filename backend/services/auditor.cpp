// SPDX-License-Identifier: Apache-2.0
#include "backend/services/auditor.h"

#include <fmt/format.h>

#include "backend/runtime/convert.h"
#include "backend/services/operators.h"

namespace zz::services {

Auditor::Key Auditor::key_of(const telemetry::AuditEntry& entry) {
    return {entry.operator_(), entry.key(), entry.command(), entry.result()};
}

telemetry::AuditEntry Auditor::entry_of(OperatorId who) const {
    telemetry::AuditEntry entry;
    entry.set_operator_(who.value);
    entry.set_times(1);
    const auto* known = cluster_->find_operator(who);
    if (known == nullptr) {
        entry.set_who("unknown");
        return entry;
    }
    entry.set_who(known->name);
    entry.set_role(std::string(cluster::to_string(known->role)));
    entry.set_key(to_hex(known->keys.signing.view()));
    return entry;
}

Status Auditor::accepted(OperatorId who, const telemetry::CommandBody& command) {
    auto entry = entry_of(who);
    entry.set_command(what_of(command));
    entry.set_reason(runtime::safe_text(command.reason()));
    entry.set_result("accepted");
    const Status written = log_.append(std::move(entry), true);
    lost_ += written ? 0 : 1;
    return written;
}

void Auditor::read(OperatorId who, const telemetry::CommandBody& command) {
    auto entry = entry_of(who);
    entry.set_command(what_of(command));
    entry.set_result("accepted");
    count(std::move(entry));
}

bool Auditor::refused(OperatorId who, const std::string& command, const std::string& reason,
                      const std::string& why) {
    auto entry = entry_of(who);
    entry.set_command(command);
    entry.set_reason(runtime::safe_text(reason));
    entry.set_result("refused: " + runtime::safe_text(why));
    return first_then_count(std::move(entry));
}

bool Auditor::stranger(const ExchangeKey& key, const std::string& address) {
    telemetry::AuditEntry entry;
    entry.set_times(1);
    entry.set_who("unknown");
    entry.set_key(to_hex(key.view()));
    entry.set_command(fmt::format("connect from {}", runtime::safe_text(address)));
    entry.set_result("refused: the key is not in the cluster file");
    return first_then_count(std::move(entry));
}

void Auditor::outcome(const std::string& service, const std::string& text) {
    telemetry::AuditEntry entry;
    entry.set_times(1);
    entry.set_who(service);
    entry.set_command("told by the service");
    entry.set_result(runtime::safe_text(text));
    first_then_count(std::move(entry));
}

void Auditor::count(telemetry::AuditEntry entry) {
    if (counted_.size() >= kAuditCountedMax && !counted_.contains(key_of(entry)))
        flush();
    const auto [it, fresh] = counted_.try_emplace(key_of(entry), entry);
    if (!fresh)
        it->second.set_times(it->second.times() + entry.times());
}

bool Auditor::first_then_count(telemetry::AuditEntry entry) {
    if (counted_.contains(key_of(entry))) {
        count(std::move(entry));
        return false;
    }
    if (lines_ >= kAuditLinesPerWindow) {
        entry.set_command("more commands than are told apart");
        entry.set_reason("");
        entry.set_result("refused or told by services");
        count(std::move(entry));
        return false;
    }
    ++lines_;
    write(entry);
    entry.set_times(0);
    count(std::move(entry));
    return true;
}

void Auditor::write(telemetry::AuditEntry entry) {
    if (!log_.append(std::move(entry), false))
        ++lost_;
}

void Auditor::on_turn(Instant now) {
    if (now < window_ends_)
        return;
    window_ends_ = now + kAuditWindow;
    lines_ = 0;
    flush();
}

void Auditor::flush() {
    for (auto& [key, entry] : counted_)
        if (entry.times() != 0)
            write(std::move(entry));
    counted_.clear();
}

} // namespace zz::services
