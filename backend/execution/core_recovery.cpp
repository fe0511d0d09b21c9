// SPDX-License-Identifier: Apache-2.0
// Checkpoints, and how state that is not held comes here (ZZ-5.2, ZZ-7).
#include <algorithm>

#include "backend/execution/core.h"
#include "protocol/auth/certificates.h"

namespace zz::execution {

namespace {
inline constexpr std::size_t kVotesOfOne =
    4; // CHECKPOINTs kept of one agreement replica: the newest
} // namespace

// 2f+1 equal CHECKPOINTs of agreement replicas are a stable checkpoint certificate.
void Core::on(const message::Embedded<message::Checkpoint>& checkpoint) {
    const SequenceNumber n = checkpoint.value.n;
    if (n <= stable_.checkpoint.n)
        return;
    auto& of_signer = votes_[agreement_id(checkpoint.signer)];
    of_signer.try_emplace(n, checkpoint);
    if (of_signer.size() > kVotesOfOne)
        of_signer.erase(of_signer.begin());
    message::StableCertificate certificate{checkpoint.value, {}};
    for (const auto& [id, held] : votes_)
        if (const auto at = held.find(n); at != held.end() &&
                                          at->second.value == checkpoint.value &&
                                          certificate.signatures.size() < settings_.faults.quorum())
            certificate.signatures.push_back(at->second);
    if (certificate.signatures.size() >= settings_.faults.quorum())
        on_stable(certificate);
}

void Core::on_stable(const message::StableCertificate& certificate) {
    const SequenceNumber n = certificate.checkpoint.n;
    if (n <= stable_.checkpoint.n ||
        !auth::is_stable(certificate, settings_.faults, settings_.base))
        return;
    stable_ = certificate;
    for (auto& [id, held] : votes_)
        std::erase_if(held, [n](const auto& vote) { return vote.first <= n; });
    core::Notice stable;
    stable.kind = core::NoticeKind::StableCheckpoint;
    stable.n = n;
    stable.digest = certificate.checkpoint.root;
    stable.subject = sealer_->identity().self;
    output_.notices.push_back(std::move(stable));
    prune();
    if (!participates())
        return;
    const auto own = checkpoints_.find(n);
    if (own != checkpoints_.end() && own->second.root != certificate.checkpoint.root) {
        notice(core::NoticeKind::Text, n, 0,
               "our state differs from the stable checkpoint: taking that one instead");
        install(n, certificate.checkpoint.root);
        return;
    }
    if (executed_ >= n)
        act(Stable{n});
    else
        install_if_behind();
}

// Below h nothing is ordered again: without everything up to h in hand, the stable checkpoint is
// where to go on.
void Core::install_if_behind() {
    const SequenceNumber n = stable_.checkpoint.n;
    if (!participates() || executed_ >= n)
        return;
    bool can_go_on = !blocked_;
    for (SequenceNumber next = given_ + 1; can_go_on && next <= n; ++next)
        can_go_on = orders_.ready(next);
    if (!can_go_on)
        install(n, stable_.checkpoint.root);
}

void Core::install(SequenceNumber n, const Digest& root) {
    const SequenceNumber from = executed_;
    ++installing_;
    recovering_ = holds_state_ = true;
    blocked_ = walking_ = false;
    replayed_ = false;
    tip_.reset();
    fetch_.forget_all();
    given_ = executed_ = n;
    if (n < from)
        orders_.restart(n); // What was executed on a wrong state is ordered to us again.
    else
        orders_.advance(n);
    log_.erase(log_.upper_bound(n), log_.end());
    checkpoints_.erase(checkpoints_.lower_bound(n), checkpoints_.end());
    act(Install{n, root});
    notice(core::NoticeKind::CaughtUp, n, from.value);
}

void Core::on(const Installed& result) {
    --installing_;
    if (installing_ > 0 || dropping_ > 0)
        return;
    whole_ = result.whole;
    act(Stable{result.n});
    if (wakeup_known_)
        act(Pin{true});
    install_if_behind(); // What became stable meanwhile.
    if (installing_ > 0)
        return;
    ask_status(now_);
    if (!whole_)
        walk();
}

void Core::on(const CheckpointTaken& result) {
    if (installing_ > 0 || dropping_ > 0)
        return;
    Checkpointed taken{result.batch_digest, result.root, {}, {}};
    core::Notice out;
    out.kind = core::NoticeKind::CheckpointTaken;
    out.n = result.n;
    out.digest = result.root;
    out.subject = sealer_->identity().self;
    output_.notices.push_back(std::move(out));
    if (standing_ == Standing::Awake) {
        taken.signed_frame = sign_checkpoint(result.n, taken);
        std::vector<PrincipalId> to = all_agreement();
        for (const ExecutionId& id : awake_replicas())
            if (id != self_)
                to.push_back(principal(id));
        send(std::move(to),
             message::SignedReport{VoteKind::Checkpoint,
                                   result.n,
                                   membership_.config().number,
                                   taken.batch_digest,
                                   taken.root,
                                   {}},
             taken.signed_frame);
    }
    checkpoints_.insert_or_assign(result.n, std::move(taken));
    prune();
    answer_waiting(VoteKind::Checkpoint, result.n);
    const message::Checkpoint& stable = stable_.checkpoint;
    if (stable.n != result.n || !participates())
        return;
    if (stable.root != result.root) {
        notice(core::NoticeKind::Text, result.n, 0,
               "our state differs from the stable checkpoint: taking that one instead");
        install(stable.n, stable.root);
    } else {
        act(Stable{stable.n});
    }
}

// Kept for L numbers below h: what may still be asked for.
void Core::prune() {
    const SequenceNumber h = stable_.checkpoint.n;
    const std::uint64_t window = settings_.limits.window();
    const SequenceNumber low = h - window;
    log_.erase(log_.begin(), log_.upper_bound(low));
    checkpoints_.erase(checkpoints_.begin(), checkpoints_.lower_bound(low));
    while (log_.size() > 4 * window) // h is unknown to us for long: the newest matter.
        log_.erase(log_.begin());
    while (checkpoints_.size() > message::kMaxWindow)
        checkpoints_.erase(checkpoints_.begin());
    std::erase_if(waiting_, [low](const auto& asks) { return asks.first.second <= low; });
}

void Core::on(Instant now, const NeedsNodes& result) {
    if (installing_ > 0 || dropping_ > 0)
        return;
    if (whole_)
        notice(core::NoticeKind::Text, result.n, result.hashes.size(),
               "nodes of the state are not held: fetching them");
    whole_ = false;
    fetch_.want(recovery::Urgency::Blocking, result.hashes);
    fetch_nodes(now);
}

void Core::walk(bool anew) {
    if (walking_ && !anew)
        return;
    walking_ = true;
    act(WalkMissing{anew});
}

void Core::on(const Walked& result) {
    if (installing_ > 0 || dropping_ > 0)
        return;
    walking_ = false;
    fetch_.want(recovery::Urgency::Background, result.missing);
    whole_ = result.whole;
    if (result.again)
        walk();
    if (whole_)
        tell_complete();
}

void Core::fetch_nodes(Instant now) {
    for (recovery::Ask& ask : fetch_.asks(now))
        send({ask.to}, std::move(ask.fetch));
    if (!fetch_.take_unavailable())
        return;
    if (fetch_.wants_blocking()) {
        // R10: the sources let go of that checkpoint; a newer one is stable.
        blocked_ = true;
        send(all_agreement(),
             message::Fetch{message::FetchWhat::StableProof, stable_.checkpoint.n + 1, {}});
        install_if_behind();
    } else {
        fetch_.forget_all();
        walk(true);
    }
}

void Core::on(Instant now, const auth::Verified& m, const message::Nodes& nodes) {
    if (!participates())
        return; // What was asked for is forgotten.
    std::vector<Blob> wanted = fetch_.on_nodes(now, m.sender(), nodes);
    if (!wanted.empty())
        act(AddNodes{std::move(wanted)});
}

// Members of the configuration are served, also by one that is convicted: the hash decides
// (ZZ-7.3).
void Core::on(const auth::Verified& m, const message::NodeFetch& fetch) {
    if (!opened_ || !membership_.live(execution_id(m.sender())) || !supply_.admit(m.sender()))
        return;
    act(SupplyNodes{m.sender(), fetch.hashes});
}

void Core::on(const Supplied& result) {
    supply_.served(result.asker);
    message::Nodes m;
    m.nodes = result.nodes;
    m.not_held = result.not_held;
    send({result.asker}, std::move(m));
}

// ZZ-6.7, ZZ-7.5: told each heartbeat until the epoch ends.
void Core::tell_complete() {
    if (!wakeup_known_ || !participates() || !whole_ || !replayed_ || executed_ < wakeup_number_)
        return;
    const message::Complete complete{wakeup_epoch_};
    if (complete_frame_.empty())
        complete_frame_ = sealer_->sign(complete);
    send(all_agreement(), complete, complete_frame_);
    if (!completed_) {
        completed_ = true;
        notice(core::NoticeKind::Completed, executed_, fetch_.bytes_fetched());
    }
}

} // namespace zz::execution
