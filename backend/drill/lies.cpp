// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/lies.h"

#include <fmt/format.h>

#include "protocol/auth/digests.h"
#include "protocol/auth/merkle.h"
#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::drill {

Bytes wrong_result(const Digest& truth, std::uint32_t k) {
    return bytes_of(fmt::format("wrong result {} instead of {}", k, to_hex(truth.view())));
}

Digest wrong_reply(const Digest& truth, std::uint32_t k) {
    return auth::reply_digest(wrong_result(truth, k));
}

std::vector<Digest> wrong_replies(const std::vector<Digest>& truth, std::uint32_t k) {
    std::vector<Digest> out;
    out.reserve(truth.size());
    for (const Digest& digest : truth)
        out.push_back(wrong_reply(digest, k));
    return out;
}

Digest wrong_digest(const Digest& truth, std::uint32_t k) {
    const std::string number = fmt::format("{}\n", k);
    return crypto::sha256({view_of("zz1 drill\n"), view_of(number), truth.view()});
}

Digest report_root(const std::vector<core::OrderedRequest>& requests,
                   const std::vector<Digest>& replies) {
    ZZ_CHECK(requests.size() == replies.size(), "{} requests, {} replies", requests.size(),
             replies.size());
    std::vector<Digest> leaves;
    leaves.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i)
        leaves.push_back(auth::report_leaf(requests[i].client, requests[i].lane, requests[i].number,
                                           replies[i]));
    return auth::merkle_root(leaves);
}

Digest Truth::wrong(std::uint32_t k) const {
    return requests.empty() ? wrong_digest(digest, k)
                            : report_root(requests, wrong_replies(replies, k));
}

Truth truth_of(const execution::Executed& executed) {
    Truth truth;
    truth.digest = executed.digest;
    for (const execution::ExecutedReply& reply : executed.replies) {
        truth.requests.push_back({reply.client, reply.lane, reply.number});
        truth.replies.push_back(reply.digest);
    }
    return truth;
}

void make_wrong(execution::Executed& executed, std::uint32_t k) {
    if (executed.replies.empty())
        return; // Of an empty batch there is one digest only.
    executed.digest = truth_of(executed).wrong(k);
    for (execution::ExecutedReply& reply : executed.replies) {
        reply.result = Blob(wrong_result(reply.digest, k));
        reply.digest = auth::reply_digest(reply.result.view());
    }
}

void make_wrong(execution::CachedReply& reply, std::uint32_t k) {
    reply.result = Blob(wrong_result(reply.digest, k));
    reply.digest = auth::reply_digest(reply.result.view());
    reply.proved_at = SequenceNumber(0);
    reply.proof.clear();
}

} // namespace zz::drill
