// SPDX-License-Identifier: Apache-2.0
// Printing derives from the field list, like everything else (ZZ-2.5).
#include <fmt/format.h>

#include "protocol/wire/codec.h"

namespace zz::wire {

namespace {

std::string show(bool value) {
    return value ? "true" : "false";
}
template <class U>
requires(std::unsigned_integral<U> && !std::same_as<U, bool>) std::string show(U value) {
    return std::to_string(value);
}
template <class E>
requires std::is_enum_v<E> std::string show(E value) {
    return std::to_string(static_cast<int>(value));
}
template <class T, class R> std::string show(const Tagged<T, R>& value) {
    return std::to_string(value.value);
}
template <class T, std::size_t N> std::string show(const FixedBytes<T, N>& value) {
    return to_hex(value.view().first(std::min<std::size_t>(N, 4)));
}
std::string show(const Blob& blob) {
    return fmt::format("<{} bytes>", blob.size());
}
template <class T> std::string show(const message::Embedded<T>& embedded);
std::string show(const message::BatchContent& content);
template <HasFields T> std::string show(const T& value);
template <class T, std::size_t Max> std::string show(const message::List<T, Max>& list) {
    std::string out = "[";
    for (std::size_t i = 0; i < list.size() && i < 8; ++i)
        out += (i ? " " : "") + show(list[i]);
    return out + (list.size() > 8 ? fmt::format(" ... {} in all]", list.size()) : "]");
}
template <HasFields T> std::string show_fields(const T& value) {
    std::string out;
    std::string_view names = T::field_names;
    const auto one = [&](const auto& field) {
        const std::size_t comma = names.find(',');
        std::string_view name = names.substr(0, comma);
        names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        out += fmt::format(" {}={}", name, show(field));
    };
    std::apply([&](const auto&... field) { (one(field), ...); }, value.fields());
    return out;
}
template <HasFields T> std::string show(const T& value) {
    return "{" + show_fields(value).substr(1) + "}";
}
template <class T> std::string show(const message::Embedded<T>& embedded) {
    return fmt::format("{}:{}", to_string(embedded.signer), show(embedded.value));
}
std::string show(const message::BatchContent& content) {
    return fmt::format("<batch of {} bundles, {} system requests>", content.batch.bundles.size(),
                       content.batch.system.size());
}

} // namespace

std::string print(const message::Message& m) {
    return std::visit(
        [](const auto& value) {
            return fmt::format("{}{}", message::name(value.kind), show_fields(value));
        },
        m);
}

} // namespace zz::wire
