// SPDX-License-Identifier: Apache-2.0
// The rules of ZZ-6.2 and ZZ-6.3 a second time, straight from their text and by quantifiers over
// a table of letters; it shares nothing with protocol/matrix. '?' is pending, '-' missing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace reference {

// table[i][j]: what agreement replica j+1 received from execution replica i+1.
using Table = std::vector<std::string>;

struct Answer {
    std::string verdict;
    std::string rule;
    std::optional<char> value;
    std::map<char, int> support;
    std::set<int> convicted;
    std::set<int> unresponsive;
    bool operator==(const Answer&) const = default;
};

// `reports`: the signed value of each live replica that signed.
Answer answer(const Table& table, int f, const std::string& reports = "");

std::string describe(const Answer& answer);

} // namespace reference
