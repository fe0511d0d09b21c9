// SPDX-License-Identifier: Apache-2.0
#include "backend/services/gateway_service.h"
#include "backend/services/operators.h"
#include "backend/services/renewal.h"

#include <deque>
#include <fmt/format.h>

#include "backend/gateway/http/http_connection.h"
#include "backend/gateway/resp/connection.h"
#include "backend/runtime/clock.h"
#include "backend/services/client_port.h"
#include "backend/services/drill_port.h"
#include "backend/services/front.h"

namespace zz::services {
namespace {

constexpr Duration kProbeMax = seconds(60); // guests boot in 15 to 30 s
constexpr Duration kStragglersMax = seconds(3);
constexpr Duration kTick = seconds(1);
constexpr Duration kHttpIdleMax = seconds(60);

Front::Protocol protocol_of(const cluster::Application& application,
                            const cluster::Client& client) {
    if (client.protocol == cluster::ClientProtocol::Http)
        return {
            [](Front::ConnectionId, const std::string&) {
                return std::make_unique<gateway::http::HttpConnection>();
            },
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            kHttpIdleMax};
    return {[name = application.name](Front::ConnectionId id, std::string address) {
                gateway::resp::ConnectionFacts facts;
                facts.id = id;
                facts.address = std::move(address);
                facts.application = name;
                return std::make_unique<gateway::resp::Connection>(std::move(facts));
            },
            "-ERR max number of clients reached\r\n",
            {}};
}

Status find_client(Setup& setup) {
    if (const Status found = find_application(setup); !found)
        return found;
    const auto* client = setup.application->client(setup.arguments.client);
    if (client == nullptr)
        return Error{fmt::format("application {} has no client '{}'", setup.application->name,
                                 setup.arguments.client)};
    setup.self = principal(client->id);
    setup.host = client->host.value_or(HostId());
    return Ok{};
}

class GatewayService final : public runtime::Service {
  public:
    GatewayService(Setup& setup, runtime::Loop& loop, LaneBook book)
        : setup_(setup), loop_(loop), operators_(setup.cluster, setup.host, std::string()),
          port_(setup, loop, std::move(book),
                [this](LaneId lane, ByteView result, Duration) { on_reply(lane, result); }),
          front_(protocol_of(*setup.application,
                             *setup.application->client(ClientId(setup.self.index))),
                 [this](Front::ConnectionId id, gateway::Submitted s) {
                     on_operation(id, std::move(s));
                 }),
          tasks_(port_.lanes()),
          address_(setup.application->client(ClientId(setup.self.index))->front),
          drills_(setup, port_.identity(), loop) {
        port_.set_wrapper(&drills_.host());
    }

    Status start() {
        if (const Status started = port_.start(); !started)
            return started;
        if (!address_.empty()) {
            if (const Status listening = front_.listen(address_); !listening)
                return listening;
        }
        probe_until_ = runtime::now() + kProbeMax;
        return Ok{};
    }

    void on_frame(Instant now, ApplicationId, const PrincipalId& link, const Blob& frame) override {
        port_.on_frame(now, link, frame);
    }
    void on_ready(Instant now, int) override { front_.on_ready(now); }
    void on_command(const telemetry::Command& command) override {
        if (const auto body = operators_.check_passed_on(command))
            take_recover(port_.node(), *body);
        drills_.on_command(command, runtime::now(), SequenceNumber(0));
    }
    DrillPort& drills() { return drills_; }
    bool on_turn(Instant now) override {
        if (renew(port_.node(), setup_.folder->path(), loop_))
            return true;
        if (probe_until_ != kNever && (is_time_to_probe(now) || now >= probe_until_))
            probe();
        if (now >= tick_) {
            front_.on_tick(now);
            tick_ = now + kTick;
        }
        port_.on_turn(now);
        drills_.on_turn(now);
        return true;
    }
    Instant wake_at() const override {
        const Instant tick = front_.connections() > 0 ? tick_ : kNever;
        return std::min({port_.wake_at(), probe_until_, tick});
    }
    std::vector<int> watched() const override { return {front_.fd()}; }
    void fill(telemetry::Facts& facts) override {
        port_.fill(facts);
        facts.mutable_client()->set_connections(static_cast<std::uint32_t>(front_.connections()));
    }

  private:
    struct Task { // whom the reply of a lane is for; connection 0: nobody
        Front::ConnectionId connection = 0;
        gateway::Token token = 0;
    };
    struct Waiting {
        Front::ConnectionId connection;
        gateway::Submitted submitted;
    };

    // At a start those that boot a little later than the first f+1, the spare among them, would be
    // named for their silence: they are waited for as long as they keep coming.
    bool is_time_to_probe(Instant now) {
        const std::size_t linked = port_.executors();
        if (linked != executors_) {
            executors_ = linked;
            executors_since_ = now;
        }
        return port_.connected() && (linked >= setup_.application->execution.size() ||
                                     now - executors_since_ >= kStragglersMax);
    }

    // Bytes that no application understands get a deterministic error reply: when it comes, all of
    // it works.
    void probe() {
        probe_until_ = kNever;
        if (const auto lane = port_.take_lane())
            port_.submit(*lane, Bytes{0});
    }
    // A connection has one operation in flight, so at most kConnectionsMax wait here.
    void on_operation(Front::ConnectionId id, gateway::Submitted submitted) {
        if (const auto lane = port_.take_lane())
            submit(*lane, {id, std::move(submitted)});
        else
            waiting_.push_back({id, std::move(submitted)});
    }
    void submit(LaneId lane, Waiting work) {
        tasks_[lane.value] = {work.connection, work.submitted.token};
        port_.submit(lane, std::move(work.submitted.operation), work.submitted.budget);
    }
    void on_reply(LaneId lane, ByteView result) {
        const Task task = std::exchange(tasks_[lane.value], {});
        if (waiting_.empty()) {
            port_.give_back(lane);
        } else {
            Waiting next = std::move(waiting_.front());
            waiting_.pop_front();
            submit(lane, std::move(next));
        }
        if (task.connection != 0)
            front_.on_result(task.connection, task.token, result);
    }

    Setup& setup_;
    runtime::Loop& loop_;
    Operators operators_;
    ClientPort port_;
    Front front_;
    std::vector<Task> tasks_;
    std::string address_;
    std::deque<Waiting> waiting_;
    Instant probe_until_ = kNever;
    std::size_t executors_ = 0; // that have a link, since when so many
    Instant executors_since_;
    Instant tick_{};
    DrillPort drills_;
};

int run_gateway(const Arguments& arguments) {
    auto setup = read_setup(arguments, find_client);
    if (!setup)
        return cannot_run(setup.error());
    Setup& s = **setup;
    const auto kept_down = wait_while_down(s.folder->path());
    auto book = LaneBook::open(s.folder->path() + "/lanes",
                               s.application->client(ClientId(s.self.index))->lanes);
    if (!book)
        return cannot_run(book.error());
    transport::Context context;
    auto loop = runtime::Loop::make({&s.cluster, s.self, &s.application->id, s.host,
                                     arguments.host_socket, &s.keys, arguments.program},
                                    context);
    if (!loop)
        return cannot_run(loop.error());
    GatewayService service(s, **loop, std::move(book).value());
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

int gateway_main(int argc, char** argv) {
    CLI::App app("A gateway of ZZ: Redis clients in, ordered requests out.", "zz-gateway");
    Arguments arguments;
    arguments.program = "zz-gateway";
    add_common(app, arguments);
    app.add_option("--app", arguments.application, "application")->required();
    app.add_option("--client", arguments.client, "name of the client in the cluster file")
        ->required();
    app.add_option("--host-socket", arguments.host_socket, "where the zz-host of this host listens")
        ->required();
    return service_main(argc, argv, app, arguments, [&] { return run_gateway(arguments); });
}

} // namespace zz::services
