// SPDX-License-Identifier: Apache-2.0
// Core of a client (ZZ-2.4, ZZ-4.3): a gateway whose users are lanes with one outstanding request
// each. Requests that were submitted since the last step travel in one signed bundle, to the
// replica it believes to be primary, or to all agreement replicas while it doubts that belief; a
// request that times out goes to all of them, and every execution replica is asked for its whole
// reply. A result is handed out only by ZZ-4.3 (a)-(d) with incarnations that are live in the
// newest configuration certificate.
//
// Parts: votes.h (what is enough for one request), core.cpp (submission, timers), acceptance.cpp
// (what arrives). A sans-IO value (core/io.h); does not own the keyring.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <span>

#include "protocol/auth/sealer.h"
#include "protocol/client/votes.h"
#include "protocol/cluster/limits.h"
#include "protocol/core/exchange.h"
#include "protocol/core/io.h"

namespace zz::client {

// What the reply cache holds for a lane (ZZ-4.4).
struct CachedReply {
    RequestNumber number;
    SequenceNumber n;
    Bytes result;
};
// Reads a lane's reply-cache entry from tree nodes, root first; nothing unless every node hashes
// into `root` (ZZ-4.3 (d)). execution::read_reply_proof is the one; handed in because this room
// knows no state tree.
using ProofReader = std::function<std::optional<CachedReply>(
    const Digest& root, std::span<const Blob> nodes, ClientId client, LaneId lane)>;

struct Settings {
    Faults faults;
    cluster::Limits limits;
    std::uint32_t lanes = 1;
    message::Config configuration; // of the cluster file
    // Numbers of all lanes go upward from here. A restarted client starts above every number it may
    // have used, by at most message::kMaxNumberStep: reserve blocks durably (see highest()).
    RequestNumber first_number{1};
    // Of each lane, if a shell keeps them apart: an idle lane does not fall behind a busy one.
    // Empty: first_number.
    std::vector<RequestNumber> first_numbers;
    std::uint64_t nonce = 1;  // of the first question for the configuration; best random
    message::Checkpoint base; // where the sealer's generation starts (ZZ-8.4)
    ProofReader read_proof;   // empty: proofs of clause (d) are ignored
};

struct Accepted {
    LaneId lane;
    RequestNumber number;
    Blob result;
    How how = How::Replies;
};
// A Configured tells the shell new keys (ZZ-2.1) and whom to let in.
using Action = std::variant<Accepted, core::Configured>;
using Input = std::variant<core::Received, core::TimePassed>;
using Output = core::Output<Action>;

inline constexpr Instant kLongAgo{INT64_MIN /
                                  2}; // before every instant; differences do not overflow

class Core {
  public:
    Core(Settings settings, const auth::Sealer& sealer, const auth::Keyring& keyring);

    // Takes an operation for a free lane; sent with the next step or flush. Preconditions: lane <
    // lanes, !busy(lane), operation.size() <= limits.request_bytes_max. `budget` 0 stands for the
    // most that is allowed.
    RequestNumber submit(LaneId lane, Bytes operation, std::uint32_t budget = 0);
    bool busy(LaneId lane) const;
    // Seals what was submitted. Every step does it too.
    void flush(Instant now);
    void step(Instant now, const Input& input);
    Output take_output();

    // The highest number used by any lane.
    RequestNumber highest() const { return highest_; }
    const core::Membership& membership() const { return membership_; }
    AgreementId believed_primary() const;
    std::uint64_t accepted(How how) const { return accepted_[static_cast<std::size_t>(how)]; }
    std::uint64_t outstanding() const { return outstanding_; }
    std::uint64_t retransmitted() const { return retransmitted_; }
    // Requests that passed their timeout at least once.
    std::uint64_t late() const { return late_; }

  private:
    struct Outstanding {
        message::Request request;
        bool queued = true; // not sent yet
        bool late = false;  // was retransmitted
        Duration timeout{};
        Instant deadline = kNever;   // retransmission
        Instant ask_result = kNever; // f+1 votes, nobody sent the result
        Instant due() const { return std::min(deadline, ask_result); }
        Votes votes;
    };
    struct Lane {
        RequestNumber last;
        std::optional<Outstanding> request;
    };

    // core.cpp
    void send_bundles(const std::vector<LaneId>& lanes, bool to_all);
    void on_timers(Instant now);
    void retransmit(Instant now, const std::vector<LaneId>& lanes);
    void ask_results(const std::vector<LaneId>& lanes);
    void ask_configuration(Instant now);
    void expect_result(LaneId lane, Instant now);
    std::vector<PrincipalId> all_agreement() const;

    // acceptance.cpp
    void on_received(Instant now, const auth::Verified& m);
    void on(Instant now, const auth::Verified& m, const message::Reply& reply);
    void on(const auth::Verified& m, const message::ReplyAffidavit& affidavit);
    void on(const message::ReplyCertificate& certificate);
    void on(const message::ReplyProof& proof);
    void on(const auth::Verified& m, const message::ConfigAnswer& answer);
    void on_config(const message::Embedded<message::Config>& config);
    Outstanding* waiting(LaneId lane, RequestNumber number);
    void consider(LaneId lane);
    void accept(LaneId lane, Decision decision);

    Settings settings_;
    const auth::Sealer* sealer_;
    const auth::Keyring* keyring_;
    ClientId self_;
    core::Membership membership_;
    std::vector<Lane> lanes_;
    std::vector<LaneId> queued_;
    std::set<std::pair<Instant, LaneId>> timers_; // due() of each outstanding request that was sent
    RequestNumber highest_;
    std::map<AgreementId, View> views_; // as each last told
    View view_;
    Instant doubt_until_ = kLongAgo; // while it lasts, bundles go to all
    Duration doubt_{};
    std::uint64_t nonce_;
    Instant asked_at_ = kLongAgo;
    Instant ask_again_at_ = kLongAgo;
    std::array<std::uint64_t, static_cast<std::size_t>(How::Count)> accepted_{};
    std::uint64_t outstanding_ = 0, retransmitted_ = 0, late_ = 0;
    Output output_;
};

} // namespace zz::client
