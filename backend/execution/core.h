// SPDX-License-Identifier: Apache-2.0
// Core of an execution replica (ZZ-4, ZZ-5, ZZ-7): collects ORDERs, gives batches to the engine in
// order, reports and replies, signs what it is asked to sign, and recovers when it is woken or fell
// behind. What it does with state it does through jobs (its actions) and their results (an input);
// so a slow request delays nothing here (ZZ-4.5).
//
// Parts: core.cpp (steps, time), core_membership.cpp (configuration, awake or asleep),
// core_orders.cpp (ORDERs to jobs), core_reports.cpp (REPORT, signatures), core_replies.cpp
// (REPLY), core_recovery.cpp (checkpoints, install, nodes). A sans-IO value (core/io.h). It keeps
// no journal: the node store holds the last checkpoint, in one batch with its nodes, and the engine
// tells it (job Open).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "backend/execution/job.h"
#include "backend/execution/orders.h"
#include "backend/recovery/fetch.h"
#include "backend/recovery/supply.h"
#include "protocol/auth/sealer.h"
#include "protocol/cluster/cluster.h"
#include "protocol/core/exchange.h"
#include "protocol/core/io.h"
#include "protocol/core/membership.h"

namespace zz::execution {

inline constexpr std::uint64_t kPipeline = 16;      // batches at the engine at a time
inline constexpr std::size_t kReportsAtOnce = 64;   // answers to one status
inline constexpr std::size_t kProofsPending = 64;   // wake-up proofs of epochs we do not know yet
inline constexpr std::size_t kWholeReplyBytes = 64; // results up to this go whole with every REPLY
inline constexpr std::size_t kReplyBytesMax = 8u << 20; // of one REPLY message
inline constexpr std::uint32_t kReportBudget = 4 * kReportsAtOnce;
inline constexpr std::uint32_t kLookupBudget = 4096; // retransmissions of one client and heartbeat
inline constexpr Duration kBodyPatience = milliseconds(15);
inline constexpr Duration kBodyRetry = milliseconds(100);
inline constexpr Duration kGapPatience = milliseconds(60);
// A woken replica is sent the log unasked (ZZ-7.1). While it comes, nothing of it is asked for, but
// not for long.
inline constexpr Duration kNewsPatience = milliseconds(60);
inline constexpr Duration kNewsPatienceMax = milliseconds(400);
inline constexpr Duration kLogPatience = milliseconds(120); // of a body, until one was withheld

struct Settings {
    Faults faults;
    cluster::Limits limits;
    message::Config configuration; // of the cluster file
    cluster::WakeupPolicy wakeup = cluster::WakeupPolicy::Evidence;
    message::Checkpoint base; // where the sealer's generation starts (ZZ-8.4); stable by itself
    std::uint64_t nonce = 1;  // of the first question for the configuration; best random
};

using Action = std::variant<Job, core::Configured>;
using Input = std::variant<core::Received, core::TimePassed, Result>;
using Output = core::Output<Action>;

class Core {
  public:
    // `sealer` must outlive the core; its identity is (slot, incarnation).
    Core(Settings settings, const auth::Sealer& sealer);

    void step(Instant now, const Input& input);
    Output take_output();

    core::ExecutionFacts facts() const;
    const core::Membership& membership() const { return membership_; }
    bool awake() const { return standing_ == Standing::Awake; }

  private:
    enum class Standing : std::uint8_t { Unknown, Asleep, Awake, Removed };
    enum class Budget : std::uint8_t { Evidence, Reports, Lookups };
    struct Done { // an executed batch, until it is L below h
        Digest batch_digest;
        Digest digest;
        std::vector<Digest> reply_digests;
        std::map<ClientId, std::vector<message::LaneRequest>> requests;
        Blob signed_frame; // of its SIGNED-REPORT, once asked for
        std::set<AgreementId> asked_by;
        bool complained = false; // a client asked again (ZZ-6.5: overrides budgets)
    };
    struct Checkpointed {
        Digest batch_digest;
        Digest root;
        Blob signed_frame;
        std::set<AgreementId> asked_by;
    };
    using Asks = std::map<AgreementId, Digest>; // asker -> batch digest

    // core.cpp
    void start(Instant now);
    void on_resumed(Instant now);
    void on_heartbeat(Instant now);
    void on_received(Instant now, const auth::Verified& m);
    void on_result(Instant now, const Result& result);
    void act(Job job) { output_.actions.emplace_back(std::in_place_type<Job>, std::move(job)); }
    void send(std::vector<PrincipalId> to, message::Message m, Blob frame = {});
    void notice(core::NoticeKind kind, SequenceNumber n, std::uint64_t value = 0,
                std::string text = {});
    bool spend(Budget budget, const PrincipalId& who, std::uint32_t most);
    std::vector<PrincipalId> all_agreement() const;
    bool participates() const {
        return standing_ == Standing::Awake && opened_ && !installing_ && !dropping_;
    }

    // core_membership.cpp
    void ask_configuration();
    void ask_status(Instant now);
    void on(const auth::Verified& m, const message::ConfigAnswer& answer);
    void on(const message::Embedded<message::Config>& config);
    void on(const auth::Verified& m, const message::WakeUpProof& proof);
    void consider_wake_up(const message::WakeUpProof& proof);
    void reconsider();
    void enter_awake();
    void leave_awake();
    std::vector<ExecutionId> awake_replicas() const;
    void update_sources();

    // core_orders.cpp
    void give_batches();
    void on_order_timers(Instant now);
    void ask_for_log(Instant now);
    void on_log_news(Instant now);
    Instant order_wake_at() const;
    void on(const Executed& result);
    void note_progress();

    // core_reports.cpp
    void report(SequenceNumber n, const Done& done);
    void on(const auth::Verified& m, const message::SignRequest& request);
    void answer_sign_request(AgreementId asker, const message::SignRequest& request);
    void sign_reply(AgreementId asker, SequenceNumber n, Done& done);
    void answer_waiting(VoteKind vote, SequenceNumber n);
    void on(const auth::Verified& m, const message::ExecutionStatus& status);
    Blob sign_checkpoint(SequenceNumber n, const Checkpointed& taken) const;

    // core_replies.cpp
    void reply(SequenceNumber n, const std::vector<ExecutedReply>& replies);
    bool sends_whole(SequenceNumber n) const;
    void send_replies(ClientId client, SequenceNumber n, std::vector<message::ReplyEntry> entries);
    void on(const auth::Verified& m, const message::RequestAgain& again);
    void on(const RepliesFound& found);
    void lookup(ClientId client, const std::vector<message::LaneRequest>& requests, bool complaint);

    // core_recovery.cpp
    void on(const message::Embedded<message::Checkpoint>& checkpoint);
    void on_stable(const message::StableCertificate& certificate);
    void install_if_behind();
    void install(SequenceNumber n, const Digest& root);
    void on(Instant now, const NeedsNodes& result);
    void on(const CheckpointTaken& result);
    void on(const Installed& result);
    void on(const Walked& result);
    void on(const Supplied& result);
    void on(Instant now, const auth::Verified& m, const message::Nodes& nodes);
    void on(const auth::Verified& m, const message::NodeFetch& fetch);
    void walk(bool anew = false);
    void fetch_nodes(Instant now);
    void tell_complete();
    void prune();

    Settings settings_;
    const auth::Sealer* sealer_;
    ExecutionId self_;
    core::Membership membership_;
    Orders orders_;
    recovery::Fetch fetch_;
    recovery::Supply supply_;

    bool started_ = false;
    bool opened_ = false; // the engine told what its store holds
    bool learnt_ = false; // 2f+1 answered our nonce: the configuration is not a memory
    Standing standing_ = Standing::Unknown;
    Epoch state_epoch_;  // in which our state began, or was last taken along as an active replica
    Epoch wakeup_epoch_; // of the wake-up proof we hold; meaningful if wakeup_known_
    bool wakeup_known_ = false;
    SequenceNumber wakeup_number_; // what the proof is about
    Instant pinned_until_ = kNever;
    std::map<PrincipalId, message::WakeUpProof>
        proofs_; // of later epochs, newest of each sender, kProofsPending
    std::uint64_t nonce_;
    std::set<AgreementId> answered_; // our nonce

    SequenceNumber given_;         // to the engine
    SequenceNumber executed_;      // by it
    std::uint32_t installing_ = 0; // Installs on their way
    std::uint32_t dropping_ = 0;
    bool holds_state_ = false; // anything to drop
    std::map<SequenceNumber, Done> log_;
    std::map<SequenceNumber, Checkpointed> checkpoints_;
    std::map<std::pair<VoteKind, SequenceNumber>, Asks>
        waiting_; // SIGN-REQUESTs for what is not executed yet
    message::StableCertificate stable_;
    std::map<AgreementId, std::map<SequenceNumber, message::Embedded<message::Checkpoint>>>
        votes_; // CHECKPOINTs

    bool recovering_ = false;
    bool blocked_ = false; // nodes that the front batch needs are held nowhere (R10)
    bool whole_ = true;
    bool walking_ = false;              // a walk job is on its way
    std::optional<SequenceNumber> tip_; // of the log we were given, once received
    bool replayed_ = false;

    Instant now_{};
    Instant last_step_{};
    Instant heartbeat_at_{};
    Instant body_at_ = kNever; // fetch the next body that lacks
    std::uint64_t body_tries_ = 0;
    Instant gap_at_ = kNever; // ask for ORDERs
    Instant log_at_ = kNever; // ask for the log that is not sent unasked
    Instant log_by_{};        // whoever goes on sending
    SequenceNumber executed_at_heartbeat_;
    std::map<std::pair<Budget, PrincipalId>, std::uint32_t> spent_; // since the last heartbeat
    // SIGN-REQUESTs since the last heartbeat, within the window.
    std::set<std::tuple<AgreementId, VoteKind, SequenceNumber>> heard_;
    Blob complete_frame_;    // our COMPLETE of wakeup_epoch_
    bool completed_ = false; // noticed
    Output output_;
};

} // namespace zz::execution
