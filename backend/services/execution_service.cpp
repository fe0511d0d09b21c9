// SPDX-License-Identifier: Apache-2.0
#include "backend/services/execution_service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "backend/execution/core.h"
#include "backend/execution/engine.h"
#include "backend/runtime/clock.h"
#include "backend/runtime/loop.h"
#include "backend/runtime/shell.h"
#include "backend/runtime/worker.h"
#include "backend/services/drill_port.h"
#include "backend/services/far_addresses.h"
#include "backend/services/rejections.h"
#include "backend/services/renewal.h"
#include "backend/services/setup.h"
#include "backend/storage/rocks_node_store.h"
#include "protocol/crypto/random.h"
#include "protocol/transport/keep_alive.h"

namespace zz::services {
namespace {

Status find_slot(Setup& setup) {
    if (const Status found = find_application(setup); !found)
        return found;
    for (const auto& slot : setup.application->execution) {
        if (fmt::format("E{}", slot.id.value) == setup.arguments.slot) {
            setup.self = principal(ExecutionId{slot.id, Incarnation(setup.arguments.incarnation)});
            setup.host = slot.host;
            return Ok{};
        }
    }
    return Error{fmt::format("application {} has no execution slot '{}': E1 to E{}",
                             setup.application->name, setup.arguments.slot,
                             setup.application->execution.size())};
}

execution::Settings settings_of(const cluster::Application& app, const message::Checkpoint& base) {
    execution::Settings s;
    s.base = base;
    s.faults = app.faults();
    s.limits = app.limits;
    s.configuration = runtime::first_configuration(app);
    s.wakeup = app.wakeup;
    s.nonce = random_number();
    return s;
}

// Store, application and engine; lives on the worker's thread after open().
class EngineRoom {
  public:
    Status open(const cluster::Application& app, const std::string& folder) {
        syncs_ = app.durability == cluster::Durability::Sync;
        application_ = application::make_application(cluster::to_string(app.kind));
        if (!application_)
            return Error{fmt::format("applications of kind {} are not built into this program",
                                     cluster::to_string(app.kind))};
        if (app.durability == cluster::Durability::Memory) {
            engine_.emplace(memory_, *application_);
            return Ok{};
        }
        auto store = storage::RocksNodeStore::open({folder + "/nodes"});
        if (!store)
            return store.error();
        rocks_ = std::move(store).value();
        engine_.emplace(*rocks_, *application_);
        return Ok{};
    }

    std::vector<execution::Result> run(execution::Job& job) {
        auto results = engine_->run(job);
        if (!rocks_)
            return results;
        Status good = rocks_->status();
        if (good && syncs_) {
            for (const auto& result : results) {
                if (!std::holds_alternative<execution::CheckpointTaken>(result))
                    continue;
                good =
                    rocks_->sync(); // ZZ-5.5: a CHECKPOINT is sent only when its nodes are durable
                break;
            }
        }
        if (!good) {
            spdlog::critical("{}", good.error().text);
            failed_ = true;
            return {};
        }
        return results;
    }
    bool failed() const { return failed_; }

  private:
    bool syncs_ = false;
    std::atomic<bool> failed_ = false;
    std::unique_ptr<application::Application> application_;
    std::unique_ptr<storage::RocksNodeStore> rocks_;
    state::MemoryNodeStore memory_;
    std::optional<execution::Engine> engine_;
};

using ExecutionShell = runtime::Shell<execution::Core, execution::Input, execution::Action>;
using Engineer = runtime::Worker<execution::Job, execution::Result>;

class ExecutionService final : public runtime::Service {
  public:
    ExecutionService(Setup& setup, runtime::Loop& loop, FarAddresses far)
        : setup_(setup), loop_(loop), far_(std::move(far)),
          node_({&setup.cluster, setup.application, setup.self, setup.host, &setup.keys,
                 &loop.transport(), setup.generation_start()}),
          core_(settings_of(*setup.application, setup.base()), node_.sealer()),
          operators_(setup.cluster, setup.host, std::string()),
          shell_(core_, node_, loop.feed(), nullptr,
                 [this](execution::Action& action) { act(action); }),
          drills_(setup, node_.sealer().identity(), loop) {
        shell_.set_wrapper(&drills_.host());
    }

    Status start() {
        const auto& app = *setup_.application;
        if (const Status opened = room_.open(app, setup_.folder->path()); !opened)
            return opened;
        engineer_.emplace([this](execution::Job& job) { return room_.run(job); },
                          [waker = loop_.transport().waker()] { waker.wake(); });
        const auto dial = [&](const PrincipalId& who, const std::string& endpoint,
                              const PublicKeys& keys) {
            return loop_.transport().dial(transport::peer(app.id, who), far_.dialled(endpoint),
                                          keys.exchange);
        };
        for (const auto& replica : app.agreement)
            if (const Status s = dial(principal(replica.id), replica.endpoint, replica.keys); !s)
                return s;
        for (const auto& client : app.clients)
            if (const Status s = dial(principal(client.id), client.endpoint, client.keys); !s)
                return s;
        return setup_.folder->mark_used();
    }

    void on_frame(Instant now, ApplicationId, const PrincipalId& link, const Blob& frame) override {
        shell_.frame(now, frame, link);
    }
    bool on_turn(Instant now) override {
        if (renew(node_, setup_.folder->path(), loop_))
            return true;
        for (auto& result : engineer_->take()) {
            drills_.host().alter(now, result);
            shell_.step(now, execution::Input(std::move(result)));
        }
        shell_.turn(now);
        drills_.on_turn(now);
        return !room_.failed();
    }
    void on_command(const telemetry::Command& command) override {
        if (const auto body = operators_.check_passed_on(command))
            take_recover(node_, *body);
        drills_.on_command(command, runtime::now(), core_.facts().executed);
    }
    DrillPort& drills() { return drills_; }
    Instant wake_at() const override { return shell_.wake_at(); }
    void fill(telemetry::Facts& facts) override {
        runtime::to_proto(core_.facts(), *facts.mutable_execution());
        add_rejections(node_, *facts.mutable_process());
    }

  private:
    void act(execution::Action& action) {
        if (auto* job = std::get_if<execution::Job>(&action))
            engineer_->give(std::move(*job));
        else
            node_.learn(std::get<core::Configured>(action).config);
    }

    Setup& setup_;
    runtime::Loop& loop_;
    FarAddresses far_;
    runtime::Node node_;
    execution::Core core_;
    Operators operators_;
    ExecutionShell shell_;
    DrillPort drills_;
    EngineRoom room_;
    std::optional<Engineer> engineer_;
};

// How an execution replica sees the network, if not as its host does.
struct Surroundings {
    std::vector<std::string> far;
    std::uint32_t keep_alive_ms = 0;
};

int run_execution(const Arguments& arguments, const Surroundings& around) {
    auto far = FarAddresses::read(around.far);
    if (!far)
        return cannot_run({"--far: " + far.error().text});
    auto setup = read_setup(arguments, find_slot);
    if (!setup)
        return cannot_run(setup.error());
    Setup& s = **setup;
    const auto kept_down = wait_while_down(s.folder->path());
    transport::Context context;
    if (around.keep_alive_ms > 0)
        transport::keep_dialled_links_alive(context, milliseconds(around.keep_alive_ms));
    auto loop =
        runtime::Loop::make({&s.cluster, s.self, &s.application->id, s.host,
                             far->dialled(arguments.host_socket), &s.keys, arguments.program},
                            context);
    if (!loop)
        return cannot_run(loop.error());
    ExecutionService service(s, **loop, std::move(far).value());
    if (const Status started = service.start(); !started)
        return cannot_run(started.error());
    if (kept_down)
        service.drills().tell_ended(*kept_down);
    if (!(*loop)->run(service))
        return 1;
    (*loop)->say_goodbye("stopped by a signal");
    return 0;
}

} // namespace

int execution_main(int argc, char** argv) {
    CLI::App app("An execution replica of ZZ.", "zz-execution");
    Arguments arguments;
    arguments.program = "zz-execution";
    Surroundings around;
    add_common(app, arguments);
    app.add_option("--app", arguments.application, "application")->required();
    app.add_option("--slot", arguments.slot, "E1, E2, ...")->required();
    app.add_option("--incarnation", arguments.incarnation, "of the slot")->required();
    app.add_option("--host-socket", arguments.host_socket, "where the zz-host of this host listens")
        ->required();
    app.add_option("--far", around.far,
                   "FROM=TO: in a guest, the address to dial where the cluster file says FROM");
    app.add_option("--keep-alive-ms", around.keep_alive_ms,
                   "in a guest that may be saved: signs of life over its links so often");
    return service_main(argc, argv, app, arguments,
                        [&] { return run_execution(arguments, around); });
}

} // namespace zz::services
