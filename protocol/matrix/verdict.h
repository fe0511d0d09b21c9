// SPDX-License-Identifier: Apache-2.0
// The rules of the response matrix as pure functions: the verdict (ZZ-6.2) and blame (ZZ-6.3).
// Used by agreement, controller, console, command line and tests; of no thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/matrix/matrix.h"

namespace zz::matrix {

enum class Kind : std::uint8_t { Agreed, Undecided, NonBlocking, Blocking, AssumptionViolated };

// "agreed", "undecided", "non-blocking", "blocking", "assumption-violated".
std::string_view to_string(Kind kind);

// Who is to blame once the right value is known; row indices, ascending, disjoint.
struct Blame {
    std::vector<std::size_t> convicted;    // >= f+1 columns hold a digest other than V
    std::vector<std::size_t> unresponsive; // else >= f+1 hold missing or a digest other than V
    friend bool operator==(const Blame&, const Blame&) = default;
};

struct Verdict {
    Kind kind = Kind::Undecided;
    std::string_view rule = "ZZ-6.2.4";      // the clause of ZZ-6.2 that gave the verdict
    std::optional<Digest> value;             // V of clause 2, else none
    std::map<Digest, std::uint32_t> support; // values matched by at least one column
    std::uint32_t columns_in = 0;            // columns without a pending entry
    std::uint32_t columns_open = 0;          // neither in nor matching yet
    bool no_certificate_possible = false;    // clause 1, second half, was the reason
    Blame blame;                             // empty unless `value` is set
    friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Columns that one does not have are all pending. `signed_values` holds the signed digest of each
// live execution replica whose signed report one has (clause 1, second half); it changes nothing
// else. A matrix with fewer than f+1 rows has no matching column.
Verdict judge(const Matrix& matrix, std::span<const Digest> signed_values = {});

// ZZ-6.3 with V from elsewhere, for example from a reply certificate.
Blame blame(const Matrix& matrix, const Digest& value);

// The value of a reply certificate (ZZ-6.5): f+1 equal among the signed digests of distinct live
// replicas; none, or the smallest when more than f faults made two.
std::optional<Digest> certified(Faults faults, std::span<const Digest> signed_values);

} // namespace zz::matrix
