// SPDX-License-Identifier: Apache-2.0
// Limits: every number of section 11 of the protocol, per application, with its default. The
// cluster file may override each; kLimitFields names them there, with unit, range and one line of
// explanation, and is the only such list: reading, checking, writing and documentation follow it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/base/instant.h"

namespace zz::cluster {

struct Limits {
    std::uint32_t checkpoint_interval = 128; // C batches (ZZ-5.2)
    std::uint32_t deadline_factor = 4;       // K (ZZ-6.1)
    Duration deadline_floor = milliseconds(250);
    Duration deadline_cap = seconds(2);
    Duration grace = milliseconds(500);
    Duration recovery_deadline = seconds(10);
    Duration completion_deadline = seconds(120);
    Duration view_change_timeout = seconds(2);
    Duration heartbeat = seconds(1);
    Duration vote_lifetime = seconds(60); // W (ZZ-4.6)
    Duration drill_lease = seconds(60);
    Duration reply_timeout = seconds(1);
    Duration clock_bound = seconds(10); // ZZ-3.4
    std::uint32_t request_bytes_max = 1u << 20;
    std::uint32_t lanes_per_client = 1024;
    std::uint32_t request_budget_max = 250'000; // steps of about 1 us (ZZ-1.5)
    std::uint32_t batch_budget_max = 500'000;
    std::uint32_t batch_requests_max = 512;
    std::uint32_t batch_bytes_max = 4u << 20;
    std::uint32_t evidence_budget = 64;              // ZZ-6.5: requests of one asker per heartbeat
    std::uint32_t walk_bytes_per_second = 64u << 20; // ZZ-7.5

    // L (ZZ-5.2).
    constexpr std::uint32_t window() const { return 2 * checkpoint_interval; }
    friend constexpr bool operator==(const Limits&, const Limits&) = default;
};

// One entry of [application.limits]. Exactly one of the two members is set; durations are written
// in milliseconds.
struct LimitField {
    std::string_view key;
    std::uint32_t Limits::*number = nullptr;
    Duration Limits::*duration = nullptr;
    std::uint32_t min = 0;
    std::uint32_t max = 0;
    std::string_view meaning;
};

inline constexpr std::uint32_t kHourMs = 3'600'000;

inline constexpr std::array kLimitFields{
    LimitField{"checkpoint_interval", &Limits::checkpoint_interval, nullptr, 4, 2048,
               "batches between two checkpoints (C); the ordering window L is twice that"},
    LimitField{"deadline_factor", &Limits::deadline_factor, nullptr, 1, 100,
               "a report is late after this many times the usual delay (K)"},
    LimitField{"deadline_floor_ms", nullptr, &Limits::deadline_floor, 1, kHourMs,
               "no report is late before this"},
    LimitField{"deadline_cap_ms", nullptr, &Limits::deadline_cap, 1, kHourMs,
               "every report is late after this"},
    LimitField{"grace_ms", nullptr, &Limits::grace, 0, kHourMs,
               "policy matrix: wait past the deadline before DEMAND and NOSIGN"},
    LimitField{"recovery_deadline_ms", nullptr, &Limits::recovery_deadline, 1, kHourMs,
               "wake-up to the first report at the tip"},
    LimitField{"completion_deadline_ms", nullptr, &Limits::completion_deadline, 1, 24 * kHourMs,
               "wake-up to the whole state held"},
    LimitField{"view_change_timeout_ms", nullptr, &Limits::view_change_timeout, 10, kHourMs,
               "a primary without progress is replaced after this; doubles"},
    LimitField{"heartbeat_ms", nullptr, &Limits::heartbeat, 10, 60'000,
               "status exchange and repetition"},
    LimitField{"vote_lifetime_ms", nullptr, &Limits::vote_lifetime, 1000, kHourMs,
               "unmatched votes die after this (W)"},
    LimitField{"drill_lease_ms", nullptr, &Limits::drill_lease, 1000, kHourMs,
               "a drill that nobody renews reverts after this"},
    LimitField{"reply_timeout_ms", nullptr, &Limits::reply_timeout, 10, kHourMs,
               "a client retransmits after this"},
    LimitField{"clock_bound_ms", nullptr, &Limits::clock_bound, 100, kHourMs,
               "a proposed time further from the backup's clock is refused"},
    LimitField{"request_bytes_max", &Limits::request_bytes_max, nullptr, 64, 1u << 20,
               "largest request"},
    LimitField{"lanes_per_client", &Limits::lanes_per_client, nullptr, 1, 65'536,
               "lanes of a client that declares none"},
    LimitField{"request_budget_max", &Limits::request_budget_max, nullptr, 1, 900'000'000,
               "execution budget of one request, steps of about 1 us"},
    LimitField{"batch_budget_max", &Limits::batch_budget_max, nullptr, 1, 900'000'000,
               "budgets of one batch together; at most a quarter of the deadline cap (ZZ-1.5)"},
    LimitField{"batch_requests_max", &Limits::batch_requests_max, nullptr, 1, 4096,
               "requests of one batch"},
    LimitField{"batch_bytes_max", &Limits::batch_bytes_max, nullptr, 4096, 12u << 20,
               "bytes of one batch; holds at least one largest request"},
    LimitField{"evidence_budget", &Limits::evidence_budget, nullptr, 1, 65'536,
               "evidence requests answered per asker and heartbeat"},
    LimitField{"walk_bytes_per_second", &Limits::walk_bytes_per_second, nullptr, 1024,
               4'000'000'000, "bandwidth of the background transfer of a woken replica"},
};

} // namespace zz::cluster
