// SPDX-License-Identifier: Apache-2.0
// Texts of cluster files to change and check.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/cluster/cluster.h"

namespace zz::cluster {

// resources/clusters/four-hosts.toml.
std::string sample_text();
// `text` with the `nth` (from 0) line that begins with `begin` replaced, `line` set to its number.
// Empty if not found.
std::string with_line(std::string_view text, std::string_view begin, std::size_t nth,
                      std::string_view replacement, std::uint32_t& line);
std::vector<std::string> lines_of(std::string_view text);
std::string joined(const std::vector<std::string>& lines);
// A violation of that line whose text contains `part`.
bool contains(const std::vector<Violation>& violations, std::uint32_t line, std::string_view part);

} // namespace zz::cluster
