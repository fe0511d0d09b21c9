// SPDX-License-Identifier: Apache-2.0
// The long script: every kind of drill once, spread over the four applications so that they play
// side by side, and the drills that befall a whole host after them. Pure.
#pragma once

#include <string>
#include <vector>

#include "backend/demo/ctl.h"

namespace zz::demo {

struct Play {
    std::string key;         // of the summary, unique
    std::string application; // empty: it befalls a host, and so all of them
    std::string csv;         // of a matrix, else empty
    Words words;             // of `zzctl drill start`, the drill's name first
};

// From so many seconds on there is time for it.
inline constexpr std::uint32_t kWholeSeconds = 110;

// NAME=KIND of the applications of the long script.
std::vector<std::string> whole_applications();
// By application, each in its order: the matrices come while E1 and E2 are active.
std::vector<Play> whole_plays();
// After all of those, one by one.
std::vector<Play> host_plays();

// The names of drills (ZZ-10.2) that none of the plays is of.
std::vector<std::string> left_out(const std::vector<std::string>& catalogue);

} // namespace zz::demo
