// SPDX-License-Identifier: Apache-2.0
// Every bound and pace of the controller room (ZZ-2.6, ZZ-6.8, C3, C4).
#pragma once

#include <cstddef>

#include "protocol/base/instant.h"

namespace zz::controller {

// Votes of each kind kept of one agreement replica; its own oldest goes first, so that f that flood
// displace nobody else's (scenario C1, drill flood-demands).
inline constexpr std::size_t kVotesPerSender = 256;
// Wake-ups that end without a conviction: so many at once, then one in each interval (C3).
inline constexpr std::uint32_t kWakeUpsAtOnce = 6;
inline constexpr Duration kWakeUpInterval = seconds(30);
// Relaunch of a machine that ended by itself.
inline constexpr Duration kBackOffFirst = milliseconds(500);
inline constexpr Duration kBackOffMax = seconds(60);
inline constexpr Duration kBackOffForgiven = seconds(60);
// A sleeper is woken again so soon after an ask that failed, whatever failed before: clients wait.
inline constexpr Duration kWakeRetry = seconds(1);
// An ask without an answer for so long is asked again after a look at the machines (C4).
inline constexpr Duration kAskPatience = seconds(30);
// A fresh spare runs so long before it is put to sleep, so that its connections are in place
// (ZZ-7.7).
inline constexpr Duration kSpareSettlesIn = seconds(3);
// A newer configuration is asked for after this many heartbeats even if nobody hinted at one.
inline constexpr std::uint32_t kConfigRequestHeartbeats = 5;

} // namespace zz::controller
