// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/layout.h"

#include <algorithm>
#include <bit>

#include "protocol/crypto/sha256.h"

namespace zz::application::kv {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

} // namespace

void append(Bytes& out, ByteView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_little(Bytes& out, std::uint64_t value) {
    for (std::size_t i = 0; i < kNumberBytes; ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

void append_big(Bytes& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

std::uint64_t little_at(ByteView bytes, std::size_t offset) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kNumberBytes; ++i) {
        value |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
    }
    return value;
}

std::uint64_t big_at(ByteView bytes, std::size_t offset) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kNumberBytes; ++i) {
        value = value << 8U | bytes[offset + i];
    }
    return value;
}

std::uint64_t hash_of(ByteView key) {
    return big_at(crypto::sha256(key).view(), 0) & kHashMax;
}

Place place_of(ByteView key, std::uint64_t epoch) {
    const Digest digest = crypto::sha256(key);
    Bytes number;
    append_big(number, epoch);
    Place place;
    std::copy_n(digest.bytes.begin(), kPlaceDigestBytes, place.bytes.begin());
    std::copy(number.begin(), number.end(), place.bytes.begin() + kPlaceDigestBytes);
    return place;
}

std::uint64_t epoch_of(const Place& place) {
    return big_at(place.view(), kPlaceDigestBytes);
}

Bytes entry_key(ByteView key) {
    Bytes out = entry_position(hash_of(key));
    append(out, key);
    return out;
}

Bytes entry_position(std::uint64_t hash) {
    Bytes out{kEntryPrefix};
    append_big(out, hash);
    return out;
}

Bytes index_key(ByteView key, std::int64_t expires_ms) {
    Bytes out{kIndexPrefix};
    append_big(out, static_cast<std::uint64_t>(expires_ms));
    append(out, key);
    return out;
}

std::int64_t expires_of_index_key(ByteView index) {
    return static_cast<std::int64_t>(big_at(index, 1));
}

Bytes garbage_key(const Place& place) {
    Bytes out{kGarbagePrefix};
    append(out, place.view());
    return out;
}

Bytes taken_key(const Place& place) {
    Bytes out{kTakenPrefix};
    append(out, place.view().first(kPlaceDigestBytes));
    return out;
}

Bytes element_prefix(const Place& place) {
    Bytes out{kElementPrefix};
    append(out, place.view());
    return out;
}

Bytes part_prefix(const Place& place, std::uint8_t part) {
    Bytes out = element_prefix(place);
    out.push_back(part);
    return out;
}

Bytes field_key(const Place& place, ByteView field) {
    Bytes out = field_position(place, hash_of(field));
    append(out, field);
    return out;
}

Bytes field_position(const Place& place, std::uint64_t hash) {
    return numbered_key(place, kFieldPart, hash);
}

Bytes score_key(const Place& place, double score, ByteView member) {
    Bytes out = score_position(place, ordered_bits(score));
    append(out, member);
    return out;
}

Bytes score_position(const Place& place, std::uint64_t ordered) {
    return numbered_key(place, kScorePart, ordered);
}

Bytes numbered_key(const Place& place, std::uint8_t part, std::uint64_t number) {
    Bytes out = part_prefix(place, part);
    append_big(out, number);
    return out;
}

Bytes after(Bytes prefix) {
    // Not only the last byte: a place may end with 255.
    while (prefix.back() == 0xff) {
        prefix.pop_back();
    }
    ++prefix.back();
    return prefix;
}

std::uint64_t ordered_bits(double score) {
    const auto bits = std::bit_cast<std::uint64_t>(score == 0 ? 0.0 : score); // -0 equals 0
    return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double score_of(std::uint64_t ordered) {
    return std::bit_cast<double>((ordered & kSignBit) != 0 ? ordered & ~kSignBit : ~ordered);
}

} // namespace zz::application::kv
