// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/plain_keyring.h"

#include <algorithm>

#include "protocol/crypto/sha256.h"
#include "protocol/wire/writer.h"

namespace zz::auth {

namespace {

Digest keyed(std::uint64_t secret, std::string_view domain, const PrincipalId& a,
             const PrincipalId& b, const Digest& digest) {
    Bytes bytes;
    bytes.reserve(96);
    wire::Writer w(bytes);
    w.put(secret);
    w.raw(view_of(domain));
    w.put(a);
    w.put(b);
    w.put(digest);
    return crypto::sha256(bytes);
}

Signature signature_of(std::uint64_t secret, const PrincipalId& who, const Digest& digest) {
    const Digest d = keyed(secret, "sign", who, who, digest);
    Signature s;
    std::copy(d.bytes.begin(), d.bytes.end(), s.bytes.begin());
    return s;
}

} // namespace

Signature PlainKeyring::sign(const Digest& digest) const {
    return signature_of(secret_, self_, digest);
}

bool PlainKeyring::knows(const PrincipalId& who) const {
    return who.role != Role::Execution || who == self_ || learnt_.contains(who);
}

bool PlainKeyring::verify(const PrincipalId& who, const Digest& digest,
                          const Signature& signature) const {
    if (!knows(who))
        return false;
    return signature_of(secret_, who, digest) == signature;
}

Tag PlainKeyring::tag(const PrincipalId& peer, const Digest& digest) const {
    const auto [low, high] = std::minmax(self_, peer);
    const Digest d = keyed(secret_, "tag", low, high, digest);
    Tag t;
    std::copy_n(d.bytes.begin(), Tag::size, t.bytes.begin());
    return t;
}

void PlainKeyring::learn(const PrincipalId& who, const PublicKeys& keys) {
    if (keys == keys_of(who, secret_))
        learnt_.insert(who);
    else
        learnt_.erase(who);
}

PublicKeys PlainKeyring::keys_of(const PrincipalId& who, std::uint64_t secret) {
    PublicKeys keys;
    const Digest s = keyed(secret, "signing", who, who, Digest{});
    const Digest x = keyed(secret, "exchange", who, who, Digest{});
    keys.signing.bytes = s.bytes;
    keys.exchange.bytes = x.bytes;
    return keys;
}

} // namespace zz::auth
