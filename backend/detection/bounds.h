// SPDX-License-Identifier: Apache-2.0
// Every bound of the detection room (ZZ-2.6). With W the window L and A = 3f+1, S = 2f+1:
//
//   cases        two kinds x 3 W numbers: (h - L, h + 2L]; others are dropped as irrelevant
//   of a case    one Held per live incarnation (at most S) with at most kSignedPerHeld signed
//   reports; one MATCH,
//                COLUMN and DEMAND per agreement replica; one NOSIGN and ACCUSE per agreement
//                replica and live incarnation
//   epoch        one COMPLETE per live incarnation; kSettlesPerSender SETTLEs per agreement
//   replica, the oldest goes lanes        one entry per lane that has a request in a case
#pragma once

#include <cstddef>

#include "protocol/base/instant.h"

namespace zz::detection {

// Two unequal signed reports are absolute proof; a third adds nothing.
inline constexpr std::size_t kSignedPerHeld = 2;
inline constexpr std::size_t kSettlesPerSender = 4;
// ZZ-6.1: one running percentile per kind.
inline constexpr std::size_t kSamples = 256;
inline constexpr std::size_t kSamplePercentile = 95;
// Doublings of floor, cap, recovery and completion deadline (ZZ-6.1).
inline constexpr std::uint32_t kDoublingsMax = 10;
inline constexpr Duration kRestToHalve = seconds(60);
// ZZ-6.1: a mark that moved is told when its number is still unmatched that much later.
inline constexpr Duration kTellMarkAfter = milliseconds(20);
// A proof for the primary is handed to agreement again after this many heartbeats, should it have
// been dropped.
inline constexpr std::uint32_t kOrderAgainHeartbeats = 10;

} // namespace zz::detection
