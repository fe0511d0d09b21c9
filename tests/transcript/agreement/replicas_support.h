// SPDX-License-Identifier: Apache-2.0
// Replicas: the 3f+1 agreement cores of one application on a deterministic network of frames, for
// tests. Every message is sealed and opened as in a service. Execution and detection are played:
// each committed batch is settled at once, and every checkpoint matches, unless a test switches
// that off.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "backend/agreement/core.h"
#include "protocol/auth/bundle.h"
#include "protocol/auth/opener.h"
#include "protocol/auth/plain_keyring.h"

namespace zz::agreement::testing {

// What a test says about one message on its way.
enum class Fate { Deliver, Drop, Hold };

struct Letter {
    PrincipalId from, to;
    Blob frame;
    message::Kind kind{};
};

struct Node {
    AgreementId id;
    std::unique_ptr<auth::PlainKeyring> keyring;
    std::unique_ptr<auth::Sealer> sealer;
    std::unique_ptr<auth::Opener> opener;
    std::unique_ptr<Core> core;
    std::vector<core::Record> journal;
    bool up = true;
    std::vector<core::Committed> committed;
    std::vector<core::StableMoved> stable;
    std::vector<core::Configured> configured;
    std::vector<core::AskedAgain> asked;
    std::vector<core::Notice> notices;
    std::vector<message::Message> sent; // to anybody, in order
    SequenceNumber quorum_mark;
};

class Replicas {
  public:
    explicit Replicas(std::uint32_t f = 1);

    // Before the first message.
    Options& options() { return options_; }
    void start();

    Node& node(std::uint32_t i) { return *nodes_[i - 1]; }
    Core& core(std::uint32_t i) { return *node(i).core; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
    Instant now() const { return now_; }

    // A bundle of client 1 with one request for each of these lanes.
    message::Bundle bundle(const std::vector<message::LaneRequest>& requests,
                           std::string_view text = "op", std::uint32_t budget = 1);
    void submit(std::uint32_t lane, std::uint64_t number, const std::vector<std::uint32_t>& to);
    // A message of `from`, sealed with its keys, to agreement replicas.
    void inject(std::uint32_t from, const message::Message& m,
                const std::vector<std::uint32_t>& to);
    void inject_from(const PrincipalId& from, const message::Message& m, std::uint32_t to);
    void input(std::uint32_t i, const Input& in);

    // Delivers until nothing is on its way.
    void run();
    // Time passes in steps of 10 ms; timers fire, messages are delivered.
    void pass(Duration duration);
    std::function<Fate(const Letter&)> fate;
    void release_held(bool backward = false);

    // The core dies with all but its journal; `keep` records survive.
    void restart(std::uint32_t i, bool proven = true, std::size_t keep = SIZE_MAX);

    // What an operator would sign for the generation after ours: claims of these replicas (`forged`
    // in the place of those by the same signers), the highest checkpoint that they prove.
    message::Recover recover(const std::vector<std::uint32_t>& claimants,
                             const std::vector<SignedViewChange>& forged = {});
    // A claim of `from` for the generation after ours, with other contents.
    SignedViewChange forge(std::uint32_t from, const message::ViewChange& claim);
    // Every replica opens this RECOVER and starts in its generation, without proof of its votes.
    void begin(const message::Recover& recover);

    bool settle = true; // committed batches settle and checkpoints match
    std::size_t committed_everywhere() const;
    // Equal digests at equal numbers on all of these.
    bool agree() const;
    std::vector<Letter> outside; // what left for clients, controllers, execution replicas
    std::size_t rejected = 0;

    static constexpr std::uint64_t kSecret = 7;
    static Digest root(SequenceNumber n);
    // Everything a restarted or new node needs.
    auth::Identity identity(const PrincipalId& self) const;

  private:
    void make_core(Node& node);
    void collect(Node& node);
    void perform(Node& node, const Action& action);
    void post(Letter letter);
    void deliver(const Letter& letter);

    Faults faults_;
    Generation generation_;
    message::Recover recover_; // of generation_, if it is above the first
    Options options_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::unique_ptr<auth::PlainKeyring> client_keys_;
    std::deque<Letter> letters_;
    std::vector<Letter> held_;
    std::deque<std::pair<std::uint32_t, Input>> played_;
    Instant now_{1'000'000'000};
};

} // namespace zz::agreement::testing
