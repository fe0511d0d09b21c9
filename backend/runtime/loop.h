// SPDX-License-Identifier: Apache-2.0
// Loop: the one event loop of a service. Waits for frames, extra descriptors, other threads and
// time; hands them to the service; tells the zz-host of its host, in bounded batches, what happened
// (events) and, each heartbeat, how things are (facts). An idle service wakes once a second. One
// thread; the Waker may be used by others.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "backend/runtime/feed.h"
#include "backend/runtime/process.h"
#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"
#include "protocol/telemetry/operator.pb.h"
#include "protocol/transport/routed.h"
#include "protocol/transport/transport.h"

namespace zz::runtime {

inline constexpr Duration kHeartbeat = seconds(1);
inline constexpr Duration kFeedDelay = milliseconds(20); // events gather so long

// First byte of a frame between a service and the zz-host of its host that is for that host or
// service itself.
enum class LocalFrame : std::uint8_t {
    Update = 1,  // service -> host: an encoded telemetry::Update
    Control = 2, // both ways: an encoded telemetry::LocalControl
    Admit = 3,   // controller -> host: admit the keys of a local incarnation; encode_admission
    Drives = 4,  // controller -> host: what runs its machines, text for HostFacts.hypervisor
    Linked = 5,  // host -> controller: that execution replica's service is linked; encode_admission
};
Blob local_frame(LocalFrame type, std::string_view bytes);
// LocalFrame::Admit: application, principal, exchange key; of Linked the key says nothing.
struct Admission {
    ApplicationId application;
    PrincipalId principal;
    ExchangeKey key;
};
std::string encode_admission(const Admission& admission);
std::optional<Admission> decode_admission(ByteView bytes);

// What a loop drives. Calls come on the loop's thread.
class Service {
  public:
    virtual ~Service() = default;
    // A protocol frame for us; `link` is its sender as the transport or the relay says.
    virtual void on_frame(Instant now, ApplicationId application, const PrincipalId& link,
                          const Blob& frame) = 0;
    // An operator's command that came through the zz-host; the service checks its signature itself.
    virtual void on_command(const telemetry::Command&) {}
    virtual void on_peer(Instant, const transport::PeerEvent&) {}
    // The zz-host says that a replica of its host is linked to it (LocalFrame::Linked).
    virtual void on_linked(ApplicationId, const PrincipalId&) {}
    // A descriptor of watched() has something to read.
    virtual void on_ready(Instant, int) {}
    // After everything of a turn. False ends the loop: something failed that was told already.
    virtual bool on_turn(Instant now) = 0;
    virtual Instant wake_at() const = 0;
    virtual std::vector<int> watched() const { return {}; }
    virtual void fill(telemetry::Facts& facts) = 0;
};

class Loop {
  public:
    struct Options {
        const cluster::Cluster* cluster = nullptr;
        PrincipalId self;
        const ApplicationId* application = nullptr; // null: of the data center
        HostId host;
        std::string host_endpoint; // of the zz-host of our host: ipc://PATH or tcp://...
        const crypto::KeyPair* keys = nullptr;
        std::string program; // for events
        // A client that no host runs: it tells every zz-host, as far as they are there.
        bool everywhere = false;
    };
    static Result<std::unique_ptr<Loop>> make(const Options& options, transport::Context& context);

    transport::Transport& transport() { return *transport_; }
    Feed& feed() { return feed_; }
    StopSignal& stop_signal() { return stop_; }

    // Until SIGTERM, or end(), or the service ends it. False: the service, since something failed.
    bool run(Service& service);
    // After this turn; `why` is told as the reason.
    void end(std::string why) { ending_ = std::move(why); }
    // That the service stops, and the rest.
    void say_goodbye(std::string_view text);
    // Telemetry that still waits leaves now, as far as it can.
    void tell_rest();
    // To our zz-host itself, or to all of them.
    void tell_host(LocalFrame type, std::string_view bytes);

  private:
    Loop(const Options& options, std::unique_ptr<transport::Transport> transport);
    void dispatch(Service& service, Instant now, const transport::Received& received);
    void on_host_frame(Service& service, Instant now, const transport::Received& received);
    void tell(Service& service, Instant now);

    Options options_;
    std::unique_ptr<transport::Transport> transport_;
    Feed feed_;
    StopSignal stop_;
    std::string ending_;
    std::int64_t started_wall_ns_;
    Instant next_heartbeat_{}, next_feed_{};
};

} // namespace zz::runtime
