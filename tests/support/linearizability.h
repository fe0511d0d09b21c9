// SPDX-License-Identifier: Apache-2.0
// A checker of its own for histories of a key-value service: is there one sequential order of the
// operations that gives every reply that was seen, and puts no operation before one that had
// returned when it was invoked (ZZ-1.6)?
//
// Linearizability is local, so each key is searched alone. The search is that of Wing and Gong,
// with the visited configurations remembered: depth first over "which operations took effect, and
// what the key holds now". An operation whose outcome is unknown may take effect at any time after
// its invocation, or never (K10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zz::test {

enum class OperationKind : std::uint8_t { Set, Get, Increment, Delete };

struct HistoryOperation {
    OperationKind kind = OperationKind::Get;
    std::string key;
    std::string argument; // what Set writes
    // Set: ignored. Get: the value, none if absent. Increment: the new number, none for an error.
    // Delete: "1" or "0".
    std::optional<std::string> result;
    std::uint64_t invoked = 0;
    std::uint64_t returned = 0; // not before `invoked`; two that touch count as concurrent
    bool known = true;          // false: no reply came; `result` and `returned` are ignored

    static HistoryOperation set(std::string key, std::string value, std::uint64_t invoked,
                                std::uint64_t returned);
    static HistoryOperation get(std::string key, std::optional<std::string> value,
                                std::uint64_t invoked, std::uint64_t returned);
    static HistoryOperation increment(std::string key, std::optional<std::string> number,
                                      std::uint64_t invoked, std::uint64_t returned);
    static HistoryOperation erase(std::string key, bool existed, std::uint64_t invoked,
                                  std::uint64_t returned);
    HistoryOperation without_outcome() const; // the same, its outcome unknown
};

enum class HistoryVerdict : std::uint8_t { Linearizable, NotLinearizable, Undecided };

struct HistoryCheck {
    HistoryVerdict verdict = HistoryVerdict::Linearizable;
    std::string text; // for people: the key, how far the search came, and what fits nowhere
    std::size_t configurations = 0;
};

// All keys are absent at first. Undecided: a key needs more than `configurations_max`.
HistoryCheck check_history(const std::vector<HistoryOperation>& history,
                           std::size_t configurations_max = 2'000'000);

} // namespace zz::test
