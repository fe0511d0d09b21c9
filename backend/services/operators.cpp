// SPDX-License-Identifier: Apache-2.0
#include "backend/services/operators.h"

#include <fmt/format.h>
#include <sstream>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"

namespace zz::services {

Operators::Operators(const cluster::Cluster& cluster, HostId host, std::string folder)
    : cluster_(&cluster), host_(host), file_(folder.empty() ? "" : folder + "/nonces") {
    if (file_.empty())
        return;
    if (auto text = runtime::read_file(file_, 1u << 20)) {
        std::istringstream in(text.value());
        std::uint32_t id = 0;
        std::uint64_t nonce = 0;
        while (in >> id >> nonce)
            nonces_[id].floor = nonce;
    }
}

bool Operators::is_fresh(Seen& seen, std::uint64_t nonce) {
    if (nonce <= seen.floor || !seen.above.insert(nonce).second)
        return false;
    if (seen.above.size() > kNoncesKept) {
        seen.floor = *seen.above.begin();
        seen.above.erase(seen.above.begin());
    }
    return true;
}

Result<telemetry::CommandBody> Operators::check(const telemetry::Command& command,
                                                OperatorId link) {
    auto body = check_all(command);
    if (body && body->operator_() != link.value)
        return Error{"the command is signed by another operator than the link belongs to"};
    return body;
}

Result<telemetry::CommandBody> Operators::check_passed_on(const telemetry::Command& command) {
    return check_all(command);
}

Result<telemetry::CommandBody> Operators::check_all(const telemetry::Command& command) {
    auto body = telemetry::read_command(command);
    if (!body)
        return body;
    const auto* entry = cluster_->find_operator(OperatorId(body->operator_()));
    if (entry == nullptr)
        return Error{fmt::format("operator {} is not in the cluster file", body->operator_())};
    if (!telemetry::is_signed_by(command, entry->keys.signing))
        return Error{fmt::format("the signature is not that of operator {}", entry->name)};
    if (body->cluster() != text_of(cluster_->id.view()) ||
        body->environment() != cluster_->environment)
        return Error{"the command is for another cluster or environment: use this cluster's file"};
    if (body->host() != host_.value)
        return Error{"the command is for another host"};
    if (body->not_after_wall_ns() < runtime::wall_ns())
        return Error{"the command is too old: compare the clocks of operator and host"};
    if (entry->role != cluster::OperatorRole::Operator && !is_read_only(*body))
        return Error{fmt::format("operator {} is a viewer and may change nothing", entry->name)};
    if (!is_fresh(nonces_[body->operator_()], body->nonce()))
        return Error{"the command was seen before (its nonce is not new)"};
    // What only reads may be replayed after a crash of this host without harm.
    if (!file_.empty() && !is_read_only(*body)) {
        std::string text;
        for (const auto& [id, seen] : nonces_)
            text +=
                fmt::format("{} {}\n", id, seen.above.empty() ? seen.floor : *seen.above.rbegin());
        if (const Status written = runtime::replace_file(file_, text); !written)
            return written.error();
    }
    return body;
}

bool is_read_only(const telemetry::CommandBody& body) {
    switch (body.what_case()) {
    case telemetry::CommandBody::kStatus:
    case telemetry::CommandBody::kEvents:
    case telemetry::CommandBody::kDrillList:
    case telemetry::CommandBody::kEvidenceList:
    case telemetry::CommandBody::kEvidenceGet:
        return true;
    default:
        return false;
    }
}

std::string what_of(const telemetry::CommandBody& body) {
    const std::string reason = body.reason().empty() ? "" : " (" + body.reason() + ")";
    switch (body.what_case()) {
    case telemetry::CommandBody::kDrillStart:
        return runtime::safe_text(fmt::format("drill start {} {}{}", body.drill_start().name(),
                                              body.drill_start().id(), reason));
    case telemetry::CommandBody::kDrillStop:
        return runtime::safe_text(fmt::format("drill stop {}{}", body.drill_stop().id(), reason));
    case telemetry::CommandBody::kDrillStopAll:
        return runtime::safe_text("drill stop-all" + reason);
    case telemetry::CommandBody::kHostStop:
        return runtime::safe_text("host stop" + reason);
    case telemetry::CommandBody::kRecover:
        return runtime::safe_text("recover" + reason);
    default:
        return runtime::safe_text("command" + reason);
    }
}

} // namespace zz::services
