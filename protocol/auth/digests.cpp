// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/digests.h"

#include "protocol/crypto/sha256.h"
#include "protocol/wire/writer.h"

namespace zz::auth {

namespace {
Digest in_domain(std::string_view domain, ByteView bytes) {
    return crypto::sha256({view_of(domain), bytes});
}
} // namespace

Digest batch_digest(ByteView encoded_batch) {
    return in_domain("zz1 batch\n", encoded_batch);
}
Digest reply_digest(ByteView result) {
    return in_domain("zz1 reply\n", result);
}
Digest agreement_state_digest(ByteView state) {
    return in_domain("zz1 agreement state\n", state);
}
Digest signed_digest(ByteView covered) {
    return in_domain("zz1 signed\n", covered);
}
Digest tagged_digest(ByteView covered) {
    return in_domain("zz1 tagged\n", covered);
}

Digest report_leaf(ClientId client, LaneId lane, RequestNumber number, const Digest& reply) {
    Bytes b;
    b.reserve(64);
    wire::Writer w(b);
    w.put(client);
    w.put(lane);
    w.put(number);
    w.put(reply);
    return in_domain("zz1 report leaf\n", b);
}

Digest next_history(const Digest& before, SequenceNumber n, const Digest& batch, Timestamp time) {
    Bytes b;
    b.reserve(96);
    wire::Writer w(b);
    w.put(before);
    w.put(n);
    w.put(batch);
    w.put(time);
    return in_domain("zz1 history\n", b);
}

} // namespace zz::auth
