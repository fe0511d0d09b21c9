// SPDX-License-Identifier: Apache-2.0
// Checker: the invariants of every run. It hears what correct replicas order, execute and report,
// what clients accept, and what cores tell, and keeps a reference: one engine that executes every
// batch once.
#pragma once

#include <map>
#include <set>
#include <string>

#include "backend/execution/engine.h"
#include "protocol/core/notice.h"
#include "tests/simulator/shape.h"
#include "tests/simulator/world.h"

namespace zz::simulator {

class Checker {
  public:
    explicit Checker(World& world);

    // A replica that was given a Byzantine wrapper: nothing it says is checked from then on.
    void corrupt(const PrincipalId& replica) { corrupted_.insert(replica); }
    bool is_correct(const PrincipalId& replica) const { return !corrupted_.contains(replica); }

    // ORDER by an agreement replica: no two correct ones differ at one number.
    void on_order(const PrincipalId& by, SequenceNumber n, const Digest& batch, Timestamp time);
    // A correct execution replica executes a batch: feeds the reference.
    void on_batch(const PrincipalId& by, const execution::ExecuteBatch& batch);
    void on_executed(const PrincipalId& by, const execution::Executed& executed);
    void on_checkpoint(const PrincipalId& by, const execution::CheckpointTaken& taken);
    void on_accepted(const PrincipalId& client, LaneId lane, RequestNumber number,
                     const Blob& result);
    void on_notice(const PrincipalId& by, const core::Notice& notice);
    void fail(const std::string& what);

    const std::vector<std::string>& violations() const { return violations_; }
    std::uint64_t checked() const { return checked_; }
    std::uint64_t convictions() const { return convicted_.size(); }
    std::uint64_t wakeups() const { return woken_epochs_.size(); }
    std::uint64_t view_changes() const { return views_.size(); }
    const std::set<PrincipalId>& convicted() const { return convicted_; }
    SequenceNumber executed() const { return reference_next_ - 1; }

  private:
    using LaneKey = std::tuple<std::uint32_t, LaneId, RequestNumber>;
    template <class K, class V>
    void agree(std::map<K, V>& known, const K& key, const V& value, const std::string& what);
    void feed_reference();

    World* world_;
    std::set<PrincipalId> corrupted_;
    std::map<SequenceNumber, std::pair<Digest, Timestamp>> ordered_;
    std::map<SequenceNumber, Digest> reports_, roots_;
    std::map<SequenceNumber, execution::ExecuteBatch> batches_;
    SequenceNumber reference_next_{1};
    state::MemoryNodeStore store_;
    std::unique_ptr<application::Application> application_;
    std::unique_ptr<execution::Engine> reference_;
    std::map<LaneKey, Digest> replies_;
    std::set<PrincipalId> convicted_;
    std::set<Epoch> woken_epochs_;
    std::set<std::uint64_t> views_;
    std::vector<std::string> violations_;
    std::uint64_t checked_ = 0;
};

} // namespace zz::simulator
