// SPDX-License-Identifier: Apache-2.0
#include "protocol/client/votes.h"

#include <algorithm>

#include "protocol/auth/digests.h"
#include "protocol/auth/merkle.h"

namespace zz::client {

namespace {

// The digest that at least `enough` of `count` hold; with votes of correct majorities there is at
// most one.
std::optional<Digest> first_with(const std::map<Digest, std::uint32_t>& count,
                                 std::uint32_t enough) {
    for (const auto& [digest, votes] : count)
        if (votes >= enough)
            return digest;
    return std::nullopt;
}

} // namespace

void Votes::add_reply(ExecutionId from, const Digest& digest, const Blob* result) {
    replies_[from.slot] = {from, digest};
    if (result)
        results_[from.slot] = {digest, *result};
}

void Votes::add_affidavit(AgreementId from, const Digest& digest) {
    affidavits_[from] = digest;
}

void Votes::add_certificate(const Digest& digest, std::vector<ExecutionId> signers) {
    certified_ = Certified{digest, std::move(signers)};
}

const Blob* Votes::result_of(const Digest& digest) const {
    for (const auto& [slot, held] : results_)
        if (held.first == digest)
            return &held.second;
    return nullptr;
}

std::optional<Digest> Votes::agreed_by_replies(const core::Membership& membership,
                                               const Faults& faults) const {
    std::map<Digest, std::uint32_t> count;
    for (const auto& [slot, vote] : replies_)
        if (membership.live(vote.from))
            ++count[vote.digest];
    return first_with(count, faults.weak_quorum());
}

std::optional<Digest> Votes::agreed_by_affidavits(const Faults& faults) const {
    std::map<Digest, std::uint32_t> count;
    for (const auto& [from, digest] : affidavits_)
        ++count[digest];
    return first_with(count, faults.weak_quorum());
}

std::optional<Decision> Votes::decide(const core::Membership& membership,
                                      const Faults& faults) const {
    if (const auto digest = agreed_by_replies(membership, faults))
        if (const Blob* result = result_of(*digest))
            return Decision{*result, How::Replies};
    if (const auto digest = agreed_by_affidavits(faults))
        if (const Blob* result = result_of(*digest))
            return Decision{*result, How::Affidavits};
    if (certified_ && std::all_of(certified_->signers.begin(), certified_->signers.end(),
                                  [&](ExecutionId id) { return membership.live(id); }))
        if (const Blob* result = result_of(certified_->digest))
            return Decision{*result, How::Certificate};
    return std::nullopt;
}

std::vector<ExecutionId> Votes::lacks_result(const core::Membership& membership,
                                             const Faults& faults) const {
    std::vector<ExecutionId> out;
    const auto digest = agreed_by_replies(membership, faults);
    if (!digest || result_of(*digest))
        return out;
    for (const auto& [slot, vote] : replies_)
        if (vote.digest == *digest && membership.live(vote.from))
            out.push_back(vote.from);
    return out;
}

bool proves(const message::ReplyCertificate& certificate, const message::CertifiedReply& reply,
            ClientId client, const core::Membership& membership, const Faults& faults) {
    if (certificate.reports.empty())
        return false;
    const message::SignedReport& first = certificate.reports.front().value;
    std::set<SlotId> signers;
    for (const auto& report : certificate.reports) {
        const message::SignedReport& r = report.value;
        if (report.signer.role != Role::Execution || !membership.live(execution_id(report.signer)))
            return false;
        if (r.vote != VoteKind::Reply || r.n != certificate.n || r.digest != first.digest ||
            r.batch_digest != first.batch_digest)
            return false;
        signers.insert(SlotId(report.signer.index));
    }
    if (signers.size() < faults.weak_quorum())
        return false;
    const auth::Leaf leaf{reply.index, auth::report_leaf(client, reply.entry.lane,
                                                         reply.entry.number, reply.entry.digest)};
    const auto root = auth::merkle_root_from(std::span(&leaf, 1), reply.leaf_count, reply.path);
    return root && *root == first.digest;
}

} // namespace zz::client
