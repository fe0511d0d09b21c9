// SPDX-License-Identifier: Apache-2.0
// The target of an HTTP request: percent-decoding, path and query. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zz::gateway::http {

struct Target {
    std::string path;  // decoded
    std::string after; // of the query "after=NAME"; empty if there is none
};

// Nothing if it is malformed: not "/...", a broken "%", a NUL, or an unknown query.
std::optional<Target> parse_target(std::string_view target);
// What is not unreserved or "/" as %XX.
std::string percent_encode(std::string_view text);

} // namespace zz::gateway::http
