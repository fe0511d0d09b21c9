// SPDX-License-Identifier: Apache-2.0
// Operators: whether a command may be executed here (operator.proto): signature, cluster,
// environment, host, time, nonce, role. Nonces are kept on disk, so that a captured command is
// refused after a restart too (O3). Used by zz-host and, for signature and role, by controllers and
// replicas.
#pragma once

#include <map>
#include <set>
#include <string>

#include "protocol/cluster/cluster.h"
#include "protocol/telemetry/command.h"

namespace zz::services {

class Operators {
  public:
    // `folder` holds the file of nonces. Empty: they are kept in memory only, and what was signed
    // before this moment is refused.
    Operators(const cluster::Cluster& cluster, HostId host, std::string folder);

    // `link`: the operator whose key the link has.
    Result<telemetry::CommandBody> check(const telemetry::Command& command, OperatorId link);
    // Without a link: what a zz-host passed on.
    Result<telemetry::CommandBody> check_passed_on(const telemetry::Command& command);

  private:
    Result<telemetry::CommandBody> check_all(const telemetry::Command& command);

    const cluster::Cluster* cluster_;
    HostId host_;
    std::string file_;
    // Nonces of one operator. They are clock readings of several programs, so they come nearly, not
    // wholly, in order.
    struct Seen {
        std::uint64_t floor = 0;         // at or below: refused
        std::set<std::uint64_t> above{}; // at most kNoncesKept
    };
    static constexpr std::size_t kNoncesKept = 1024;
    bool is_fresh(Seen& seen, std::uint64_t nonce) const;

    std::map<std::uint32_t, Seen> nonces_; // of operators of the cluster file
    std::uint64_t floor_ = 0;              // of all of them
};

// Whether a viewer may send it (O2).
bool is_read_only(const telemetry::CommandBody& body);
// Whether it makes replicas or hosts fail, or may lose accepted replies.
bool is_harmful(const telemetry::CommandBody& body);
// The rules of confirmation (O6): what goes beyond f by `force` needs a reason; in production
// whatever is harmful needs a reason and the name of what it harms.
Status confirmed(const cluster::Cluster& cluster, const telemetry::CommandBody& body);
// "drill start wrong-reply 3f..", for the audit.
std::string what_of(const telemetry::CommandBody& body);

} // namespace zz::services
