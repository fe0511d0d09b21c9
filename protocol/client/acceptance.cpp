// SPDX-License-Identifier: Apache-2.0
// What arrives at a client: replies, affidavits, certificates, proofs, configurations.
#include <algorithm>

#include "protocol/auth/certificates.h"
#include "protocol/auth/digests.h"
#include "protocol/client/core.h"

namespace zz::client {

void Core::on_received(Instant now, const auth::Verified& m) {
    const message::Message& content = m.message();
    if (const auto* reply = std::get_if<message::Reply>(&content))
        on(now, m, *reply);
    else if (const auto* affidavit = std::get_if<message::ReplyAffidavit>(&content))
        on(m, *affidavit);
    else if (const auto* certificate = std::get_if<message::ReplyCertificate>(&content))
        on(*certificate);
    else if (const auto* proof = std::get_if<message::ReplyProof>(&content))
        on(*proof);
    else if (const auto* answer = std::get_if<message::ConfigAnswer>(&content))
        on(m, *answer);
    else if (std::holds_alternative<message::Config>(content))
        on_config(m.embedded<message::Config>());
}

// E10: a reply counts only for the very request that this lane waits for.
Core::Outstanding* Core::waiting(LaneId lane, RequestNumber number) {
    if (lane.value >= lanes_.size())
        return nullptr;
    auto& request = lanes_[lane.value].request;
    return request && !request->queued && request->request.number == number ? &*request : nullptr;
}

void Core::on(Instant now, const auth::Verified& m, const message::Reply& reply) {
    const ExecutionId from = execution_id(m.sender());
    if (!membership_.live(from))
        return;
    for (const message::ReplyEntry& entry : reply.entries) {
        Outstanding* o = waiting(entry.lane, entry.number);
        if (!o)
            continue;
        if (entry.whole && auth::reply_digest(entry.result.view()) != entry.digest)
            continue;
        o->votes.add_reply(from, entry.digest, entry.whole ? &entry.result : nullptr);
        consider(entry.lane);
        if (busy(entry.lane) && !o->votes.lacks_result(membership_, settings_.faults).empty())
            expect_result(entry.lane, now);
    }
}

void Core::on(const auth::Verified& m, const message::ReplyAffidavit& affidavit) {
    for (const message::AffidavitEntry& entry : affidavit.entries)
        if (Outstanding* o = waiting(entry.lane, entry.number)) {
            o->votes.add_affidavit(agreement_id(m.sender()), entry.digest);
            consider(entry.lane);
        }
}

void Core::on(const message::ReplyCertificate& certificate) {
    std::vector<ExecutionId> signers;
    for (const auto& report : certificate.reports)
        signers.push_back(execution_id(report.signer));
    for (const message::CertifiedReply& reply : certificate.entries) {
        Outstanding* o = waiting(reply.entry.lane, reply.entry.number);
        if (!o || !proves(certificate, reply, self_, membership_, settings_.faults))
            continue;
        o->votes.add_certificate(reply.entry.digest, signers);
        consider(reply.entry.lane);
    }
}

void Core::on(const message::ReplyProof& proof) {
    if (!settings_.read_proof || !waiting(proof.lane, proof.number))
        return;
    // Checkpoint 0 needs no signatures; nothing was replied before it.
    if (proof.certificate.checkpoint.n == SequenceNumber(0) ||
        !auth::is_stable(proof.certificate, settings_.faults, settings_.base))
        return;
    auto cached =
        settings_.read_proof(proof.certificate.checkpoint.root, proof.nodes, self_, proof.lane);
    if (cached && cached->number == proof.number)
        accept(proof.lane, {Blob(std::move(cached->result)), How::Proof});
}

void Core::on(const auth::Verified& m, const message::ConfigAnswer& answer) {
    on_config(answer.config);
    if (answer.nonce != nonce_)
        return;
    views_[agreement_id(m.sender())] = answer.view;
    // f+1 tell this view or a higher one: a correct replica is at least there.
    std::vector<View> told;
    for (const auto& [id, view] : views_)
        told.push_back(view);
    std::sort(told.rbegin(), told.rend());
    if (told.size() >= settings_.faults.weak_quorum())
        view_ = told[settings_.faults.weak_quorum() - 1];
}

void Core::on_config(const message::Embedded<message::Config>& config) {
    if (!membership_.add(config))
        return;
    output_.actions.push_back(
        core::Configured{membership_.config(), membership_.certificate(), {}});
    // Votes of removed incarnations no longer count; a certificate of live ones may do now.
    for (std::uint32_t i = 0; i < lanes_.size(); ++i)
        if (lanes_[i].request)
            consider(LaneId(i));
}

void Core::consider(LaneId lane) {
    if (auto decision = lanes_[lane.value].request->votes.decide(membership_, settings_.faults))
        accept(lane, std::move(*decision));
}

void Core::accept(LaneId lane, Decision decision) {
    Lane& l = lanes_[lane.value];
    timers_.erase({l.request->due(), lane});
    ++accepted_[static_cast<std::size_t>(decision.how)];
    --outstanding_;
    output_.actions.push_back(
        Accepted{lane, l.request->request.number, std::move(decision.result), decision.how});
    l.request.reset();
}

} // namespace zz::client
