// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/opener.h"

#include <algorithm>

#include "protocol/auth/bundle.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/rules.h"
#include "protocol/crypto/constant_time.h"
#include "protocol/crypto/sha256.h"
#include "protocol/wire/codec.h"

namespace zz::auth {

namespace {

inline constexpr std::size_t kVerifiedCache =
    4096; // embedded frames and bundles whose signature was right

bool index_in_range(const PrincipalId& who, const Faults& faults) {
    switch (who.role) {
    case Role::Agreement:
        return who.index >= 1 && who.index <= faults.agreement_replicas() && who.incarnation == 0;
    case Role::Execution:
        return who.index >= 1 && who.index <= faults.execution_slots();
    case Role::Controller:
    case Role::Client:
    case Role::Operator:
    case Role::Host:
        return who.index >= 1 && who.incarnation == 0;
    }
    return false;
}

} // namespace

// Walks a decoded message and checks what is inside by its own signature: embedded frames and
// bundles.
class EmbeddedCheck {
  public:
    explicit EmbeddedCheck(Opener& opener) : opener_(&opener) {}

    template <class T> bool operator()(const T& value) {
        if constexpr (wire::HasFields<T>)
            return std::apply([this](const auto&... field) { return ((*this)(field) && ...); },
                              value.fields());
        else
            return true;
    }
    template <class T, std::size_t Max> bool operator()(const message::List<T, Max>& list) {
        return std::all_of(list.begin(), list.end(),
                           [this](const T& element) { return (*this)(element); });
    }
    // What is inside a RECOVER is of other generations than ours: claims of the new one, the
    // certificates in them of an older one (ZZ-8.4). Not remembered: elsewhere they would not do.
    bool operator()(const message::Recover& recover) {
        recover_ = recover.generation;
        return std::apply([this](const auto&... field) { return ((*this)(field) && ...); },
                          recover.fields());
    }
    template <class T> bool operator()(const message::Embedded<T>& embedded) {
        if (recover_)
            return is_right_in_recover(embedded);
        const Digest key = crypto::sha256(embedded.frame.view());
        if (opener_->verified_before(key))
            return true;
        wire::Envelope envelope;
        if (wire::open_envelope(embedded.frame.view(), envelope) != wire::EnvelopeError::None)
            return false;
        return opener_->signature_is_right(envelope) && (*this)(embedded.value) &&
               opener_->remember(key);
    }
    bool operator()(const message::BatchContent& content) { return (*this)(content.batch); }
    // Fetched by a digest that f+1 correct replicas PREPAREd: they have checked its proofs, and who
    // started later may not know the keys of incarnations that were removed since.
    // An execution replica uses it only with f+1 ORDERs of its digest (ZZ-4.1): one of them is of a
    // correct replica, which has checked the clients' signatures too.
    bool operator()(const message::BatchBody& body) {
        return opener_->identity_.self.role == Role::Execution || (*this)(body.batch.batch.bundles);
    }
    bool operator()(const message::SystemRequest& request) {
        return std::visit([this](const auto& body) { return (*this)(body); }, request.body);
    }
    bool operator()(const message::Bundle& bundle) {
        const std::optional<Digest> digest = bundle_digest(opener_->identity_, bundle);
        if (!digest)
            return false;
        const Digest key = crypto::sha256({digest->view(), bundle.signature.view()});
        if (opener_->verified_before(key))
            return true;
        return opener_->keyring_->verify(principal(bundle.client), *digest, bundle.signature) &&
               opener_->remember(key);
    }

  private:
    template <class T> bool is_right_in_recover(const message::Embedded<T>& embedded) {
        wire::Envelope envelope;
        if (wire::open_envelope(embedded.frame.view(), envelope) != wire::EnvelopeError::None)
            return false;
        const bool is_claim = envelope.kind == message::Kind::ViewChange;
        return (is_claim ? envelope.generation == *recover_ : envelope.generation < *recover_) &&
               !opener_->header_fault(envelope, false) && opener_->is_signed_rightly(envelope) &&
               (*this)(embedded.value);
    }

    Opener* opener_;
    std::optional<Generation> recover_; // inside a RECOVER of this one
};

namespace {

// Digests that messages carry are recomputed, never trusted (A2, A11, B10).
bool carried_digest_is_right(const message::Message& m) {
    if (const auto* p = std::get_if<message::PrePrepare>(&m))
        return batch_digest(p->batch.encoded.view()) == p->batch_digest;
    if (const auto* b = std::get_if<message::BatchBody>(&m))
        return batch_digest(b->batch.encoded.view()) == b->batch_digest;
    return true;
}

} // namespace

void Opener::set_generation(Generation generation, const std::vector<Digest>& carried) {
    identity_.generation = generation;
    carried_ = {carried.begin(), carried.end()};
    seen_.clear();
    seen_order_.clear();
    seen_next_ = 0;
}

bool Opener::is_carried(const message::Message& m) const {
    if (carried_.empty())
        return false;
    if (const auto* p = std::get_if<message::PrePrepare>(&m))
        return carried_.contains(p->batch_digest);
    const auto* b = std::get_if<message::BatchBody>(&m);
    return b && carried_.contains(b->batch_digest);
}

bool Opener::verified_before(const Digest& key) const {
    return seen_.contains(key);
}

bool Opener::remember(const Digest& key) {
    if (seen_order_.size() < kVerifiedCache) {
        seen_order_.push_back(key);
    } else {
        seen_.erase(seen_order_[seen_next_]);
        seen_order_[seen_next_] = key;
        seen_next_ = (seen_next_ + 1) % kVerifiedCache;
    }
    seen_.insert(key);
    return true;
}

std::optional<Rejected> Opener::header_fault(const wire::Envelope& envelope) const {
    // A RECOVER is how those of an older generation learn of the newer one.
    return header_fault(envelope, envelope.kind != message::Kind::Recover);
}

std::optional<Rejected> Opener::header_fault(const wire::Envelope& envelope,
                                             bool of_our_generation) const {
    const Rule* rule = rule_of(envelope.kind);
    if (!rule || rule->auth != envelope.auth)
        return Rejected::Malformed;
    if (envelope.cluster != identity_.cluster)
        return Rejected::WrongCluster;
    if (envelope.application != identity_.application)
        return Rejected::WrongApplication;
    if (of_our_generation && envelope.generation != identity_.generation)
        return Rejected::WrongGeneration;
    if (!(rule->senders & bit(envelope.sender.role)) ||
        !index_in_range(envelope.sender, identity_.faults))
        return Rejected::WrongSender;
    return std::nullopt;
}

bool Opener::signature_is_right(const wire::Envelope& envelope) const {
    return !header_fault(envelope) && is_signed_rightly(envelope);
}

bool Opener::is_signed_rightly(const wire::Envelope& envelope) const {
    if (envelope.auth != wire::AuthKind::Signature)
        return false;
    Signature signature;
    std::copy(envelope.proof.begin(), envelope.proof.end(), signature.bytes.begin());
    return keyring_->verify(envelope.sender, signed_digest(envelope.covered), signature);
}

std::optional<Rejected> Opener::proof_fault(const wire::Envelope& envelope) const {
    if (envelope.auth == wire::AuthKind::Inner)
        return std::nullopt; // EmbeddedCheck looks at it.
    if (!keyring_->knows(envelope.sender))
        return Rejected::UnknownKey;
    if (envelope.auth == wire::AuthKind::Signature)
        return signature_is_right(envelope) ? std::nullopt : std::optional(Rejected::BadSignature);
    ByteView tag = envelope.proof;
    if (envelope.auth == wire::AuthKind::Authenticator) {
        if (identity_.self.role != Role::Agreement || identity_.self.index > envelope.proof[0])
            return Rejected::NotForUs;
        tag = tag.subspan(1 + Tag::size * (identity_.self.index - 1), Tag::size);
    }
    const Tag expected = keyring_->tag(envelope.sender, tagged_digest(envelope.covered));
    return crypto::equal(expected.view(), tag) ? std::nullopt : std::optional(Rejected::BadTag);
}

Opened Opener::open(const Blob& frame, const PrincipalId& link) {
    return open_any(frame, &link);
}
Opened Opener::open_signed(const Blob& frame) {
    return open_any(frame, nullptr);
}

Opened Opener::open_any(const Blob& frame, const PrincipalId* link) {
    wire::Envelope envelope;
    switch (wire::open_envelope(frame.view(), envelope)) {
    case wire::EnvelopeError::None:
        break;
    case wire::EnvelopeError::TooLarge:
        return Rejected::TooLarge;
    case wire::EnvelopeError::WrongVersion:
        return Rejected::WrongVersion;
    case wire::EnvelopeError::Malformed:
        return Rejected::Malformed;
    }
    if (const auto fault = header_fault(envelope))
        return *fault;
    const bool tagged =
        envelope.auth == wire::AuthKind::Tag || envelope.auth == wire::AuthKind::Authenticator;
    if (!link && envelope.auth != wire::AuthKind::Signature)
        return Rejected::WrongSender;
    if (tagged && (*link != envelope.sender || envelope.sender == identity_.self))
        return Rejected::WrongSender; // A18: the name in a frame is bound to the key of its link.
    if (const auto fault = proof_fault(envelope))
        return *fault;
    Verified::Content content{envelope.sender, {}, is_signed(envelope.kind) ? frame : Blob()};
    if (!wire::decode_message(envelope.kind, envelope.payload, content.message))
        return Rejected::Malformed;
    if (!carried_digest_is_right(content.message))
        return Rejected::WrongDigest;
    if (!is_carried(content.message) && !std::visit(EmbeddedCheck(*this), content.message))
        return Rejected::BadEmbedded;
    return Verified(std::move(content));
}

} // namespace zz::auth
