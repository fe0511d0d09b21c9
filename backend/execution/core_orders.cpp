// SPDX-License-Identifier: Apache-2.0
// From ORDERs to executed batches (ZZ-4.1), and what is done about gaps.
#include <algorithm>

#include "backend/execution/core.h"

namespace zz::execution {

void Core::give_batches() {
    while (given_ - executed_ < kPipeline && orders_.ready(given_ + 1)) {
        const SequenceNumber n = ++given_;
        const AgreedOrder order = *orders_.agreed(n);
        holds_state_ = true;
        act(ExecuteBatch{n, order.batch_digest, order.time, orders_.take(n)});
        if (n.value % settings_.limits.checkpoint_interval == 0)
            act(TakeCheckpoint{n, order.batch_digest});
    }
}

// Bodies are sent unasked by one agreement replica, which may be faulty; ORDERs may have been lost.
void Core::on_order_timers(Instant now) {
    const SequenceNumber next = given_ + 1;
    const bool lacks_body = orders_.agreed(next) && !orders_.ready(next);
    const bool log_comes = recovering_ && !tip_;
    if (!lacks_body) {
        body_at_ = kNever;
        if (!log_comes)
            body_tries_ = 0;
    } else if (body_at_ == kNever) {
        body_at_ = now + (log_comes && body_tries_ == 0 ? kLogPatience : kBodyPatience);
    } else if (now >= body_at_) {
        body_at_ = now + kBodyRetry;
        // Of all that lack theirs within the pipeline, each from another holder.
        for (SequenceNumber n = next; n - given_ <= kPipeline; ++n)
            if (orders_.agreed(n) && !orders_.ready(n)) {
                const std::vector<AgreementId> holders = orders_.holders(n);
                // Not first who was to send it (executors.cpp of agreement).
                const AgreementId from = holders[(n.value + 1 + body_tries_) % holders.size()];
                send({principal(from)}, message::Fetch{message::FetchWhat::BatchByDigest, n,
                                                       orders_.agreed(n)->batch_digest});
            }
        ++body_tries_;
    }
    const bool gap = !orders_.agreed(next) && orders_.heard_above(given_);
    if (!gap) {
        gap_at_ = kNever;
    } else if (gap_at_ == kNever) {
        gap_at_ = now + (log_comes ? kLogPatience : kGapPatience);
    } else if (now >= gap_at_) {
        gap_at_ = now + settings_.limits.heartbeat;
        send(all_agreement(), message::ExecutionStatus{given_, stable_.checkpoint.n, true});
    }
}

// Also the certificate of the checkpoint we opened: clients get their paths under it (ZZ-4.3 (d)).
void Core::ask_for_log(Instant now) {
    if (now < log_at_)
        return;
    log_at_ = kNever;
    const SequenceNumber from = std::max(executed_, SequenceNumber(1));
    send(all_agreement(), message::Fetch{message::FetchWhat::StableProof, from, {}});
    if (!tip_)
        ask_status(now);
}

void Core::on_log_news(Instant now) {
    if (log_at_ != kNever)
        log_at_ = std::min(now + kNewsPatience, log_by_);
}

Instant Core::order_wake_at() const {
    return std::min({body_at_, gap_at_, log_at_});
}

void Core::on(const Executed& result) {
    if (installing_ > 0 || dropping_ > 0)
        return; // Of a run that was given up.
    executed_ = result.n;
    blocked_ = false;
    orders_.advance(executed_);
    Done done{result.batch_digest, result.digest, {}, {}, {}, {}, false};
    for (const ExecutedReply& r : result.replies) {
        done.reply_digests.push_back(r.digest);
        done.requests[r.client].push_back({r.lane, r.number});
    }
    const auto at = log_.insert_or_assign(result.n, std::move(done)).first;
    prune();
    if (standing_ != Standing::Awake)
        return;
    report(result.n, at->second);
    reply(result.n, result.replies);
    answer_waiting(VoteKind::Reply, result.n);
}

// ZZ-7.6: phases of a recovery as people see them.
void Core::note_progress() {
    if (!recovering_ || installing_ > 0)
        return;
    const SequenceNumber highest = orders_.highest_agreed();
    if (!tip_) {
        // The log is received when nothing up to the highest agreed number lacks.
        if (executed_ < stable_.checkpoint.n || (wakeup_known_ && highest < wakeup_number_))
            return;
        for (SequenceNumber n = given_ + 1; n <= highest; ++n)
            if (!orders_.ready(n))
                return;
        if (highest == SequenceNumber(0) && stable_.checkpoint.n == SequenceNumber(0) &&
            !wakeup_known_) {
            recovering_ = false; // The beginning: there is no log to replay.
            replayed_ = true;
            return;
        }
        tip_ = highest;
        notice(core::NoticeKind::LogReceived, *tip_);
    }
    if (!replayed_ && executed_ >= *tip_) {
        replayed_ = true;
        notice(core::NoticeKind::Replayed, executed_);
    }
    // The first report at the tip; with an idle cluster there is none to send.
    if (replayed_ && executed_ >= highest) {
        recovering_ = false;
        if (log_.contains(executed_))
            notice(core::NoticeKind::FirstReport, executed_, fetch_.bytes_fetched());
        tell_complete();
    }
}

} // namespace zz::execution
