// SPDX-License-Identifier: Apache-2.0
// Wrong values, derived from the true one and a number alone: liars that were given the same number
// tell the same lie, and nobody has to be told what it is. Pure.
#pragma once

#include <vector>

#include "backend/execution/job.h"
#include "protocol/core/exchange.h"

namespace zz::drill {

// Wrong result `k` in place of the result with this reply digest; its own digest is
// wrong_reply(truth, k).
Bytes wrong_result(const Digest& truth, std::uint32_t k);
Digest wrong_reply(const Digest& truth, std::uint32_t k);
std::vector<Digest> wrong_replies(const std::vector<Digest>& truth, std::uint32_t k);
// In place of anything that is a digest and nothing else: a root of a state, a claim.
Digest wrong_digest(const Digest& truth, std::uint32_t k);

// What is true of one number, and the wrong values of it.
struct Truth {
    Digest digest;
    std::vector<Digest> replies;
    std::vector<core::OrderedRequest> requests; // as many as replies; empty: not known

    // A wrong digest is the Merkle root over wrong replies (ZZ-4.2); where the requests are not
    // known, one that is derived from the digest.
    Digest wrong(std::uint32_t k) const;
};

Digest report_root(const std::vector<core::OrderedRequest>& requests,
                   const std::vector<Digest>& replies);

Truth truth_of(const execution::Executed& executed);
// Results, their digests and the digest over them, all of the same lie.
void make_wrong(execution::Executed& executed, std::uint32_t k);
// Without the path to a checkpoint, which would show the true result.
void make_wrong(execution::CachedReply& reply, std::uint32_t k);

} // namespace zz::drill
