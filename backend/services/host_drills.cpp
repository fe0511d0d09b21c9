// SPDX-License-Identifier: Apache-2.0
#include "backend/services/host_drills.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "backend/services/drill_json.h"

namespace zz::services {

Status HostDrills::take(const telemetry::CommandBody& body, Instant now, std::int64_t wall_ns) {
    const auto of = [](std::string_view id) {
        return [id](const Listed& listed) { return listed.facts.id() == id; };
    };
    switch (body.what_case()) {
    case telemetry::CommandBody::kDrillStart:
        return start(body, now, wall_ns);
    case telemetry::CommandBody::kDrillStop:
        std::erase_if(listed_, of(body.drill_stop().id()));
        if (own_ && own_->id == body.drill_stop().id())
            end_own("stopped");
        return Ok{};
    case telemetry::CommandBody::kDrillStopAll:
        listed_.clear();
        if (own_)
            end_own("stopped");
        return Ok{};
    case telemetry::CommandBody::kDrillRenew: {
        const Instant ends = now + milliseconds(body.drill_renew().lease_ms());
        for (Listed& listed : listed_)
            if (listed.facts.id() == body.drill_renew().id())
                listed.ends = std::max(listed.ends, ends);
        if (own_ && own_->id == body.drill_renew().id())
            own_->ends = std::max(own_->ends, ends);
        return Ok{};
    }
    default:
        return Ok{};
    }
}

Status HostDrills::start(const telemetry::CommandBody& body, Instant now, std::int64_t wall_ns) {
    const telemetry::DrillStart& command = body.drill_start();
    if (!cluster_->drills)
        return Error{"the cluster file does not allow drills: make it with --drills"};
    const auto orders = orders_from(command.parameters());
    if (!orders)
        return orders.error();
    const ApplicationId application(static_cast<std::uint16_t>(command.application()));
    for (const drill::Order& order : *orders)
        if (const Status there = check_reachable(order, application); !there && !command.force())
            return there;
    const Duration lease =
        std::clamp<Duration>(milliseconds(command.lease_ms()), drill::kLeaseMin, drill::kLeaseMax);
    if (listed_.size() >= kListedDrillsMax)
        listed_.erase(listed_.begin());
    Listed listed;
    listed.ends = now + lease;
    listed.facts.set_id(command.id());
    listed.facts.set_name(command.name());
    listed.facts.set_application(command.application());
    listed.facts.set_parameters(command.parameters());
    listed.facts.set_started_wall_ns(wall_ns);
    listed.facts.set_operator_(body.operator_());
    listed_.push_back(std::move(listed));
    const bool ours = std::any_of(orders->begin(), orders->end(), [&](const drill::Order& order) {
        return order.target == principal(self_);
    });
    if (!ours || (own_ && own_->id == command.id()))
        return Ok{};
    if (own_)
        return Error{
            fmt::format("this host plays in drill '{}' already; stop that one first", own_->id)};
    own_ = Own{command.id(), command.name() == "host-stop" ? RelayPlay::Shut : RelayPlay::Garbles,
               now + lease};
    told_.push_back({true, command.id() + " " + command.name(), command.lease_ms()});
    return Ok{};
}

Status HostDrills::check_reachable(const drill::Order& order, ApplicationId application) const {
    const auto* app = cluster_->application(application);
    if (app == nullptr)
        return Ok{};
    bool here = false;
    if (order.target.role == Role::Agreement) {
        const auto* replica = app->replica(agreement_id(order.target));
        here = replica != nullptr && replica->host == self_;
    } else if (order.target.role == Role::Execution) {
        const auto* slot = app->slot(execution_id(order.target).slot);
        here = slot != nullptr && slot->host == self_;
    }
    if (!here || reachable_(transport::peer(application, order.target)))
        return Ok{};
    return Error{fmt::format("{}.{} is not linked to its host: it is down, asleep or "
                             "replaced since; `zzctl status` tells what runs",
                             app->name, to_string(order.target))};
}

void HostDrills::end_own(std::string_view why) {
    told_.push_back({false, fmt::format("{} {}", own_->id, why), 0});
    own_.reset();
}

std::vector<HostDrills::Told> HostDrills::look(Instant now) {
    std::erase_if(listed_, [now](const Listed& listed) { return listed.ends <= now; });
    if (own_ && own_->ends <= now)
        end_own("lease ended");
    return std::exchange(told_, {});
}

std::vector<telemetry::DrillFacts> HostDrills::list(Instant now) const {
    std::vector<telemetry::DrillFacts> out;
    for (const Listed& listed : listed_) {
        if (listed.ends <= now)
            continue;
        out.push_back(listed.facts);
        out.back().set_lease_ms(
            std::chrono::duration_cast<milliseconds>(listed.ends - now).count());
    }
    return out;
}

} // namespace zz::services
