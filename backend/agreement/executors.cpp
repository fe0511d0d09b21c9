// SPDX-License-Identifier: Apache-2.0
// agreement::Core: ORDER and batch bodies for awake execution replicas (ZZ-4.1), and what they ask
// for.
#include <algorithm>

#include "backend/agreement/core.h"

namespace zz::agreement {

// Active ones, and those that are awake beyond them (ZZ-1.7).
std::vector<PrincipalId> Core::executors() const {
    std::vector<PrincipalId> out;
    for (const ExecutionId& id : state_.members().in_state(message::MemberState::Active))
        out.push_back(principal(id));
    for (const ExecutionId& id : awake_)
        if (state_.members().is_live(id) &&
            std::find(out.begin(), out.end(), principal(id)) == out.end())
            out.push_back(principal(id));
    return out;
}

// One replica sends the body of a number unasked, the next one that of the next number; who lacks
// it fetches.
bool Core::serves_body(SequenceNumber n) const {
    return n.value % faults_.agreement_replicas() + 1 == self_.value;
}

void Core::order(SequenceNumber n, const Digest& digest, Timestamp time, const Body& body) {
    std::vector<PrincipalId> to = executors();
    if (serves_body(n))
        send(to, message::BatchBody{n, digest, true, *body});
    send(std::move(to), message::Order{n, digest, time});
}

// ORDERs of all that is committed above a mark, with the bodies that are ours to send.
void Core::order_again(const PrincipalId& to, SequenceNumber above) {
    for (SequenceNumber n = std::max(above, log_.h()) + 1; n <= state_.n(); ++n) {
        const Slot* slot = log_.find(n);
        const Body body = slot->body(*slot->committed);
        if (!may_serve(to, serves_body(n) ? body->encoded.size() : 0))
            return;
        if (serves_body(n))
            send({to}, message::BatchBody{n, *slot->committed, true, *body});
        send({to}, message::Order{n, *slot->committed, times_.at(n)});
    }
}

void Core::on_execution_status(const PrincipalId& from, const message::ExecutionStatus& m) {
    if (!state_.members().is_live(execution_id(from)))
        return;
    // One question, one answer: the same mark again at once is the same question.
    Served& served = served_[from];
    if (served.answered > now_ - options_.limits.heartbeat / 20 && served.answered_mark == m.mark)
        return;
    served.answered = now_;
    served.answered_mark = m.mark;
    if (std::max(m.mark, m.h) < log_.h())
        send({from}, message::StableProof{stable_});
    if (m.asks)
        order_again(from, m.mark);
}

void Core::on_awake(const std::vector<ExecutionId>& awake) {
    const std::vector<ExecutionId> before = std::move(awake_);
    awake_.clear();
    for (const ExecutionId& id : awake)
        if (state_.members().is_live(id) && awake_.size() < message::kMaxSlots)
            awake_.push_back(id);
    for (const ExecutionId& id : awake_) {
        if (std::find(before.begin(), before.end(), id) != before.end())
            continue;
        // ZZ-7.1: configuration, stable checkpoint, the batches after it.
        const PrincipalId to = principal(id);
        send({to}, own_config_.value, own_config_.frame);
        if (log_.h() > SequenceNumber(0))
            send({to}, message::StableProof{stable_});
        order_again(to, log_.h());
    }
}

} // namespace zz::agreement
