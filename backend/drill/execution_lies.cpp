// SPDX-License-Identifier: Apache-2.0
// wrong-reply, wrong-checkpoint, corrupt-state, refuse-sign, sign-two: of execution replicas.
#include <algorithm>
#include <iterator>

#include "backend/drill/lies.h"
#include "backend/drill/parts.h"

namespace zz::drill {
namespace {

// Reply, report and signature tell the same lie, because the core itself is told it. The state
// stays right.
class WrongReply final : public Behaviour {
  public:
    explicit WrongReply(const Order& order) : from_(order.from_n), wrong_(order.wrong) {}

    void alter(Instant, execution::Result& result) override {
        if (auto* executed = std::get_if<execution::Executed>(&result)) {
            if (executed->n < from_)
                return;
            first_ = std::min(first_.value_or(executed->n), executed->n);
            make_wrong(*executed, wrong_);
        } else if (auto* found = std::get_if<execution::RepliesFound>(&result)) {
            // What it said right before the drill stays right.
            for (execution::CachedReply& reply : found->replies) {
                if (first_ && reply.n >= *first_)
                    make_wrong(reply, wrong_);
            }
        }
    }

  private:
    SequenceNumber from_;
    std::uint32_t wrong_;
    std::optional<SequenceNumber> first_;
};

// Its core knows the right root, so it goes on working; what it signs is wrong.
class WrongCheckpoint final : public Behaviour {
  public:
    explicit WrongCheckpoint(const Order& order) : from_(order.from_n), wrong_(order.wrong) {}

    void pass(Instant, std::vector<core::Send>& sends) override {
        for (core::Send& send : sends) {
            auto* report = std::get_if<message::SignedReport>(&send.message);
            if (!report || report->vote != VoteKind::Checkpoint || report->n < from_)
                continue;
            report->digest = wrong_digest(report->digest, wrong_);
            send.frame = Blob();
        }
    }

  private:
    SequenceNumber from_;
    std::uint32_t wrong_;
};

// As if a part of the state that no request reads had been damaged: every root is another one, for
// the core too, until it installs the state of a checkpoint that others prove.
class CorruptState final : public Behaviour {
  public:
    explicit CorruptState(const Order& order) : from_(order.from_n), wrong_(order.wrong) {}

    void alter(Instant, execution::Result& result) override {
        if (auto* taken = std::get_if<execution::CheckpointTaken>(&result)) {
            if (!repaired_ && taken->n >= from_)
                taken->root = wrong_digest(taken->root, wrong_);
        } else if (std::holds_alternative<execution::Installed>(result) ||
                   std::holds_alternative<execution::Dropped>(result)) {
            repaired_ = true;
        } else if (auto* found = std::get_if<execution::RepliesFound>(&result)) {
            // Paths to its own root prove nothing any more.
            for (execution::CachedReply& reply : found->replies) {
                if (!repaired_ && reply.proved_at >= from_) {
                    reply.proved_at = SequenceNumber(0);
                    reply.proof.clear();
                }
            }
        }
    }
    bool finished() const override { return repaired_; }

  private:
    SequenceNumber from_;
    std::uint32_t wrong_;
    bool repaired_ = false;
};

class RefuseSign final : public Behaviour {
  public:
    explicit RefuseSign(SequenceNumber from) : from_(from) {}

    void pass(Instant, std::vector<core::Send>& sends) override {
        std::erase_if(sends, [&](const core::Send& send) {
            const auto* report = std::get_if<message::SignedReport>(&send.message);
            return report && report->vote == VoteKind::Reply && report->n >= from_;
        });
    }

  private:
    SequenceNumber from_;
};

// With its first REPORT it hands out both signatures unasked: at rest nobody would ask. Both again
// when asked.
class SignTwo final : public Behaviour {
  public:
    SignTwo(const Order& order, const Surroundings& here)
        : from_(order.from_n), wrong_(order.wrong), agreement_(here.other_agreement()) {}

    void alter(Instant, execution::Result& result) override {
        const auto* executed = std::get_if<execution::Executed>(&result);
        if (!executed || n_ || executed->n < from_ || executed->replies.empty())
            return;
        n_ = executed->n;
        truth_ = truth_of(*executed);
    }

    void pass(Instant, std::vector<core::Send>& sends) override {
        std::vector<core::Send> added;
        for (const core::Send& send : sends) {
            if (const auto* report = std::get_if<message::Report>(&send.message);
                report && report->n == n_ && !signed_) {
                signed_ = true;
                message::SignedReport right{VoteKind::Reply,       report->n,
                                            report->configuration, report->batch_digest,
                                            report->digest,        report->reply_digests};
                added.push_back({agreement_, right, Blob(), send.after});
                added.push_back({agreement_, made_wrong(right), Blob(), send.after});
            } else if (const auto* own = std::get_if<message::SignedReport>(&send.message);
                       own && own->vote == VoteKind::Reply && own->n == n_) {
                added.push_back({send.to, made_wrong(*own), Blob(), send.after});
            }
        }
        std::move(added.begin(), added.end(), std::back_inserter(sends));
    }
    std::optional<SequenceNumber> number() const override { return n_; }

  private:
    message::SignedReport made_wrong(message::SignedReport report) const {
        report.digest = truth_.wrong(wrong_);
        report.reply_digests = wrong_replies(truth_.replies, wrong_);
        return report;
    }

    SequenceNumber from_;
    std::uint32_t wrong_;
    std::vector<PrincipalId> agreement_;
    std::optional<SequenceNumber> n_;
    Truth truth_; // of n
    bool signed_ = false;
};

} // namespace

Made make_wrong_reply(const Order& order) {
    return std::make_unique<WrongReply>(order);
}
Made make_wrong_checkpoint(const Order& order) {
    return std::make_unique<WrongCheckpoint>(order);
}
Made make_corrupt_state(const Order& order) {
    return std::make_unique<CorruptState>(order);
}
Made make_refuse_sign(const Order& order) {
    return std::make_unique<RefuseSign>(order.from_n);
}
Made make_sign_two(const Order& order, const Surroundings& here) {
    return std::make_unique<SignTwo>(order, here);
}

} // namespace zz::drill
