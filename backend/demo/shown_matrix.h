// SPDX-License-Identifier: Apache-2.0
// ShownMatrix: the response matrix of one batch as the agreement replicas' signed columns have it,
// read from telemetry events (`zzctl events --json`), never from a drill's file (ZZ-10.3). Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "backend/demo/ctl.h"

namespace zz::demo {

struct ShownMatrix {
    std::string application;
    std::uint64_t n = 0;
    // Agreement replica -> execution replica ("E1") -> entry: the beginning of a digest, "-", "?".
    std::map<std::string, std::map<std::string, std::string>> columns;

    // For `zzctl classify`: a column that was never seen is pending.
    std::string csv(std::uint64_t f) const;
    std::vector<std::string> rows() const;
};

// Keeps the newest matrix that columns were sent about.
class MatrixBook {
  public:
    // True if the matrix shown changed. Other events are none of its business.
    bool take(const Json& event);
    const std::optional<ShownMatrix>& newest() const { return newest_; }

  private:
    std::optional<ShownMatrix> newest_;
};

} // namespace zz::demo
