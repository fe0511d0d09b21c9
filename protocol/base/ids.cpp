// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/ids.h"

#include <fmt/format.h>

namespace zz {

std::string to_string(const PrincipalId& p) {
    switch (p.role) {
    case Role::Agreement:
        return fmt::format("A{}", p.index);
    case Role::Execution:
        return fmt::format("E{}.{}", p.index, p.incarnation);
    case Role::Controller:
        return fmt::format("controller {}", p.index);
    case Role::Client:
        return fmt::format("client {}", p.index);
    case Role::Operator:
        return fmt::format("operator {}", p.index);
    case Role::Host:
        return fmt::format("host {}", p.index);
    }
    return fmt::format("role {} {}", static_cast<int>(p.role), p.index);
}

std::string to_string(const ExecutionId& id) {
    return to_string(principal(id));
}
std::string to_string(AgreementId id) {
    return to_string(principal(id));
}

} // namespace zz
