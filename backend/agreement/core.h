// SPDX-License-Identifier: Apache-2.0
// agreement::Core: the ordering of one agreement replica (ZZ-3, ZZ-5.2, ZZ-8.3, ZZ-8.4), sans IO.
// PBFT with signed VIEW-CHANGEs (TOCS 2002): P and Q sets, the choice of a new view recomputed by
// every backup.
//
// Parts, one file each: core.cpp (dispatch, output), admission.cpp (requests, batches),
// normal_case.cpp (the three phases, commit), checkpoint.cpp (h), view_change.cpp, catch_up.cpp
// (status exchange, fetch), configuration.cpp, executors.cpp (ORDER and bodies), timers.cpp,
// restart.cpp (journal). Plain values under it: OrderedState, Log, RequestPool, SystemPool,
// Pace, new_view.h, records.h. Owned by backend/replica; one thread.
//
// Every send names the newest record, so nothing leaves before the votes it rests on are journaled
// (ZZ-3.2).
#pragma once

#include <deque>
#include <variant>

#include "backend/agreement/log.h"
#include "backend/agreement/new_generation.h"
#include "backend/agreement/ordered_state.h"
#include "backend/agreement/pace.h"
#include "backend/agreement/records.h"
#include "backend/agreement/request_pool.h"
#include "backend/agreement/system_pool.h"
#include "protocol/auth/sealer.h"
#include "protocol/base/result.h"
#include "protocol/core/io.h"

namespace zz::agreement {

using Input = std::variant<core::Received, core::TimePassed, core::OrderSystem, core::SettledMark,
                           core::CheckpointMatched, core::AwakeChanged, core::TellMark>;
using Action = std::variant<core::Committed, core::CommittedByQuorum, core::Configured,
                            core::StableMoved, core::AskedAgain>;
using Output = core::Output<Action>;

class Core {
  public:
    // `sealer.identity().self` is an agreement replica of the application.
    Core(auth::Sealer sealer, Options options);

    // Before the first step after a restart: what the journal still holds, in order. `proven`: the
    // shell can show that it holds every vote that was sent (ZZ-8.4); else the replica stays mute
    // until a stable checkpoint has passed the windows that 2f+1 others know. An error: the journal
    // holds what this program did not write.
    // In a generation above the first, what is before its first record counts for its bodies alone.
    Status restore(const std::vector<core::Record>& records, bool proven,
                   const NewGeneration* generation = nullptr);
    // What this replica's journal shows, for an operator's RECOVER (ZZ-8.4): no vote of the present
    // generation, so one that is mute may sign it. Precondition: `next` is above our generation.
    SignedViewChange claim(Generation next) const;
    // The agreement state under our stable checkpoint; empty at checkpoint 0.
    const Blob& stable_state() const { return stable_state_; }

    void step(Instant now, const Input& input);
    Output take_output();

    // Fills what agreement knows; leaves the rest alone.
    void facts(core::AgreementFacts& facts) const;
    // ZZ_CHECKs of our own state; cheap enough for every step of a test.
    void invariants() const;

    View view() const { return view_; }
    bool view_active() const { return active_; }
    bool is_mute() const { return mute_; }
    bool is_primary() const { return primary_of(view_) == self_; }
    AgreementId primary_of(View view) const;
    const OrderedState& state() const { return state_; }
    SequenceNumber committed_mark() const { return state_.n(); }
    SequenceNumber h() const { return log_.h(); }

  private:
    // Another agreement replica as we know it.
    struct Peer {
        PrincipalId id;
        SequenceNumber mark; // committed; never goes down
        SequenceNumber h;
        View view;
        std::optional<SequenceNumber> first_h; // of its first STATUS since we started
        Instant answered{INT64_MIN};
    };
    // What one asker may still fetch in this heartbeat.
    struct Served {
        std::size_t bytes = 0, count = 0;
        Instant answered{INT64_MIN};
        SequenceNumber answered_mark;
    };
    struct Taken {
        Blob state;
        Digest digest;
    };
    struct Early {
        AgreementId from;
        message::PrePrepare message;
    };

    // --- core.cpp
    void start();
    void receive(const auth::Verified& v);
    void receive_peer(AgreementId from, const auth::Verified& v);
    void flush();
    void send(std::vector<PrincipalId> to, message::Message m, Blob frame = {});
    void send_others(message::Message m, Blob frame = {});
    void journal(const record::Item& item);
    void notice(core::Notice n);
    void tell(core::NoticeKind kind, std::uint64_t value, SequenceNumber n = {},
              std::string text = {});
    Peer* peer(AgreementId id);

    // --- admission.cpp
    void on_bundle(const PrincipalId& from, const message::Bundle& bundle);
    bool is_orderable(const message::Bundle& bundle) const;
    void forward(Pooled& pooled);
    void on_system(const PrincipalId& from, const message::SystemRequest& request);
    bool is_orderable(const message::SystemRequest& request) const;
    void forward_system(const message::SystemRequest& request);
    void forward_waiting();
    void propose();
    bool propose_batch(bool clients);
    // Highest number of the window that takes requests of clients.
    SequenceNumber client_high() const { return log_.high() - kSystemNumbers; }
    std::string refusal(const message::Batch& batch) const;
    Timestamp wall() const;

    // --- normal_case.cpp
    void on_pre_prepare(AgreementId from, const message::PrePrepare& m);
    // A body that no vote of ours needs yet.
    void keep_spare(SequenceNumber n, const Digest& digest, const message::BatchContent& batch);
    void keep_early(AgreementId from, const message::PrePrepare& m);
    void accept(SequenceNumber n, const Vote& vote);
    void on_prepare(AgreementId from, const message::Prepare& m);
    void on_commit(AgreementId from, const message::Commit& m);
    void vote(SequenceNumber n);
    void check_prepared(SequenceNumber n);
    void check_committed(SequenceNumber n);
    void advance();
    void execute(SequenceNumber n, Slot& slot);
    void update_quorum_mark();
    bool may_vote() const { return active_ && !mute_; }

    // --- checkpoint.cpp
    void take_checkpoint(SequenceNumber n);
    void sign_checkpoints();
    void on_checkpoint(const message::Embedded<message::Checkpoint>& c);
    void on_stable(const message::StableCertificate& certificate);
    void move_h(const message::StableCertificate& certificate, const Blob& state);
    void snapshot();

    // --- view_change.cpp
    void start_view_change(View view);
    void send_view_change();
    message::ViewChange make_view_change() const;
    void on_view_change(const SignedViewChange& change);
    void join_higher_view();
    void try_new_view();
    void on_new_view(const message::Embedded<message::NewView>& m);
    void enter_view(const message::Embedded<message::NewView>& m, const Choice& choice);
    void adopt_chosen();
    Duration timeout() const;

    // --- catch_up.cpp
    message::AgreementStatus status() const;
    void tell_status();
    void on_status(AgreementId from, const message::AgreementStatus& s);
    void resend_view(const Peer& p, const message::AgreementStatus& s);
    void resend_votes(const Peer& p, const message::AgreementStatus& s);
    void on_fetch(const PrincipalId& from, const message::Fetch& m);
    bool may_serve(const PrincipalId& to, std::size_t bytes);
    void on_body(AgreementId from, const message::BatchBody& m);
    void on_state(const message::AgreementState& m);
    void repair();
    void fetch_bodies();
    void fetch_claims();
    void fetch_state();
    std::vector<PrincipalId> some_peers(std::size_t count, SequenceNumber committed,
                                        std::uint32_t& turn);
    bool is_behind() const;
    SequenceNumber weak_mark() const;
    void learn_mute_mark();

    // --- configuration.cpp
    void configured(std::vector<core::Conviction> convictions);
    void on_config(const message::Embedded<message::Config>& c);
    void on_config_request(const PrincipalId& from, const message::ConfigRequest& m);
    void sign_config();
    void remember_config();
    void find_config_certificate();

    // --- executors.cpp
    std::vector<PrincipalId> executors() const;
    void order(SequenceNumber n, const Digest& digest, Timestamp time, const Body& body);
    void order_again(const PrincipalId& to, SequenceNumber above);
    void on_execution_status(const PrincipalId& from, const message::ExecutionStatus& m);
    void on_awake(const std::vector<ExecutionId>& awake);
    bool serves_body(SequenceNumber n) const;

    // --- timers.cpp
    void on_time();
    void heartbeat();
    void update_timers();
    bool delay_is_ours();
    Instant delay_deadline() const;
    bool waits_for_commit() const;
    Instant wake_at() const;

    // --- restart.cpp
    Status begin_generation(const message::Recover& recover);
    void keep_old_bodies(const std::vector<record::Item>& items, RecordIndex index);
    void replay(const record::Voted& item);
    void replay(const record::Committing& item);
    void replay(const record::ViewChanging& item);
    void replay(const record::Entered& item);
    bool replay(const record::Snapshot& item);

    auth::Sealer sealer_;
    Options options_;
    Faults faults_;
    AgreementId self_;
    Digest null_digest_;
    Body null_body_;
    Instant now_;
    bool started_ = false;
    Output out_;

    // Ordering.
    View view_;
    bool active_ = true;
    Log log_;
    OrderedState state_;
    RequestPool pool_;
    SystemPool system_;
    SequenceNumber next_; // the number we propose next as primary
    Timestamp last_proposed_;
    std::deque<Early> early_;
    std::vector<Peer> peers_; // all but us, ascending
    SequenceNumber quorum_mark_;
    std::map<SequenceNumber, Timestamp> times_; // effective, of (h, committed mark]

    // Checkpoints.
    SequenceNumber settled_;
    std::map<SequenceNumber, Digest> matched_;
    std::map<SequenceNumber, Taken> taken_; // own agreement state at checkpoints above h
    std::map<AgreementId, std::map<SequenceNumber, message::Embedded<message::Checkpoint>>>
        checkpoints_;
    message::StableCertificate stable_;
    Blob stable_state_;
    std::optional<message::StableCertificate> target_; // stable, and beyond our committed mark
    Instant target_since_ = kNever;

    // View change.
    std::map<AgreementId, SignedViewChange> view_changes_; // the highest of each, ours too
    std::optional<message::Embedded<message::NewView>> new_view_;
    std::uint32_t doublings_ = 0;
    bool view_was_useful_ = true;        // it ordered something new
    Instant view_deadline_ = kNever;     // for the NEW-VIEW, once 2f+1 want it
    Instant progress_deadline_ = kNever; // for a proposal that does not commit
    SequenceNumber progress_mark_;
    SequenceNumber deferred_mark_; // while behind at this mark, view changes were put off ...
    std::uint32_t deferrals_ = 0;  // ... so often
    bool window_was_full_ = false;
    Pace pace_; // of the primary, while that is another
    std::uint64_t view_changes_started_ = 0, requests_ordered_ = 0;

    // Configuration and executors.
    message::Embedded<message::Config> own_config_;
    std::map<AgreementId, message::Embedded<message::Config>> configs_;
    bool certificate_told_ = false;
    std::vector<core::Conviction> convictions_;
    std::vector<core::ConfigurationChange> history_; // for people; not part of the state
    std::vector<ExecutionId> awake_;

    // Repair.
    Instant next_heartbeat_, next_repair_;
    Instant advanced_;       // when the committed mark last moved
    std::uint32_t turn_ = 0; // of FETCHes for the state
    std::map<PrincipalId, Served> served_;

    // Journal.
    RecordIndex next_record_{1};
    Bytes record_;
    SequenceNumber record_top_; // highest number voted for in record_
    bool record_snapshot_ = false;
    std::deque<std::pair<RecordIndex, SequenceNumber>> vote_records_;

    // Where our generation starts (ZZ-8.4).
    message::Checkpoint base_;
    View begun_view_;
    std::vector<message::Chosen> carried_; // what begun_view_ proposes
    bool begins_ = false;                  // this generation has no record yet

    // ZZ-8.4: nothing is sent that others could hold against an earlier self.
    bool mute_ = false;
    std::optional<SequenceNumber> mute_mark_;
};

} // namespace zz::agreement
