// SPDX-License-Identifier: Apache-2.0
#include "backend/services/host_service.h"

#include <cstdlib>
#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"
#include "backend/runtime/loop.h"
#include "backend/runtime/process_facts.h"
#include "backend/services/auditor.h"
#include "backend/services/host_drills.h"
#include "backend/services/hub.h"
#include "backend/services/metrics.h"
#include "backend/services/operators.h"
#include "backend/services/setup.h"
#include "protocol/telemetry/version.h"

namespace zz::services {
namespace {

constexpr Duration kTrimEvery = seconds(10);
constexpr std::size_t kDrivesBytesMax = 512;

Status find_zz_host(Setup& setup) {
    if (const Status found = find_host(setup); !found)
        return found;
    setup.self = principal(setup.host);
    return Ok{};
}

class HostService {
  public:
    HostService(Setup& setup, std::unique_ptr<transport::Transport> transport,
                std::unique_ptr<transport::Publisher> publisher, AuditLog audit)
        : setup_(setup), transport_(std::move(transport)), publisher_(std::move(publisher)),
          feed_(setup.host, nullptr, setup.self),
          hub_(setup.host, setup.host_entry().hypervisor == cluster::HypervisorKind::Libvirt,
               feed_.source().boot(), setup.folder->path() + "/evidence",
               [this](const std::string& bytes) { publisher_->publish(view_of(bytes)); }),
          operators_(setup.cluster, setup.host, setup.folder->path()),
          auditor_(setup.cluster, std::move(audit)), metrics_(setup.cluster, setup.host) {}

    Status start() {
        const auto& cluster = setup_.cluster;
        const auto& own = setup_.host_entry();
        admit();
        for (const std::string& endpoint :
             {own.relay_endpoint(), own.operator_endpoint(), setup_.arguments.host_socket}) {
            if (endpoint.empty() || (endpoint == own.relay_endpoint() && bound_relay_))
                continue;
            if (auto bound = transport_->bind(endpoint); !bound)
                return bound.error();
            bound_relay_ = true;
            // Services of this host may run as another user: who may enter its folder may connect.
            if (endpoint.starts_with("ipc://"))
                chmod(endpoint.c_str() + 6, 0660);
        }
        if (auto bound = publisher_->bind(own.telemetry_endpoint()); !bound)
            return bound.error();
        for (const auto& other : cluster.hosts) {
            if (!(other.id < own.id))
                continue;
            const Status dialled = transport_->dial(transport::peer(principal(other.id)),
                                                    other.relay_endpoint(), other.keys.exchange);
            if (!dialled)
                return dialled;
        }
        feed_.event(telemetry::SERVICE_STARTED, "zz-host", static_cast<std::uint64_t>(getpid()));
        // Whoever watches is no reason not to serve.
        if (const Status listening = metrics_.listen(own.metrics); !listening) {
            spdlog::warn("{}", listening.error().text);
            feed_.event(telemetry::TEXT, listening.error().text);
        }
        return Ok{};
    }

    void run() {
        Instant next_beat{}, next_trim{};
        while (!stop_.stopped()) {
            Instant now = runtime::now();
            const std::array<int, 1> extra{stop_.fd()};
            const auto turn =
                transport_->poll(next_beat > now ? next_beat - now : Duration(0), extra);
            for (const auto& event : turn.events)
                if (event.change == transport::PeerChange::Seen)
                    on_seen(event.peer);
            for (const auto& received : turn.frames)
                on_frame(received);
            now = runtime::now();
            if (now >= drills_.wake_at())
                tell_drills();
            if (now >= next_beat) {
                next_beat = now + runtime::kHeartbeat;
                audit_strangers();
                auditor_.on_turn(now);
                tell_lost(now);
                beat();
            }
            if (now >= next_trim) {
                // Subscribers that came and went leave holes in the heap.
                malloc_trim(0);
                next_trim = now + kTrimEvery;
            }
            for (const auto& update : feed_.take())
                take_own(update);
        }
        feed_.event(telemetry::SERVICE_STOPPED, "stopped by a signal");
        for (const auto& update : feed_.take())
            take_own(update);
        auditor_.flush();
        transport_->flush();
    }

  private:
    void admit() {
        const auto& cluster = setup_.cluster;
        for (const auto& host : cluster.hosts)
            if (host.id != setup_.host)
                transport_->allow(host.keys.exchange, transport::peer(principal(host.id)));
        for (const auto& entry : cluster.operators) {
            transport_->allow(entry.keys.exchange, transport::peer(principal(entry.id)));
            publisher_->allow(entry.keys.exchange);
        }
        transport_->allow(setup_.host_entry().controller.exchange,
                          transport::peer(controller_of(setup_.host)));
        for (const auto& app : cluster.applications) {
            const auto allow = [&](HostId at, const PrincipalId& who, const PublicKeys& keys) {
                if (at == setup_.host)
                    transport_->allow(keys.exchange, transport::peer(app.id, who));
            };
            for (const auto& replica : app.agreement)
                allow(replica.host, principal(replica.id), replica.keys);
            for (const auto& slot : app.execution)
                allow(slot.host, principal(ExecutionId{slot.id, Incarnation(0)}), slot.keys);
            // A client that no host runs tells every one what it measures.
            for (const auto& client : app.clients)
                allow(client.host.value_or(setup_.host), principal(client.id), client.keys);
        }
    }

    // Our controller wants to know which guests have come up; it may be younger than they.
    void on_seen(const transport::Peer& peer) {
        if (peer.principal.role == Role::Execution)
            tell_linked(peer);
        else if (peer.principal == controller_of(setup_.host))
            for (const auto& one : transport_->reachable_peers())
                if (one.principal.role == Role::Execution)
                    tell_linked(one);
    }
    void tell_linked(const transport::Peer& peer) {
        const PrincipalId controller = controller_of(setup_.host);
        const std::string who = runtime::encode_admission({peer.application, peer.principal, {}});
        transport_->send(
            transport::peer(controller),
            transport::encode({ApplicationId(), setup_.self, controller,
                               runtime::local_frame(runtime::LocalFrame::Linked, who)}));
    }

    void on_frame(const transport::Received& received) {
        const auto routed = transport::decode_routed(received.frame.view());
        if (!routed || !transport::may_come_from(*routed, received.from)) {
            ++refused_;
            return;
        }
        if (routed->destination == setup_.self) {
            on_local(received, *routed);
            return;
        }
        const auto host = host_of(*routed);
        if (!host) {
            ++refused_;
            return;
        }
        const bool here = *host == setup_.host;
        const auto to = here ? routed->destination_peer() : transport::peer(principal(*host));
        switch (drills_.relay()) {
        case RelayPlay::Shut:
            return;
        case RelayPlay::Garbles:
            transport_->send(to, transport::encode(garbled(*routed)));
            return;
        case RelayPlay::Honest:
            transport_->send(to, received.frame);
        }
    }

    static transport::Routed garbled(transport::Routed routed) {
        const ByteView bytes = routed.frame.view();
        Bytes other(bytes.begin(), bytes.end());
        if (!other.empty())
            other.back() ^= 1U;
        routed.frame = Blob(std::move(other));
        return routed;
    }

    std::optional<HostId> host_of(const transport::Routed& routed) const {
        const auto& to = routed.destination;
        if (to.role == Role::Controller || to.role == Role::Host)
            return setup_.cluster.host(HostId(to.index)) != nullptr
                       ? std::optional(HostId(to.index))
                       : std::nullopt;
        const auto* app = setup_.cluster.application(routed.application);
        if (app == nullptr)
            return std::nullopt;
        if (to.role == Role::Agreement) {
            const auto* replica = app->replica(agreement_id(to));
            return replica != nullptr ? std::optional(replica->host) : std::nullopt;
        }
        if (to.role == Role::Execution) {
            const auto* slot = app->slot(execution_id(to).slot);
            return slot != nullptr ? std::optional(slot->host) : std::nullopt;
        }
        return std::nullopt;
    }

    // For this host itself.
    void on_local(const transport::Received& received, const transport::Routed& routed) {
        const transport::Peer& from = received.from;
        const ByteView bytes = routed.frame.view();
        if (bytes.empty())
            return;
        const std::string_view rest = text_of(bytes.subspan(1));
        switch (static_cast<runtime::LocalFrame>(bytes[0])) {
        case runtime::LocalFrame::Update:
            if (hub_.take(from, rest, runtime::now()))
                audit_outcome(from);
            return;
        case runtime::LocalFrame::Admit:
            if (from.principal == controller_of(setup_.host)) {
                if (const auto a = runtime::decode_admission(view_of(rest)))
                    transport_->allow(a->key, transport::peer(a->application, a->principal));
            }
            return;
        case runtime::LocalFrame::Drives:
            if (from.principal == controller_of(setup_.host) && rest.size() <= kDrivesBytesMax)
                drives_ = runtime::safe_text(std::string(rest));
            return;
        case runtime::LocalFrame::Linked:
            return; // only we say that
        case runtime::LocalFrame::Control: {
            telemetry::LocalControl control;
            if (rest.size() > telemetry::kCommandBytesMax + 1024 ||
                !control.ParseFromArray(rest.data(), static_cast<int>(rest.size())))
                return;
            if (control.has_claim() && from.principal.role == Role::Agreement &&
                control.claim().application() == from.application.value &&
                control.claim().replica() == from.principal.index)
                claims_[from.application] = control.claim(); // one replica of it is here (ZZ-1.3)
            if (control.has_command() && from.principal.role == Role::Operator)
                answer(received, control.command());
            return;
        }
        }
    }

    void answer(const transport::Received& to, const telemetry::Command& command) {
        const transport::Peer& from = to.from;
        telemetry::LocalControl control;
        auto& out = *control.mutable_answer();
        const OperatorId who(from.principal.index);
        const auto body = operators_.check(command, who);
        if (!body) {
            const auto asked = telemetry::read_command(command);
            if (asked)
                out.set_nonce(asked->nonce());
            refuse(out, who, asked ? what_of(*asked) : "a malformed command",
                   asked ? asked->reason() : "", body.error().text);
        } else {
            out.set_nonce(body->nonce());
            execute(command, *body, out);
        }
        greet(*out.mutable_hello());
        // An operator may be here with several programs: the answer goes to the one that asked.
        transport_->answer(to,
                           transport::encode({ApplicationId(), setup_.self, from.principal,
                                              runtime::local_frame(runtime::LocalFrame::Control,
                                                                   control.SerializeAsString())}));
    }

    void greet(telemetry::Hello& hello) const {
        hello.set_protocol(telemetry::kTelemetryVersion);
        hello.set_cluster(std::string(text_of(setup_.cluster.id.view())));
        hello.set_environment(setup_.cluster.environment);
        hello.set_cluster_name(setup_.cluster.name);
        hello.set_program("zz-host");
        hello.set_host(setup_.host.value);
        hello.set_audit_newest(auditor_.log().head().n);
        hello.set_audit_head(std::string(text_of(auditor_.log().head().hash.view())));
    }

    void refuse(telemetry::Answer& out, OperatorId who, const std::string& command,
                const std::string& reason, const std::string& why) {
        out.set_ok(false);
        out.set_error(why);
        if (!auditor_.refused(who, command, reason, why))
            return;
        feed_.event(telemetry::OPERATOR_ACTION, fmt::format("refused: {}: {}", command, why), 0,
                    principal(who));
    }

    // Keys that are in no list: nobody of ours, whatever they wanted (O1).
    void audit_strangers() {
        const auto tell = [this](const transport::Denied& denied) {
            if (!auditor_.stranger(denied.key, denied.address))
                return;
            feed_.event(telemetry::OPERATOR_ACTION,
                        fmt::format("refused: unknown key {} from {}",
                                    to_hex(denied.key.view()).substr(0, 16), denied.address));
        };
        for (const auto& denied : transport_->take_denied())
            tell(denied);
        for (const auto& denied : publisher_->take_denied())
            tell(denied);
    }

    // What became of a command at the service that it was for.
    void audit_outcome(const transport::Peer& from) {
        const telemetry::Event* event = hub_.newest_event();
        if (event == nullptr || (event->kind() != telemetry::OPERATOR_ACTION &&
                                 event->kind() != telemetry::DRILL_STARTED &&
                                 event->kind() != telemetry::DRILL_STOPPED))
            return;
        const auto* app = setup_.cluster.application(from.application);
        const bool wide = transport::is_data_center_wide(from.principal.role);
        const char* what = event->kind() == telemetry::DRILL_STARTED   ? "drill started: "
                           : event->kind() == telemetry::DRILL_STOPPED ? "drill ended: "
                                                                       : "";
        auditor_.outcome((wide || app == nullptr ? "" : app->name + ".") +
                             to_string(from.principal),
                         what + event->text());
    }

    void execute(const telemetry::Command& command, const telemetry::CommandBody& body,
                 telemetry::Answer& out) {
        const OperatorId who(body.operator_());
        out.set_ok(true);
        if (is_read_only(body)) {
            auditor_.read(who, body);
            read(command, body, out);
            return;
        }
        if (body.what_case() == telemetry::CommandBody::WHAT_NOT_SET) {
            refuse(out, who, what_of(body), body.reason(),
                   "the command says nothing that this version knows");
            return;
        }
        // What ends a fault goes on even if it cannot be recorded.
        const Status recorded = auditor_.accepted(who, body);
        if (!recorded && is_harmful(body)) {
            out.set_ok(false);
            out.set_error("it cannot be recorded: " + recorded.error().text);
            return;
        }
        feed_.event(telemetry::OPERATOR_ACTION,
                    what_of(body) + (body.reason().empty() ? "" : " (" + body.reason() + ")"), 0,
                    principal(who));
        if (const Status taken = drills_.take(body, runtime::now(), runtime::wall_ns()); !taken) {
            out.set_ok(false);
            out.set_error(taken.error().text);
            return;
        }
        tell_drills();
        pass_on(command);
    }

    void read(const telemetry::Command& command, const telemetry::CommandBody& body,
              telemetry::Answer& out) {
        switch (body.what_case()) {
        case telemetry::CommandBody::kStatus:
            *out.mutable_snapshot() = hub_.snapshot();
            return;
        case telemetry::CommandBody::kEvents:
            *out.mutable_events() =
                hub_.events(body.events().after_host_number(), body.events().count_max());
            return;
        case telemetry::CommandBody::kEvidenceList:
            *out.mutable_evidence() = hub_.evidence();
            return;
        case telemetry::CommandBody::kAuditList:
            auditor_.flush();
            *out.mutable_audit() =
                auditor_.log().entries(body.audit_list().after(), body.audit_list().count_max());
            return;
        case telemetry::CommandBody::kEvidenceGet:
            if (auto item = hub_.evidence(body.evidence_get())) {
                *out.mutable_evidence()->add_items() = std::move(*item);
                return;
            }
            out.set_ok(false);
            out.set_error(fmt::format("there is no evidence {} on this host: see evidence list",
                                      runtime::safe_text(body.evidence_get().id())));
            return;
        case telemetry::CommandBody::kRecoverClaim: {
            const ApplicationId app(static_cast<std::uint16_t>(body.recover_claim().application()));
            auto& claims = *out.mutable_claims();
            if (const auto held = claims_.find(app);
                held != claims_.end() &&
                held->second.generation() == body.recover_claim().generation()) {
                *claims.add_claims() = held->second;
                claims_.erase(held); // the next answer is a newer one
            }
            pass_on(command);
            return;
        }
        case telemetry::CommandBody::kDrillList:
            for (auto& facts : drills_.list(runtime::now()))
                *out.mutable_drills()->add_drills() = std::move(facts);
            return;
        default:
            out.set_ok(false);
            out.set_error("this host does not answer that yet");
            return;
        }
    }

    // To every local service: each checks signature and target itself.
    void pass_on(const telemetry::Command& command) {
        telemetry::LocalControl control;
        *control.mutable_command() = command;
        const Blob frame =
            runtime::local_frame(runtime::LocalFrame::Control, control.SerializeAsString());
        for (const auto& peer : transport_->reachable_peers()) {
            const Role role = peer.principal.role;
            if (role == Role::Host || role == Role::Operator)
                continue;
            transport_->send(
                peer, transport::encode({peer.application, setup_.self, peer.principal, frame}));
        }
    }

    void tell_drills() {
        for (const HostDrills::Told& told : drills_.look(runtime::now()))
            feed_.event(told.begun ? telemetry::DRILL_STARTED : telemetry::DRILL_STOPPED, told.text,
                        told.lease_ms, setup_.self);
    }

    void tell_lost(Instant now) {
        for (const auto& lost : hub_.newly_lost(now)) {
            const ApplicationId app(static_cast<std::uint16_t>(lost.application - 1));
            feed_.event(telemetry::SERVICE_LOST, "told nothing for 5 s though it should run", 0,
                        lost.principal, lost.application == 0 ? nullptr : &app);
        }
    }

    void beat() {
        telemetry::Facts facts;
        auto& process = *facts.mutable_process();
        runtime::fill_process(transport_->counters(), started_wall_ns_, process);
        process.set_events_dropped(hub_.dropped());
        (*process.mutable_rejected())["relay"] = refused_;
        (*process.mutable_rejected())["audit entries lost"] = auditor_.lost();
        auto& host = *facts.mutable_host();
        host.set_name(setup_.host_entry().name);
        host.set_hypervisor(drives_.empty()
                                ? std::string(cluster::to_string(setup_.host_entry().hypervisor))
                                : drives_);
        double load = 0;
        if (getloadavg(&load, 1) == 1)
            host.set_load_milli(static_cast<std::uint64_t>(load * 1000));
        host.set_audit_newest(auditor_.log().head().n);
        host.set_audit_head(std::string(text_of(auditor_.log().head().hash.view())));
        host.set_metrics(metrics_.url());
        for (auto& drill : drills_.list(runtime::now()))
            *host.add_drills() = std::move(drill);
        feed_.facts(std::move(facts));
        telemetry::Update update;
        update.set_host(setup_.host.value);
        *update.mutable_heartbeat() = hub_.heartbeat();
        publisher_->publish(view_of(update.SerializeAsString()));
        metrics_.look_at(hub_, runtime::now());
    }

    void take_own(const std::string& bytes) {
        telemetry::Update update;
        if (update.ParseFromString(bytes))
            hub_.own(std::move(update), runtime::now());
    }

    Setup& setup_;
    std::unique_ptr<transport::Transport> transport_;
    std::unique_ptr<transport::Publisher> publisher_;
    runtime::StopSignal stop_;
    runtime::Feed feed_;
    Hub hub_;
    Operators operators_;
    Auditor auditor_;
    std::map<ApplicationId, telemetry::RecoverClaim> claims_; // of local replicas
    HostDrills drills_{setup_.cluster, setup_.host,
                       [this](const transport::Peer& peer) { return transport_->reachable(peer); }};
    const std::int64_t started_wall_ns_ = runtime::wall_ns();
    bool bound_relay_ = false;
    std::uint64_t refused_ = 0;
    std::string drives_; // what our controller says of its hypervisor
    Metrics metrics_;    // last: its threads end first
};

int run_host(const Arguments& arguments) {
    auto setup = read_setup(arguments, find_zz_host);
    if (!setup)
        return cannot_run(setup.error());
    Setup& s = **setup;
    transport::Context context;
    const transport::LinkKeys keys{s.keys.publics.exchange, s.keys.exchange_private};
    auto transport = transport::Transport::make(context, keys);
    if (!transport)
        return cannot_run(transport.error());
    auto publisher = transport::Publisher::make(context, keys);
    if (!publisher)
        return cannot_run(publisher.error());
    auto audit = AuditLog::open(
        s.folder->path() + "/" + std::string(kAuditFile),
        fmt::format("zz-host of {}, cluster {}", s.host_entry().name, to_hex(s.cluster.id.view())));
    if (!audit)
        return cannot_run(audit.error());
    HostService service(s, std::move(transport).value(), std::move(publisher).value(),
                        std::move(audit).value());
    if (const Status started = service.start(); !started)
        return cannot_run(started.error());
    service.run();
    return 0;
}

} // namespace

int host_main(int argc, char** argv) {
    CLI::App app("Telemetry hub, operator endpoint and relay of a ZZ host.", "zz-host");
    Arguments arguments;
    arguments.program = "zz-host";
    add_common(app, arguments);
    app.add_option("--host", arguments.host, "name of the host")->required();
    app.add_option("--host-socket", arguments.host_socket,
                   "for the services of this host: ipc://PATH")
        ->required();
    return service_main(argc, argv, app, arguments, [&] { return run_host(arguments); });
}

} // namespace zz::services
