// SPDX-License-Identifier: Apache-2.0
#include "backend/execution/reply_cache.h"

#include "backend/state/proof.h"

namespace zz::execution {

namespace {

void put_little(Bytes& out, std::uint64_t value) {
    for (int i = 0; i < 8; ++i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put_big(Bytes& out, std::uint32_t value) {
    for (int i = 3; i >= 0; --i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
// Precondition: bytes.size() >= at + 8.
std::uint64_t little_at(ByteView bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value |= std::uint64_t{bytes[at + i]} << (8 * i);
    return value;
}

} // namespace

Bytes cache_key(ClientId client, LaneId lane) {
    Bytes key{'r'};
    put_big(key, client.value);
    put_big(key, lane.value);
    return key;
}

Bytes encode(const CacheEntry& entry) {
    Bytes out;
    out.reserve(16 + entry.result.size());
    put_little(out, entry.number.value);
    put_little(out, entry.n.value);
    out.insert(out.end(), entry.result.begin(), entry.result.end());
    return out;
}

std::optional<CacheEntry> decode_cache_entry(ByteView bytes) {
    if (bytes.size() < 16)
        return std::nullopt;
    const ByteView result = bytes.subspan(16);
    return CacheEntry{RequestNumber(little_at(bytes, 0)), SequenceNumber(little_at(bytes, 8)),
                      Bytes(result.begin(), result.end())};
}

Bytes mark_key() {
    return {'m'};
}

Bytes encode_mark(SequenceNumber n, Timestamp time) {
    Bytes out;
    put_little(out, n.value);
    put_little(out, time.value);
    return out;
}

std::optional<CacheEntry> read_reply_proof(const Digest& root, std::span<const Blob> nodes,
                                           ClientId client, LaneId lane) {
    const state::Proved proved = state::verify_proof(root, cache_key(client, lane), nodes);
    if (proved.verdict != state::Proved::Verdict::Present)
        return std::nullopt;
    return decode_cache_entry(proved.value);
}

} // namespace zz::execution
