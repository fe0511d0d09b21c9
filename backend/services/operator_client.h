// SPDX-License-Identifier: Apache-2.0
// OperatorClient: zzctl's side of the operator endpoints: signs a command for each host, collects
// answers until all came or the time is over. One thread.
#pragma once

#include <map>
#include <memory>

#include "backend/services/audit_heads.h"
#include "backend/services/layout.h"
#include "protocol/crypto/key_file.h"
#include "protocol/telemetry/command.h"
#include "protocol/transport/transport.h"

namespace zz::services {

// How long hosts have to answer an operator.
inline constexpr Duration kAnswerPatience = seconds(3);

class OperatorClient {
  public:
    ~OperatorClient();
    OperatorClient(const OperatorClient&) = delete;
    OperatorClient& operator=(const OperatorClient&) = delete;

    // With the key of the operator that the environment variable ZZ_OPERATOR names (`zzctl
    // --operator`), else of the first whose key file is there, those before who may change things.
    static Result<std::unique_ptr<OperatorClient>> make(const Layout& layout,
                                                        const cluster::Cluster& cluster);

    // To these hosts, empty: to all. Hosts that do not answer in time are missing.
    std::map<HostId, telemetry::Answer> ask(const telemetry::CommandBody& what, Duration patience,
                                            const std::vector<HostId>& hosts = {});
    // Newest snapshots of all hosts that answer.
    std::map<HostId, telemetry::Snapshot> snapshots(Duration patience);

    transport::Transport& transport() { return *transport_; }
    transport::Context& context() { return context_; }
    const crypto::KeyPair& keys() const { return keys_; }
    const cluster::Operator& self() const { return self_; }

  private:
    OperatorClient(const Layout& layout, const cluster::Cluster& cluster,
                   const cluster::Operator& self, crypto::KeyPair keys);

    Layout layout_;
    const cluster::Cluster& cluster_;
    const cluster::Operator& self_;
    crypto::KeyPair keys_;
    crypto::SigningKeyPair signing_;
    transport::Context context_;
    std::unique_ptr<transport::Transport> transport_;
    std::uint64_t last_nonce_ = 0;
    AuditHeads heads_; // as the answers told them; kept in the folder at the end
};

} // namespace zz::services
