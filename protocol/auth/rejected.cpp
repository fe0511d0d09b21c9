// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/rejected.h"

#include <array>

namespace zz::auth {

std::string_view name(Rejected reason) {
    static constexpr std::array<std::string_view, static_cast<std::size_t>(Rejected::Count)> names =
        {"too large",         "malformed",        "wrong version", "wrong cluster",
         "wrong application", "wrong generation", "wrong sender",  "unknown key",
         "not for us",        "bad tag",          "bad signature", "bad embedded message",
         "wrong digest"};
    const auto index = static_cast<std::size_t>(reason);
    return index < names.size() ? names[index] : "?";
}

} // namespace zz::auth
