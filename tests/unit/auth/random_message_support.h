// SPDX-License-Identifier: Apache-2.0
// Random values of every message, made from the field lists (ZZ-2.5). Embedded messages are really
// signed.
#pragma once

#include <random>

#include "protocol/auth/bundle.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/plain_keyring.h"
#include "protocol/auth/rules.h"
#include "protocol/auth/sealer.h"
#include "protocol/wire/codec.h"

namespace zz::auth::test {

inline constexpr std::uint64_t kSecret = 7;

inline Identity identity_of(const PrincipalId& self) {
    return {ClusterId{{1, 2, 3}}, ApplicationId(1), Generation(0), self, Faults{1}};
}

// A principal that may send `kind`.
inline PrincipalId sender_of(message::Kind kind) {
    for (Role role :
         {Role::Agreement, Role::Execution, Role::Client, Role::Controller, Role::Operator})
        if (rule_of(kind)->senders & bit(role))
            return {role, 2, 0};
    return {};
}

class Filler {
  public:
    explicit Filler(std::uint32_t seed) : random_(seed) {}

    std::uint64_t number() { return random_() % 4 == 0 ? random_() : random_() % 5; }

    void fill(bool& v) { v = random_() % 2; }
    template <class U>
    requires std::unsigned_integral<U>
    void fill(U& v) { v = static_cast<U>(number()); }
    template <class E>
    requires std::is_enum_v<E>
    void fill(E& v) {
        const int first = wire::EnumRange<E>::first;
        v = static_cast<E>(
            first + static_cast<int>(random_() %
                                     static_cast<unsigned>(wire::EnumRange<E>::last - first + 1)));
    }
    template <class T, class R> void fill(Tagged<T, R>& v) {
        v = Tagged<T, R>(static_cast<R>(number()));
    }
    template <class T, std::size_t N> void fill(FixedBytes<T, N>& v) {
        for (auto& b : v.bytes)
            b = static_cast<std::uint8_t>(random_());
    }
    void fill(Blob& v) {
        Bytes b(random_() % 20);
        for (auto& byte : b)
            byte = static_cast<std::uint8_t>(random_());
        v = Blob(std::move(b));
    }
    template <class T, std::size_t Max> void fill(message::List<T, Max>& v) {
        v.clear();
        for (std::size_t i = random_() % std::min<std::size_t>(Max + 1, 4); i > 0; --i) {
            v.emplace_back();
            fill(v.back());
        }
    }
    template <class T> void fill(message::Embedded<T>& v) {
        fill(v.value);
        const PrincipalId who = sender_of(T::kind);
        const PlainKeyring keys(who, kSecret);
        v = Sealer(identity_of(who), keys).embed(v.value);
    }
    void fill(message::Bundle& v) {
        std::vector<message::Request> requests(1 + random_() % 5);
        for (auto& r : requests)
            fill(r);
        const PlainKeyring keys(principal(ClientId(2)), kSecret);
        v = make_bundle(identity_of(principal(ClientId(2))), keys, requests);
    }
    void fill(message::SystemRequest& v) {
        switch (random_() % 3) {
        case 0:
            return fill(v.body.emplace<0>());
        case 1:
            return fill(v.body.emplace<1>());
        default:
            return fill(v.body.emplace<2>());
        }
    }
    void fill(message::BatchContent& v) {
        message::Batch batch;
        fill(batch);
        v = wire::content_of(std::move(batch));
    }
    template <wire::HasFields T> void fill(T& v) {
        std::apply([this](auto&... field) { (fill(field), ...); }, v.fields());
        if constexpr (std::is_same_v<T, message::PrePrepare> ||
                      std::is_same_v<T, message::BatchBody>)
            v.batch_digest = batch_digest(v.batch.encoded.view());
        if constexpr (std::is_same_v<T, message::Recover>) {
            // Claims are of the generation that it begins, what they carry of an older one.
            v.generation = Generation(1);
            for (auto& claim : v.claims) {
                Identity identity = identity_of(claim.signer);
                identity.generation = v.generation;
                const PlainKeyring keys(claim.signer, kSecret);
                claim = Sealer(identity, keys).embed(claim.value);
            }
        }
    }

    template <std::size_t I = 0> message::Message message(std::size_t index) {
        if constexpr (I + 1 < std::variant_size_v<message::Message>) {
            if (index != I)
                return message<I + 1>(index);
        }
        std::variant_alternative_t<I, message::Message> value;
        fill(value);
        return value;
    }

    std::mt19937& random() { return random_; }

  private:
    std::mt19937 random_;
};

} // namespace zz::auth::test
