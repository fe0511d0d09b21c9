// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/board.h"

#include <algorithm>

#include "backend/detection/bounds.h"

namespace zz::detection {

Board::Board(auth::Sealer own_sealer, Settings own_settings)
    : settings(std::move(own_settings)), sealer(std::move(own_sealer)),
      self(agreement_id(sealer.identity().self)), deadlines(settings.limits) {
    for (std::uint32_t i = 1; i <= settings.faults.agreement_replicas(); ++i)
        if (AgreementId(i) != self)
            peers.push_back(principal(AgreementId(i)));
    progress[VoteKind::Reply];
    progress[VoteKind::Checkpoint];
}

bool Board::in_window(VoteKind vote, SequenceNumber n) const {
    const std::uint64_t window = limits().window();
    if (vote != VoteKind::Reply &&
        (vote != VoteKind::Checkpoint || n.value % limits().checkpoint_interval != 0))
        return false;
    // Early ones are kept, and those of L numbers below h (ZZ-5.2); checkpoint 0 is settled for
    // ever.
    return n.value > 0 && n + window > h && n <= h + 2 * window;
}

Case* Board::existing(VoteKind vote, SequenceNumber n) {
    const auto at = cases.find({n, vote});
    return at == cases.end() ? nullptr : &at->second;
}

Case* Board::find(VoteKind vote, SequenceNumber n) {
    if (!in_window(vote, n))
        return nullptr;
    const auto [at, fresh] = cases.try_emplace({n, vote});
    if (fresh) {
        at->second.vote = vote;
        at->second.n = n;
        if (n <= h)
            at->second.settled = Settledness::Stable;
        if (n == h && vote == VoteKind::Checkpoint)
            at->second.value = stable_root;
    }
    return &at->second;
}

Instant Board::start_of(const Case& c) const {
    if (c.quorum_at == kNever)
        return kNever;
    const Progress& replies = progress.at(VoteKind::Reply);
    if (c.vote == VoteKind::Reply)
        return std::max(c.quorum_at, replies.last_below(c.n));
    // A checkpoint comes after the replies of its own number.
    return std::max({c.quorum_at, replies.last_below(c.n + 1),
                     progress.at(VoteKind::Checkpoint).last_below(c.n)});
}

core::Notice Board::about(const Case& c, core::NoticeKind kind) const {
    core::Notice notice;
    notice.kind = kind;
    notice.n = c.n;
    notice.vote = c.vote;
    notice.epoch = roster.epoch();
    return notice;
}

void Board::send(std::vector<PrincipalId> to, message::Message m, Blob frame) {
    if (!to.empty())
        out.sends.push_back({std::move(to), std::move(m), std::move(frame), RecordIndex(0)});
}

std::vector<PrincipalId> Board::peers_and_controllers() const {
    std::vector<PrincipalId> to = peers;
    to.insert(to.end(), settings.controllers.begin(), settings.controllers.end());
    return to;
}

void Board::suspect(const PrincipalId& who) {
    core::Notice notice;
    notice.kind = core::NoticeKind::Suspicion;
    notice.subject = who;
    notice.value = ++counters.suspicion[who];
    out.notices.push_back(std::move(notice));
}

bool Board::within_budget(AgreementId asker) {
    return ++budget[asker] <= limits().evidence_budget;
}

std::vector<PrincipalId> principals(const std::vector<ExecutionId>& ids) {
    std::vector<PrincipalId> out;
    for (const ExecutionId& id : ids)
        out.push_back(principal(id));
    return out;
}

message::Member member(const ExecutionId& id) {
    return {id.slot, id.incarnation};
}

} // namespace zz::detection
