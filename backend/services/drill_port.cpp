// SPDX-License-Identifier: Apache-2.0
#include "backend/services/drill_port.h"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <sstream>
#include <thread>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "backend/services/drill_json.h"

namespace zz::services {
namespace {

constexpr std::string_view kDownMark = "down-by-drill"; // "ID WALL-NANOSECONDS"; 0: it was stopped
constexpr Duration kDownLook = milliseconds(100);

drill::Surroundings surroundings(const Setup& setup, const auth::Identity& identity) {
    drill::Surroundings here;
    here.identity = identity;
    here.window = setup.application->limits.window();
    std::set<HostId> hosts;
    for (const auto& slot : setup.application->execution)
        hosts.insert(slot.host);
    for (const HostId host : hosts)
        here.controllers.push_back(controller_of(host));
    return here;
}

struct DownMark {
    std::string id;
    std::int64_t until_wall_ns = 0;
};

std::optional<DownMark> read_mark(const std::string& file) {
    const auto text = runtime::read_file(file, 4096);
    if (!text)
        return std::nullopt;
    DownMark mark;
    std::istringstream in(text.value());
    if (!(in >> mark.id >> mark.until_wall_ns))
        return std::nullopt;
    return mark;
}

} // namespace

DrillPort::DrillPort(const Setup& setup, const auth::Identity& identity, runtime::Loop& loop)
    : setup_(&setup), self_(identity.self), loop_(&loop),
      operators_(setup.cluster, setup.host, std::string()), host_(surroundings(setup, identity)) {}

void DrillPort::on_command(const telemetry::Command& command, Instant now, SequenceNumber reached) {
    const auto body = operators_.check_passed_on(command);
    if (!body) {
        loop_->feed().event(telemetry::OPERATOR_ACTION, "refused: " + body.error().text);
        return;
    }
    switch (body->what_case()) {
    case telemetry::CommandBody::kDrillStart:
        if (const Status started = start(body->drill_start(), now, reached); !started)
            loop_->feed().event(telemetry::OPERATOR_ACTION,
                                fmt::format("drill {} refused: {}", body->drill_start().id(),
                                            started.error().text));
        return;
    case telemetry::CommandBody::kDrillStop:
        (void)host_.stop(body->drill_stop().id()); // of another replica's drill: nothing to stop
        return;
    case telemetry::CommandBody::kDrillStopAll:
        host_.stop_all();
        return;
    case telemetry::CommandBody::kDrillRenew:
        (void)host_.renew(body->drill_renew().id(), milliseconds(body->drill_renew().lease_ms()),
                          now);
        return;
    default:
        return;
    }
}

Status DrillPort::start(const telemetry::DrillStart& command, Instant now, SequenceNumber reached) {
    if (ApplicationId(static_cast<std::uint16_t>(command.application())) != setup_->application->id)
        return Ok{};
    const auto orders = orders_from(command.parameters());
    if (!orders)
        return orders.error();
    for (const drill::Order& order : *orders) {
        if (order.target != self_)
            continue;
        if (!setup_->cluster.drills)
            return Error{"the cluster file does not allow drills: make it with --drills"};
        if (const Status started = host_.start(order, now, reached); !started)
            return started;
        loop_->feed().event(telemetry::DRILL_STARTED, order.id + " " + order.name,
                            static_cast<std::uint64_t>(command.lease_ms()), self_);
    }
    return Ok{};
}

void DrillPort::tell_ended(const drill::Ended& ended) {
    loop_->feed().event(telemetry::DRILL_STOPPED,
                        fmt::format("{} {}", ended.id, drill::to_string(ended.cause)), 0, self_);
}

void DrillPort::on_turn(Instant now) {
    for (const drill::Ended& ended : host_.take_ended())
        tell_ended(ended);
    play_links();
    const auto running = host_.running();
    if (!running || !host_.crashes())
        return;
    const std::int64_t until = runtime::wall_ns() + (running->ends - now).count();
    const Status marked =
        runtime::replace_file(fmt::format("{}/{}", setup_->folder->path(), kDownMark),
                              fmt::format("{} {}\n", running->id, until));
    if (marked) {
        loop_->tell_rest(); // also that it began
        std::raise(SIGKILL);
    }
    loop_->feed().event(telemetry::TEXT, "crash drill: " + marked.error().text);
    host_.stop_all();
}

void DrillPort::play_links() {
    const drill::LinkTrouble* trouble = host_.link();
    if ((trouble != nullptr) == links_fail_)
        return;
    links_fail_ = trouble != nullptr;
    if (!trouble) {
        loop_->transport().clear_link_fault();
        return;
    }
    transport::LinkFault fault;
    for (const PrincipalId& peer : trouble->peers)
        fault.far.insert(transport::peer(setup_->application->id, peer));
    fault.delay = trouble->delay;
    fault.loss_percent = trouble->loss_percent;
    fault.cut = trouble->cut;
    fault.seed = trouble->seed;
    loop_->transport().set_link_fault(fault);
}

std::optional<drill::Ended> wait_while_down(const std::string& folder) {
    const std::string file = fmt::format("{}/{}", folder, kDownMark);
    std::optional<drill::Ended> ended;
    for (auto mark = read_mark(file); mark; mark = read_mark(file)) {
        const bool lifted = mark->until_wall_ns == 0;
        ended = drill::Ended{mark->id, "crash",
                             lifted ? drill::EndCause::Stopped : drill::EndCause::LeaseEnded};
        if (runtime::wall_ns() >= mark->until_wall_ns)
            break;
        std::this_thread::sleep_for(kDownLook);
    }
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return ended;
}

void lift_down(const std::string& machines, std::string_view id) {
    std::error_code error;
    std::vector<std::filesystem::path> found;
    for (std::filesystem::recursive_directory_iterator it(machines, error), end;
         !error && it != end; it.increment(error))
        if (it->path().filename() == kDownMark)
            found.push_back(it->path());
    for (const auto& path : found) {
        const auto mark = read_mark(path.string());
        if (mark && (id.empty() || mark->id == id))
            (void)runtime::replace_file(path.string(), fmt::format("{} 0\n", mark->id));
    }
}

} // namespace zz::services
