// SPDX-License-Identifier: Apache-2.0
// Numbers as commands write them. Pure; the same on every machine.
#pragma once

#include <optional>
#include <string>

#include "protocol/base/bytes.h"

namespace zz::application::kv {

// A score: decimal, "inf", "-inf". No NaN.
std::optional<double> parse_score(ByteView bytes);
// The shortest text that is read back as the same number.
std::string format_score(double score);

// A decimal fraction with 17 digits behind the point and 20 before it: sums are exact, where binary
// floating point would depend on the width of a register.
class Decimal {
  public:
    static std::optional<Decimal> parse(ByteView bytes);
    // Nothing if it has too many digits.
    std::optional<Decimal> plus(Decimal other) const;
    std::string text() const; // without zeros at the end

  private:
    __extension__ using Wide = __int128;
    explicit Decimal(Wide units) : units_(units) {}
    Wide units_; // of 10^-17
};

} // namespace zz::application::kv
