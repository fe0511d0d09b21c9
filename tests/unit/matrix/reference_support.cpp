// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/matrix/reference_support.h"

#include <algorithm>

namespace reference {
namespace {

std::string column_of(const Table& table, std::size_t j) {
    std::string column;
    for (const std::string& row : table)
        column += row[j];
    return column;
}

int occurrences(const std::string& text, char letter) {
    return static_cast<int>(std::count(text.begin(), text.end(), letter));
}

std::string letters_of(const Table& table) {
    std::set<char> letters;
    for (const std::string& row : table)
        letters.insert(row.begin(), row.end());
    letters.erase('?');
    letters.erase('-');
    return {letters.begin(), letters.end()};
}

// "Ei is convicted when at least f+1 columns hold a digest other than V in its row; unresponsive
// when it is not convicted and at least f+1 hold missing or a digest other than V."
void blame_rows(const Table& table, int f, Answer& result) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        const int columns = static_cast<int>(table[i].size());
        const int pending = occurrences(table[i], '?');
        const int missing = occurrences(table[i], '-');
        const int right = occurrences(table[i], *result.value);
        if (columns - pending - missing - right > f)
            result.convicted.insert(static_cast<int>(i));
        else if (columns - pending - right > f)
            result.unresponsive.insert(static_cast<int>(i));
    }
}

} // namespace

Answer answer(const Table& table, int f, const std::string& reports) {
    const std::size_t width = static_cast<std::size_t>(3 * f + 1);
    const std::string letters = letters_of(table);
    int in = 0;
    int hopeful = 0; // columns that are not in and do not match yet
    Answer result;
    for (std::size_t j = 0; j < width; ++j) {
        const std::string column = column_of(table, j);
        const bool complete = occurrences(column, '?') == 0;
        bool matches = false;
        for (const char v : letters) {
            if (occurrences(column, v) > f) {
                matches = true;
                ++result.support[v];
            }
        }
        in += complete ? 1 : 0;
        hopeful += !complete && !matches ? 1 : 0;
    }
    std::string decided;
    int best = 0;
    for (const auto& [v, count] : result.support) {
        best = std::max(best, count);
        if (count > f)
            decided += v;
    }
    const bool all_signed_apart = static_cast<int>(reports.size()) > 2 * f &&
                                  std::all_of(reports.begin(), reports.end(),
                                              [&](char v) { return occurrences(reports, v) <= f; });
    const auto say = [&](const char* verdict, const char* rule) {
        result.verdict = verdict;
        result.rule = rule;
        return result;
    };
    if (decided.size() > 1 || all_signed_apart)
        return say("assumption-violated", "ZZ-6.2.1");
    if (decided.size() == 1) {
        result.value = decided[0];
        blame_rows(table, f, result);
        bool every_entry_equal = true;
        for (const std::string& row : table)
            every_entry_equal &= row.find_first_not_of(std::string("?") + decided) == row.npos;
        if (!every_entry_equal)
            return say("non-blocking", "ZZ-6.2.2");
        return say(in > 2 * f ? "agreed" : "undecided", "ZZ-6.2.2");
    }
    if (best + hopeful <= f)
        return say("blocking", "ZZ-6.2.3");
    return say("undecided", "ZZ-6.2.4");
}

std::string describe(const Answer& answer) {
    std::string text = answer.verdict + " " + answer.rule + " value ";
    text += answer.value ? *answer.value : '/';
    for (const auto& [v, count] : answer.support)
        text += std::string(" ") + v + ":" + std::to_string(count);
    for (const int i : answer.convicted)
        text += " convicted " + std::to_string(i);
    for (const int i : answer.unresponsive)
        text += " unresponsive " + std::to_string(i);
    return text;
}

} // namespace reference
