// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/sealer.h"

#include "protocol/auth/digests.h"
#include "protocol/auth/rules.h"
#include "protocol/base/check.h"
#include "protocol/wire/codec.h"

namespace zz::auth {

namespace {

Bytes covered_of(const Identity& identity, const message::Message& m, wire::AuthKind auth) {
    wire::Envelope envelope;
    envelope.kind = message::kind_of(m);
    envelope.auth = auth;
    envelope.cluster = identity.cluster;
    envelope.application = identity.application;
    envelope.generation = identity.generation;
    envelope.sender = identity.self;
    return wire::make_covered(envelope, wire::encode_message(m));
}

void append(Bytes& frame, ByteView bytes) {
    frame.insert(frame.end(), bytes.begin(), bytes.end());
}

} // namespace

Blob Sealer::sign(const message::Message& m) const {
    ZZ_CHECK(is_signed(message::kind_of(m)), "{} is not a signed kind", name(message::kind_of(m)));
    Bytes frame = covered_of(identity_, m, wire::AuthKind::Signature);
    append(frame, keyring_->sign(signed_digest(frame)).view());
    return Blob(std::move(frame));
}

Verified Sealer::own(const message::Message& m) const {
    const bool with_frame = is_signed(message::kind_of(m));
    return Verified({identity_.self, m, with_frame ? sign(m) : Blob()});
}

std::vector<Sealed> Sealer::seal(const message::Message& m,
                                 const std::vector<PrincipalId>& to) const {
    const Rule* rule = rule_of(message::kind_of(m));
    ZZ_CHECK(rule != nullptr, "kind {} has no rule", static_cast<int>(message::kind_of(m)));
    std::vector<Sealed> out;
    out.reserve(to.size());
    if (rule->auth == wire::AuthKind::Signature) {
        const Blob frame = sign(m);
        for (const PrincipalId& receiver : to)
            out.push_back({receiver, frame});
        return out;
    }
    Bytes covered = covered_of(identity_, m, rule->auth);
    if (rule->auth == wire::AuthKind::Inner) {
        const Blob frame(std::move(covered));
        for (const PrincipalId& receiver : to)
            out.push_back({receiver, frame});
        return out;
    }
    const Digest digest = tagged_digest(covered);
    if (rule->auth == wire::AuthKind::Authenticator) {
        const std::uint32_t count = identity_.faults.agreement_replicas();
        covered.push_back(static_cast<std::uint8_t>(count));
        for (std::uint32_t i = 1; i <= count; ++i) {
            const PrincipalId receiver = principal(AgreementId(i));
            append(covered,
                   (receiver == identity_.self ? Tag{} : keyring_->tag(receiver, digest)).view());
        }
        const Blob frame(std::move(covered));
        for (const PrincipalId& receiver : to)
            out.push_back({receiver, frame});
        return out;
    }
    for (const PrincipalId& receiver : to) {
        if (!keyring_->knows(receiver))
            continue;
        Bytes frame;
        frame.reserve(covered.size() + Tag::size);
        append(frame, covered);
        append(frame, keyring_->tag(receiver, digest).view());
        out.push_back({receiver, Blob(std::move(frame))});
    }
    return out;
}

} // namespace zz::auth
