// SPDX-License-Identifier: Apache-2.0
#include "protocol/matrix/names.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::matrix {
namespace {

// "A1", "A1 and A2", "A1, A2 and A3".
std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0)
            text += i + 1 == items.size() ? " and " : ", ";
        text += items[i];
    }
    return text;
}

std::string rows_named(const std::vector<std::size_t>& rows, const Names& names) {
    std::vector<std::string> items;
    for (const std::size_t row : rows)
        items.push_back(names.row(row));
    return listed(items);
}

std::string columns_matching(const Matrix& matrix, const Digest& value, const Names& names) {
    std::vector<std::string> items;
    for (std::size_t c = 0; c < matrix.columns(); ++c) {
        if (column_match(matrix.faults(), matrix.column(c)) == value)
            items.push_back(names.column(c));
    }
    return listed(items);
}

// "P by A1 and Q by A4".
std::string matches(const Matrix& matrix, const Verdict& verdict, const Names& names) {
    std::vector<std::string> items;
    for (const auto& [value, support] : verdict.support)
        items.push_back(names.value(value) + " by " + columns_matching(matrix, value, names));
    std::sort(items.begin(), items.end());
    return items.empty() ? "no column matches" : "the matching columns are " + listed(items);
}

std::string blamed(const Verdict& verdict, const Names& names) {
    const Blame& blame = verdict.blame;
    std::string text;
    if (!blame.convicted.empty())
        text += rows_named(blame.convicted, names) +
                (blame.convicted.size() == 1 ? " is convicted" : " are convicted");
    if (!blame.unresponsive.empty())
        text += (text.empty() ? "" : ", ") + rows_named(blame.unresponsive, names) +
                (blame.unresponsive.size() == 1 ? " is unresponsive" : " are unresponsive");
    return text.empty() ? "there is not enough information to blame a replica" : text;
}

std::string columns_counted(std::uint32_t count) {
    return fmt::format("{} column{}", count, count == 1 ? "" : "s");
}

std::string why_violated(const Matrix& matrix, const Verdict& verdict, const Names& names) {
    const std::string cause =
        verdict.no_certificate_possible
            ? fmt::format("{} live replicas signed and no {} of them are equal",
                          matrix.faults().quorum(), matrix.faults().weak_quorum())
            : fmt::format("two values have {} matching columns or more ({})",
                          matrix.faults().weak_quorum(), matches(matrix, verdict, names));
    return "More than f replicas are faulty or the application is not deterministic: " + cause +
           ", so nothing is acted on.";
}

} // namespace

Names Names::standard(const Matrix& matrix) {
    Names names;
    for (std::size_t row = 0; row < matrix.rows(); ++row)
        names.execution.push_back(fmt::format("E{}", row + 1));
    for (std::size_t c = 0; c < matrix.columns(); ++c)
        names.agreement.push_back(fmt::format("A{}", c + 1));
    constexpr std::size_t kLetters = 'Z' - 'P' + 1;
    for (std::size_t c = 0; c < matrix.columns(); ++c) {
        for (const Entry& entry : matrix.column(c)) {
            const std::size_t next = names.values.size();
            if (!entry.is_value() || names.values.contains(entry.value()))
                continue;
            names.values[entry.value()] = next < kLetters
                                              ? std::string(1, static_cast<char>('P' + next))
                                              : short_hex(entry.value());
        }
    }
    return names;
}

std::string Names::row(std::size_t index) const {
    return index < execution.size() ? execution[index] : fmt::format("row {}", index + 1);
}

std::string Names::column(std::size_t index) const {
    return index < agreement.size() ? agreement[index] : fmt::format("column {}", index + 1);
}

std::string Names::value(const Digest& digest) const {
    const auto found = values.find(digest);
    return found == values.end() ? short_hex(digest) : found->second;
}

std::string sentence(const Matrix& matrix, const Verdict& verdict, const Names& names) {
    const Faults faults = matrix.faults();
    const std::string value = verdict.value ? names.value(*verdict.value) : "";
    switch (verdict.kind) {
    case Kind::Agreed:
        return fmt::format("All replies received by the {} complete columns of {} are {}: "
                           "nothing is wrong.",
                           verdict.columns_in, matrix.columns(), value);
    case Kind::Undecided:
        if (verdict.value)
            return fmt::format("Every reply received so far is {}, but only {} of the {} columns "
                               "needed are complete.",
                               value, verdict.columns_in, faults.quorum());
        return fmt::format("No value has {} matching columns yet ({}), and {} can still match.",
                           faults.weak_quorum(), matches(matrix, verdict, names),
                           columns_counted(verdict.columns_open));
    case Kind::NonBlocking:
        return fmt::format("{} has {} matching columns ({}), so clients get it although not all "
                           "replies agree, and {}.",
                           value, verdict.support.at(*verdict.value),
                           columns_matching(matrix, *verdict.value, names), blamed(verdict, names));
    case Kind::Blocking:
        return fmt::format("No value can reach {} matching columns any more ({}), so the awake "
                           "replicas alone cannot decide, and nobody can be blamed from this "
                           "matrix.",
                           faults.weak_quorum(), matches(matrix, verdict, names));
    case Kind::AssumptionViolated:
        return why_violated(matrix, verdict, names);
    }
    ZZ_CHECK(false, "verdict of kind {}", static_cast<int>(verdict.kind));
}

} // namespace zz::matrix
