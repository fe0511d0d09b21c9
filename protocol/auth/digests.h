// SPDX-License-Identifier: Apache-2.0
// The digests of the protocol, each in its own domain so that none can stand for another.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::auth {

Digest batch_digest(ByteView encoded_batch);
Digest reply_digest(ByteView result);
// Leaf of a REPORT's tree (ZZ-4.2): names the request and its reply, nothing in which correct
// replicas may differ (ZZ-4.7).
Digest report_leaf(ClientId client, LaneId lane, RequestNumber number, const Digest& reply);
// h(n) = H(h(n-1), n, batch digest, effective time); h(0) = zero.
Digest next_history(const Digest& before, SequenceNumber n, const Digest& batch, Timestamp time);
Digest agreement_state_digest(ByteView encoded_state);
// What a signature or a tag is over: `covered` of an envelope.
Digest signed_digest(ByteView covered);
Digest tagged_digest(ByteView covered);

} // namespace zz::auth
