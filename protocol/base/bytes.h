// SPDX-License-Identifier: Apache-2.0
// Byte buffers, digests, keys, signatures: fixed-size values with order and equality.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zz {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view_of(std::string_view s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
inline std::string_view text_of(ByteView b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline Bytes bytes_of(std::string_view s) {
    return Bytes(s.begin(), s.end());
}
inline bool less(ByteView a, ByteView b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

// Immutable bytes shared between messages, logs and queues; null and empty are equal.
class Blob {
  public:
    Blob() = default;
    Blob(Bytes bytes) : bytes_(std::make_shared<const Bytes>(std::move(bytes))) {}

    ByteView view() const { return bytes_ ? ByteView(*bytes_) : ByteView(); }
    std::size_t size() const { return bytes_ ? bytes_->size() : 0; }
    bool empty() const { return size() == 0; }
    friend bool operator==(const Blob& a, const Blob& b) {
        return a.bytes_ == b.bytes_ ||
               (a.size() == b.size() &&
                (a.size() == 0 || std::memcmp(a.view().data(), b.view().data(), a.size()) == 0));
    }

  private:
    std::shared_ptr<const Bytes> bytes_;
};

template <class Tag, std::size_t N> struct FixedBytes {
    static constexpr std::size_t size = N;
    std::array<std::uint8_t, N> bytes{};

    ByteView view() const { return bytes; }
    friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

using Digest = FixedBytes<struct DigestTag, 32>;           // SHA-256
using Tag = FixedBytes<struct MacTag, 16>;                 // HMAC-SHA-256, first 16 bytes
using Signature = FixedBytes<struct SignatureTag, 64>;     // Ed25519
using SigningKey = FixedBytes<struct SigningKeyTag, 32>;   // Ed25519 public key
using ExchangeKey = FixedBytes<struct ExchangeKeyTag, 32>; // X25519 public key; also the CURVE key
using ClusterId = FixedBytes<struct ClusterIdTag, 8>; // first bytes of the cluster file's digest

// The two public keys of a principal (ZZ-2.1).
struct PublicKeys {
    SigningKey signing;
    ExchangeKey exchange;
    friend constexpr auto operator<=>(const PublicKeys&, const PublicKeys&) = default;
};

// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
// First 8 hexadecimal digits, for people.
std::string short_hex(const Digest& digest);
// Empty result and false if `hex` is not an even number of hexadecimal digits.
bool from_hex(std::string_view hex, Bytes& out);

} // namespace zz

template <class T, std::size_t N> struct std::hash<zz::FixedBytes<T, N>> {
    std::size_t operator()(const zz::FixedBytes<T, N>& v) const noexcept {
        std::size_t h = 0; // Digests are uniform: their first bytes are a hash.
        std::memcpy(&h, v.bytes.data(), sizeof(h) < N ? sizeof(h) : N);
        return h;
    }
};
