// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cluster/cluster_support.h"

#include <fstream>
#include <iterator>

namespace zz::cluster {

std::string sample_text() {
    std::ifstream in(ZZ_SOURCE_DIR "/resources/clusters/four-hosts.toml", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out(1);
    for (const char c : text) {
        if (c == '\n')
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += (i == 0 ? "" : "\n") + lines[i];
    return out;
}

std::string with_line(std::string_view text, std::string_view begin, std::size_t nth,
                      std::string_view replacement, std::uint32_t& line) {
    std::vector<std::string> lines = lines_of(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!lines[i].starts_with(begin) || nth-- != 0)
            continue;
        lines[i] = std::string(replacement);
        line = static_cast<std::uint32_t>(i + 1);
        return joined(lines);
    }
    return {};
}

bool contains(const std::vector<Violation>& violations, std::uint32_t line, std::string_view part) {
    for (const Violation& v : violations) {
        if (v.line == line && v.text.find(part) != std::string::npos)
            return true;
    }
    return false;
}

} // namespace zz::cluster
