// SPDX-License-Identifier: Apache-2.0
#include "backend/services/recover_plan.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "backend/agreement/new_generation.h"
#include "protocol/auth/certificates.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/opener.h"
#include "protocol/wire/codec.h"

namespace zz::services {
namespace {

// The frame's own signature, in the generation it is for; what is inside was signed in another and
// is checked with the RECOVER that holds it.
std::optional<message::Embedded<message::ViewChange>>
read_claim(const telemetry::RecoverClaim& told) {
    const Blob frame(bytes_of(told.frame()));
    wire::Envelope envelope;
    message::Message m;
    if (wire::open_envelope(frame.view(), envelope) != wire::EnvelopeError::None ||
        envelope.kind != message::Kind::ViewChange ||
        envelope.generation.value != told.generation() ||
        envelope.sender != principal(AgreementId(told.replica())) ||
        !wire::decode_message(envelope.kind, envelope.payload, m))
        return std::nullopt;
    return message::Embedded<message::ViewChange>{frame, std::get<message::ViewChange>(m),
                                                  envelope.sender};
}

bool holds(const telemetry::ExecutionFacts& facts, SequenceNumber n) {
    return facts.complete() && facts.stable() == n.value && facts.executed() >= n.value;
}

} // namespace

RecoverClaims read_claims(const std::vector<telemetry::RecoverClaim>& told,
                          const cluster::Cluster& cluster, const cluster::Application& application,
                          const crypto::KeyPair& keys) {
    RecoverClaims out;
    for (const auto& one : told) {
        const auto before =
            runtime::open_recover(Blob(bytes_of(one.recover())), cluster, application, keys);
        if (before && before->recover.generation.value + 1 == one.generation())
            out.base = before->recover.base.checkpoint;
    }
    for (const auto& one : told) {
        auto claim = read_claim(one);
        if (claim && auth::is_stable(claim->value.stable, application.faults(), out.base)) {
            out.claims.push_back(std::move(*claim));
            out.states.emplace_back(bytes_of(one.state()));
        } else {
            out.refused.push_back(fmt::format("A{}", one.replica()));
        }
    }
    return out;
}

Result<RecoverPlan> plan_recover(const RecoverClaims& claims,
                                 const std::vector<telemetry::ExecutionFacts>& execution,
                                 const cluster::Application& application, Generation generation) {
    const Faults faults = application.faults();
    if (claims.claims.size() < faults.quorum())
        return Error{fmt::format("{} of {} agreement replicas gave a valid claim, {} are needed",
                                 claims.claims.size(), faults.agreement_replicas(),
                                 faults.quorum())};
    RecoverPlan plan;
    message::Recover& r = plan.recover;
    r.application = application.id;
    r.generation = generation;
    std::map<SequenceNumber, std::size_t, std::greater<>> bases; // n -> a claim
    for (std::size_t i = 0; i < claims.claims.size(); ++i) {
        const message::ViewChange& c = claims.claims[i].value;
        const bool has_state =
            c.h == SequenceNumber(0) || auth::agreement_state_digest(claims.states[i].view()) ==
                                            c.stable.checkpoint.agreement_digest;
        if (has_state)
            bases.try_emplace(c.h, i);
        plan.highest = std::max(plan.highest, c.h);
        for (const auto& entry : c.pre_prepared)
            plan.top = std::max(plan.top, entry.n);
        r.view = std::max(r.view, c.new_view);
    }
    r.claims = claims.claims;
    std::optional<std::size_t> chosen;
    for (const auto& [n, claim] : bases) {
        // The beginning is a start only where nothing later was ever stable.
        if (n == SequenceNumber(0) && plan.highest > n)
            continue;
        plan.holders.clear();
        for (const auto& facts : execution)
            if (holds(facts, n))
                plan.holders.push_back({SlotId(facts.slot()), Incarnation(facts.incarnation())});
        if (n == SequenceNumber(0) || !plan.holders.empty()) {
            chosen = claim;
            break;
        }
    }
    if (!chosen)
        return Error{fmt::format(
            "no execution replica says that it holds all of a stable checkpoint (the newest one is "
            "{}): start the hosts of the execution replicas, or wait until they have read theirs",
            plan.highest.value)};
    r.base = claims.claims[*chosen].value.stable;
    if (r.base.checkpoint.n > SequenceNumber(0))
        r.state = claims.states[*chosen];
    const Digest null = auth::batch_digest(wire::content_of({}).encoded.view());
    r.chosen = agreement::choose_above(r.claims, r.base.checkpoint.n, application.limits.window(),
                                       faults, null);
    if (const Status right = agreement::check(r, faults, application.limits.window(), null); !right)
        return right.error();
    return plan;
}

} // namespace zz::services
