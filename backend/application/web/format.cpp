// SPDX-License-Identifier: Apache-2.0
// Bytes of requests and replies.
#include <algorithm>
#include <fmt/format.h>

#include "backend/application/web/numbers.h"
#include "backend/application/web/web.h"

namespace zz::application::web {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint32_t kStepsPerRequest = 40, kStepsOfListing = 4 * kListedMax;
constexpr std::size_t kBytesPerStep = 1024;

} // namespace

std::string path_fault(std::string_view path) {
    if (!path.starts_with('/')) {
        return "a path begins with '/'";
    }
    if (path.size() > kPathBytesMax) {
        return fmt::format("a path of {} bytes is too long, {} are allowed", path.size(),
                           kPathBytesMax);
    }
    if (std::any_of(path.begin(), path.end(), [](char c) {
            return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '\\';
        })) {
        return "a path has no control characters and no '\\'";
    }
    std::size_t at = 1;
    while (at < path.size()) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view name = path.substr(at, end - at);
        if (name.empty() || name == "." || name == "..") {
            return "a path has no empty name, no '.' and no '..'";
        }
        at = end + 1;
    }
    return {};
}

Bytes encode(const Request& request) {
    Bytes out{kFormat, static_cast<std::uint8_t>(request.method),
              static_cast<std::uint8_t>(request.condition)};
    append_number(out, request.version);
    append_block(out, view_of(request.path));
    append_block(out, view_of(request.type));
    out.insert(out.end(), request.body.begin(), request.body.end());
    return out;
}

std::optional<Request> decode_request(ByteView operation) {
    Reader reader(operation);
    const auto format = reader.number<std::uint8_t>();
    const auto method = reader.number<std::uint8_t>(), condition = reader.number<std::uint8_t>();
    Request request;
    request.version = reader.number<std::uint64_t>();
    request.path = text_of(reader.block());
    request.type = text_of(reader.block());
    const ByteView body = reader.rest();
    request.body.assign(body.begin(), body.end());
    if (!reader.good() || format != kFormat || method < 1 || method > 4 || condition > 2 ||
        request.type.size() > kTypeBytesMax || body.size() > kBodyBytesMax) {
        return std::nullopt;
    }
    request.method = static_cast<Method>(method);
    request.condition = static_cast<Condition>(condition);
    return request;
}

Bytes encode(const Reply& reply) {
    Bytes out;
    append_number(out, reply.status);
    append_number(out, reply.version);
    append_number(out, reply.modified_ms);
    append_block(out, view_of(reply.type));
    out.insert(out.end(), reply.body.begin(), reply.body.end());
    return out;
}

std::optional<Reply> decode_reply(ByteView bytes) {
    Reader reader(bytes);
    Reply reply;
    reply.status = reader.number<std::uint16_t>();
    reply.version = reader.number<std::uint64_t>();
    reply.modified_ms = reader.number<std::uint64_t>();
    reply.type = text_of(reader.block());
    const ByteView body = reader.rest();
    reply.body.assign(body.begin(), body.end());
    return reader.good() ? std::optional(std::move(reply)) : std::nullopt;
}

std::uint32_t steps_of(const Request& request) {
    const bool lists = request.method == Method::Get && request.path.ends_with('/');
    // A document that is read or replaced may be as long as one can be.
    const std::size_t bytes = request.body.size() + (lists ? 0 : kBodyBytesMax);
    return static_cast<std::uint32_t>(kStepsPerRequest + bytes / kBytesPerStep +
                                      (lists ? kStepsOfListing : 0));
}

} // namespace zz::application::web
