// SPDX-License-Identifier: Apache-2.0
// Words for people: the names in a matrix and the one sentence that explains a verdict.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/matrix/verdict.h"

namespace zz::matrix {

// Names of rows, columns and values. A value without a name is shown by its first hex digits.
struct Names {
    std::vector<std::string> execution; // by row
    std::vector<std::string> agreement; // by column
    std::map<Digest, std::string> values;

    // E1.. and A1.., values P, Q, R, ... in the order in which columns show them first.
    static Names standard(const Matrix& matrix);

    std::string row(std::size_t index) const;
    std::string column(std::size_t index) const;
    std::string value(const Digest& digest) const;
};

// One sentence, without line breaks, that says what the verdict rests on and what follows.
// Precondition: `verdict` is judge() of `matrix`.
std::string sentence(const Matrix& matrix, const Verdict& verdict, const Names& names);

} // namespace zz::matrix
