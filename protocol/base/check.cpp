// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace zz {

void check_failed(const char* file, int line, const char* condition, const std::string& text) {
    std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, text.c_str());
    std::fflush(stderr);
    std::abort();
}

} // namespace zz
