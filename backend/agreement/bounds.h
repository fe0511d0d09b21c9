// SPDX-License-Identifier: Apache-2.0
// Every bound of the agreement core that is not a limit of the cluster file (ZZ-2.6), and what is
// dropped beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/base/instant.h"

namespace zz::agreement {

// Batches proposed and not yet committed at the primary; more requests gather for the next one
// (ZZ-3.1).
inline constexpr std::uint64_t kPipelineMax = 8;
// The last numbers of a window take system requests alone: when clients have filled it and a
// checkpoint is in dispute, the ENROL of the spare that can decide it must still be ordered.
inline constexpr std::uint64_t kSystemNumbers = 2;
// A request waits no longer than this for company while fewer than kPipelineMax batches are in
// flight.
inline constexpr Duration kGatherDelay = milliseconds(1);
// Bodies of one number that nobody here voted for; the oldest goes.
inline constexpr std::size_t kSpareBodiesMax = 2;
// Digests of one number in the Q set (ZZ-3.3); the one of the lowest view goes.
inline constexpr std::size_t kDigestsPerNumberMax = 4;
// PRE-PREPAREs of one sender for views that are not entered yet; the newest is dropped, its sender
// repeats it.
inline constexpr std::size_t kEarlyPerSenderMax = 8;
// CHECKPOINTs kept of one sender; the lowest goes.
inline constexpr std::size_t kCheckpointsPerSenderMax = 4;
// Bytes of requests that wait, of one client and of all; newer ones are dropped, their client
// repeats them.
inline constexpr std::size_t kPoolClientBytesMax = 32u << 20;
inline constexpr std::size_t kPoolBytesMax = 128u << 20;
// Beyond both, for what other replicas forward: they watch it, and a client that fills its quota
// here must not make this primary look like a censor (ZZ-3.3).
inline constexpr std::size_t kPoolForwardedBytes = 8u << 20;
// Watched bundles that are forwarded again with one heartbeat.
inline constexpr std::size_t kForwardAgainMax = 64;
// Bytes of bodies that nobody here voted for, of the whole window; newer ones are dropped and
// fetched when they turn out to be needed.
inline constexpr std::size_t kSpareBytesMax = 64u << 20;
// An ENROL may name an incarnation at most so much higher than the slot's last one: no incarnation
// of a slot is used up by a faulty host (ZZ-1.2).
inline constexpr std::uint32_t kIncarnationStepMax = 1024;
// Between two ENROLs over one slot that sleeps; a later one waits with its sender, who repeats it.
inline constexpr Duration kEnrolPace = milliseconds(500);
// System requests that wait, in all and of one sender; newer ones are dropped, their senders repeat
// them.
inline constexpr std::size_t kSystemPoolMax = 64;
inline constexpr std::size_t kSystemPerSenderMax = 8;
// System requests in one batch.
inline constexpr std::size_t kSystemPerBatchMax = 4;
// Numbers for which one STATUS is answered with votes, or one stall is answered with FETCHes.
inline constexpr std::uint64_t kResendNumbersMax = 32;
inline constexpr std::uint64_t kFetchNumbersMax = 16;
// Bodies served to one asker in one heartbeat; the rest is dropped, the asker repeats.
inline constexpr std::size_t kServeBytesMax = 32u << 20;
inline constexpr std::size_t kServeCountMax = 1024;
// Convictions kept for people; the oldest goes.
inline constexpr std::size_t kConvictionsKept = 64;
// Configurations kept for people; the oldest goes.
inline constexpr std::size_t kHistoryKept = 32;
// A replica that is behind puts off a view change so often, a heartbeat each time, while what it
// fetches does not move its committed mark.
inline constexpr std::uint32_t kDeferralsMax = 4;
// Timeouts double at most this often (ZZ-3.3).
inline constexpr std::uint32_t kTimeoutDoublingsMax = 8;
// A batch is late when a request of it waited, after its client's complaint, so much of the
// view-change timeout (A17).
inline constexpr int kLateFraction = 4;
// Late batches, of twice as many, that replace a primary; they double with each such replacement
// and halve after each span without one.
inline constexpr std::size_t kLateBatchesMin = 4, kLateBatchesMax = 64;
inline constexpr Duration kPaceSpan = seconds(60);
// Lanes of an encoded agreement state.
inline constexpr std::size_t kLanesMax = 1u << 24;

} // namespace zz::agreement
