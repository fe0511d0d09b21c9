// SPDX-License-Identifier: Apache-2.0
// The live text view: a picture of the data center as lines of text. Pure.
#pragma once

#include <string>
#include <vector>

#include "backend/demo/facts.h"
#include "backend/demo/shown_matrix.h"

namespace zz::demo {

struct Style {
    bool utf8 = true;
    bool colour = true;
};

struct Picture {
    std::string title; // what goes on now
    DataCenterFacts facts;
    std::map<std::string, double> throughput; // requests per second
    std::optional<ShownMatrix> matrix;
    Json verdict;          // of `classify`
    std::string recovered; // application of the last recovery, empty: none yet
    Json phases_ms;
    std::vector<std::string> log; // newest last
};

std::string render(const Picture& picture, const Style& style);

// "detected 12 ms, decided 30 ms, ...": phases by time.
std::string phases_line(const Json& phases_ms);

} // namespace zz::demo
