// SPDX-License-Identifier: Apache-2.0
// Engine: executes batches in order on the state tree, takes and installs checkpoints, gives and
// takes nodes (ZZ-4.2, ZZ-5, ZZ-7). Synchronous: one job in, its results out; nothing but the store
// that is handed in lies outside. Run by the execution thread of a replica, by the simulator in
// line.
//
// Parts: engine.cpp (jobs, the ordered queue), engine_execute.cpp (requests of a batch),
// engine_transfer.cpp (install, nodes, walk). Owns tree, pool and retention; store and application
// are the shell's and must outlive it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>

#include "backend/application/application.h"
#include "backend/execution/job.h"
#include "backend/execution/reply_cache.h"
#include "backend/recovery/fetch.h"
#include "backend/state/retention.h"
#include "backend/state/tree.h"
#include "backend/state/tree_overlay.h"
#include "backend/state/walk.h"

namespace zz::execution {

inline constexpr std::size_t kQueueMax = 256; // batches and checkpoints given and not done
inline constexpr std::size_t kResultBytesMax = 4u << 20; // a longer reply becomes kResultTooLong
inline constexpr std::string_view kResultTooLong = "result too long";
inline constexpr std::size_t kLookAheadBatches = 8; // whose nodes are asked for early
inline constexpr std::size_t kWalkVisits = 256;     // of one walk job
inline constexpr std::size_t kWalkWaitingMax = 512; // nodes the walk waits for
inline constexpr std::size_t kSupplyBytesMax = recovery::kCutAnswerBytes; // but at least one node
inline constexpr std::size_t kPinnedCheckpointsMax = 1024;                // pins end beyond that

class Engine {
  public:
    Engine(state::NodeStore& store, application::Application& application,
           std::size_t pool_bytes = state::NodePool::kDefaultBytes);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    std::vector<Result> run(const Job& job);

    SequenceNumber executed() const { return executed_; }
    // All nodes of the state are held.
    bool whole() const { return whole_; }
    const state::PoolCounters& counters() const { return pool_.counters(); }

  private:
    struct Ordered {
        std::variant<ExecuteBatch, TakeCheckpoint> job;
        std::size_t done = 0; // requests of the batch
        std::vector<ExecutedReply> replies;
    };
    struct Position { // of a request in a batch
        ClientId client;
        const message::Request* request;
    };

    // engine.cpp
    void on(const Open& job);
    void enter_generation(const Open& job);
    void on(const ExecuteBatch& job);
    void on(const TakeCheckpoint& job);
    void on(const LookupReplies& job);
    void on(const Stable& job);
    void on(const Pin& job);
    void advance();
    bool take_checkpoint(const TakeCheckpoint& job);
    void need(SequenceNumber n, const std::vector<Digest>& hashes);
    std::optional<CachedReply> cached(ClientId client, const message::LaneRequest& request,
                                      SequenceNumber stable);
    Bytes note_of(const Digest& batch_digest, bool stable) const;
    // Adds to what the note of checkpoint n says, if it is held.
    void set_note(SequenceNumber n, bool whole, bool stable);

    // engine_execute.cpp
    bool execute(Ordered& ordered);
    bool execute(const ExecuteBatch& batch, const Position& at, std::vector<ExecutedReply>& replies,
                 std::vector<Digest>& wanted);
    std::vector<Position> positions(const message::Batch& batch) const;
    void look_ahead(const ExecuteBatch& batch, std::size_t from, state::Needs& needs);
    void look_ahead_in_queue(state::Needs& needs);

    // engine_transfer.cpp
    void on(const Install& job);
    void on(const DropState& job);
    void on(const AddNodes& job);
    void on(const SupplyNodes& job);
    void on(const WalkMissing& job);
    void begin_walk();
    void end_walk();
    void forget_checkpoints();
    void erase_all_nodes();
    void add_below(Supplied& supplied);
    bool clean_up();

    state::NodeStore* store_;
    application::Application* application_;
    state::NodePool pool_;
    std::unique_ptr<state::Retention> retention_;
    state::Tree tree_;
    SequenceNumber executed_;
    Timestamp time_;
    bool whole_ = true; // of the empty state all nodes are held
    std::map<std::pair<ClientId, LaneId>, RequestNumber>
        numbers_;                 // last of each lane, as read so far
    std::deque<Ordered> queue_;   // bounded by kQueueMax
    std::set<Digest> blocked_on_; // what the front of the queue waits for
    std::optional<state::MissingWalk> walk_;
    SequenceNumber walked_;          // the checkpoint that is walked; pinned meanwhile
    std::optional<Digest> replaced_; // newest state before the last install
    std::optional<state::DiffWalk>
        clean_up_; // of nodes of `replaced_` that the walked one does not have
    std::vector<Digest> clean_up_nodes_;
    std::optional<SequenceNumber> pinned_; // for others
    SequenceNumber stable_;
    std::vector<Result> results_;
};

} // namespace zz::execution
