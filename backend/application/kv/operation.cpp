// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/operation.h"

#include "backend/application/kv/layout.h"
#include "protocol/base/check.h"

namespace zz::application::kv {
namespace {

constexpr std::size_t kCountBytes = 2, kLengthBytes = 4;

void append_number(Bytes& out, std::size_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

// A cursor that fails once and for all at the first read beyond the end.
class Reader {
  public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}

    bool number(std::size_t width, std::size_t& value) {
        if (rest_.size() < width) {
            return false;
        }
        value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            value |= static_cast<std::size_t>(rest_[i]) << (8 * i);
        }
        rest_ = rest_.subspan(width);
        return true;
    }
    bool block(ByteView& bytes) {
        std::size_t size = 0;
        if (!number(kLengthBytes, size) || rest_.size() < size) {
            return false;
        }
        bytes = rest_.first(size);
        rest_ = rest_.subspan(size);
        return true;
    }
    bool at_end() const { return rest_.empty(); }
    ByteView rest() const { return rest_; }

  private:
    ByteView rest_;
};

Error malformed(std::string_view what) {
    return Error{fmt::format("malformed operation: {}", what)};
}

Result<Arguments> decode_body(ByteView bytes) {
    Reader reader(bytes);
    std::size_t count = 0;
    if (!reader.number(kCountBytes, count)) {
        return malformed("no argument count");
    }
    if (count == 0 || count > kArgumentsMax) {
        return malformed(fmt::format("{} arguments, 1 to {} allowed", count, kArgumentsMax));
    }
    Arguments arguments;
    for (std::size_t i = 0; i < count; ++i) {
        ByteView argument;
        if (!reader.block(argument)) {
            return malformed(fmt::format("argument {} is cut off", i));
        }
        arguments.push_back(argument);
    }
    if (!reader.at_end()) {
        return malformed("bytes after the last argument");
    }
    return arguments;
}

Result<Operation> decode_many(OperationKind kind, ByteView bytes) {
    Reader reader(bytes);
    std::size_t count = 0;
    if (!reader.number(kCountBytes, count)) {
        return malformed("no command count");
    }
    if (count == 0 || count > kCommandsMax) {
        return malformed(fmt::format("{} commands, 1 to {} allowed", count, kCommandsMax));
    }
    Operation operation{kind, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
        ByteView body;
        if (!reader.block(body)) {
            return malformed(fmt::format("command {} is cut off", i));
        }
        auto arguments = decode_body(body);
        if (!arguments) {
            return arguments.error();
        }
        operation.commands.push_back(std::move(*arguments));
    }
    if (!reader.at_end()) {
        return malformed("bytes after the last command");
    }
    return operation;
}

Result<Operation> decode_guarded(ByteView bytes) {
    Reader reader(bytes);
    std::size_t count = 0;
    if (!reader.number(kCountBytes, count) || count == 0 || count > kGuardsMax) {
        return malformed(fmt::format("{} guards, 1 to {} allowed", count, kGuardsMax));
    }
    std::vector<Guard> guards;
    for (std::size_t i = 0; i < count; ++i) {
        ByteView key, version;
        if (!reader.block(key) || !reader.block(version)) {
            return malformed(fmt::format("guard {} is cut off", i));
        }
        if (key.size() > kKeyBytesMax) {
            return malformed(fmt::format("the key of guard {} is too long", i));
        }
        guards.push_back({Bytes(key.begin(), key.end()), Bytes(version.begin(), version.end())});
    }
    const ByteView rest = reader.rest();
    if (rest.empty() || rest[0] != static_cast<std::uint8_t>(OperationKind::Transaction)) {
        return malformed("no transaction behind the guards");
    }
    auto operation = decode_many(OperationKind::Guarded, rest.subspan(1));
    if (operation) {
        operation->guards = std::move(guards);
    }
    return operation;
}

} // namespace

Result<Operation> decode_operation(ByteView bytes) {
    if (bytes.empty()) {
        return malformed("empty");
    }
    if (bytes.size() > kOperationBytesMax) {
        return malformed(fmt::format("{} bytes, {} allowed", bytes.size(), kOperationBytesMax));
    }
    const ByteView rest = bytes.subspan(1);
    switch (bytes[0]) {
    case static_cast<std::uint8_t>(OperationKind::Command): {
        auto arguments = decode_body(rest);
        if (!arguments) {
            return arguments.error();
        }
        return Operation{OperationKind::Command, {}, {std::move(*arguments)}};
    }
    case static_cast<std::uint8_t>(OperationKind::Sequence):
        return decode_many(OperationKind::Sequence, rest);
    case static_cast<std::uint8_t>(OperationKind::Transaction):
        return decode_many(OperationKind::Transaction, rest);
    case static_cast<std::uint8_t>(OperationKind::Guarded):
        return decode_guarded(rest);
    }
    return malformed(fmt::format("unknown kind {}", bytes[0]));
}

Bytes encode_body(std::span<const Bytes> arguments) {
    ZZ_CHECK(!arguments.empty() && arguments.size() <= kArgumentsMax, "{} arguments",
             arguments.size());
    std::size_t size = kCountBytes;
    for (const Bytes& argument : arguments) {
        size += kLengthBytes + argument.size();
    }
    Bytes out;
    out.reserve(size);
    append_number(out, arguments.size(), kCountBytes);
    for (const Bytes& argument : arguments) {
        append_number(out, argument.size(), kLengthBytes);
        append(out, argument);
    }
    return out;
}

Bytes command_of_body(ByteView body) {
    Bytes out;
    out.reserve(1 + body.size());
    out.push_back(static_cast<std::uint8_t>(OperationKind::Command));
    append(out, body);
    return out;
}

Bytes encode_command(std::span<const Bytes> arguments) {
    return command_of_body(encode_body(arguments));
}

Bytes encode_command(std::initializer_list<std::string_view> arguments) {
    std::vector<Bytes> copies;
    for (const std::string_view argument : arguments) {
        copies.push_back(bytes_of(argument));
    }
    return encode_command(copies);
}

Bytes encode_guarded(std::span<const Guard> guards, ByteView transaction) {
    ZZ_CHECK(!guards.empty() && guards.size() <= kGuardsMax, "{} guards", guards.size());
    Bytes out{static_cast<std::uint8_t>(OperationKind::Guarded)};
    append_number(out, guards.size(), kCountBytes);
    for (const Guard& guard : guards) {
        append_number(out, guard.key.size(), kLengthBytes);
        append(out, guard.key);
        append_number(out, guard.version.size(), kLengthBytes);
        append(out, guard.version);
    }
    append(out, transaction);
    return out;
}

Bytes encode_many(OperationKind kind, std::span<const ByteView> bodies) {
    ZZ_CHECK(kind == OperationKind::Sequence || kind == OperationKind::Transaction,
             "kind {} has its own encoding", static_cast<int>(kind));
    ZZ_CHECK(!bodies.empty() && bodies.size() <= kCommandsMax, "{} commands", bodies.size());
    Bytes out;
    out.push_back(static_cast<std::uint8_t>(kind));
    append_number(out, bodies.size(), kCountBytes);
    for (const ByteView body : bodies) {
        append_number(out, body.size(), kLengthBytes);
        append(out, body);
    }
    return out;
}

} // namespace zz::application::kv
