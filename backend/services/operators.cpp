// SPDX-License-Identifier: Apache-2.0
#include "backend/services/operators.h"

#include <fmt/format.h>
#include <sstream>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "backend/services/drill_json.h"

namespace zz::services {

Operators::Operators(const cluster::Cluster& cluster, HostId host, std::string folder)
    : cluster_(&cluster), host_(host), file_(folder.empty() ? "" : folder + "/nonces") {
    if (file_.empty()) {
        floor_ = static_cast<std::uint64_t>(runtime::wall_ns());
        return;
    }
    if (auto text = runtime::read_file(file_, 1u << 20)) {
        std::istringstream in(text.value());
        std::uint32_t id = 0;
        std::uint64_t nonce = 0;
        while (in >> id >> nonce)
            nonces_[id].floor = nonce;
    }
}

bool Operators::is_fresh(Seen& seen, std::uint64_t nonce) const {
    if (nonce <= std::max(seen.floor, floor_) || !seen.above.insert(nonce).second)
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
    if (const Status good = confirmed(*cluster_, *body); !good)
        return good.error();
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
    case telemetry::CommandBody::kAuditList:
    case telemetry::CommandBody::kRecoverClaim:
        return true;
    default:
        return false;
    }
}

bool is_harmful(const telemetry::CommandBody& body) {
    switch (body.what_case()) {
    case telemetry::CommandBody::kDrillStart:
    case telemetry::CommandBody::kHostStop:
    case telemetry::CommandBody::kRecover:
        return true;
    case telemetry::CommandBody::kAnnounce:
        return body.announce().harmful();
    default:
        return false;
    }
}

namespace {

// What has to be typed anew.
std::string name_of_harmed(const cluster::Cluster& cluster, const telemetry::CommandBody& body) {
    const auto application = [&](std::uint32_t id) {
        const auto* entry = cluster.application(ApplicationId(static_cast<std::uint16_t>(id)));
        return entry == nullptr ? std::string() : entry->name;
    };
    switch (body.what_case()) {
    case telemetry::CommandBody::kDrillStart:
        return application(body.drill_start().application());
    case telemetry::CommandBody::kRecover:
        return application(body.recover().application());
    case telemetry::CommandBody::kAnnounce:
        return body.announce().target();
    default: {
        const auto* host = cluster.host(HostId(body.host()));
        return host == nullptr ? std::string() : host->name;
    }
    }
}

// More replicas of one kind than the application bears. What runs already is the planner's to
// know: a host does not see the drills of the others.
bool exceeds_f(const cluster::Cluster& cluster, const telemetry::DrillStart& start) {
    const auto* app =
        cluster.application(ApplicationId(static_cast<std::uint16_t>(start.application())));
    const auto orders = orders_from(start.parameters());
    if (app == nullptr || !orders)
        return false; // Nobody will find an order for himself in it.
    std::set<PrincipalId> agreement, execution;
    for (const auto& order : *orders)
        (order.target.role == Role::Agreement ? agreement : execution).insert(order.target);
    std::erase_if(execution, [](const auto& p) { return p.role != Role::Execution; });
    return std::max(agreement.size(), execution.size()) > app->f;
}

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

std::string what_of_start(const telemetry::DrillStart& start) {
    std::string targets;
    for (const auto& target : start.targets())
        targets += (targets.empty() ? " at " : ", ") + to_string(runtime::from_proto(target));
    return fmt::format("drill start {} {} of application {}{} for {} ms{}", start.name(),
                       start.id(), start.application(), targets, start.lease_ms(),
                       start.force() ? " with force" : "");
}

std::string what_it_says(const telemetry::CommandBody& body) {
    switch (body.what_case()) {
    case telemetry::CommandBody::kStatus:
        return "status";
    case telemetry::CommandBody::kEvents:
        return "events";
    case telemetry::CommandBody::kDrillStart:
        return what_of_start(body.drill_start());
    case telemetry::CommandBody::kDrillStop:
        return "drill stop " + body.drill_stop().id();
    case telemetry::CommandBody::kDrillStopAll:
        return "drill stop-all";
    case telemetry::CommandBody::kDrillList:
        return "drill list";
    case telemetry::CommandBody::kDrillRenew:
        return fmt::format("drill renew {} for {} ms", body.drill_renew().id(),
                           body.drill_renew().lease_ms());
    case telemetry::CommandBody::kHostStop:
        return "host stop";
    case telemetry::CommandBody::kEvidenceList:
        return "evidence list";
    case telemetry::CommandBody::kEvidenceGet:
        return "evidence get " + body.evidence_get().id();
    case telemetry::CommandBody::kRecoverClaim:
        return fmt::format("recover application {}, claims", body.recover_claim().application());
    case telemetry::CommandBody::kRecover:
        return fmt::format("recover application {}", body.recover().application());
    case telemetry::CommandBody::kAuditList:
        return "audit list";
    case telemetry::CommandBody::kAnnounce:
        return fmt::format("{} {}, at its processes", body.announce().action(),
                           body.announce().target());
    case telemetry::CommandBody::WHAT_NOT_SET:
        break;
    }
    return "a command that this version does not know";
}

} // namespace

Status confirmed(const cluster::Cluster& cluster, const telemetry::CommandBody& body) {
    if (body.has_drill_start() && !body.drill_start().force() &&
        exceeds_f(cluster, body.drill_start()))
        return Error{"the drill befalls more than f replicas of one cluster: it needs --force and "
                     "a reason"};
    if (body.drill_start().force() && is_blank(body.reason()))
        return Error{"what goes beyond f needs a reason besides --force: say --reason TEXT"};
    if (cluster.environment != cluster::kProduction || !is_harmful(body))
        return Ok{};
    if (is_blank(body.reason()))
        return Error{"this is production: whatever does harm needs a reason: say --reason TEXT"};
    const std::string name = name_of_harmed(cluster, body);
    if (body.confirm() != name)
        return Error{
            fmt::format("this is production: type the name of what is harmed: --yes {}", name)};
    return Ok{};
}

std::string what_of(const telemetry::CommandBody& body) {
    return runtime::safe_text(what_it_says(body));
}

} // namespace zz::services
