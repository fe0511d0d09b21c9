// SPDX-License-Identifier: Apache-2.0
// Comparison whose time tells nothing about the bytes.
#pragma once

#include "protocol/base/bytes.h"

namespace zz::crypto {

// False if the sizes differ; the sizes are not secret.
bool equal(ByteView a, ByteView b);

} // namespace zz::crypto
