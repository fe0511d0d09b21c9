// SPDX-License-Identifier: Apache-2.0
// The text form of a response matrix and the answer of `zzctl classify`. Pure, of no thread.
//
//   file   = header 1*row            ; F+1 to 2F+1 rows
//   header = *blank 3F+1("," name)   ; agreement replicas
//   row    = name 3F+1("," entry)    ; an execution replica
//   entry  = 1*(ALPHA / DIGIT) / "-" / "?"   ; a value, missing, pending or not received
//
// Blanks around a cell, CR before LF and empty lines at the end are trimmed; names are unique.
#pragma once

#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/matrix/names.h"

namespace zz::matrix {

inline constexpr std::uint32_t kFaultsMax = 1000;      // bound of F in text form
inline constexpr std::size_t kTextSizeMax = 64U << 20; // bytes of a file
inline constexpr std::size_t kNameSizeMax = 256;       // bytes of a replica's name

// A matrix with the names of its file.
struct NamedMatrix {
    Matrix matrix;
    Names names;
};

// Every error names the place as "FILE:LINE: column N: ..." where N counts the cells from 1;
// `file` is only used for that.
Result<NamedMatrix> parse_csv(std::string_view text, Faults faults, std::string_view file);

// The same matrix as text, in the form that parse_csv reads.
std::string to_csv(const NamedMatrix& named);

// One JSON document on one line, without a line break at its end:
// {"verdict","rule","value","support","convicted","unresponsive","text"}, keys of `support` by
// name.
std::string classify_json(const Matrix& matrix, const Verdict& verdict, const Names& names);

// A JSON string literal of `text`, quotes included. Precondition: `text` is UTF-8.
std::string json_string(std::string_view text);

} // namespace zz::matrix
