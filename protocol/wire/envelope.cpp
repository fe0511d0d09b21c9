// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/envelope.h"

#include "protocol/wire/reader.h"

namespace zz::wire {

namespace {

bool proof_size_fits(AuthKind auth, ByteView proof) {
    switch (auth) {
    case AuthKind::Inner:
        return proof.empty();
    case AuthKind::Tag:
        return proof.size() == Tag::size;
    case AuthKind::Authenticator:
        return !proof.empty() && proof[0] <= message::kMaxAgreement &&
               proof.size() == 1 + Tag::size * proof[0];
    case AuthKind::Signature:
        return proof.size() == Signature::size;
    }
    return false;
}

} // namespace

EnvelopeError open_envelope(ByteView frame, Envelope& out) {
    if (frame.size() > message::kMaxFrameBytes)
        return EnvelopeError::TooLarge;
    if (frame.empty())
        return EnvelopeError::Malformed;
    if (frame[0] != kVersion)
        return EnvelopeError::WrongVersion;
    Reader in(frame.subspan(1));
    std::uint8_t kind = 0, auth = 0;
    std::uint32_t length = 0;
    const bool header = in.get(kind) && in.get(auth) && in.get(out.cluster) &&
                        in.get(out.application) && in.get(out.generation) && in.get(out.sender) &&
                        in.get(length);
    if (!header || kind == 0 || auth > 3 || !in.raw(length, out.payload))
        return EnvelopeError::Malformed;
    out.kind = static_cast<message::Kind>(kind);
    out.auth = static_cast<AuthKind>(auth);
    out.covered = frame.first(kHeaderBytes + length);
    out.proof = frame.subspan(kHeaderBytes + length);
    return proof_size_fits(out.auth, out.proof) ? EnvelopeError::None : EnvelopeError::Malformed;
}

Bytes make_covered(const Envelope& envelope, ByteView payload) {
    Bytes out;
    out.reserve(kHeaderBytes + payload.size() + Signature::size);
    Writer w(out);
    w.put(kVersion);
    w.put(static_cast<std::uint8_t>(envelope.kind));
    w.put(static_cast<std::uint8_t>(envelope.auth));
    w.put(envelope.cluster);
    w.put(envelope.application);
    w.put(envelope.generation);
    w.put(envelope.sender);
    w.put(static_cast<std::uint32_t>(payload.size()));
    w.raw(payload);
    return out;
}

} // namespace zz::wire
