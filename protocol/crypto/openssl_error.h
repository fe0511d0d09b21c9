// SPDX-License-Identifier: Apache-2.0
// Text of the calling thread's newest OpenSSL error. For the sources of this room only.
#pragma once

#include <string>

namespace zz::crypto {

// Empties the thread's error queue.
std::string openssl_error();

} // namespace zz::crypto
