// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/scenario.h"

#include <array>

#include <fmt/format.h>

#include "backend/drill/drill_host.h"
#include "protocol/base/check.h"
#include "tests/simulator/data_center.h"

namespace zz::simulator {

namespace {

inline constexpr Duration kFaultsFor = seconds(12);
inline constexpr std::uint32_t kFaultsMin = 20, kFaultsMore = 10;
inline constexpr Duration kHealBound = seconds(400);
inline constexpr Duration kAfterwards = seconds(2);

Shape draw_shape(Random& random, std::uint64_t seed, const Faults& faults) {
    Shape shape;
    shape.faults = faults;
    shape.secret = seed;
    shape.policy =
        random.chance(25) ? cluster::WakeupPolicy::Matrix : cluster::WakeupPolicy::Evidence;
    shape.spare = static_cast<cluster::SpareKind>(random.below(3));
    shape.limits.checkpoint_interval = static_cast<std::uint32_t>(8 + random.below(24));
    shape.limits.completion_deadline = seconds(20);
    shape.limits.recovery_deadline = seconds(5);
    return shape;
}

Weather draw_weather(Random& random) {
    Weather weather;
    weather.loss_percent = static_cast<std::uint32_t>(random.below(6));
    weather.duplicate_percent = static_cast<std::uint32_t>(random.below(6));
    weather.late_percent = static_cast<std::uint32_t>(random.below(10));
    weather.delay_max = milliseconds(static_cast<std::int64_t>(1 + random.below(10)));
    return weather;
}

constexpr std::array<std::string_view, 7> kAgreementDrills = {
    "silent",         "slow",          "lie-reports", "equivocate-primary",
    "censor-primary", "flood-demands", "false-accuse"};
constexpr std::array<std::string_view, 7> kExecutionDrills = {
    "wrong-reply",   "silent",      "slow",    "wrong-checkpoint",
    "corrupt-state", "refuse-sign", "sign-two"};

class Run {
  public:
    explicit Run(const Request& request)
        : request_(request), world_(request.seed), random_(world_.random().fork()),
          checker_(world_),
          shape_(draw_shape(random_, request.seed, cluster::faults_of(request.mode, request.f))),
          center_(world_, checker_, shape_) {
        if (request.story)
            world_.set_story(request.story);
        center_.on_start([this](const PrincipalId& machine) {
            if (const auto drill = drills_.find(machine); drill != drills_.end())
                attach(machine, *drill->second);
        });
    }

    Outcome all() {
        center_.start();
        begin();
        harm();
        heal();
        Outcome out;
        out.seed = request_.seed;
        out.violations = checker_.violations();
        out.trace_hash = world_.trace_hash();
        out.events = world_.events();
        out.replies = checker_.checked();
        out.faults = faults_;
        out.convictions = checker_.convictions();
        out.wakeups = checker_.wakeups();
        out.view_changes = checker_.view_changes();
        out.batches = checker_.executed().value;
        out.simulated = world_.now() - Instant{};
        return out;
    }

  private:
    void begin() {
        if (!world_.run(Instant{} + kStartBound, [this] { return center_.at_rest(); }))
            fail_unrest("never came to rest at the start");
        center_.start_clients();
        world_.run(world_.now() + seconds(1));
        if (checker_.checked() == 0)
            checker_.fail("no request was answered in calm weather");
    }

    void harm() {
        if (request_.calm) {
            plan_agreement_liars(world_.now(), shape_.faults.f);
            world_.run(world_.now() + kFaultsFor);
            return;
        }
        world_.set_weather(draw_weather(random_));
        const std::uint64_t count = kFaultsMin + random_.below(kFaultsMore);
        const Instant from = world_.now();
        if (request_.byzantine)
            plan_liars(from);
        for (std::uint64_t i = 0; i < count; ++i)
            world_.at(from + random_.between(Duration(0), kFaultsFor), [this] { one_fault(); });
        world_.run(from + kFaultsFor);
    }

    // At most f of each cluster turn bad, each at its own time, until healing (ZZ-1.2).
    void plan_liars(Instant from) {
        plan_agreement_liars(from, random_.below(shape_.faults.f + 1));
        for (const std::uint32_t slot :
             draw_some(random_.below(shape_.faults.f + 1), shape_.faults.execution_slots()))
            plan(from, principal(ExecutionId{SlotId(slot), Incarnation(0)}),
                 kExecutionDrills[random_.below(kExecutionDrills.size())]);
    }

    void plan_agreement_liars(Instant from, std::uint64_t count) {
        for (const std::uint32_t id : draw_some(count, shape_.faults.agreement_replicas()))
            plan(from, principal(AgreementId(id)),
                 kAgreementDrills[random_.below(kAgreementDrills.size())]);
    }

    void plan(Instant from, PrincipalId target, std::string_view name) {
        world_.at(from + random_.between(Duration(0), kFaultsFor / 2),
                  [this, target, name] { turn(target, name); });
    }

    // `count` distinct numbers of 1..of.
    std::set<std::uint32_t> draw_some(std::uint64_t count, std::uint32_t of) {
        std::set<std::uint32_t> some;
        while (some.size() < count)
            some.insert(draw(of));
        return some;
    }

    void turn(const PrincipalId& target, std::string_view name) {
        ++faults_;
        world_.tell("FAULT: " + to_string(target) + " turns bad: " + std::string(name));
        checker_.corrupt(target);
        drill::Order order;
        order.id = "sim";
        order.name = name;
        order.target = target;
        order.lease = seconds(3600);
        order.delay = milliseconds(static_cast<std::int64_t>(100 + random_.below(3000)));
        drill::Surroundings here{shape_.identity(target), shape_.controllers(),
                                 shape_.limits.window()};
        auto host = std::make_unique<drill::DrillHost>(std::move(here));
        const Status started = host->start(order, world_.now(), SequenceNumber(0));
        ZZ_CHECK(started, "{} for {}: {}", name, to_string(target), started.error().text);
        const auto placed = drills_.emplace(target, std::move(host)).first;
        attach(target, *placed->second);
    }

    void attach(const PrincipalId& machine, drill::DrillHost& host) {
        if (machine.role == Role::Agreement) {
            if (AgreementNode* node = center_.agreement(agreement_id(machine)))
                node->wrap(&host);
        } else if (ExecutionNode* node = center_.execution(SlotId(machine.index));
                   node && node->id() == execution_id(machine)) {
            node->wrap(&host);
            node->wrap_engine(
                [this, &host](execution::Result& result) { host.alter(world_.now(), result); });
        }
    }

    void one_fault() {
        ++faults_;
        switch (random_.below(5)) {
        case 0:
            return crash(principal(AgreementId(draw(shape_.faults.agreement_replicas()))));
        case 1:
            if (ExecutionNode* node =
                    center_.execution(SlotId(draw(shape_.faults.execution_slots()))))
                crash(principal(node->id()));
            return;
        case 2:
            return crash_controller(HostId(draw(shape_.hosts())));
        case 3:
            return crash_host(HostId(draw(shape_.hosts())));
        default:
            return cut_link();
        }
    }

    std::uint32_t draw(std::uint32_t of) {
        return static_cast<std::uint32_t>(1 + random_.below(of));
    }

    void crash(const PrincipalId& machine) {
        world_.tell("FAULT: " + to_string(machine) + " is killed");
        center_.crash_machine(machine);
    }
    void crash_controller(HostId host) {
        world_.tell(fmt::format("FAULT: controller {} is killed", host.value));
        center_.crash_controller(host);
        world_.after(random_.between(milliseconds(100), seconds(2)),
                     [this, host] { center_.start_controller(host); });
    }
    void crash_host(HostId host) {
        world_.tell(fmt::format("FAULT: host {} loses power", host.value));
        center_.crash_host(host);
        world_.after(random_.between(milliseconds(500), seconds(3)),
                     [this, host] { center_.start_host(host); });
    }
    void cut_link() {
        const PrincipalId a = principal(AgreementId(draw(shape_.faults.agreement_replicas())));
        const PrincipalId b =
            random_.chance(50)
                ? principal(AgreementId(draw(shape_.faults.agreement_replicas())))
                : principal(
                      ExecutionId{SlotId(draw(shape_.faults.execution_slots())), Incarnation(0)});
        if (a == b)
            return;
        world_.tell("FAULT: no link between " + to_string(a) + " and " + to_string(b));
        world_.cut(a, b);
        world_.after(random_.between(milliseconds(100), seconds(3)),
                     [this, a, b] { world_.mend(a, b); });
    }

    // Liveness: after healing every request is answered and the cluster is back at rest within a
    // bound.
    void heal() {
        world_.tell("HEALED");
        world_.set_weather(Weather{});
        world_.mend_all();
        for (auto& [machine, host] : drills_)
            host->stop_all();
        for (std::uint32_t host = 1; host <= shape_.hosts(); ++host)
            center_.start_controller(HostId(host));
        const std::uint64_t before = checker_.checked();
        world_.run(world_.now() + kAfterwards);
        center_.stop_clients();
        if (!world_.run(world_.now() + kHealBound, [this] { return center_.at_rest(); }))
            return fail_unrest("not back at rest after healing");
        center_.start_clients();
        world_.run(world_.now() + seconds(1));
        center_.stop_clients();
        if (!world_.run(world_.now() + kHealBound, [this] { return center_.at_rest(); }))
            return fail_unrest("not at rest at the end");
        if (checker_.checked() == before)
            checker_.fail("no request was answered after healing");
        check_wake_ups();
    }

    // ZZ-6.9, with timely and correct actives: nobody wakes.
    void check_wake_ups() {
        if (!shape_.faults.replaces() && checker_.wakeups() + checker_.convictions() > 0)
            checker_.fail("a wake-up or a conviction where faults are masked (ZZ-9.1)");
        if (request_.calm && checker_.wakeups() > 0)
            checker_.fail("a wake-up although every active replica is correct and timely");
    }

    void fail_unrest(const std::string& what) {
        std::string why;
        center_.at_rest(&why);
        checker_.fail(what + ": " + why);
    }

    Request request_;
    World world_;
    Random random_;
    Checker checker_;
    Shape shape_;
    std::map<PrincipalId, std::unique_ptr<drill::DrillHost>> drills_;
    DataCenter center_;
    std::uint64_t faults_ = 0;
};

} // namespace

Outcome run(const Request& request) {
    return Run(request).all();
}

} // namespace zz::simulator
