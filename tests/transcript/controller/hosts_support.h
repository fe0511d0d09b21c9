// SPDX-License-Identifier: Apache-2.0
// Hosts: the controllers of E1 .. E3 of one application with f = 1, each with a table of machines
// that does what is asked, and the agreement replicas' signatures. One thread; time is moved by the
// test.
#pragma once

#include <map>
#include <memory>

#include "backend/controller/core.h"
#include "protocol/auth/plain_keyring.h"

namespace zz::controller {

class Hosts {
  public:
    explicit Hosts(cluster::WakeupPolicy policy = cluster::WakeupPolicy::Evidence);

    // Agreement replicas `a` answer the nonce with `config`.
    void answer(std::uint32_t host, const message::Config& config,
                std::initializer_list<std::uint32_t> a);
    void synchronize_all();
    void certify(const message::Config& config);           // CONFIG of A1 and A2 to all hosts
    void say(AgreementId from, const message::Message& m); // to all hosts
    void run(Duration time);
    void restart(std::uint32_t host);
    void step(std::uint32_t host, const Input& input);

    message::Demand demand(Epoch epoch, std::uint64_t n, char first = 'P', char second = 'Q');
    message::NoSign no_sign(Epoch epoch, std::uint64_t n, std::uint32_t slot) const;
    message::Column column(Epoch epoch, std::uint64_t n, std::string_view entries) const;
    Core& core(std::uint32_t host) { return *cores_.at(host); }
    MachineState state(std::uint32_t host, std::uint32_t incarnation = 0) const;
    std::size_t asked(std::uint32_t host, const std::string& what) const;

    message::Config config; // of the cluster file
    std::map<std::uint32_t, std::map<PrincipalId, MachineState>> machines;
    std::map<std::uint32_t, std::vector<std::string>> asks; // "wake E3.0"
    std::map<std::uint32_t, std::vector<core::Send>> sent;
    std::map<std::uint32_t, std::vector<core::Notice>> notices;
    bool fail = false;   // the hypervisor refuses everything
    bool hang = false;   // the hypervisor never answers (C4)
    bool unseen = false; // the hypervisor of guests did not answer yet
    bool boots = false;  // what runs is a guest whose service is not heard yet
    Instant now;

  private:
    std::unique_ptr<Core> make(std::uint32_t host);
    void perform(std::uint32_t host);
    void do_ask(std::uint32_t host, const MachineAsk& ask);
    void list(std::uint32_t host);
    auth::Sealer& sealer(const PrincipalId& who);

    cluster::WakeupPolicy policy_;
    std::map<PrincipalId, std::unique_ptr<auth::PlainKeyring>> keyrings_;
    std::map<PrincipalId, auth::Sealer> sealers_;
    std::map<std::uint32_t, std::unique_ptr<Core>> cores_;
    std::map<std::uint32_t, std::vector<core::Record>> journals_;
    std::map<std::uint32_t, std::uint64_t> nonces_;
    Instant next_list_;
};

} // namespace zz::controller
