// SPDX-License-Identifier: Apache-2.0
// What is known of an application: a cluster fact is what f+1 of its agreement replicas say the
// same (or have reached, for marks and counters that only grow); everything else is absent or
// "unknown". For zzctl, the demonstration, session exports and metrics. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/telemetry/claims.h"
#include "protocol/telemetry/source_book.h"

namespace zz::telemetry {

// As `status --json` names them.
enum class AgreementState : std::uint8_t { Unknown, Silent, Behind, Up };
enum class ExecutionState : std::uint8_t {
    Unknown,
    Sleeping,
    Waking,
    Recovering,
    Active,
    Unresponsive,
    Convicted,
    Reimaging,
    Stopped
};
std::string_view to_string(AgreementState state);
std::string_view to_string(ExecutionState state);

struct AgreementView {
    std::uint32_t index = 0; // A3 -> 3
    std::uint32_t host = 0;
    AgreementState state = AgreementState::Unknown;
    std::optional<bool> primary;
    Known suspicion;
};

struct ExecutionView {
    std::uint32_t slot = 0;
    std::uint32_t host = 0;
    ExecutionState state = ExecutionState::Unknown;
    Known incarnation;
    // Of a slot whose replica sleeps in the configuration; else empty.
    std::string spare;
    std::optional<bool> ready;    // a sleeper's machine is as its kind of spare sleeps (ZZ-7.7)
    std::optional<bool> complete; // what it says itself: it holds the whole state
    Known suspicion;
    // What it says itself, for people; absent while it is not heard.
    Known executed, bytes_fetched;
};

struct Counters {
    Known requests, wakeups, removals, nonblocking, blocking, view_changes, evidence_rounds;
};

struct ApplicationView {
    std::uint32_t id = 0;
    std::uint32_t f = 1;
    Known view, configuration, epoch, last_executed, stable, committed;
    std::vector<AgreementView> agreement; // ascending, all of the cluster file
    std::vector<ExecutionView> execution;
    std::vector<ConvictionView> convictions;
    Counters counters;
    std::vector<ConfigurationFacts> history; // f+1 say the same of each; newest last

    const AgreementView* replica(std::uint32_t index) const;
    const ExecutionView* slot(std::uint32_t index) const;
    std::size_t count(ExecutionState state) const;
    // Faults that are visible now, for the margin of f: agreement replicas that are not up, and
    // execution replicas that are unresponsive, convicted or gone.
    std::uint32_t agreement_faults() const;
    std::uint32_t execution_faults() const;
    // ZZ-1.7 as far as claims show it: f+1 active and complete, the others asleep and ready.
    bool at_rest() const;
};

// Precondition: `application` is of the cluster of `book`.
ApplicationView view_of(const SourceBook& book, const ApplicationEntry& application,
                        std::int64_t now_ns);

} // namespace zz::telemetry
