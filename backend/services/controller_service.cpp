// SPDX-License-Identifier: Apache-2.0
#include "backend/services/controller_service.h"

#include <deque>
#include <fmt/format.h>
#include <set>
#include <spdlog/spdlog.h>

#include "backend/controller/core.h"
#include "backend/runtime/clock.h"
#include "backend/runtime/loop.h"
#include "backend/runtime/shell.h"
#include "backend/runtime/worker.h"
#include "backend/services/drill_port.h"
#include "backend/services/guests.h"
#include "backend/services/machinist.h"
#include "backend/services/rejections.h"
#include "backend/services/renewal.h"
#include "backend/services/setup.h"

namespace zz::services {
namespace {

constexpr Duration kLookInterval = seconds(1);
constexpr Duration kGatewayBackOffFirst = milliseconds(500);
constexpr Duration kGatewayBackOffMax = seconds(30);

Status find_controller(Setup& setup) {
    if (const Status found = find_host(setup); !found)
        return found;
    setup.self = controller_of(setup.host);
    return Ok{};
}

bool has_part(const cluster::Application& app, HostId host) {
    for (const auto& replica : app.agreement)
        if (replica.host == host)
            return true;
    for (const auto& slot : app.execution)
        if (slot.host == host)
            return true;
    return false;
}

controller::Settings settings_of(const cluster::Application& app, const cluster::Host& host) {
    controller::Settings s;
    s.faults = app.faults();
    s.policy = app.wakeup;
    s.spare = cluster::spare_of(app, host);
    s.limits = app.limits;
    for (const auto& replica : app.agreement)
        if (replica.host == host.id)
            s.agreement = replica.id;
    for (const auto& slot : app.execution)
        if (slot.host == host.id)
            s.slot = slot.id;
    s.first = runtime::first_configuration(app);
    s.nonce = random_number();
    return s;
}

// One application's core with its journal.
class Charge {
  public:
    using OnAsk = std::function<void(ApplicationId, const controller::MachineAsk&)>;

    Charge(Setup& setup, const cluster::Application& app, runtime::Loop& loop,
           std::optional<runtime::GenerationStart> generation, OnAsk on_ask,
           std::function<void(const message::Config&)> on_config)
        : app_(app), generation_(std::move(generation)),
          node_({&setup.cluster, &app, setup.self, setup.host, &setup.keys, &loop.transport(),
                 generation_ ? &*generation_ : nullptr, false}),
          core_(node_.sealer(), settings_of(app, setup.host_entry())), on_ask_(std::move(on_ask)),
          on_config_(std::move(on_config)), loop_(loop) {}

    // Its records are durable before anything is done (ZZ-6.8), whatever the application's mode.
    Status start(const std::string& folder) {
        const auto boot = storage::boot_id();
        if (!boot)
            return boot.error();
        auto opened = storage::Journal::open({fmt::format("{}/journal-{}", folder, app_.name),
                                              storage::Durability::Sync, boot.value(), nullptr});
        if (!opened)
            return opened.error();
        std::vector<core::Record> records;
        for (auto& record : opened->restored.records)
            records.push_back({record.index, std::move(record.data)});
        core_.restore(records);
        journal_.emplace(std::move(opened->journal), storage::Durability::Sync,
                         [waker = loop_.transport().waker()] { waker.wake(); });
        node_.set_durable(journal_->durable());
        shell_.emplace(core_, node_, loop_.feed(), &*journal_,
                       [this](controller::Action& action) { act(action); });
        return Ok{};
    }

    const cluster::Application& application() const { return app_; }
    const runtime::Node& node() const { return node_; }
    runtime::Node& node() { return node_; }
    void frame(Instant now, const Blob& bytes, const PrincipalId& link) {
        shell_->frame(now, bytes, link);
    }
    void step(Instant now, const controller::Input& input) { shell_->step(now, input); }
    // False: the disk failed.
    bool turn(Instant now) {
        shell_->turn(now);
        while (!held_.empty() && held_.front().after <= journal_->durable()) {
            on_ask_(app_.id, held_.front());
            held_.pop_front();
        }
        if (const Status good = journal_->status(); !good) {
            spdlog::critical("{}", good.error().text);
            return false;
        }
        return true;
    }
    Instant wake_at() const { return shell_->wake_at(); }

  private:
    void act(controller::Action& action) {
        if (auto* ask = std::get_if<controller::MachineAsk>(&action)) {
            held_.push_back(*ask); // at most one for each machine (machines.h)
            return;
        }
        const auto& config = std::get<controller::LearnConfiguration>(action).config;
        node_.learn(config);
        on_config_(config);
    }

    const cluster::Application& app_;
    std::optional<runtime::GenerationStart> generation_;
    runtime::Node node_;
    controller::Core core_;
    OnAsk on_ask_;
    std::function<void(const message::Config&)> on_config_;
    runtime::Loop& loop_;
    std::optional<runtime::JournalWriter> journal_;
    std::optional<runtime::Shell<controller::Core, controller::Input, controller::Action>> shell_;
    std::deque<controller::MachineAsk> held_;
};

// A gateway of this host: kept running.
struct GatewayCare {
    hv::MachineName name;
    Duration back_off{kGatewayBackOffFirst};
    Instant not_before{};
    bool asked = false;
};

// A hypervisor on a thread of its own, and what it last said.
class Driver {
  public:
    Driver(Machinist machinist, transport::Waker waker)
        : machinist_(std::move(machinist)),
          worker_([this](MachineJob& job) { return machinist_.run(job); },
                  [waker] { waker.wake(); }) {}

    void ask(AskJob job) { worker_.give(std::move(job)); }
    void on_turn(Instant now) {
        if (now < next_look_ || looking_)
            return;
        looking_ = true;
        worker_.give(LookJob{});
    }
    std::vector<MachineResult> take() { return worker_.take(); }
    void note(Instant now, Looked& looked) {
        looking_ = false;
        next_look_ = now + kLookInterval;
        kind_ = std::move(looked.kind);
        if (looked.error != error_ && !looked.error.empty())
            spdlog::error("cannot list the machines: {}", looked.error);
        error_ = std::move(looked.error);
        if (!error_.empty())
            return;
        machines_ = std::move(looked.machines);
        has_looked_ = true;
    }
    Instant wake_at() const { return looking_ ? kNever : next_look_; }
    bool has_looked() const { return has_looked_; } // and got an answer, once

    // The last known ones, if it cannot be asked now.
    const std::vector<hv::MachineInfo>& machines() const { return machines_; }
    const std::string& error() const { return error_; }
    // For people and programs: "qemu-tcg"; "unknown: why" while it does not answer.
    std::string text() const { return error_.empty() ? kind_ : "unknown: " + error_; }

  private:
    bool looking_ = false, has_looked_ = false;
    Instant next_look_{};
    std::vector<hv::MachineInfo> machines_;
    std::string error_, kind_;
    Machinist machinist_;
    runtime::Worker<MachineJob, MachineResult> worker_;
};

class ControllerService final : public runtime::Service {
  public:
    // `guests` is null where all machines are processes.
    ControllerService(Setup& setup, runtime::Loop& loop, std::unique_ptr<Driver> processes,
                      std::unique_ptr<Driver> guests, std::string machines_root)
        : setup_(setup), loop_(loop), operators_(setup.cluster, setup.host, std::string()),
          machines_root_(std::move(machines_root)), processes_(std::move(processes)),
          guests_(std::move(guests)) {}

    Status start() {
        for (const auto& app : setup_.cluster.applications) {
            for (const auto& client : app.clients)
                if (client.host == setup_.host)
                    gateways_.push_back({{app.id, principal(client.id)}});
            if (!has_part(app, setup_.host))
                continue;
            if (const Status started = take_charge(app); !started)
                return started;
        }
        return setup_.folder->mark_used();
    }

    void on_frame(Instant now, ApplicationId application, const PrincipalId& link,
                  const Blob& frame) override {
        const auto it = charges_.find(application);
        if (it != charges_.end())
            it->second->frame(now, frame, link);
    }
    // The end of a `crash` drill: its replica may run again.
    void on_command(const telemetry::Command& command) override {
        const auto body = operators_.check_passed_on(command);
        if (!body)
            return;
        if (body->what_case() == telemetry::CommandBody::kDrillStop)
            lift_down(machines_root_, body->drill_stop().id());
        else if (body->what_case() == telemetry::CommandBody::kDrillStopAll)
            lift_down(machines_root_, {});
        for (auto& [id, charge] : charges_)
            take_recover(charge->node(), *body);
    }
    void on_peer(Instant, const transport::PeerEvent& event) override {
        // zz-host may have restarted and forgotten.
        if (event.change == transport::PeerChange::Seen && event.peer.principal.role == Role::Host)
            for (const auto& [id, admission] : admissions_)
                tell(admission);
        if (event.change == transport::PeerChange::Seen && event.peer.principal.role == Role::Host)
            tell_drives();
    }
    void on_linked(ApplicationId application, const PrincipalId& replica) override {
        const auto* app = setup_.cluster.application(application);
        if (app == nullptr || replica.role != Role::Execution || linked_.size() >= kAdmissionsMax)
            return;
        const auto* slot = app->slot(execution_id(replica).slot);
        if (slot != nullptr && slot->host == setup_.host)
            linked_.insert({application, replica});
    }
    bool on_turn(Instant now) override {
        for (auto* driver : drivers()) {
            for (auto& result : driver->take())
                on_result(now, *driver, result);
            driver->on_turn(now);
        }
        for (auto& [id, charge] : charges_)
            if (!charge->turn(now))
                return false;
        return renew_charges();
    }
    Instant wake_at() const override {
        Instant wake = processes_->wake_at();
        if (guests_)
            wake = std::min(wake, guests_->wake_at());
        for (const auto& [id, charge] : charges_)
            wake = std::min(wake, charge->wake_at());
        return wake;
    }
    void fill(telemetry::Facts& facts) override {
        auto& out = *facts.mutable_controller();
        for (const auto& info : known_now()) {
            auto& machine = *out.add_machines();
            machine.set_application(info.name.application.value);
            runtime::to_proto(info.name.principal, *machine.mutable_principal());
            machine.set_state(static_cast<std::uint32_t>(info.state));
            machine.set_restarts(crashes_[info.name]);
            machine.set_pid(info.stats.pid);
            machine.set_cpu_ns(static_cast<std::uint64_t>(info.stats.cpu.count()));
            machine.set_rss_bytes(info.stats.rss_bytes);
            machine.set_trouble(trouble_[info.name]);
        }
        for (const auto& [id, charge] : charges_)
            add_rejections(charge->node(), *facts.mutable_process());
    }

  private:
    std::string generation_file(const cluster::Application& app) const {
        return fmt::format("{}{}-{}", setup_.folder->path(), kGenerationFile, app.name);
    }
    Status take_charge(const cluster::Application& app) {
        charges_.erase(app.id); // one journal, one owner
        auto generation =
            runtime::read_generation(generation_file(app), setup_.cluster, app, setup_.keys);
        if (!generation)
            return generation.error();
        auto charge = std::make_unique<Charge>(
            setup_, app, loop_, std::move(generation).value(),
            [this](ApplicationId id, const controller::MachineAsk& ask) {
                driver_of(ask.machine).ask({id, ask});
            },
            [this, id = app.id](const message::Config& config) { admit(id, config); });
        if (const Status started = charge->start(setup_.folder->path()); !started)
            return started;
        charges_[app.id] = std::move(charge);
        return Ok{};
    }
    // A later generation of one application (ZZ-8.4): its core starts anew, its machines run on.
    bool renew_charges() {
        std::vector<const cluster::Application*> renewed;
        for (auto& [id, charge] : charges_)
            if (charge->node().newer())
                renewed.push_back(&charge->application());
        for (const auto* app : renewed) {
            Status done = runtime::keep_generation(generation_file(*app),
                                                   charges_[app->id]->node().newer()->frame);
            if (done)
                done = take_charge(*app);
            if (!done) {
                spdlog::critical("{}", done.error().text);
                return false;
            }
        }
        return true;
    }
    std::vector<Driver*> drivers() const {
        return guests_ ? std::vector{processes_.get(), guests_.get()}
                       : std::vector{processes_.get()};
    }
    Driver& driver_of(const PrincipalId& machine) const {
        return guests_ && machine.role == Role::Execution ? *guests_ : *processes_;
    }
    // Machines of which somebody knows how they are at this moment.
    std::vector<hv::MachineInfo> known_now() const {
        std::vector<hv::MachineInfo> out;
        for (const auto* driver : drivers())
            if (driver->has_looked() && driver->error().empty())
                out.insert(out.end(), driver->machines().begin(), driver->machines().end());
        return out;
    }
    void on_result(Instant now, Driver& driver, MachineResult& result) {
        if (auto* looked = std::get_if<Looked>(&result))
            on_looked(now, driver, *looked);
        else
            on_asked(now, std::get<Asked>(result));
    }

    void on_looked(Instant now, Driver& driver, Looked& looked) {
        for (const auto& event : looked.events) {
            ++crashes_[event.name];
            loop_.feed().event(
                telemetry::MACHINE_CRASHED,
                fmt::format("{} {} {}", hv::to_string(event.name),
                            event.kind == hv::EventKind::Killed   ? "was ended by signal"
                            : event.kind == hv::EventKind::Exited ? "ended with status"
                                                                  : "vanished",
                            event.code),
                crashes_[event.name], event.name.principal);
        }
        driver.note(now, looked);
        tell_drives();
        forget_gone(driver);
        if (!driver.error().empty() && &driver == processes_.get())
            return;
        // A hypervisor that does not answer changes nothing that the core knows: what it asks then
        // fails, until the hypervisor is back and says what became of its machines. Before it
        // answered once nobody knows which guests there are.
        for (auto& [id, charge] : charges_) {
            controller::Machines input;
            input.execution_known = !guests_ || guests_->has_looked();
            for (const auto* one : drivers())
                for (const auto& info : one->machines())
                    if (info.name.application == id && info.name.principal.role != Role::Client)
                        input.machines.push_back(
                            {info.name.principal, static_cast<controller::MachineState>(info.state),
                             one == processes_.get() || linked_.contains(info.name)});
            charge->step(now, input);
        }
        if (&driver == processes_.get())
            tend_gateways(now);
    }

    // Of machines that are no more, and whether one is linked that has to start anew first.
    void forget_gone(const Driver& driver) {
        if (!driver.error().empty())
            return;
        std::map<hv::MachineName, hv::MachineState> states;
        for (const auto& info : driver.machines())
            states[info.name] = info.state;
        const auto gone = [&](const hv::MachineName& name) {
            return &driver_of(name.principal) == &driver && !states.contains(name);
        };
        std::erase_if(crashes_, [&](const auto& entry) { return gone(entry.first); });
        std::erase_if(trouble_, [&](const auto& entry) { return gone(entry.first); });
        std::erase_if(linked_, [&](const auto& name) {
            const auto at = states.find(name);
            return at == states.end() ? gone(name)
                                      : at->second == hv::MachineState::Stopped ||
                                            at->second == hv::MachineState::Defined;
        });
    }

    void on_asked(Instant now, Asked& asked) {
        const hv::MachineName name{asked.application, asked.ask.machine};
        trouble_[name] = runtime::safe_text(asked.error);
        if (!asked.error.empty())
            spdlog::warn("{} {}: {}", controller::to_string(asked.ask.ask), hv::to_string(name),
                         asked.error);
        if (name.principal.role == Role::Client) {
            for (auto& care : gateways_)
                if (care.name == name)
                    care.asked = false;
            return;
        }
        const auto it = charges_.find(asked.application);
        if (it == charges_.end())
            return;
        if (asked.keys) {
            admit_one({asked.application, asked.ask.machine, asked.keys->exchange});
            it->second->step(now,
                             controller::KeysMade{execution_id(asked.ask.machine), *asked.keys});
            return;
        }
        it->second->step(now, controller::AskDone{asked.ask, asked.error});
    }

    // Gateways are no replicas: they run, and run again after a crash, less and less often.
    void tend_gateways(Instant now) {
        for (auto& care : gateways_) {
            bool running = false;
            for (const auto& info : processes_->machines())
                running =
                    running || (info.name == care.name && info.state == hv::MachineState::Running);
            if (running) {
                if (now >= care.not_before + kGatewayBackOffMax)
                    care.back_off = kGatewayBackOffFirst;
                continue;
            }
            if (care.asked || now < care.not_before)
                continue;
            care.asked = true;
            care.not_before = now + care.back_off;
            care.back_off = std::min<Duration>(care.back_off * 2, kGatewayBackOffMax);
            processes_->ask({care.name.application,
                             {controller::Ask::Start, care.name.principal, RecordIndex(0)}});
        }
    }

    // Our zz-host takes in links of the incarnations that live here.
    void admit(ApplicationId application, const message::Config& config) {
        const auto& app = *setup_.cluster.application(application);
        for (const auto& member : config.members) {
            const auto* slot = app.slot(member.slot);
            if (slot == nullptr || slot->host != setup_.host ||
                member.state == message::MemberState::Empty || member.incarnation == Incarnation(0))
                continue;
            admit_one({application, principal(ExecutionId{member.slot, member.incarnation}),
                       member.exchange});
        }
    }
    void admit_one(const runtime::Admission& admission) {
        const hv::MachineName name{admission.application, admission.principal};
        admissions_[name] = admission;
        // Of a slot only the newest two matter: the one that lives and the one that comes.
        while (admissions_.size() > kAdmissionsMax)
            admissions_.erase(admissions_.begin());
        tell(admission);
    }
    void tell(const runtime::Admission& admission) {
        loop_.tell_host(runtime::LocalFrame::Admit, runtime::encode_admission(admission));
    }

    // Only where there is something to say: a host of processes is what its file says.
    void tell_drives() {
        if (guests_)
            loop_.tell_host(runtime::LocalFrame::Drives, guests_->text());
    }

    static constexpr std::size_t kAdmissionsMax = 1024;

    Setup& setup_;
    runtime::Loop& loop_;
    std::map<ApplicationId, std::unique_ptr<Charge>> charges_;
    std::vector<GatewayCare> gateways_;
    std::map<hv::MachineName, std::uint32_t> crashes_;
    std::map<hv::MachineName, std::string> trouble_;
    std::map<hv::MachineName, runtime::Admission> admissions_;
    // Machines whose service was heard since they started.
    std::set<hv::MachineName> linked_;
    Operators operators_;
    std::string machines_root_;
    std::unique_ptr<Driver> processes_, guests_;
};

struct HypervisorOptions {
    std::string keys, machines;
    GuestOptions guests;
};

Result<std::unique_ptr<Driver>> guest_driver(const Setup& setup, const HostPlan& plan,
                                             const GuestOptions& given, runtime::Loop& loop) {
    auto settings = libvirt_settings(setup.cluster, setup.host_entry(), given);
    if (!settings)
        return settings.error();
    auto hypervisor = hv::LibvirtHypervisor::open(std::move(settings).value());
    if (!hypervisor)
        return hypervisor.error();
    return std::make_unique<Driver>(Machinist(plan, std::move(hypervisor).value()),
                                    loop.transport().waker());
}

int run(const Arguments& arguments, const HypervisorOptions& options) {
    auto setup = read_setup(arguments, find_controller);
    if (!setup)
        return cannot_run(setup.error());
    Setup& s = **setup;
    transport::Context context;
    auto loop = runtime::Loop::make(
        {&s.cluster, s.self, nullptr, s.host, arguments.host_socket, &s.keys, arguments.program},
        context);
    if (!loop)
        return cannot_run(loop.error());
    const HostPlan plan{&s.cluster,
                        s.host,
                        arguments.cluster_file,
                        options.keys,
                        arguments.host_socket,
                        arguments.bin,
                        guest_plan(options.guests)};
    auto hypervisor = hv::ProcessHypervisor::open(options.machines);
    if (!hypervisor)
        return cannot_run(hypervisor.error());
    auto processes = std::make_unique<Driver>(Machinist(plan, std::move(hypervisor).value()),
                                              (*loop)->transport().waker());
    std::unique_ptr<Driver> guests;
    if (s.host_entry().hypervisor == cluster::HypervisorKind::Libvirt) {
        auto made = guest_driver(s, plan, options.guests, **loop);
        if (!made)
            return cannot_run(made.error());
        guests = std::move(made).value();
    }
    ControllerService service(s, **loop, std::move(processes), std::move(guests), options.machines);
    if (const Status started = service.start(); !started)
        return cannot_run(started.error());
    if (!(*loop)->run(service))
        return 1;
    (*loop)->say_goodbye("stopped by a signal; its machines run on");
    return 0;
}

} // namespace

int controller_main(int argc, char** argv) {
    CLI::App app("Runs the replicas of a ZZ host.", "zz-controller");
    Arguments arguments;
    arguments.program = "zz-controller";
    HypervisorOptions options;
    add_common(app, arguments);
    app.add_option("--host", arguments.host, "name of the host")->required();
    app.add_option("--host-socket", arguments.host_socket, "where the zz-host of this host listens")
        ->required();
    app.add_option("--bin", arguments.bin, "folder of the programs of replicas and gateways")
        ->required();
    app.add_option("--keys", options.keys, "folder of the keys of this host's replicas")
        ->required();
    app.add_option("--machines", options.machines, "root of the process hypervisor")->required();
    add_guest_options(app, options.guests);
    return service_main(argc, argv, app, arguments, [&] { return run(arguments, options); });
}

} // namespace zz::services
