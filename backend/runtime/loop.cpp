// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/loop.h"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/process_facts.h"
#include "protocol/telemetry/version.h"

namespace zz::runtime {
namespace {

constexpr std::size_t kAdmissionBytes = 2 + 1 + 4 + 4 + ExchangeKey::size;
constexpr Duration kWaitMax = seconds(60);
constexpr Duration kGoodbye = milliseconds(50); // for what is told last to leave

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
        out += static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
}
std::uint32_t get(ByteView bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value |= static_cast<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}

} // namespace

Blob local_frame(LocalFrame type, std::string_view bytes) {
    Bytes out;
    out.reserve(bytes.size() + 1);
    out.push_back(static_cast<std::uint8_t>(type));
    out.insert(out.end(), bytes.begin(), bytes.end());
    return Blob(std::move(out));
}

std::string encode_admission(const Admission& a) {
    std::string out;
    put(out, a.application.value, 2);
    put(out, static_cast<std::uint64_t>(a.principal.role), 1);
    put(out, a.principal.index, 4);
    put(out, a.principal.incarnation, 4);
    out.append(text_of(a.key.view()));
    return out;
}

std::optional<Admission> decode_admission(ByteView bytes) {
    if (bytes.size() != kAdmissionBytes)
        return std::nullopt;
    Admission a;
    a.application = ApplicationId(static_cast<std::uint16_t>(get(bytes, 0, 2)));
    a.principal = {static_cast<Role>(get(bytes, 2, 1)), get(bytes, 3, 4), get(bytes, 7, 4)};
    std::copy(bytes.begin() + 11, bytes.end(), a.key.bytes.begin());
    return a;
}

Loop::Loop(const Options& options, std::unique_ptr<transport::Transport> transport)
    : options_(options), transport_(std::move(transport)),
      feed_(options.everywhere ? HostId(0) : options.host, options.application, options.self),
      started_wall_ns_(wall_ns()) {}

Result<std::unique_ptr<Loop>> Loop::make(const Options& options, transport::Context& context) {
    auto transport = transport::Transport::make(
        context, {options.keys->publics.exchange, options.keys->exchange_private});
    if (!transport)
        return transport.error();
    std::unique_ptr<Loop> loop(new Loop(options, std::move(transport).value()));
    const cluster::Host* host = options.cluster->host(options.host);
    if (host == nullptr)
        return Error{"the host is not in the cluster file"};
    if (!options.host_endpoint.empty()) {
        const Status dialled = loop->transport_->dial(transport::peer(principal(options.host)),
                                                      options.host_endpoint, host->keys.exchange);
        if (!dialled)
            return dialled.error();
    }
    for (const auto& other : options.cluster->hosts) {
        if (!options.everywhere)
            break;
        const Status dialled = loop->transport_->dial(transport::peer(principal(other.id)),
                                                      other.relay_endpoint(), other.keys.exchange);
        if (!dialled)
            return dialled.error();
    }
    loop->feed_.event(telemetry::SERVICE_STARTED, options.program,
                      static_cast<std::uint64_t>(getpid()));
    return loop;
}

bool Loop::run(Service& service) {
    for (;;) {
        Instant now = runtime::now();
        const Instant due =
            std::min({service.wake_at(), next_heartbeat_, feed_.empty() ? kNever : next_feed_});
        const Duration wait = due <= now ? Duration(0) : std::min(due - now, kWaitMax);
        std::vector<int> extra = service.watched();
        extra.push_back(stop_.fd());
        const transport::Turn turn = transport_->poll(wait, extra);
        now = runtime::now();
        for (const auto& event : turn.events)
            service.on_peer(now, event);
        for (const auto& received : turn.frames)
            dispatch(service, now, received);
        for (const int fd : turn.ready)
            if (fd != stop_.fd())
                service.on_ready(now, fd);
        const bool good = service.on_turn(now);
        const bool over = !good || stop_.stopped() || !ending_.empty();
        if (over)
            next_heartbeat_ = now; // The last facts are whole.
        tell(service, now);
        if (over)
            return good;
    }
}

void Loop::dispatch(Service& service, Instant now, const transport::Received& received) {
    if (received.from.principal.role == Role::Host) {
        on_host_frame(service, now, received);
        return;
    }
    service.on_frame(now, received.from.application, received.from.principal, received.frame);
}

void Loop::on_host_frame(Service& service, Instant now, const transport::Received& received) {
    const auto routed = transport::decode_routed(received.frame.view());
    if (!routed || routed->destination != options_.self)
        return;
    if (routed->source.role != Role::Host) {
        if (options_.everywhere)
            return; // Hosts are told, and relay nothing to us.
        service.on_frame(now, routed->application, routed->source, routed->frame);
        return;
    }
    const ByteView bytes = routed->frame.view();
    if (bytes.empty())
        return;
    if (bytes[0] == static_cast<std::uint8_t>(LocalFrame::Linked)) {
        if (const auto linked = decode_admission(bytes.subspan(1)))
            service.on_linked(linked->application, linked->principal);
        return;
    }
    if (bytes[0] != static_cast<std::uint8_t>(LocalFrame::Control))
        return;
    telemetry::LocalControl control;
    if (bytes.size() <= telemetry::kCommandBytesMax &&
        control.ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1)) &&
        control.has_command())
        service.on_command(control.command());
}

void Loop::tell_host(LocalFrame type, std::string_view bytes) {
    const ApplicationId application =
        options_.application != nullptr ? *options_.application : ApplicationId();
    const Blob frame = local_frame(type, bytes);
    const auto tell = [&](HostId host) {
        transport_->send(transport::peer(principal(host)),
                         transport::encode({application, options_.self, principal(host), frame}));
    };
    if (!options_.everywhere)
        return tell(options_.host);
    for (const auto& host : options_.cluster->hosts)
        tell(host.id);
}

void Loop::tell(Service& service, Instant now) {
    if (now >= next_heartbeat_) {
        next_heartbeat_ = now + kHeartbeat;
        telemetry::Facts facts;
        fill_process(transport_->counters(), started_wall_ns_, *facts.mutable_process());
        service.fill(facts);
        feed_.facts(std::move(facts));
        next_feed_ = now;
    }
    if (feed_.empty() || now < next_feed_)
        return;
    next_feed_ = now + kFeedDelay;
    for (const auto& update : feed_.take())
        tell_host(LocalFrame::Update, update);
}

void Loop::say_goodbye(std::string_view text) {
    feed_.event(telemetry::SERVICE_STOPPED, ending_.empty() ? text : ending_);
    tell_rest();
}

void Loop::tell_rest() {
    for (const auto& update : feed_.take())
        tell_host(LocalFrame::Update, update);
    // What comes meanwhile does not cut it short.
    for (const Instant end = runtime::now() + kGoodbye; runtime::now() < end;)
        transport_->poll(end - runtime::now());
}

} // namespace zz::runtime
