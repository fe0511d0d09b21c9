// SPDX-License-Identifier: Apache-2.0
#include "backend/services/client_port.h"

#include <algorithm>
#include <utility>

#include "backend/execution/reply_cache.h"
#include "backend/runtime/clock.h"
#include "backend/services/rejections.h"

namespace zz::services {
namespace {

client::Settings settings_of(const Setup& setup, std::uint32_t lanes, const LaneBook& book) {
    const auto& app = *setup.application;
    client::Settings s;
    s.faults = app.faults();
    s.limits = app.limits;
    s.lanes = lanes;
    s.configuration = runtime::first_configuration(app);
    s.first_numbers = book.first();
    s.base = setup.base();
    s.nonce = random_number();
    s.read_proof = [](const Digest& root, std::span<const Blob> nodes, ClientId client,
                      LaneId lane) -> std::optional<client::CachedReply> {
        auto entry = execution::read_reply_proof(root, nodes, client, lane);
        if (!entry)
            return std::nullopt;
        return client::CachedReply{entry->number, entry->n, std::move(entry->result)};
    };
    return s;
}

std::size_t linked(const transport::Transport& transport, Role role) {
    const auto peers = transport.reachable_peers();
    return static_cast<std::size_t>(std::count_if(
        peers.begin(), peers.end(), [&](const auto& one) { return one.principal.role == role; }));
}

} // namespace

ClientPort::ClientPort(Setup& setup, runtime::Loop& loop, LaneBook book, OnReply on_reply)
    : setup_(setup), loop_(loop), client_(setup.application->client(ClientId(setup.self.index))),
      lanes_(client_->lanes), node_({&setup.cluster, setup.application, setup.self, setup.host,
                                     &setup.keys, &loop.transport(), setup.generation_start()}),
      book_(std::move(book)),
      core_(settings_of(setup, lanes_, book_), node_.sealer(), node_.keyring()),
      shell_(core_, node_, loop.feed(), nullptr, [this](client::Action& action) { act(action); }),
      on_reply_(std::move(on_reply)), started_(lanes_) {
    for (std::uint32_t lane = lanes_; lane > 0; --lane)
        free_.push_back(LaneId(lane - 1));
}

Status ClientPort::start() {
    const auto& app = *setup_.application;
    if (auto bound = loop_.transport().bind(client_->endpoint); !bound)
        return bound.error();
    for (const auto& replica : app.agreement) {
        const Status dialled =
            loop_.transport().dial(transport::peer(app.id, principal(replica.id)), replica.endpoint,
                                   replica.keys.exchange);
        if (!dialled)
            return dialled;
    }
    return Ok{};
}

std::size_t ClientPort::executors() const {
    return linked(loop_.transport(), Role::Execution);
}

bool ClientPort::connected() const {
    const Faults faults = setup_.application->faults();
    return executors() >= faults.weak_quorum() &&
           linked(loop_.transport(), Role::Agreement) >= faults.quorum();
}

std::optional<LaneId> ClientPort::take_lane() {
    if (free_.empty())
        return std::nullopt;
    const LaneId lane = free_.back();
    free_.pop_back();
    return lane;
}

void ClientPort::submit(LaneId lane, Bytes operation, std::uint32_t budget) {
    const RequestNumber number = core_.submit(lane, std::move(operation), budget);
    book_.reserve(lane, number);
    started_[lane.value] = runtime::now();
    submitted_ = true;
}

void ClientPort::on_turn(Instant now) {
    if (submitted_) {
        submitted_ = false;
        shell_.step(now, client::Input(core::TimePassed{}));
    }
    shell_.turn(now);
    if (submitted_) {
        // Replies of this turn let their lanes go on: the next bundle leaves at once.
        submitted_ = false;
        shell_.step(now, client::Input(core::TimePassed{}));
        shell_.turn(now);
    }
}

void ClientPort::act(client::Action& action) {
    if (auto* configured = std::get_if<core::Configured>(&action)) {
        node_.learn(configured->config);
        return;
    }
    const auto& accepted = std::get<client::Accepted>(action);
    const Duration latency = runtime::now() - started_[accepted.lane.value];
    ++replies_;
    seconds_.replied(runtime::wall_ns(), latency);
    on_reply_(accepted.lane, accepted.result.view(), latency);
}

void ClientPort::fill(telemetry::Facts& facts) {
    auto& out = *facts.mutable_client();
    out.set_requests(replies_);
    seconds_.fill(runtime::wall_ns(), out);
    out.set_complaints(core_.late());
    if (core_.late() > late_told_)
        loop_.feed().event(telemetry::CLIENT_COMPLAINT, "requests wait beyond their timeout",
                           core_.late() - std::exchange(late_told_, core_.late()));
    out.set_waiting(core_.outstanding());
    out.set_retransmissions(core_.retransmitted());
    out.set_front(client_->front);
    out.set_protocol(std::string(cluster::to_string(client_->protocol)));
    out.set_serving(serving());
    add_rejections(node_, *facts.mutable_process());
}

} // namespace zz::services
