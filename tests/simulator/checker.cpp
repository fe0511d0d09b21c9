// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/checker.h"

#include <fmt/format.h>

#include "protocol/auth/digests.h"

namespace zz::simulator {

Checker::Checker(World& world)
    : world_(&world), application_(application::make_application("kv")),
      reference_(std::make_unique<execution::Engine>(store_, *application_)) {
    reference_->run(execution::Open{});
}

void Checker::fail(const std::string& what) {
    if (violations_.size() < 32)
        violations_.push_back(
            fmt::format("[{:.6f}] {}", static_cast<double>(world_->now().ns) / 1e9, what));
    world_->tell("VIOLATION: " + what);
}

template <class K, class V>
void Checker::agree(std::map<K, V>& known, const K& key, const V& value, const std::string& what) {
    const auto [entry, fresh] = known.emplace(key, value);
    if (!fresh && entry->second != value)
        fail(what);
}

void Checker::on_order(const PrincipalId& by, SequenceNumber n, const Digest& batch,
                       Timestamp time) {
    if (is_correct(by))
        agree(ordered_, n, {batch, time},
              fmt::format("{} orders another batch at {}", to_string(by), n.value));
}

void Checker::on_batch(const PrincipalId& by, const execution::ExecuteBatch& batch) {
    if (!is_correct(by))
        return;
    const auto [entry, fresh] = batches_.emplace(batch.n, batch);
    if (!fresh &&
        (entry->second.batch_digest != batch.batch_digest || entry->second.time != batch.time))
        fail(fmt::format("{} executes another batch at {}", to_string(by), batch.n.value));
    feed_reference();
}

void Checker::feed_reference() {
    for (auto next = batches_.find(reference_next_); next != batches_.end();
         next = batches_.find(reference_next_)) {
        for (const execution::Result& result : reference_->run(next->second)) {
            const auto* executed = std::get_if<execution::Executed>(&result);
            if (!executed)
                continue;
            agree(reports_, executed->n, executed->digest,
                  fmt::format("report of {} differs", executed->n.value));
            for (const execution::ExecutedReply& reply : executed->replies) {
                const LaneKey key{reply.client.value, reply.lane, reply.number};
                if (!replies_.emplace(key, reply.digest).second)
                    fail(fmt::format("client {} lane {} request {} executed twice",
                                     reply.client.value, reply.lane.value, reply.number.value));
            }
        }
        ++reference_next_;
    }
}

void Checker::on_executed(const PrincipalId& by, const execution::Executed& executed) {
    if (is_correct(by))
        agree(reports_, executed.n, executed.digest,
              fmt::format("{} reports another digest at {}", to_string(by), executed.n.value));
}

void Checker::on_checkpoint(const PrincipalId& by, const execution::CheckpointTaken& taken) {
    if (is_correct(by))
        agree(roots_, taken.n, taken.root,
              fmt::format("{} has another root at {}", to_string(by), taken.n.value));
}

void Checker::on_accepted(const PrincipalId& client, LaneId lane, RequestNumber number,
                          const Blob& result) {
    const LaneKey key{client.index, lane, number};
    ++checked_;
    const auto reply = replies_.find(key);
    if (reply == replies_.end())
        return fail(
            fmt::format("{} accepts a reply that nobody correct computed: lane {} request {}",
                        to_string(client), lane.value, number.value));
    if (reply->second != auth::reply_digest(result.view()))
        fail(fmt::format("{} accepts a wrong reply: lane {} request {}", to_string(client),
                         lane.value, number.value));
}

void Checker::on_notice(const PrincipalId& by, const core::Notice& notice) {
    if (notice.kind == core::NoticeKind::ViewEntered)
        views_.insert(notice.value);
    if (!is_correct(by))
        return;
    if (notice.kind == core::NoticeKind::Convicted) {
        convicted_.insert(notice.subject);
        if (is_correct(notice.subject))
            fail(fmt::format("{} is correct and convicted: {}", to_string(notice.subject),
                             notice.text));
    }
    if (notice.kind == core::NoticeKind::WakeDecided)
        woken_epochs_.insert(notice.epoch);
}

} // namespace zz::simulator
