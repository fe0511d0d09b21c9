// SPDX-License-Identifier: Apache-2.0
#include "backend/services/far_addresses.h"

#include <fmt/format.h>
#include <string_view>

namespace zz::services {

Result<FarAddresses> FarAddresses::read(const std::vector<std::string>& words) {
    FarAddresses out;
    for (const std::string& word : words) {
        const std::size_t at = word.find('=');
        const bool whole = at != std::string::npos && at > 0 && at + 1 < word.size();
        if (!whole || word.find_first_of(":/ ") != std::string::npos ||
            word.find('=', at + 1) != std::string::npos)
            return Error{fmt::format("'{}': write FROM=TO, two addresses without ports", word)};
        if (!out.to_.emplace(word.substr(0, at), word.substr(at + 1)).second)
            return Error{fmt::format("'{}': {} is mapped already", word, word.substr(0, at))};
    }
    return out;
}

std::string FarAddresses::dialled(const std::string& endpoint) const {
    constexpr std::string_view kTcp = "tcp://";
    const std::size_t port = endpoint.rfind(':');
    if (!endpoint.starts_with(kTcp) || port < kTcp.size())
        return endpoint;
    const auto it = to_.find(endpoint.substr(kTcp.size(), port - kTcp.size()));
    if (it == to_.end())
        return endpoint;
    return std::string(kTcp) + it->second + endpoint.substr(port);
}

} // namespace zz::services
