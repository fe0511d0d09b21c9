// SPDX-License-Identifier: Apache-2.0
// The record of a machine on disk, and its text: "key length:bytes" per line, so that any argument
// survives. Inside of hv/process.
#pragma once

#include <optional>
#include <string>

#include "hv/hypervisor.h"

namespace zz::hv {

struct MachineRecord {
    MachineName name;
    MachineSpec spec; // of it the process driver keeps program and environment
};

std::string to_text(const MachineRecord& record);
// None if it is not exactly such a text.
std::optional<MachineRecord> record_from_text(const std::string& text);

} // namespace zz::hv
