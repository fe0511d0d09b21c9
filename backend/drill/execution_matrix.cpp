// SPDX-License-Identifier: Apache-2.0
// `matrix` at an execution replica: for one number, to each agreement replica the digest that was
// drawn, to the client the reply it sent to most, and the signature that was ordered (ZZ-10.3).
// Whoever asks again is told the same.
#include <algorithm>
#include <utility>

#include "backend/drill/lies.h"
#include "backend/drill/parts.h"

namespace zz::drill {
namespace {

bool keeps(const Saying& saying) {
    return saying.what != Saying::What::Nothing;
}

class ExecutionMatrix final : public Behaviour {
  public:
    ExecutionMatrix(const Order& order, std::uint64_t window) : order_(order), window_(window) {}

    void alter(Instant, execution::Result& result) override {
        if (const auto* executed = std::get_if<execution::Executed>(&result)) {
            newest_ = executed->n;
            if (!n_ && executed->n >= order_.from_n && !executed->replies.empty()) {
                n_ = executed->n;
                truth_ = truth_of(*executed);
            }
        } else if (const auto* installed = std::get_if<execution::Installed>(&result)) {
            // It no longer knows which number the others took.
            missed_ = missed_ || (!n_ && installed->n >= order_.from_n);
            newest_ = std::max(newest_, installed->n);
        }
    }

    void pass(Instant, std::vector<core::Send>& sends) override {
        if (!n_)
            return;
        std::vector<core::Send> out;
        for (core::Send& send : sends) {
            if (const auto* report = std::get_if<message::Report>(&send.message);
                report && report->n == *n_)
                split(send, *report, out);
            else if (tell(send))
                out.push_back(std::move(send));
        }
        sends = std::move(out);
    }

    bool finished() const override { return missed_ || (n_ && newest_ >= *n_ + window_); }
    std::optional<SequenceNumber> number() const override { return n_; }

  private:
    // A REPORT for each value that some receiver is to be told.
    void split(const core::Send& send, const message::Report& report,
               std::vector<core::Send>& out) const {
        std::vector<std::pair<Saying, std::vector<PrincipalId>>> groups;
        for (const PrincipalId& to : send.to) {
            const bool drawn =
                to.role == Role::Agreement && to.index >= 1 && to.index <= order_.sends.size();
            const Saying saying = drawn ? order_.sends[to.index - 1] : Saying::truth();
            if (!keeps(saying))
                continue;
            const auto group = std::find_if(groups.begin(), groups.end(),
                                            [&](const auto& g) { return g.first == saying; });
            if (group == groups.end())
                groups.push_back({saying, {to}});
            else
                group->second.push_back(to);
        }
        for (auto& [saying, to] : groups) {
            message::Report told = report;
            if (saying.what == Saying::What::Wrong) {
                told.digest = truth_.wrong(saying.wrong);
                told.reply_digests = wrong_replies(truth_.replies, saying.wrong);
            }
            out.push_back({std::move(to), std::move(told), Blob(), send.after});
        }
    }

    // False: it is not sent at all.
    bool tell(core::Send& send) const {
        if (auto* report = std::get_if<message::SignedReport>(&send.message)) {
            if (report->vote != VoteKind::Reply || report->n != *n_)
                return true;
            if (order_.signs.what == Saying::What::Wrong) {
                report->digest = truth_.wrong(order_.signs.wrong);
                report->reply_digests = wrong_replies(truth_.replies, order_.signs.wrong);
                send.frame = Blob();
            }
            return keeps(order_.signs);
        }
        if (auto* reply = std::get_if<message::Reply>(&send.message)) {
            if (reply->n != *n_)
                return true;
            if (order_.reply.what == Saying::What::Wrong) {
                for (message::ReplyEntry& entry : reply->entries)
                    make_wrong(entry);
                send.frame = Blob();
            }
            return keeps(order_.reply);
        }
        if (const auto* proof = std::get_if<message::ReplyProof>(&send.message))
            return order_.reply == Saying::truth() || !is_of_number(send.to, *proof);
        return true;
    }

    void make_wrong(message::ReplyEntry& entry) const {
        if (entry.whole)
            entry.result = Blob(wrong_result(entry.digest, order_.reply.wrong));
        entry.digest = wrong_reply(entry.digest, order_.reply.wrong);
    }

    bool is_of_number(const std::vector<PrincipalId>& to, const message::ReplyProof& proof) const {
        return std::any_of(
            truth_.requests.begin(), truth_.requests.end(), [&](const auto& request) {
                return request.lane == proof.lane && request.number == proof.number &&
                       std::find(to.begin(), to.end(), principal(request.client)) != to.end();
            });
    }

    Order order_;
    std::uint64_t window_;
    std::optional<SequenceNumber> n_;
    Truth truth_; // of n
    SequenceNumber newest_;
    bool missed_ = false;
};

} // namespace

Made make_execution_matrix(const Order& order, const Surroundings& here) {
    return std::make_unique<ExecutionMatrix>(order, here.window);
}

} // namespace zz::drill
