// SPDX-License-Identifier: Apache-2.0
// ZZ_CHECK(condition, "text with {}", values...): our own invariant; on in every build; stops the
// process with the values in the text. Never on anything that a peer or the world can bring about.
#pragma once

#include <fmt/format.h>
#include <string>

namespace zz {

[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const std::string& text);

} // namespace zz

#define ZZ_CHECK(condition, ...)                                                                   \
    do {                                                                                           \
        if (!(condition)) [[unlikely]]                                                             \
            ::zz::check_failed(__FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__));        \
    } while (false)
