// SPDX-License-Identifier: Apache-2.0
// Shape of a simulated application: what its cluster file would say.
#pragma once

#include "protocol/auth/identity.h"
#include "protocol/auth/plain_keyring.h"
#include "protocol/cluster/cluster.h"
#include "protocol/message/configuration.h"

namespace zz::simulator {

// A data center without faults is at rest within it.
inline constexpr Duration kStartBound = seconds(30);

struct Shape {
    Faults faults;
    cluster::WakeupPolicy policy = cluster::WakeupPolicy::Evidence;
    cluster::SpareKind spare = cluster::SpareKind::Paused;
    cluster::Limits limits;
    std::uint32_t clients = 2;
    std::uint32_t lanes = 4; // of each client
    std::uint64_t secret = 1;

    auth::Identity identity(const PrincipalId& self) const {
        return {ClusterId{{'s', 'i', 'm'}}, ApplicationId(0), Generation(0), self, faults};
    }
    // A host for every agreement replica; Ei is on host i (ZZ-1.3).
    std::uint32_t hosts() const { return faults.agreement_replicas(); }

    message::Config genesis() const {
        message::Config config;
        for (std::uint32_t i = 1; i <= faults.execution_slots(); ++i) {
            const ExecutionId id{SlotId(i), Incarnation(0)};
            const PublicKeys keys = auth::PlainKeyring::keys_of(principal(id), secret);
            config.members.push_back({id.slot, id.incarnation,
                                      i <= faults.active_replicas() ? message::MemberState::Active
                                                                    : message::MemberState::Asleep,
                                      keys.signing, keys.exchange});
        }
        return config;
    }
    std::vector<PrincipalId> controllers() const {
        std::vector<PrincipalId> all;
        for (std::uint32_t i = 1; i <= hosts(); ++i)
            all.push_back(controller_of(HostId(i)));
        return all;
    }
};

} // namespace zz::simulator
