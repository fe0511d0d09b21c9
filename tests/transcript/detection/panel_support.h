// SPDX-License-Identifier: Apache-2.0
// Panel: the detection cores of one application, with scripted execution replicas, a controller
// that only checks proofs, and an orderer that executes CONVICT and SETTLED as ZZ-6.7 says. Every
// message goes through sealing and opening, so that a core sees nothing unchecked. One thread; time
// is moved by the test.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "backend/detection/core.h"
#include "protocol/auth/opener.h"
#include "protocol/auth/plain_keyring.h"

namespace zz::detection {

// What a scripted execution replica does. A letter stands for a reply (or a root); '-' for nothing.
struct Script {
    std::string reports;     // one letter for each agreement replica: its column entries
    std::string signs = "-"; // what it signs: one letter for all, or one for each agreement replica
    bool awake = true;
};

class Panel {
  public:
    Panel(std::uint32_t f, std::map<std::uint32_t, Script> its_scripts,
          cluster::WakeupPolicy policy = cluster::WakeupPolicy::Evidence)
        : Panel(Faults{f}, std::move(its_scripts), policy) {}
    Panel(Faults faults, std::map<std::uint32_t, Script> its_scripts,
          cluster::WakeupPolicy policy = cluster::WakeupPolicy::Evidence);

    // Commits number n with one request of client 1 everywhere; 2f+1 know it. Executors report as
    // scripted.
    void commit(SequenceNumber n);
    // Moves time in steps of 10 ms and delivers everything.
    void run(Duration time);
    void deliver_all();
    // An agreement replica's message, forged or honest, to all cores and the controller.
    void say(AgreementId from, const message::Message& m);
    void signed_by(SlotId slot, const message::Message& m, AgreementId to);
    void step(AgreementId id, const Input& input);

    Digest root(char letter, SequenceNumber n) const;
    message::SignedReport signed_report(VoteKind vote, SequenceNumber n, char letter) const;
    message::Report report(SequenceNumber n, char letter) const;
    auth::Sealer& sealer(const PrincipalId& who);
    Core& core(std::uint32_t id) { return *cores_.at(AgreementId(id)); }
    core::AgreementFacts facts(std::uint32_t id);

    // What happened, in order of appearance: counted by name, with subject where there is one.
    std::size_t count(core::NoticeKind kind) const;
    bool saw(core::NoticeKind kind, std::uint32_t agreement) const;
    std::size_t accusers(SlotId slot) const;

    bool woken = false; // the controller held a valid proof
    std::string cause;
    std::vector<ExecutionId> convicted; // executed, in order
    message::Config config;
    std::map<std::uint32_t, std::uint32_t> affidavits;   // to client 1, by sender
    std::map<std::uint32_t, std::uint32_t> certificates; // to client 1, by sender
    std::map<message::Kind, std::size_t> sent; // by agreement replicas, each receiver counted
    std::map<std::uint32_t, Script> scripts;
    std::set<std::uint32_t> mute;            // agreement replicas whose sends are lost
    std::set<std::uint32_t> refuse_complete; // slots that never hold the whole state
    bool checkpoints = false;                // executors sign checkpoints unasked
    std::vector<std::pair<AgreementId, core::Notice>> notices;
    Instant now;

  private:
    void collect(AgreementId from);
    void send(const PrincipalId& from, const PrincipalId& to, const core::Send& send);
    void to_executor(SlotId slot, AgreementId from, const message::Message& m);
    void to_controller(AgreementId from, const core::Send& s);
    void order(const message::SystemRequest& request);
    void configured(std::vector<core::Conviction> convictions);
    void wake();
    void report_to(SlotId slot, AgreementId to, SequenceNumber n);
    std::optional<char> signature_of(SlotId slot, AgreementId to) const;

    Faults faults_;
    cluster::WakeupPolicy policy_;
    std::map<PrincipalId, std::unique_ptr<auth::PlainKeyring>> keyrings_;
    std::map<PrincipalId, auth::Sealer> sealers_;
    std::map<AgreementId, std::unique_ptr<Core>> cores_;
    std::map<AgreementId, std::unique_ptr<auth::Opener>> openers_;
    std::deque<std::pair<AgreementId, auth::Verified>> queue_;
    SequenceNumber committed_;
    std::set<PrincipalId> completed_;
    Instant next_heartbeat_;
};

} // namespace zz::detection
