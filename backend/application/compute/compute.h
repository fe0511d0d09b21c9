// SPDX-License-Identifier: Apache-2.0
// Compute: an application for measurements. A request names how much deterministic work it does,
// how many keys it reads and how many of them it writes, and how long its reply is; the reply can
// be told without the state but for the sum of its counters. Stateless: all state is in the
// overlay. Any thread.
//
//   operation = %x01 seed:u64 cost:u32 reply_bytes:u32 first_key:u32 counts values
//   counts    = touched:u16 dirtied:u16
//   values    = value_bytes:u32
//   reply     = %x00 result:u64 sum:u64 filler:*bytes    ; reply_bytes in all
//             / %x01 text                                ; refused, and why
//
// Integers are little-endian. Keys are first_key .. first_key + touched - 1, the first `dirtied` of
// them are written:
//
//   "c" number:u32 (big-endian) -> counter:u64 filler:*bytes  ; value_bytes in all, at least 8
//
// `result` = burn(seed, cost); `sum` = sum of the counters of all touched keys after the writes; a
// filler is of bytes of `result`.
#pragma once

#include <optional>

#include "backend/application/application.h"

namespace zz::application::compute {

inline constexpr std::uint32_t kReplyHeadBytes = 17;
inline constexpr std::uint32_t kReplyBytesMax = 1024 * 1024 - 16 * 1024;
inline constexpr std::uint32_t kValueBytesMin = 8, kValueBytesMax = 64 * 1024;
inline constexpr std::uint16_t kKeysMax = 1024;
inline constexpr std::uint32_t kStepsPerKey = 8;
inline constexpr std::uint32_t kBytesPerStep = 1024;

struct Request {
    std::uint64_t seed = 0;
    std::uint32_t cost = 0; // steps of about one microsecond
    std::uint32_t reply_bytes = kReplyHeadBytes;
    std::uint32_t first_key = 0;
    std::uint16_t touched = 0;
    std::uint16_t dirtied = 0; // at most `touched`
    std::uint32_t value_bytes = kValueBytesMin;
    friend bool operator==(const Request&, const Request&) = default;
};

Bytes encode(const Request& request);
std::optional<Request> decode(ByteView operation); // shape only
// What the request costs in all: the budget to declare (ZZ-1.5).
std::uint32_t steps_of(const Request& request);
// The deterministic work: `steps` times about a microsecond of integer mixing.
std::uint64_t burn(std::uint64_t seed, std::uint32_t steps);
// The whole reply of an accepted request, given the sum of its counters.
Bytes reply_of(const Request& request, std::uint64_t result, std::uint64_t sum);

class Compute : public Application {
  public:
    Outcome execute(state::Overlay& state, ByteView operation, Timestamp time,
                    std::uint32_t budget) override;
    std::vector<Bytes> touched_keys(ByteView operation) const override;
};

} // namespace zz::application::compute
