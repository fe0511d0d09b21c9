// SPDX-License-Identifier: Apache-2.0
// Reader: the total decoder of canonical encodings. Bounds come first; what is not exactly one
// encoding of a value is refused (booleans other than 0 and 1, enumerators out of range, counts
// beyond a list's bound, trailing bytes). It faces attackers: no allocation is larger than the
// input that announces it.
#pragma once

#include <algorithm>

#include "protocol/wire/envelope.h"
#include "protocol/wire/writer.h"

namespace zz::wire {

// Highest enumerator; the lowest is `first`. Enumerators of the protocol have no holes.
template <class E> struct EnumRange;
template <> struct EnumRange<VoteKind> { static constexpr int first = 1, last = 2; };
template <> struct EnumRange<message::EntryState> { static constexpr int first = 0, last = 2; };
template <> struct EnumRange<message::MemberState> { static constexpr int first = 0, last = 3; };
template <> struct EnumRange<message::FetchWhat> { static constexpr int first = 1, last = 5; };
template <> struct EnumRange<Role> { static constexpr int first = 1, last = 6; };

class Reader {
  public:
    explicit Reader(ByteView in) : in_(in) {}

    bool done() const { return in_.empty(); }
    std::size_t left() const { return in_.size(); }

    bool raw(std::size_t n, ByteView& out) {
        if (in_.size() < n)
            return false;
        out = in_.first(n);
        in_ = in_.subspan(n);
        return true;
    }
    template <class U>
    requires std::unsigned_integral<U>
    bool get(U& value) {
        ByteView b;
        if (!raw(sizeof(U), b))
            return false;
        if constexpr (std::same_as<U, bool>) {
            value = b[0] == 1;
            return b[0] <= 1;
        } else {
            value = 0;
            for (std::size_t i = 0; i < sizeof(U); ++i)
                value = static_cast<U>(value | static_cast<U>(static_cast<U>(b[i]) << (8 * i)));
            return true;
        }
    }
    template <class E>
    requires std::is_enum_v<E>
    bool get(E& value) {
        std::underlying_type_t<E> number{};
        if (!get(number))
            return false;
        value = static_cast<E>(number);
        return number >= EnumRange<E>::first && number <= EnumRange<E>::last;
    }
    template <class T, class R> bool get(Tagged<T, R>& value) { return get(value.value); }
    template <class T, std::size_t N> bool get(FixedBytes<T, N>& value) {
        ByteView b;
        if (!raw(N, b))
            return false;
        std::copy(b.begin(), b.end(), value.bytes.begin());
        return true;
    }
    bool get(Blob& blob) {
        ByteView b;
        if (!bytes(b))
            return false;
        blob = b.empty() ? Blob() : Blob(Bytes(b.begin(), b.end()));
        return true;
    }
    bool get(PrincipalId& id) { return get(id.role) && get(id.index) && get(id.incarnation); }
    template <class T, std::size_t Max> bool get(message::List<T, Max>& list) {
        std::uint32_t count = 0;
        if (!get(count) || count > Max || count > in_.size())
            return false;
        list.clear();
        list.reserve(std::min<std::size_t>(count, in_.size() / sizeof(T) + 1));
        for (std::uint32_t i = 0; i < count; ++i) {
            list.emplace_back();
            if (!get(list.back()))
                return false;
        }
        return true;
    }
    template <class T> bool get(message::Embedded<T>& embedded) {
        if (!get(embedded.frame))
            return false;
        Envelope envelope;
        if (open_envelope(embedded.frame.view(), envelope) != EnvelopeError::None)
            return false;
        embedded.signer = envelope.sender;
        return envelope.kind == T::kind && envelope.auth == AuthKind::Signature &&
               Reader(envelope.payload).whole(embedded.value);
    }
    bool get(message::BatchContent& content) {
        return get(content.encoded) && Reader(content.encoded.view()).whole(content.batch);
    }
    bool get(message::SystemRequest& request) {
        std::uint8_t which = 0;
        if (!get(which))
            return false;
        switch (which) {
        case 0:
            return get(request.body.emplace<0>());
        case 1:
            return get(request.body.emplace<1>());
        case 2:
            return get(request.body.emplace<2>());
        default:
            return false;
        }
    }
    template <HasFields T> bool get(T& value) {
        return std::apply([this](auto&... field) { return (get(field) && ...); }, value.fields());
    }
    // Decodes `value` and requires that nothing is left.
    template <class T> bool whole(T& value) { return get(value) && done(); }

  private:
    bool bytes(ByteView& out) {
        std::uint32_t size = 0;
        return get(size) && raw(size, out);
    }
    ByteView in_;
};

template <class T> bool decode(ByteView in, T& value) {
    return Reader(in).whole(value);
}

} // namespace zz::wire
