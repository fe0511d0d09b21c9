// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/client_node.h"

#include <fmt/format.h>

#include "backend/application/kv/operation.h"
#include "backend/execution/reply_cache.h"

namespace zz::simulator {

namespace {
inline constexpr std::uint64_t kKeys = 40;
inline constexpr std::uint32_t kBudget = 1000;
} // namespace

ClientNode::ClientNode(World& world, const Shape& shape, ClientId id, NoticeSink sink,
                       Checker& checker)
    : CoreNode(world, shape.identity(principal(id)), shape.secret, nullptr, std::move(sink)),
      checker_(&checker), random_(world.random().fork()), lanes_(shape.lanes) {
    learn(shape.genesis());
    client::Settings settings;
    settings.faults = shape.faults;
    settings.limits = shape.limits;
    settings.lanes = shape.lanes;
    settings.configuration = shape.genesis();
    settings.nonce = random_.next();
    settings.read_proof = [](const Digest& root, std::span<const Blob> nodes, ClientId client,
                             LaneId lane) {
        std::optional<client::CachedReply> reply;
        if (auto entry = execution::read_reply_proof(root, nodes, client, lane))
            reply = client::CachedReply{entry->number, entry->n, std::move(entry->result)};
        return reply;
    };
    core_ = std::make_unique<client::Core>(settings, sealer_, keyring_);
}

void ClientNode::start() {
    running_ = true;
    for (std::uint32_t lane = 0; lane < lanes_; ++lane)
        if (!core_->busy(LaneId(lane)))
            submit(LaneId(lane));
}

void ClientNode::submit(LaneId lane) {
    core_->submit(lane, next_operation(), kBudget);
    core_->flush(world_->now());
    perform();
}

Bytes ClientNode::next_operation() {
    using application::kv::encode_command;
    const std::string key = fmt::format("key:{}", random_.below(kKeys));
    switch (random_.below(6)) {
    case 0:
        return encode_command({"GET", key});
    case 1:
        return encode_command({"APPEND", key, "x"});
    case 2:
        return encode_command({"DEL", key});
    case 3:
        return encode_command({"INCR", "counter:" + key});
    default:
        return encode_command({"SET", key, fmt::format("value {}", random_.next() % 1000)});
    }
}

void ClientNode::on_action(client::Action& action) {
    if (const auto* configured = std::get_if<core::Configured>(&action))
        return learn(configured->config);
    const client::Accepted accepted = std::get<client::Accepted>(action);
    ++accepted_;
    checker_->on_accepted(identity_.self, accepted.lane, accepted.number, accepted.result);
    if (!running_)
        return;
    // A short pause, and not from within the core's own output.
    world_->after(random_.between(Duration(0), milliseconds(4)), [this, lane = accepted.lane] {
        if (running_ && !core_->busy(lane))
            submit(lane);
    });
}

} // namespace zz::simulator
