// SPDX-License-Identifier: Apache-2.0
// REPORTs and signatures for agreement replicas (ZZ-4.2, ZZ-6.5).
#include <algorithm>

#include "backend/execution/core.h"

namespace zz::execution {

void Core::report(SequenceNumber n, const Done& done) {
    message::Report m;
    m.n = n;
    m.configuration = membership_.config().number;
    m.batch_digest = done.batch_digest;
    m.digest = done.digest;
    m.reply_digests = done.reply_digests;
    send(all_agreement(), std::move(m));
}

// Asked to send again what is above the asker's settled mark.
void Core::on(const auth::Verified& m, const message::ExecutionStatus& status) {
    if (status.h > executed_ && status.h > stable_.checkpoint.n && recovering_)
        send({m.sender()}, message::Fetch{message::FetchWhat::StableProof, executed_ + 1, {}});
    if (!status.asks || standing_ != Standing::Awake)
        return;
    std::size_t sent = 0;
    for (auto at = log_.upper_bound(status.mark); at != log_.end() && sent < kReportsAtOnce;
         ++at, ++sent) {
        if (!spend(Budget::Reports, m.sender(), kReportBudget))
            return;
        const Done& done = at->second;
        message::Report report;
        report.n = at->first;
        report.configuration = membership_.config().number;
        report.batch_digest = done.batch_digest;
        report.digest = done.digest;
        report.reply_digests = done.reply_digests;
        send({m.sender()}, std::move(report));
    }
    // Checkpoints are votes too; they travel signed.
    for (auto at = checkpoints_.upper_bound(status.mark); at != checkpoints_.end(); ++at)
        if (!at->second.signed_frame.empty() && spend(Budget::Reports, m.sender(), kReportBudget)) {
            message::SignedReport signed_report{
                VoteKind::Checkpoint,    at->first,       membership_.config().number,
                at->second.batch_digest, at->second.root, {}};
            send({m.sender()}, std::move(signed_report), at->second.signed_frame);
        }
}

// Within the window: L below h, and as far above what is executed as ORDERs are kept.
void Core::on(const auth::Verified& m, const message::SignRequest& request) {
    const AgreementId asker = agreement_id(m.sender());
    const std::uint64_t window = settings_.limits.window();
    const SequenceNumber h = stable_.checkpoint.n;
    if (request.n + window <= h || request.n > executed_ + 2 * window)
        return;
    if (request.vote == VoteKind::Checkpoint &&
        request.n.value % settings_.limits.checkpoint_interval != 0)
        return;
    const auto done = log_.find(request.n);
    // Once in a heartbeat for each asker, however often it repeats itself.
    const auto key = std::tuple(asker, request.vote, request.n);
    if (heard_.contains(key))
        return;
    // ZZ-6.5: a budget per asker, that a client's complaint or a second asker overrides.
    const bool overridden =
        done != log_.end() && (done->second.complained || (!done->second.asked_by.empty() &&
                                                           !done->second.asked_by.contains(asker)));
    if (!spend(Budget::Evidence, m.sender(), settings_.limits.evidence_budget) && !overridden)
        return;
    heard_.insert(key);
    answer_sign_request(asker, request);
}

void Core::answer_sign_request(AgreementId asker, const message::SignRequest& request) {
    if (request.vote == VoteKind::Reply) {
        if (const auto at = log_.find(request.n); at != log_.end()) {
            if (participates() && at->second.batch_digest == request.batch_digest)
                sign_reply(asker, request.n, at->second);
            return;
        }
    } else if (const auto at = checkpoints_.find(request.n); at != checkpoints_.end()) {
        Checkpointed& taken = at->second;
        if (!participates() || taken.batch_digest != request.batch_digest)
            return;
        if (taken.signed_frame.empty())
            taken.signed_frame = sign_checkpoint(request.n, taken);
        taken.asked_by.insert(asker);
        send({principal(asker)},
             message::SignedReport{VoteKind::Checkpoint,
                                   request.n,
                                   membership_.config().number,
                                   taken.batch_digest,
                                   taken.root,
                                   {}},
             taken.signed_frame);
        return;
    }
    // At most one of each asker, kind and number within the window; answered when executed.
    if (request.n > executed_)
        waiting_[{request.vote, request.n}][asker] = request.batch_digest;
}

void Core::sign_reply(AgreementId asker, SequenceNumber n, Done& done) {
    message::SignedReport m{VoteKind::Reply,   n,           membership_.config().number,
                            done.batch_digest, done.digest, {}};
    m.reply_digests = done.reply_digests;
    const bool first = done.signed_frame.empty();
    if (first)
        done.signed_frame = sealer_->sign(m); // At most one for each kind and n.
    done.asked_by.insert(asker);
    // All of them get the first one: who has it need not ask, nor sign a NOSIGN (ZZ-6.9).
    send(first ? all_agreement() : std::vector{principal(asker)}, m, done.signed_frame);
    if (first)
        for (const auto& [client, requests] : done.requests)
            lookup(client, requests, false); // The clients get the whole results (ZZ-4.2).
}

void Core::answer_waiting(VoteKind vote, SequenceNumber n) {
    const auto at = waiting_.find({vote, n});
    if (at == waiting_.end())
        return;
    const Asks asks = std::move(at->second);
    waiting_.erase(at);
    for (const auto& [asker, batch_digest] : asks)
        answer_sign_request(asker, {vote, n, batch_digest});
}

Blob Core::sign_checkpoint(SequenceNumber n, const Checkpointed& taken) const {
    return sealer_->sign(message::SignedReport{
        VoteKind::Checkpoint, n, membership_.config().number, taken.batch_digest, taken.root, {}});
}

} // namespace zz::execution
