// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/new_generation.h"

#include <algorithm>
#include <set>

#include "protocol/auth/certificates.h"
#include "protocol/auth/digests.h"

namespace zz::agreement {

namespace {

// Its signers, or the base of the generation before, which has none: only who was in that one could
// compare it, so f+1 claims have to name it.
bool proves_base(const message::Recover& r, const Faults& faults) {
    const auto named = std::count_if(r.claims.begin(), r.claims.end(), [&](const auto& claim) {
        return claim.value.stable.checkpoint == r.base.checkpoint;
    });
    if (auth::is_stable(r.base, faults))
        return named >= 1;
    return r.base.signatures.empty() && static_cast<std::uint64_t>(named) >= faults.weak_quorum();
}

bool has_right_state(const message::Recover& r) {
    if (r.base.checkpoint.n == SequenceNumber(0))
        return r.state.empty();
    return auth::agreement_state_digest(r.state.view()) == r.base.checkpoint.agreement_digest;
}

} // namespace

Status check(const message::Recover& r, const Faults& faults, std::uint64_t window,
             const Digest& null_batch) {
    std::set<PrincipalId> signers;
    View highest;
    for (const SignedViewChange& claim : r.claims) {
        const message::StableCertificate& stable = claim.value.stable;
        if (claim.signer.role != Role::Agreement || !signers.insert(claim.signer).second ||
            !has_right_shape(claim.value, window) ||
            !(auth::is_stable(stable, faults) || stable.signatures.empty()))
            return Error{"RECOVER holds a wrong claim of " + to_string(claim.signer)};
        highest = std::max(highest, claim.value.new_view);
    }
    if (signers.size() < faults.quorum())
        return Error{"RECOVER holds fewer than 2f+1 claims"};
    if (!proves_base(r, faults))
        return Error{"RECOVER starts at a checkpoint that its claims do not prove"};
    if (!has_right_state(r))
        return Error{"RECOVER holds another state than its checkpoint says"};
    if (r.view != highest)
        return Error{"RECOVER starts in another view than its claims say"};
    const auto chosen = choose_above(r.claims, r.base.checkpoint.n, window, faults, null_batch);
    if (!std::equal(chosen.begin(), chosen.end(), r.chosen.begin(), r.chosen.end()))
        return Error{"RECOVER carries over other batches than its claims prove"};
    return Ok{};
}

} // namespace zz::agreement
