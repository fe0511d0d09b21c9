// SPDX-License-Identifier: Apache-2.0
// `matrix` at an agreement replica: for one number, the column that was drawn, and MATCH only for
// what that column matches; nothing else out of role (ZZ-10.3).
//
// The number is the lowest one at or above `from_n` for which a REPORT with replies came; every
// liar of the drill takes the same one. The true digest is what a replica that does not lie in this
// drill reported; the wrong ones follow from it and from the batch's requests, as the lying
// execution replicas compute them (lies.h).
#include <algorithm>
#include <iterator>
#include <set>

#include "backend/drill/lies.h"
#include "backend/drill/parts.h"

namespace zz::drill {
namespace {

constexpr std::size_t kBodiesMax = 32; // batches held, of the lowest numbers

using Requests = std::vector<core::OrderedRequest>;

Requests requests_of(const message::Batch& batch) {
    Requests out;
    for (const message::Bundle& bundle : batch.bundles) {
        for (const message::BundleLeaf& leaf : bundle.leaves)
            out.push_back({bundle.client, leaf.request.lane, leaf.request.number});
    }
    return out;
}

class AgreementMatrix final : public Behaviour {
  public:
    AgreementMatrix(const Order& order, const Surroundings& here)
        : order_(order), window_(here.window), faults_(here.identity.faults) {}

    bool admits(Instant, const auth::Verified& m) override {
        if (const auto* report = std::get_if<message::Report>(&m.message())) {
            reported(m.sender(), report->n, report->batch_digest, report->digest,
                     report->reply_digests);
        } else if (const auto* own = std::get_if<message::SignedReport>(&m.message())) {
            if (own->vote == VoteKind::Reply)
                reported(m.sender(), own->n, own->batch_digest, own->digest, own->reply_digests);
        } else if (const auto* proposal = std::get_if<message::PrePrepare>(&m.message())) {
            keep(proposal->n, proposal->batch_digest, proposal->batch.batch);
        } else if (const auto* body = std::get_if<message::BatchBody>(&m.message())) {
            keep(body->n, body->batch_digest, body->batch.batch);
        } else if (const auto* request = std::get_if<message::MatchRequest>(&m.message())) {
            if (n_ && request->vote == VoteKind::Reply && m.sender().role == Role::Agreement &&
                std::count(request->numbers.begin(), request->numbers.end(), *n_) > 0)
                askers_.insert(m.sender());
        }
        return true;
    }

    void pass(Instant, std::vector<core::Send>& sends) override {
        for (const core::Send& send : sends) {
            if (const auto* proposal = std::get_if<message::PrePrepare>(&send.message))
                keep(proposal->n, proposal->batch_digest, proposal->batch.batch);
        }
        if (!n_)
            return;
        const std::optional<Truth> truth = find_truth();
        std::vector<core::Send> out;
        for (core::Send& send : sends) {
            if (tell(send, truth))
                out.push_back(std::move(send));
        }
        sends = std::move(out);
        const std::optional<Digest> match = claimed_match(truth);
        if (!match)
            return;
        for (const core::Send& send : sends) {
            const auto* told = std::get_if<message::Match>(&send.message);
            for (const PrincipalId& to : send.to) {
                if (told && told->vote == VoteKind::Reply && told->n == *n_)
                    askers_.erase(to);
            }
        }
        if (!askers_.empty())
            sends.push_back({{askers_.begin(), askers_.end()},
                             message::Match{VoteKind::Reply, *n_, *match},
                             Blob(),
                             RecordIndex(0)});
        askers_.clear();
    }

    // f+1 replicas are beyond it: no single one can end the drill.
    bool finished() const override {
        return n_ && std::count_if(newest_.begin(), newest_.end(), [&](const auto& newest) {
                         return newest.second >= *n_ + window_;
                     }) >= static_cast<std::ptrdiff_t>(faults_.weak_quorum());
    }
    std::optional<SequenceNumber> number() const override { return n_; }

  private:
    struct Heard {
        Digest batch_digest;
        Digest digest;
        std::vector<Digest> replies;
    };

    void reported(const PrincipalId& sender, SequenceNumber n, const Digest& batch,
                  const Digest& digest, const std::vector<Digest>& replies) {
        if (sender.role != Role::Execution)
            return;
        const SlotId slot(sender.index);
        newest_[slot] = std::max(newest_[slot], n);
        if (n < order_.from_n || replies.empty() || (n_ && n > *n_))
            return;
        if (!n_ || n < *n_)
            heard_.clear();
        n_ = n;
        heard_.try_emplace(slot, Heard{batch, digest, replies});
    }

    void keep(SequenceNumber n, const Digest& batch_digest, const message::Batch& batch) {
        if (n < order_.from_n || (n_ && n > *n_))
            return;
        bodies_.try_emplace({n, batch_digest}, requests_of(batch));
        if (bodies_.size() > kBodiesMax)
            bodies_.erase(std::prev(bodies_.end()));
    }

    // What is true of n; nothing until somebody who does not lie in this drill reported it.
    std::optional<Truth> find_truth() const {
        for (const auto& [slot, heard] : heard_) {
            if (std::count(order_.liars.begin(), order_.liars.end(), slot) > 0)
                continue;
            Truth truth{heard.digest, heard.replies, {}};
            const auto body = bodies_.find({*n_, heard.batch_digest});
            // A batch with a request that was skipped (ZZ-4.4) has fewer replies than requests.
            if (body != bodies_.end() && body->second.size() == heard.replies.size() &&
                report_root(body->second, heard.replies) == heard.digest)
                truth.requests = body->second;
            return truth;
        }
        return std::nullopt;
    }

    static std::optional<Digest> digest_of(const Saying& saying,
                                           const std::optional<Truth>& truth) {
        if (saying.what == Saying::What::Nothing || !truth)
            return std::nullopt;
        return saying.what == Saying::What::Truth ? truth->digest : truth->wrong(saying.wrong);
    }

    // False: it is not sent.
    bool tell(core::Send& send, const std::optional<Truth>& truth) const {
        if (auto* column = std::get_if<message::Column>(&send.message);
            column && column->vote == VoteKind::Reply && column->n == *n_) {
            send.frame = Blob();
            return claim(*column, truth);
        }
        if (auto* match = std::get_if<message::Match>(&send.message);
            match && match->vote == VoteKind::Reply && match->n == *n_) {
            const std::optional<Digest> claimed = claimed_match(truth);
            match->digest = claimed.value_or(match->digest);
            send.frame = Blob();
            return claimed.has_value();
        }
        return true;
    }

    // False: what it claims is not known yet; the COLUMN is repeated each heartbeat.
    bool claim(message::Column& column, const std::optional<Truth>& truth) const {
        for (message::ColumnEntry& entry : column.entries) {
            const auto claimed = order_.claims.find(entry.slot);
            if (claimed == order_.claims.end())
                continue;
            const std::optional<Digest> digest = digest_of(claimed->second, truth);
            if (!digest && claimed->second.what != Saying::What::Nothing)
                return false;
            entry.state = digest ? message::EntryState::Value : message::EntryState::Missing;
            entry.digest = digest.value_or(Digest{});
        }
        return true;
    }

    // What f+1 entries of the claimed column equal.
    std::optional<Digest> claimed_match(const std::optional<Truth>& truth) const {
        std::map<Digest, std::uint32_t> votes;
        for (const auto& [slot, saying] : order_.claims) {
            if (const auto digest = digest_of(saying, truth))
                ++votes[*digest];
        }
        for (const auto& [slot, heard] : heard_) {
            if (!order_.claims.contains(slot))
                ++votes[heard.digest];
        }
        for (const auto& [digest, count] : votes) {
            if (count >= faults_.weak_quorum())
                return digest;
        }
        return std::nullopt;
    }

    Order order_;
    std::uint64_t window_;
    Faults faults_;
    std::optional<SequenceNumber> n_;
    std::map<SlotId, Heard> heard_; // of n, first report of each slot
    std::map<std::pair<SequenceNumber, Digest>, Requests> bodies_; // at most kBodiesMax
    std::map<SlotId, SequenceNumber> newest_;                      // reported
    std::set<PrincipalId> askers_;                                 // of MATCH for n; at most 3f
};

} // namespace

Made make_agreement_matrix(const Order& order, const Surroundings& here) {
    return std::make_unique<AgreementMatrix>(order, here);
}

} // namespace zz::drill
