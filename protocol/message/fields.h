// SPDX-License-Identifier: Apache-2.0
// A message lists its fields once (ZZ-2.5): ZZ_FIELDS(a, b, c) inside a struct gives the tuple from
// which encoding, decoding, printing, comparing and mutation (tests) derive, and the names for
// printing.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::message {

#define ZZ_FIELDS(...)                                                                             \
    static constexpr std::string_view field_names = #__VA_ARGS__;                                  \
    auto fields() {                                                                                \
        return std::tie(__VA_ARGS__);                                                              \
    }                                                                                              \
    auto fields() const {                                                                          \
        return std::tie(__VA_ARGS__);                                                              \
    }

// A vector that decodes to at most Max elements.
template <class T, std::size_t Max> struct List : std::vector<T> {
    static constexpr std::size_t max = Max;
    using std::vector<T>::vector;
    List() = default;
    List(std::vector<T> v) : std::vector<T>(std::move(v)) {}
};

// A signed message of kind T inside another: the frame exactly as its signer sent it, and what it
// decodes to. A decoder fills all three; whether the signature is right is known only after auth
// (its Verified<> says so).
template <class T> struct Embedded {
    Blob frame;         // the whole envelope with its signature
    T value{};          // decoded from `frame`
    PrincipalId signer; // from `frame`'s header

    // The frame decides; value and signer follow from it.
    friend bool operator==(const Embedded& a, const Embedded& b) { return a.frame == b.frame; }
};

// Bounds shared by decoders and cores. f <= 7.
inline constexpr std::size_t kMaxFaults = 7;
inline constexpr std::size_t kMaxAgreement = 3 * kMaxFaults + 1;
inline constexpr std::size_t kMaxSlots = 2 * kMaxFaults + 1;
inline constexpr std::size_t kMaxWindow = 4096;             // L at the most
inline constexpr std::size_t kMaxBatchRequests = 4096;      // requests of one batch
inline constexpr std::size_t kMaxBundleRequests = 1024;     // requests of one bundle
inline constexpr std::size_t kMaxFrameBytes = 16u << 20;    // one frame
inline constexpr std::size_t kMaxOperationBytes = 1u << 20; // ZZ-11: maximum request 1 MiB

} // namespace zz::message
