// SPDX-License-Identifier: Apache-2.0
// Writer: appends canonical encodings to a buffer (ZZ-2.5): little-endian fixed integers, u32
// lengths and counts.
#pragma once

#include <concepts>
#include <type_traits>

#include "protocol/message/message.h"

namespace zz::wire {

template <class T>
concept HasFields = requires(const T& t) {
    t.fields();
};

class Writer {
  public:
    explicit Writer(Bytes& out) : out_(&out) {}

    void raw(ByteView bytes) { out_->insert(out_->end(), bytes.begin(), bytes.end()); }

    template <class U>
    requires std::unsigned_integral<U>
    void put(U value) {
        if constexpr (std::same_as<U, bool>) {
            out_->push_back(value ? 1 : 0);
        } else {
            const std::size_t at = out_->size();
            out_->resize(at + sizeof(U));
            for (std::size_t i = 0; i < sizeof(U); ++i)
                (*out_)[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
        }
    }
    template <class E>
    requires std::is_enum_v<E>
    void put(E value) { put(static_cast<std::underlying_type_t<E>>(value)); }
    template <class T, class R> void put(const Tagged<T, R>& value) { put(value.value); }
    template <class T, std::size_t N> void put(const FixedBytes<T, N>& value) { raw(value.view()); }
    void put(const Blob& blob) { bytes(blob.view()); }
    void put(const PrincipalId& id) {
        put(id.role);
        put(id.index);
        put(id.incarnation);
    }
    template <class T, std::size_t Max> void put(const message::List<T, Max>& list) {
        put(static_cast<std::uint32_t>(list.size()));
        for (const T& element : list)
            put(element);
    }
    template <class T> void put(const message::Embedded<T>& embedded) { put(embedded.frame); }
    void put(const message::BatchContent& content) { put(content.encoded); }
    void put(const message::SystemRequest& request) {
        put(static_cast<std::uint8_t>(request.body.index()));
        std::visit([this](const auto& body) { put(body); }, request.body);
    }
    template <HasFields T> void put(const T& value) {
        std::apply([this](const auto&... field) { (put(field), ...); }, value.fields());
    }

  private:
    void bytes(ByteView b) {
        put(static_cast<std::uint32_t>(b.size()));
        raw(b);
    }
    Bytes* out_;
};

template <class T> Bytes encode(const T& value) {
    Bytes out;
    Writer(out).put(value);
    return out;
}

} // namespace zz::wire
