// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/link/worker.h"

#include <algorithm>
#include <fmt/format.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/loop.h"
#include "console/core/believed.h"
#include "protocol/outline/outline.h"
#include "protocol/telemetry/command.h"
#include "protocol/telemetry/version.h"
#include "protocol/transport/routed.h"

namespace zz::console {
namespace {

constexpr std::size_t kWaitingMax = 4096;
constexpr Duration kTurn = milliseconds(100);

transport::Peer peer_of(std::uint32_t host) {
    return transport::peer(principal(HostId(host)));
}

} // namespace

Link::Worker::Worker(const Credentials& with, Inbox& to)
    : credentials(with), inbox(to), cluster_facts(outline::describe(with.cluster)),
      signing(crypto::SigningKeyPair::from_seed(with.keys.signing_seed)) {}

Status Link::Worker::start() {
    auto made = transport::Transport::make(
        context, {credentials.keys.publics.exchange, credentials.keys.exchange_private});
    if (!made)
        return made.error();
    transport = std::move(made).value();
    waker = transport->waker();
    for (const auto& host : credentials.cluster.hosts) {
        hosts.emplace(host.id.value, host.id.value);
        connect(host);
    }
    return Ok{};
}

void Link::Worker::connect(const cluster::Host& host) {
    const auto peer = peer_of(host.id.value);
    Status dialled = transport->dial(peer, host.operator_endpoint(), host.keys.exchange);
    if (dialled)
        dialled = transport->subscribe(peer, host.telemetry_endpoint(), host.keys.exchange);
    if (!dialled) {
        Arrival note;
        note.at_ns = runtime::wall_ns();
        note.note = {NoteKind::Refused, host.id.value, 0, 0, dialled.error().text};
        put({note});
    }
}

void Link::Worker::order(std::function<void(Worker&)> what) {
    {
        const std::lock_guard lock(mutex);
        orders.push_back(std::move(what));
    }
    waker.wake();
}

void Link::Worker::stop() {
    {
        const std::lock_guard lock(mutex);
        stopping = true;
    }
    waker.wake();
}

void Link::Worker::run() {
    for (;;) {
        std::vector<std::function<void(Worker&)>> todo;
        {
            const std::lock_guard lock(mutex);
            if (stopping)
                break;
            todo.swap(orders);
        }
        for (const auto& what : todo)
            what(*this);
        tick(runtime::wall_ns());
        const auto turn = transport->poll(kTurn);
        const std::int64_t now_ns = runtime::wall_ns();
        for (const auto& received : turn.published)
            take_published(now_ns, received);
        for (const auto& received : turn.frames)
            take_answer(now_ns, received);
    }
    if (writer)
        (void)writer->close(runtime::wall_ns(), 0);
}

void Link::Worker::tick(std::int64_t now_ns) {
    for (auto& [id, host] : hosts) {
        if (!host.enabled)
            continue;
        put(host.stream.reachable(now_ns, transport->reachable(peer_of(id))));
        put(host.stream.tick(now_ns));
        if (!host.stream.wants_snapshot(now_ns))
            continue;
        host.stream.asked(now_ns);
        telemetry::CommandBody status, events;
        status.mutable_status();
        events.mutable_events()->set_after_host_number(host.stream.events_after());
        events.mutable_events()->set_count_max(telemetry::kEventsPerSourceMax);
        ask(0, std::move(status), {id}, true);
        ask(0, std::move(events), {id}, true);
    }
    for (auto it = waiting.begin(); it != waiting.end();) {
        if (now_ns >= it->until_ns) {
            if (!it->own)
                inbox.put(Reply{it->request, it->host, false, {}});
            it = waiting.erase(it);
            continue;
        }
        if (it->nonce == 0 && transport->reachable(peer_of(it->host)))
            send(*it, now_ns);
        ++it;
    }
    if (writer && now_ns - flushed_ns > kNs) {
        flushed_ns = now_ns;
        (void)writer->flush();
        const std::lock_guard lock(mutex);
        recording.entries = writer->entries();
        recording.bytes = writer->bytes();
    }
}

void Link::Worker::ask(std::uint64_t request, telemetry::CommandBody body,
                       const std::vector<std::uint32_t>& to, bool own) {
    for (const auto& [id, host] : hosts) {
        if (!to.empty() && std::find(to.begin(), to.end(), id) == to.end())
            continue;
        if (waiting.size() >= kWaitingMax) {
            if (!own)
                inbox.put(Reply{request, id, false, {}});
            continue;
        }
        waiting.push_back({request, id, runtime::wall_ns() + kReplyPatienceNs, 0, body, own});
    }
}

void Link::Worker::send(Waiting& entry, std::int64_t now_ns) {
    last_nonce = std::max(last_nonce + 1, static_cast<std::uint64_t>(now_ns));
    telemetry::CommandBody& body = entry.body;
    body.set_protocol(telemetry::kTelemetryVersion);
    body.set_operator_(credentials.self.id.value);
    body.set_nonce(entry.nonce = last_nonce);
    body.set_cluster(std::string(text_of(credentials.cluster.id.view())));
    body.set_environment(credentials.cluster.environment);
    body.set_host(entry.host);
    body.set_not_after_wall_ns(now_ns + 30 * kNs);
    telemetry::LocalControl control;
    *control.mutable_command() = telemetry::sign_command(body, signing);
    transport->send(
        peer_of(entry.host),
        transport::encode(
            {ApplicationId(), principal(credentials.self.id), principal(HostId(entry.host)),
             runtime::local_frame(runtime::LocalFrame::Control, control.SerializeAsString())}));
}

void Link::Worker::take_published(std::int64_t now_ns, const transport::Received& received) {
    const auto host = hosts.find(received.from.principal.index);
    telemetry::Update update;
    const auto bytes = received.frame.view();
    if (host == hosts.end() || !host->second.enabled ||
        !update.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return;
    put(host->second.stream.published(now_ns, std::move(update)));
}

void Link::Worker::take_answer(std::int64_t now_ns, const transport::Received& received) {
    const auto routed = transport::decode_routed(received.frame.view());
    const auto host = hosts.find(received.from.principal.index);
    if (!routed || received.from.principal.role != Role::Host || host == hosts.end())
        return;
    const ByteView bytes = routed->frame.view();
    telemetry::LocalControl control;
    if (bytes.empty() || bytes[0] != static_cast<std::uint8_t>(runtime::LocalFrame::Control) ||
        !control.ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1)) ||
        !control.has_answer())
        return;
    // An answer without a nonce is to a command that could not be read: to the oldest one.
    const auto& answer = control.answer();
    const auto entry = std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& w) {
        return w.host == host->first && w.nonce != 0 &&
               (w.nonce == answer.nonce() || (!answer.ok() && answer.nonce() == 0));
    });
    if (entry == waiting.end())
        return;
    if (entry->own)
        put(host->second.stream.answered(now_ns, answer));
    else
        inbox.put(Reply{entry->request, entry->host, true, answer});
    waiting.erase(entry);
}

// Whatever clocks do: of the past nothing comes any more, neither here nor in the file.
void Link::Worker::put(std::vector<Arrival> arrivals) {
    for (auto& arrival : arrivals) {
        if (arrival.update) {
            const std::uint32_t host = arrival.update->host();
            auto [update, dropped] = believed(cluster_facts, std::move(arrival.update));
            arrival.update = std::move(update);
            if (!arrival.update)
                arrival.note = {NoteKind::Dropped, host, dropped, 0, {}};
        }
        arrival.at_ns = newest_ns = std::max(newest_ns, arrival.at_ns);
        if (writer)
            record(arrival);
        if (!arrival.known)
            inbox.put(std::move(arrival));
    }
}

void Link::Worker::enable(std::uint32_t host, bool yes) {
    const auto entry = hosts.find(host);
    const auto* known = credentials.cluster.host(HostId(host));
    if (entry == hosts.end() || known == nullptr || entry->second.enabled == yes)
        return;
    entry->second.enabled = yes;
    if (yes) {
        connect(*known);
        entry->second.stream.ask_again();
    } else {
        put(entry->second.stream.reachable(runtime::wall_ns(), false));
        transport->unsubscribe(peer_of(host));
        transport->hang_up(peer_of(host));
    }
}

void Link::Worker::record(const Arrival& arrival) {
    telemetry::SessionEntry entry;
    entry.set_received_wall_ns(arrival.at_ns);
    if (arrival.update) {
        *entry.mutable_update() = *arrival.update;
        entry.set_backlog(arrival.backlog);
    } else {
        auto& link = *entry.mutable_link();
        link.set_kind(static_cast<std::uint32_t>(arrival.note.kind));
        link.set_host(arrival.note.host);
        link.set_count(arrival.note.count);
        link.set_value(arrival.note.value);
        link.set_text(arrival.note.text);
    }
    const Status added = writer->add(std::move(entry));
    if (added)
        return;
    writer.reset();
    const std::lock_guard lock(mutex);
    recording.on = false;
    recording.error = added.error().text;
}

void Link::Worker::begin_recording(const std::string& path) {
    if (writer)
        (void)writer->close(runtime::wall_ns(), 0);
    writer.reset();
    Recording fresh;
    fresh.path = path;
    if (!path.empty()) {
        telemetry::SessionHeader header;
        header.set_protocol(telemetry::kTelemetryVersion);
        fresh.started_ns = newest_ns = std::max(newest_ns, runtime::wall_ns());
        fresh.session = fmt::format("{:x}", fresh.started_ns);
        header.set_session(fresh.session);
        header.set_started_wall_ns(fresh.started_ns);
        *header.mutable_cluster() = outline::describe(credentials.cluster);
        header.set_cluster_file(credentials.cluster_text);
        header.set_environment(credentials.cluster.environment);
        header.set_program("zz-console");
        auto made = telemetry::SessionWriter::create(path, header);
        if (made)
            writer.emplace(std::move(made).value());
        else
            fresh.error = made.error().text;
        fresh.on = static_cast<bool>(writer);
        // A recording begins with everything that is known.
        for (auto& [id, host] : hosts)
            host.stream.ask_all();
    }
    const std::lock_guard lock(mutex);
    recording = fresh;
}

} // namespace zz::console
