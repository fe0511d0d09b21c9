// SPDX-License-Identifier: Apache-2.0
// Owners of libvirt's handles, and the text of its last error. Inside of hv/libvirt.
#pragma once

#include <cstdlib>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <memory>
#include <string>

#include "protocol/base/result.h"

namespace zz::hv {

struct CloseConnection {
    void operator()(virConnectPtr c) const { virConnectClose(c); }
};
struct FreeDomain {
    void operator()(virDomainPtr d) const { virDomainFree(d); }
};
struct FreeText {
    void operator()(char* text) const { std::free(text); }
};
using ConnectionHandle = std::unique_ptr<virConnect, CloseConnection>;
using DomainHandle = std::unique_ptr<virDomain, FreeDomain>;
using TextHandle = std::unique_ptr<char, FreeText>;

// "cannot WHAT: libvirt says: TEXT (error 55, domain 10)", of this thread's last call.
Error libvirt_error(const std::string& what);

} // namespace zz::hv
