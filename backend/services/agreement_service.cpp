// SPDX-License-Identifier: Apache-2.0
#include "backend/services/agreement_service.h"

#include <fmt/format.h>
#include <numeric>
#include <spdlog/spdlog.h>

#include "backend/replica/core.h"
#include "backend/runtime/clock.h"
#include "backend/runtime/fair_queue.h"
#include "backend/runtime/loop.h"
#include "backend/runtime/shell.h"
#include "backend/services/drill_port.h"
#include "backend/services/rejections.h"
#include "backend/services/renewal.h"
#include "backend/services/setup.h"
#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"

namespace zz::services {
namespace {

constexpr Duration kClientTurn = milliseconds(2); // of one turn of the loop

Status find_replica(Setup& setup) {
    if (const Status found = find_application(setup); !found)
        return found;
    for (const auto& replica : setup.application->agreement) {
        if (to_string(replica.id) == setup.arguments.replica) {
            setup.self = principal(replica.id);
            setup.host = replica.host;
            return Ok{};
        }
    }
    return Error{fmt::format("application {} has no agreement replica '{}': A1 to A{}",
                             setup.application->name, setup.arguments.replica,
                             setup.application->agreement.size())};
}

storage::Durability durability_of(cluster::Durability d) {
    switch (d) {
    case cluster::Durability::Sync:
        return storage::Durability::Sync;
    case cluster::Durability::Async:
        return storage::Durability::Async;
    case cluster::Durability::Memory:
        break;
    }
    return storage::Durability::Memory;
}

agreement::Options options_of(const cluster::Application& app) {
    agreement::Options o;
    o.limits = app.limits;
    o.genesis = runtime::first_configuration(app);
    std::set<HostId> hosts;
    for (const auto& slot : app.execution) {
        o.slot_hosts.push_back(slot.host);
        hosts.insert(slot.host);
    }
    for (const auto& replica : app.agreement)
        hosts.insert(replica.host);
    for (const auto& client : app.clients) {
        o.clients.push_back({client.id, client.lanes});
        o.audience.push_back(principal(client.id));
    }
    for (const HostId host : hosts)
        o.audience.push_back(controller_of(host));
    o.wall_at_zero = Timestamp(static_cast<std::uint64_t>(runtime::wall_ns() - runtime::now().ns));
    return o;
}

detection::Settings settings_of(const cluster::Application& app) {
    detection::Settings s;
    s.faults = app.faults();
    s.policy = app.wakeup;
    s.limits = app.limits;
    std::set<HostId> hosts;
    for (const auto& slot : app.execution)
        hosts.insert(slot.host);
    for (const HostId host : hosts)
        s.controllers.push_back(controller_of(host));
    return s;
}

using ReplicaShell = runtime::Shell<replica::Core, replica::Input, replica::Action>;

class AgreementService final : public runtime::Service {
  public:
    AgreementService(Setup& setup, runtime::Loop& loop)
        : setup_(setup), loop_(loop),
          node_({&setup.cluster, setup.application, setup.self, setup.host, &setup.keys,
                 &loop.transport(), setup.generation_start()}),
          operators_(setup.cluster, setup.host, std::string()),
          core_(node_.sealer(), options_of(*setup.application), settings_of(*setup.application)),
          drills_(setup, node_.sealer().identity(), loop) {}

    Status start() {
        if (const Status opened = open_journal(); !opened)
            return opened;
        shell_.emplace(core_, node_, loop_.feed(), journal_.get(), [this](replica::Action& action) {
            node_.learn(std::get<0>(action).config);
        });
        shell_->set_wrapper(&drills_.host());
        const auto& replicas = setup_.application->agreement;
        const auto& own = *setup_.application->replica(agreement_id(setup_.self));
        if (auto bound = loop_.transport().bind(own.endpoint); !bound)
            return bound.error();
        for (const auto& other : replicas) {
            if (!(other.id < own.id))
                continue;
            const auto peer = transport::peer(setup_.application->id, principal(other.id));
            if (const Status s = loop_.transport().dial(peer, other.endpoint, other.keys.exchange);
                !s)
                return s;
        }
        return Ok{};
    }

    void on_frame(Instant now, ApplicationId, const PrincipalId& link, const Blob& frame) override {
        if (link.role == Role::Client)
            clients_.push(now, link, frame);
        else
            shell_->frame(now, frame, link);
    }
    bool on_turn(Instant now) override {
        if (has_valid_renewal() && renew(node_, setup_.folder->path(), loop_))
            return true;
        shell_->turn(serve_clients(now));
        if (now >= next_telling_) {
            next_telling_ = now + setup_.application->limits.heartbeat;
            node_.tell_generation();
        }
        drills_.on_turn(now);
        if (const Status good = journal_->status(); !good) {
            // What the disk holds is unknown: no further vote may leave (scenario S2).
            spdlog::critical("{}", good.error().text);
            return false;
        }
        return true;
    }
    void on_command(const telemetry::Command& command) override {
        if (const auto body = operators_.check_passed_on(command)) {
            take_recover(node_, *body);
            if (body->what_case() == telemetry::CommandBody::kRecoverClaim)
                claim(body->recover_claim());
        }
        drills_.on_command(command, runtime::now(), core_.agreement().committed_mark());
    }
    Instant wake_at() const override { return clients_.empty() ? shell_->wake_at() : Instant{}; }
    DrillPort& drills() { return drills_; }
    void fill(telemetry::Facts& facts) override {
        (*facts.mutable_process()->mutable_rejected())["client quota"] = clients_.dropped();
        runtime::to_proto(core_.facts(), *facts.mutable_agreement());
        facts.mutable_process()->set_journal_records(journal_->records());
        add_rejections(node_, *facts.mutable_process());
    }
    Status close_clean() { return journal_->close_clean(); }

  private:
    // Clients in turn, for a while only: the replicas' messages of the next turn come before the
    // rest (K6).
    Instant serve_clients(Instant now) {
        const Instant until = now + kClientTurn;
        while (now < until) {
            const auto next = clients_.pop();
            if (!next)
                break;
            const std::uint64_t bad = bad_frames();
            shell_->frame(now, next->frame, next->client);
            const Instant end = runtime::now();
            clients_.charge(next->client, end - now, bad_frames() == bad);
            now = end;
        }
        return now;
    }
    std::uint64_t bad_frames() const {
        const auto& rejected = node_.rejected();
        return std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
    }

    // What this replica's journal shows, to the zz-host, which an operator asks (ZZ-8.4).
    void claim(const telemetry::RecoverClaimRequest& request) {
        const Generation next(request.generation());
        if (request.application() != setup_.application->id.value ||
            next != node_.sealer().identity().generation + 1)
            return;
        telemetry::LocalControl control;
        auto& out = *control.mutable_claim();
        out.set_application(request.application());
        out.set_replica(setup_.self.index);
        out.set_generation(next.value);
        const auto& core = core_.agreement();
        out.set_frame(std::string(text_of(core.claim(next).frame.view())));
        out.set_state(std::string(text_of(core.stable_state().view())));
        if (setup_.generation)
            out.set_recover(std::string(text_of(setup_.generation->frame.view())));
        out.set_mute(core.is_mute());
        loop_.tell_host(runtime::LocalFrame::Control, control.SerializeAsString());
    }

    // A RECOVER that no replica could begin is dropped (agreement/new_generation.h).
    bool has_valid_renewal() {
        if (!node_.newer())
            return false;
        const auto& app = *setup_.application;
        const Status right =
            agreement::check(node_.newer()->recover, app.faults(), app.limits.window(),
                             auth::batch_digest(wire::content_of({}).encoded.view()));
        if (right)
            return true;
        loop_.feed().event(telemetry::TEXT, right.error().text);
        node_.drop_newer();
        return false;
    }

    // Before the first message leaves: this generation was begun here, whatever becomes of the
    // journal. False in `first` from then on.
    Status note_begun(bool& first) {
        if (!setup_.generation)
            return Ok{};
        const std::string file = setup_.folder->path() + "/begun";
        const std::string ours = fmt::format("{}\n", setup_.generation->recover.generation.value);
        const auto before = runtime::read_file(file, 64);
        first = !before || before.value() != ours;
        return first ? runtime::replace_file(file, ours) : Status(Ok{});
    }

    Status open_journal() {
        const auto durability = durability_of(setup_.application->durability);
        const auto wake = [waker = loop_.transport().waker()] { waker.wake(); };
        const bool fresh = setup_.folder->fresh();
        agreement::NewGeneration begun{};
        if (const Status noted = note_begun(begun.first); !noted)
            return noted;
        if (setup_.generation)
            begun.recover = &setup_.generation->recover;
        const auto* generation = setup_.generation ? &begun : nullptr;
        if (durability == storage::Durability::Memory) {
            journal_ = std::make_unique<runtime::JournalWriter>(nullptr, durability, wake);
            if (const Status restored = core_.restore({}, fresh, generation); !restored)
                return restored;
            return setup_.folder->mark_used();
        }
        const auto boot = storage::boot_id();
        if (!boot)
            return boot.error();
        auto opened = storage::Journal::open(
            {setup_.folder->path() + "/journal", durability, boot.value(), nullptr, fresh});
        if (!opened)
            return opened.error();
        const bool proven =
            opened->restored.first_run ? fresh : opened->restored.shows_every_vote();
        std::vector<core::Record> records;
        for (auto& record : opened->restored.records)
            records.push_back({record.index, std::move(record.data)});
        if (!fresh || generation != nullptr) {
            if (const Status restored = core_.restore(records, proven, generation); !restored)
                return restored;
        }
        if (core_.agreement().is_mute())
            loop_.feed().event(
                telemetry::TEXT,
                "the journal does not show every vote: mute until a later checkpoint (ZZ-8.4)");
        journal_ =
            std::make_unique<runtime::JournalWriter>(std::move(opened->journal), durability, wake);
        node_.set_durable(journal_->durable());
        return setup_.folder->mark_used();
    }

    Setup& setup_;
    runtime::Loop& loop_;
    runtime::Node node_;
    Operators operators_;
    replica::Core core_;
    DrillPort drills_;
    runtime::FairQueue clients_;
    Instant next_telling_{};
    std::unique_ptr<runtime::JournalWriter> journal_;
    std::optional<ReplicaShell> shell_;
};

int run_agreement(const Arguments& arguments) {
    auto setup = read_setup(arguments, find_replica);
    if (!setup)
        return cannot_run(setup.error());
    Setup& s = **setup;
    const auto kept_down = wait_while_down(s.folder->path());
    transport::Context context;
    auto loop = runtime::Loop::make({&s.cluster, s.self, &s.application->id, s.host,
                                     arguments.host_socket, &s.keys, arguments.program},
                                    context);
    if (!loop)
        return cannot_run(loop.error());
    AgreementService service(s, **loop);
    if (const Status started = service.start(); !started)
        return cannot_run(started.error());
    if (kept_down)
        service.drills().tell_ended(*kept_down);
    if (!(*loop)->run(service))
        return 1;
    (*loop)->say_goodbye("stopped by a signal");
    if (const Status closed = service.close_clean(); !closed)
        return cannot_run(closed.error());
    return 0;
}

} // namespace

int agreement_main(int argc, char** argv) {
    CLI::App app("An agreement replica of ZZ.", "zz-agreement");
    Arguments arguments;
    arguments.program = "zz-agreement";
    add_common(app, arguments);
    app.add_option("--app", arguments.application, "application")->required();
    app.add_option("--replica", arguments.replica, "A1, A2, ...")->required();
    app.add_option("--host-socket", arguments.host_socket, "where the zz-host of this host listens")
        ->required();
    return service_main(argc, argv, app, arguments, [&] { return run_agreement(arguments); });
}

} // namespace zz::services
