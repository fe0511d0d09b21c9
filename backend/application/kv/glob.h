// SPDX-License-Identifier: Apache-2.0
// Patterns of Redis: * ? [abc] [^a] [a-z] \x. Pure; at most pattern times text steps.
#pragma once

#include "protocol/base/bytes.h"

namespace zz::application::kv {

bool matches(ByteView pattern, ByteView text);

} // namespace zz::application::kv
