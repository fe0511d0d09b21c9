// SPDX-License-Identifier: Apache-2.0
// agreement::Core: executed configurations and their certificates (ZZ-2.1, ZZ-3.5).
#include <algorithm>

#include "backend/agreement/core.h"
#include "backend/agreement/quorums.h"

namespace zz::agreement {

void Core::sign_config() {
    message::Config config = state_.members().config();
    config.generation = sealer_.identity().generation;
    own_config_ = sealer_.embed(config);
    certificate_told_ = false;
}

// At the start the one that we begin with: when it was executed is known of the first alone.
void Core::remember_config() {
    const bool begins = history_.empty();
    history_.push_back({own_config_.value, begins ? SequenceNumber() : state_.n(),
                        begins ? Timestamp() : state_.time()});
    if (history_.size() > kHistoryKept)
        history_.erase(history_.begin());
}

// The configuration changed at the committed mark: all who count votes learn it.
void Core::configured(std::vector<core::Conviction> convictions) {
    const Epoch epoch_before = own_config_.value.epoch;
    sign_config();
    remember_config();
    system_.prune(state_.members());
    for (const core::Conviction& c : convictions) {
        convictions_.push_back(c);
        if (convictions_.size() > kConvictionsKept)
            convictions_.erase(convictions_.begin());
        core::Notice note;
        note.kind = core::NoticeKind::Convicted;
        note.subject = principal(c.id);
        note.n = c.n;
        note.text = c.proof;
        notice(std::move(note));
    }
    std::erase_if(awake_, [&](const ExecutionId& id) { return !state_.members().is_live(id); });
    std::vector<PrincipalId> to = options_.audience;
    for (const Peer& p : peers_)
        to.push_back(p.id);
    for (const message::SlotEntry& e : own_config_.value.members)
        if (e.state != message::MemberState::Empty)
            to.push_back(principal(ExecutionId{e.slot, e.incarnation}));
    out_.actions.push_back(core::Configured{own_config_.value, {}, std::move(convictions)});
    send(std::move(to), own_config_.value, own_config_.frame);
    core::Notice note;
    note.kind = core::NoticeKind::Configured;
    note.value = own_config_.value.number.value;
    note.epoch = own_config_.value.epoch;
    note.n = state_.n();
    note.frames = {own_config_.frame}; // f+1 of them prove an incarnation's keys to third parties
    note.members = own_config_.value.members;
    notice(note);
    note.frames.clear();
    note.members.clear();
    if (note.epoch != epoch_before) {
        note.kind = core::NoticeKind::EpochSettled;
        notice(std::move(note));
    }
    find_config_certificate();
}

void Core::on_config(const message::Embedded<message::Config>& c) {
    const auto [held, fresh] = configs_.try_emplace(agreement_id(c.signer), c);
    if (!fresh && held->second.value.number < c.value.number)
        held->second = c;
    find_config_certificate();
}

// f+1 equal CONFIGs, ours among them.
void Core::find_config_certificate() {
    if (certificate_told_)
        return;
    std::vector<message::Embedded<message::Config>> same{own_config_};
    for (const auto& [who, c] : configs_)
        if (c.value == own_config_.value && same.size() < weak_quorum(faults_))
            same.push_back(c);
    if (same.size() < weak_quorum(faults_))
        return;
    certificate_told_ = true;
    out_.actions.push_back(core::Configured{own_config_.value, std::move(same), {}});
}

void Core::on_config_request(const PrincipalId& from, const message::ConfigRequest& m) {
    if (from == principal(self_) || !may_serve(from, own_config_.frame.size()))
        return;
    if (from.role == Role::Agreement)
        send({from}, own_config_.value, own_config_.frame);
    else
        send({from}, message::ConfigAnswer{m.nonce, own_config_, view_});
}

} // namespace zz::agreement
