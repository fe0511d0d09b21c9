// SPDX-License-Identifier: Apache-2.0
#include "backend/controller/evidence.h"

#include "protocol/auth/certificates.h"
#include "protocol/proof/wake_up.h"

namespace zz::controller {
namespace {

template <class T, class List>
void copy_some(const std::map<AgreementId, message::Embedded<T>>& group, std::size_t count,
               List& out) {
    for (const auto& [sender, vote] : group)
        if (out.size() < count)
            out.push_back(vote);
}

} // namespace

void Evidence::enter_epoch(Epoch epoch) {
    if (epoch == epoch_)
        return;
    epoch_ = epoch;
    demands_.clear();
    no_signs_.clear();
    columns_.clear();
    proof_.reset();
}

bool Evidence::add(const message::WakeUpProof& proof, const message::Config& config) {
    if (proof_ || !proof::proves_wake_up(proof, config, faults_, policy_))
        return false;
    proof_ = proof;
    return true;
}

bool Evidence::add(const message::Embedded<message::Demand>& demand,
                   const message::Config& config) {
    if (proof_ || demand.value.epoch != config.epoch || demand.signer.role != Role::Agreement)
        return false;
    // One that proves nothing must not displace anything.
    const auto active = [&](const PrincipalId& who) {
        return who.role == Role::Execution &&
               auth::state_of(config, execution_id(who)) == message::MemberState::Active;
    };
    const message::Demand& d = demand.value;
    if (d.first.value.vote != d.vote || d.first.value.n != d.n ||
        !auth::unequal(d.first.value, d.second.value) || !active(d.first.signer) ||
        !active(d.second.signer))
        return false;
    const auto& group = demands_.add({d.n, d.vote}, agreement_id(demand.signer), demand);
    if (group.size() < faults_.weak_quorum())
        return false;
    message::WakeUpProof proof;
    proof.epoch = config.epoch;
    copy_some(group, faults_.weak_quorum(), proof.demands);
    return add(proof, config);
}

bool Evidence::add(const message::Embedded<message::NoSign>& vote, const message::Config& config) {
    const message::NoSign& v = vote.value;
    if (proof_ || v.epoch != config.epoch || vote.signer.role != Role::Agreement ||
        auth::state_of(config, {v.slot, v.incarnation}) != message::MemberState::Active)
        return false;
    const auto& group =
        no_signs_.add({{v.n, v.vote}, {v.slot, v.incarnation}}, agreement_id(vote.signer), vote);
    if (group.size() < faults_.weak_quorum())
        return false;
    message::WakeUpProof proof;
    proof.epoch = config.epoch;
    copy_some(group, faults_.weak_quorum(), proof.no_signs);
    return add(proof, config);
}

bool Evidence::add(const message::Embedded<message::Column>& column,
                   const message::Config& config) {
    const message::Column& v = column.value;
    if (policy_ != cluster::WakeupPolicy::Matrix || proof_ || v.epoch != config.epoch ||
        column.signer.role != Role::Agreement)
        return false;
    const AgreementId sender = agreement_id(column.signer);
    // The newest of a sender counts.
    if (const auto* held = columns_.find({v.n, v.vote})) {
        const auto own = held->find(sender);
        if (own != held->end() && own->second.value.revision >= v.revision)
            return false;
    }
    const auto& group = columns_.add({v.n, v.vote}, sender, column);
    if (group.size() < faults_.quorum())
        return false;
    message::WakeUpProof proof;
    proof.epoch = config.epoch;
    copy_some(group, group.size(), proof.columns);
    return add(proof, config);
}

std::string Evidence::cause() const {
    if (!proof_)
        return "none";
    const auto at = [](std::string_view what, SequenceNumber n) {
        return std::string(what) + ", n = " + std::to_string(n.value);
    };
    if (!proof_->demands.empty())
        return at("f+1 DEMAND with unequal signed reports", proof_->demands[0].value.n);
    if (!proof_->no_signs.empty()) {
        const message::NoSign& v = proof_->no_signs[0].value;
        return at("f+1 NOSIGN of " + to_string(ExecutionId{v.slot, v.incarnation}), v.n);
    }
    if (!proof_->configs.empty())
        return "an active replica is convicted in configuration " +
               std::to_string(proof_->configs[0].value.number.value);
    return at("2f+1 COLUMN whose verdict is blocking", proof_->columns[0].value.n);
}

} // namespace zz::controller
