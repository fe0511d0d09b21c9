// SPDX-License-Identifier: Apache-2.0
// Node: one principal of one application in this process: its keys, the one opener of what arrives,
// and the one way out of what its core sends. Frames travel directly between agreement, execution
// and clients, and through the hosts' relays otherwise (controllers have no socket of their own;
// execution replicas only dial). A message waits until its record is durable (ZZ-8.3). Does not own
// the transport. One thread.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "backend/runtime/generation.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/opener.h"
#include "protocol/auth/sealer.h"
#include "protocol/cluster/cluster.h"
#include "protocol/core/io.h"
#include "protocol/transport/routed.h"
#include "protocol/transport/transport.h"

namespace zz::runtime {

// Sends that wait for the disk; above it the loop takes no more input.
inline constexpr std::size_t kHeldSendsMax = 8192;

// The configuration that the cluster file describes: number 0, epoch 0.
message::Config first_configuration(const cluster::Application& application);

class Node {
  public:
    struct Options {
        const cluster::Cluster* cluster = nullptr;
        const cluster::Application* application = nullptr;
        PrincipalId self;
        HostId host; // whose relay is ours
        const crypto::KeyPair* keys = nullptr;
        transport::Transport* transport = nullptr;
        const GenerationStart* generation = nullptr; // null: the first one; outlives the node
        bool admits =
            true; // lets peers dial in: off for a principal that shares its transport with others
    };
    explicit Node(const Options& options);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    const PrincipalId& self() const { return options_.self; }
    ApplicationId application() const { return options_.application->id; }
    const auth::Sealer& sealer() const { return sealer_; }
    const auth::Keyring& keyring() const { return keyring_; }
    auth::CryptoKeyring& keyring() { return keyring_; }

    // Keys of a configuration: its incarnations may dial in, removed ones no longer.
    void learn(const message::Config& config);

    // `link`: who sent it, as the transport or the relay says.
    std::optional<auth::Verified> open(const Blob& frame, const PrincipalId& link);
    const std::array<std::uint64_t, static_cast<std::size_t>(auth::Rejected::Count)>&
    rejected() const {
        return rejected_;
    }

    // Sends leave in their order, each not before its record is durable.
    void post(std::vector<core::Send> sends);
    void set_durable(RecordIndex index);
    // A RECOVER of a later generation came: whoever owns the node keeps it and starts anew.
    const std::optional<GenerationStart>& newer() const { return newer_; }
    void drop_newer() { newer_.reset(); }
    // Those who spoke in another generation since the last call are told of ours.
    void tell_generation();
    bool congested() const { return held_.size() >= kHeldSendsMax; }
    std::uint64_t dropped() const { return dropped_; }

  private:
    void send_now(core::Send& send);
    bool is_direct(const PrincipalId& to) const;
    void send_frame(const PrincipalId& to, Blob frame);

    Options options_;
    auth::CryptoKeyring keyring_;
    auth::Identity identity_;
    auth::Sealer sealer_;
    auth::Opener opener_;
    std::optional<GenerationStart> newer_;
    std::set<PrincipalId> stale_; // links; at most as many as there are
    std::map<ExecutionId, ExchangeKey> admitted_;
    std::deque<core::Send> held_;
    RecordIndex durable_;
    std::array<std::uint64_t, static_cast<std::size_t>(auth::Rejected::Count)> rejected_{};
    std::uint64_t dropped_ = 0;
};

} // namespace zz::runtime
