// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/codec.h"

namespace zz::wire {

namespace {

template <std::size_t I = 0>
bool decode_as(message::Kind kind, ByteView payload, message::Message& out) {
    if constexpr (I == std::variant_size_v<message::Message>) {
        return false;
    } else {
        using T = std::variant_alternative_t<I, message::Message>;
        if (T::kind == kind)
            return decode(payload, out.emplace<I>());
        return decode_as<I + 1>(kind, payload, out);
    }
}

} // namespace

Bytes encode_message(const message::Message& m) {
    return std::visit([](const auto& value) { return encode(value); }, m);
}

bool decode_message(message::Kind kind, ByteView payload, message::Message& out) {
    return decode_as(kind, payload, out);
}

message::BatchContent content_of(message::Batch batch) {
    message::BatchContent content;
    content.encoded = Blob(encode(batch));
    content.batch = std::move(batch);
    return content;
}

} // namespace zz::wire
