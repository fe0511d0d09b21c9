// SPDX-License-Identifier: Apache-2.0
// agreement::Core: CHECKPOINT, the stable certificate, h (ZZ-5.2).
#include <algorithm>

#include "backend/agreement/core.h"
#include "backend/agreement/quorums.h"
#include "protocol/auth/certificates.h"
#include "protocol/auth/digests.h"
#include "protocol/base/check.h"

namespace zz::agreement {

void Core::take_checkpoint(SequenceNumber n) {
    Blob bytes(state_.encode());
    const Digest digest = auth::agreement_state_digest(bytes.view());
    taken_[n] = {std::move(bytes), digest};
}

// Ours, for every number that is settled here and whose root is known: by f+1 equal execution
// checkpoints, or by f+1 equal CHECKPOINTs of agreement that agree with our own agreement digest.
void Core::sign_checkpoints() {
    std::vector<message::Checkpoint> ready;
    for (const auto& [n, taken] : taken_) {
        const auto& own = checkpoints_[self_];
        if (n > std::max(settled_, log_.h()) || own.contains(n))
            continue;
        std::optional<Digest> root;
        if (const auto matched = matched_.find(n); matched != matched_.end())
            root = matched->second;
        std::map<Digest, std::size_t> votes;
        for (const auto& [who, held] : checkpoints_)
            if (const auto c = held.find(n); !root && c != held.end() &&
                                             c->second.value.agreement_digest == taken.digest &&
                                             ++votes[c->second.value.root] >= weak_quorum(faults_))
                root = c->second.value.root;
        if (root)
            ready.push_back({n, *root, taken.digest});
    }
    for (const message::Checkpoint& c : ready) {
        if (c.n <= log_.h() || checkpoints_[self_].contains(c.n))
            continue; // One before it moved h, and with it this one was looked at again.
        const auto embedded = sealer_.embed(c);
        std::vector<PrincipalId> to = executors();
        for (const Peer& p : peers_)
            to.push_back(p.id);
        send(std::move(to), c, embedded.frame);
        on_checkpoint(embedded);
    }
}

void Core::on_checkpoint(const message::Embedded<message::Checkpoint>& c) {
    const SequenceNumber n = c.value.n;
    if (n <= log_.h() || n.value % options_.limits.checkpoint_interval != 0)
        return;
    auto& held = checkpoints_[agreement_id(c.signer)];
    if (!held.try_emplace(n, c).second)
        return;
    if (held.size() > kCheckpointsPerSenderMax)
        held.erase(held.begin());
    message::StableCertificate certificate{c.value, {}};
    for (const auto& [who, of] : checkpoints_)
        if (const auto found = of.find(n); found != of.end() && found->second.value == c.value)
            certificate.signatures.push_back(found->second);
    if (certificate.signatures.size() >= strong_quorum(faults_))
        on_stable(certificate);
    else if (c.signer != principal(self_))
        sign_checkpoints();
}

void Core::on_stable(const message::StableCertificate& certificate) {
    const SequenceNumber n = certificate.checkpoint.n;
    if (n <= log_.h() || certificate.signatures.size() < strong_quorum(faults_) ||
        !(auth::is_stable(certificate, faults_) || strong_quorum(faults_) != faults_.quorum()))
        return;
    if (n > state_.n()) {
        // Ahead of what we committed: the batches may be on their way; if not, the state is fetched
        // (ZZ-3.6).
        if (!target_ || target_->checkpoint.n < n) {
            target_since_ = target_ ? target_since_ : now_;
            target_ = certificate;
        }
        return;
    }
    const auto taken = taken_.find(n);
    if (taken == taken_.end() || taken->second.digest != certificate.checkpoint.agreement_digest)
        return tell(core::NoticeKind::AssumptionViolated, 0, n,
                    "2f+1 replicas signed another agreement state than ours");
    const Blob state = taken->second.state;
    move_h(certificate, state);
}

// Precondition: n <= committed mark, and `state` is the agreement state under the certificate.
void Core::move_h(const message::StableCertificate& certificate, const Blob& state) {
    const SequenceNumber n = certificate.checkpoint.n;
    ZZ_CHECK(n > log_.h() && n <= state_.n(), "h {} to {} with committed mark {}", log_.h().value,
             n.value, state_.n().value);
    stable_ = certificate;
    stable_state_ = state;
    log_.move(n);
    taken_.erase(taken_.begin(), taken_.upper_bound(n));
    matched_.erase(matched_.begin(), matched_.upper_bound(n));
    times_.erase(times_.begin(), times_.upper_bound(n));
    for (auto& [who, held] : checkpoints_)
        held.erase(held.begin(), held.upper_bound(n));
    std::erase_if(early_, [n](const Early& e) { return e.message.n <= n; });
    if (target_ && target_->checkpoint.n <= n)
        target_.reset();
    next_ = std::max(next_, n + 1);
    if (mute_ && !mute_mark_)
        learn_mute_mark();
    if (mute_ && mute_mark_ && n >= *mute_mark_) {
        mute_ = false;
        if (!active_)
            send_view_change(); // Others may lack just this one.
        tell(core::NoticeKind::Text, 0, n,
             "votes again: a stable checkpoint passed what was lost (ZZ-8.4)");
    }
    snapshot();
    out_.actions.push_back(core::StableMoved{stable_});
    core::Notice note;
    note.kind = core::NoticeKind::StableCheckpoint;
    note.n = n;
    note.digest = certificate.checkpoint.root;
    notice(std::move(note));
    adopt_chosen();
    sign_checkpoints();
}

// The certificate is durable before anything below it goes: the journal is cut only below this
// record.
void Core::snapshot() {
    record::Snapshot s{
        stable_, stable_state_, view_, active_, {}, {}, mute_, sealer_.identity().generation};
    if (const auto own = view_changes_.find(self_);
        !active_ && own != view_changes_.end() && own->second.value.new_view == view_)
        s.view_change.push_back(own->second);
    if (active_ && new_view_ && new_view_->value.view == view_)
        s.new_view.push_back(*new_view_);
    journal(s);
}

} // namespace zz::agreement
