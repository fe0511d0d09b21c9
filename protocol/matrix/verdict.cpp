// SPDX-License-Identifier: Apache-2.0
#include "protocol/matrix/verdict.h"

#include <algorithm>

namespace zz::matrix {
namespace {

struct Count {
    std::map<Digest, std::uint32_t> support;
    std::uint32_t in = 0;
    std::uint32_t open = 0; // neither in nor matching yet
};

Count count_columns(const Matrix& matrix) {
    Count count;
    for (std::size_t c = 0; c < matrix.columns(); ++c) {
        const Column column = matrix.column(c);
        const bool in = column_is_in(column);
        const std::optional<Digest> value = column_match(matrix.faults(), column);
        if (in)
            ++count.in;
        if (value)
            ++count.support[*value];
        else if (!in)
            ++count.open;
    }
    return count;
}

bool differs_anywhere(const Matrix& matrix, const Digest& value) {
    for (std::size_t c = 0; c < matrix.columns(); ++c) {
        if (column_differs(matrix.column(c), value))
            return true;
    }
    return false;
}

void decide(Verdict& verdict, Kind kind, std::string_view rule) {
    verdict.kind = kind;
    verdict.rule = rule;
}

// Clause 2, when exactly one value has support f+1.
void decide_on(Verdict& verdict, const Matrix& matrix, const Digest& value) {
    verdict.value = value;
    verdict.blame = blame(matrix, value);
    if (differs_anywhere(matrix, value))
        return decide(verdict, Kind::NonBlocking, "ZZ-6.2.2");
    const bool enough = verdict.columns_in >= matrix.faults().quorum();
    decide(verdict, enough ? Kind::Agreed : Kind::Undecided, "ZZ-6.2.2");
}

} // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
    case Kind::Agreed:
        return "agreed";
    case Kind::Undecided:
        return "undecided";
    case Kind::NonBlocking:
        return "non-blocking";
    case Kind::Blocking:
        return "blocking";
    case Kind::AssumptionViolated:
        return "assumption-violated";
    }
    return "unknown";
}

Verdict judge(const Matrix& matrix, std::span<const Digest> signed_values) {
    const Faults faults = matrix.faults();
    Count count = count_columns(matrix);
    Verdict verdict;
    verdict.columns_in = count.in;
    verdict.columns_open = count.open;
    verdict.support = std::move(count.support);

    std::uint32_t highest = 0;
    std::vector<Digest> strong;
    for (const auto& [value, support] : verdict.support) {
        highest = std::max(highest, support);
        if (support >= faults.weak_quorum())
            strong.push_back(value);
    }
    verdict.no_certificate_possible =
        signed_values.size() >= faults.quorum() && !certified(faults, signed_values);
    if (strong.size() >= 2 || verdict.no_certificate_possible)
        decide(verdict, Kind::AssumptionViolated, "ZZ-6.2.1");
    else if (strong.size() == 1)
        decide_on(verdict, matrix, strong.front());
    else if (highest + verdict.columns_open <= faults.f)
        decide(verdict, Kind::Blocking, "ZZ-6.2.3");
    else
        decide(verdict, Kind::Undecided, "ZZ-6.2.4");
    return verdict;
}

Blame blame(const Matrix& matrix, const Digest& value) {
    Blame result;
    for (std::size_t row = 0; row < matrix.rows(); ++row) {
        std::uint32_t other = 0;
        std::uint32_t missing = 0;
        for (std::size_t c = 0; c < matrix.columns(); ++c) {
            other += matrix.at(row, c).contradicts(value) ? 1U : 0U;
            missing += matrix.at(row, c).is_missing() ? 1U : 0U;
        }
        if (other >= matrix.faults().weak_quorum())
            result.convicted.push_back(row);
        else if (other + missing >= matrix.faults().weak_quorum())
            result.unresponsive.push_back(row);
    }
    return result;
}

std::optional<Digest> certified(Faults faults, std::span<const Digest> signed_values) {
    std::map<Digest, std::uint32_t> votes;
    for (const Digest& value : signed_values)
        ++votes[value];
    for (const auto& [value, count] : votes) {
        if (count >= faults.weak_quorum())
            return value;
    }
    return std::nullopt;
}

} // namespace zz::matrix
