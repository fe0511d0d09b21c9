// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/certificates.h"

#include <algorithm>
#include <set>

namespace zz::auth {

namespace {

using message::Embedded;
using message::MemberState;

template <class T> std::size_t distinct_signers(std::span<const Embedded<T>> votes, Role role) {
    std::set<PrincipalId> signers;
    for (const Embedded<T>& vote : votes)
        if (vote.signer.role == role)
            signers.insert(vote.signer);
    return signers.size();
}

template <class T>
bool all_by(std::span<const Embedded<T>> votes, Role role, std::size_t at_least) {
    return distinct_signers(votes, role) == votes.size() && votes.size() >= at_least;
}

bool is_live_active(const message::Config& config, const ExecutionId& id) {
    const auto state = state_of(config, id);
    return state == MemberState::Active || state == MemberState::Convicted;
}

bool demands_prove(const message::WakeUpProof& proof, const message::Config& config,
                   const Faults& faults) {
    const auto& demands = proof.demands;
    if (!all_by<message::Demand>(demands, Role::Agreement, faults.weak_quorum()))
        return false;
    const message::Demand& head = demands.front().value;
    return std::all_of(demands.begin(), demands.end(), [&](const Embedded<message::Demand>& d) {
        const message::Demand& v = d.value;
        return v.epoch == config.epoch && v.vote == head.vote && v.n == head.n &&
               v.first.value.vote == v.vote && v.first.value.n == v.n &&
               unequal(v.first.value, v.second.value) &&
               is_live_active(config, execution_id(v.first.signer)) &&
               is_live_active(config, execution_id(v.second.signer));
    });
}

bool no_signs_prove(const message::WakeUpProof& proof, const message::Config& config,
                    const Faults& faults) {
    const auto& votes = proof.no_signs;
    if (!all_by<message::NoSign>(votes, Role::Agreement, faults.weak_quorum()))
        return false;
    const message::NoSign& head = votes.front().value;
    return head.epoch == config.epoch && is_live_active(config, {head.slot, head.incarnation}) &&
           std::all_of(votes.begin(), votes.end(),
                       [&](const Embedded<message::NoSign>& v) { return v.value == head; });
}

bool configs_prove(const message::WakeUpProof& proof, const message::Config& config,
                   const Faults& faults) {
    const auto certified = certified_configuration(proof.configs, faults);
    return certified && certified->epoch == config.epoch &&
           std::any_of(
               certified->members.begin(), certified->members.end(),
               [](const message::SlotEntry& s) { return s.state == MemberState::Convicted; });
}

} // namespace

bool is_stable(const message::StableCertificate& certificate, const Faults& faults,
               const message::Checkpoint& base) {
    if (certificate.checkpoint.n <= base.n)
        return certificate.signatures.empty() && certificate.checkpoint == base;
    return all_by<message::Checkpoint>(certificate.signatures, Role::Agreement, faults.quorum()) &&
           std::all_of(certificate.signatures.begin(), certificate.signatures.end(),
                       [&](const Embedded<message::Checkpoint>& c) {
                           return c.value == certificate.checkpoint;
                       });
}

std::optional<message::Config>
certified_configuration(std::span<const Embedded<message::Config>> configs, const Faults& faults) {
    if (!all_by<message::Config>(configs, Role::Agreement, faults.weak_quorum()))
        return std::nullopt;
    const message::Config& head = configs.front().value;
    for (const Embedded<message::Config>& c : configs)
        if (!(c.value == head))
            return std::nullopt;
    return head;
}

bool unequal(const message::SignedReport& a, const message::SignedReport& b) {
    return a.vote == b.vote && a.n == b.n &&
           (a.batch_digest != b.batch_digest || a.digest != b.digest);
}

bool equal_reports(const message::SignedReport& a, const message::SignedReport& b) {
    return a.vote == b.vote && a.n == b.n && a.batch_digest == b.batch_digest &&
           a.digest == b.digest;
}

bool is_reply_certificate(std::span<const Embedded<message::SignedReport>> reports,
                          const Faults& faults) {
    std::set<std::uint32_t> slots;
    for (const Embedded<message::SignedReport>& report : reports) {
        if (report.signer.role != Role::Execution ||
            !equal_reports(report.value, reports.front().value))
            return false;
        slots.insert(report.signer.index);
    }
    return slots.size() == reports.size() && slots.size() >= faults.weak_quorum();
}

bool is_valid(const message::Convict& convict, const Faults& faults) {
    const PrincipalId accused = principal(ExecutionId{convict.slot, convict.incarnation});
    if (convict.accusations.empty()) {
        const auto& reports = convict.reports;
        return reports.size() == 2 && reports[0].signer == accused &&
               reports[1].signer == accused && unequal(reports[0].value, reports[1].value);
    }
    const message::Accuse& head = convict.accusations.front().value;
    return convict.reports.empty() && head.slot == convict.slot &&
           head.incarnation == convict.incarnation &&
           all_by<message::Accuse>(convict.accusations, Role::Agreement, faults.weak_quorum()) &&
           std::all_of(convict.accusations.begin(), convict.accusations.end(),
                       [&](const Embedded<message::Accuse>& a) { return a.value == head; });
}

bool is_active_set(std::span<const message::Member> set, const Faults& faults) {
    if (set.size() != faults.active_replicas())
        return false;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const std::uint32_t slot = set[i].slot.value;
        if (slot < 1 || slot > faults.execution_slots() ||
            (i > 0 && set[i - 1].slot >= set[i].slot))
            return false;
    }
    return true;
}

bool is_valid(const message::Settled& settled, const Faults& faults) {
    return is_active_set(settled.set, faults) &&
           all_by<message::Settle>(settled.settles, Role::Agreement, faults.weak_quorum()) &&
           std::all_of(settled.settles.begin(), settled.settles.end(),
                       [&](const Embedded<message::Settle>& s) {
                           return s.value.epoch == settled.epoch && s.value.set == settled.set;
                       });
}

bool is_valid(const Embedded<message::Enrol>& enrol, const Faults& faults) {
    const std::uint32_t slot = enrol.value.slot.value;
    return enrol.signer.role == Role::Controller && slot >= 1 && slot <= faults.execution_slots();
}

bool is_valid(const message::SystemRequest& request, const Faults& faults) {
    // ZZ-9.1: where nobody is replaced the membership is that of the cluster file.
    return faults.replaces() &&
           std::visit([&](const auto& body) { return is_valid(body, faults); }, request.body);
}

bool proves_wake_up(const message::WakeUpProof& proof, const message::Config& config,
                    const Faults& faults) {
    const int lists = !proof.demands.empty() + !proof.no_signs.empty() + !proof.configs.empty() +
                      !proof.columns.empty();
    if (lists != 1 || proof.epoch != config.epoch || !faults.replaces())
        return false;
    if (!proof.demands.empty())
        return demands_prove(proof, config, faults);
    if (!proof.no_signs.empty())
        return no_signs_prove(proof, config, faults);
    return !proof.configs.empty() && configs_prove(proof, config, faults);
}

std::optional<message::MemberState> state_of(const message::Config& config, const ExecutionId& id) {
    for (const message::SlotEntry& slot : config.members)
        if (slot.slot == id.slot && slot.incarnation == id.incarnation &&
            slot.state != MemberState::Empty)
            return slot.state;
    return std::nullopt;
}

} // namespace zz::auth
