// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/frames.h"

#include "protocol/base/check.h"
#include "protocol/transport/limits.h"

namespace zz::transport {

namespace {

constexpr std::size_t kSessionBytes = 8;

template <class T> void append_number(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

template <class T> T read_number(ByteView bytes) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
    return value;
}

} // namespace

void append_entry(Bytes& message, EntryType type, ByteView bytes) {
    ZZ_CHECK(bytes.size() <= kFrameBytesMax, "a frame of {} bytes", bytes.size());
    message.push_back(static_cast<std::uint8_t>(type));
    append_number(message, static_cast<std::uint32_t>(bytes.size()));
    message.insert(message.end(), bytes.begin(), bytes.end());
}

void append_hello(Bytes& message, EntryType type, std::uint64_t session) {
    Bytes bytes;
    append_number(bytes, session);
    append_entry(message, type, bytes);
}

std::optional<std::vector<Entry>> unpack(ByteView message) {
    if (message.size() < kMessageHeaderBytes || message[0] != kMessageVersion)
        return std::nullopt;
    message = message.subspan(kMessageHeaderBytes);
    std::vector<Entry> out;
    while (!message.empty()) {
        // One more than the frames of a message: the greeting.
        if (message.size() < kEntryHeaderBytes || out.size() > kFramesPerMessageMax ||
            message[0] > static_cast<std::uint8_t>(EntryType::HelloAnswer))
            return std::nullopt;
        const auto type = static_cast<EntryType>(message[0]);
        const std::size_t length = read_number<std::uint32_t>(message.subspan(1, 4));
        message = message.subspan(kEntryHeaderBytes);
        if (length > message.size() || length > kFrameBytesMax ||
            (type != EntryType::Frame && length != kSessionBytes))
            return std::nullopt;
        out.push_back({type, message.first(length)});
        message = message.subspan(length);
    }
    return out;
}

std::uint64_t session_of(const Entry& entry) {
    ZZ_CHECK(entry.bytes.size() == kSessionBytes, "a greeting of {} bytes", entry.bytes.size());
    return read_number<std::uint64_t>(entry.bytes);
}

} // namespace zz::transport
