// SPDX-License-Identifier: Apache-2.0
// controller::Core: the replica controller of one application on one host (ZZ-6.6, ZZ-6.8, ZZ-7.7);
// a controller service holds one for each application its host has a part in. A sans-IO core
// (core/io.h): the shell lists machines, performs asks on the hypervisor and makes fresh keys.
//
// Level-triggered: wanted is the highest configuration certificate it knows, and over it every
// sleeper awake while it holds a wake-up proof of that epoch, which it checks itself; only a higher
// epoch puts one to sleep. After a start it runs its agreement replica at once, asks 2f+1 agreement
// replicas with a nonce, and only then touches execution machines. Bounds: bounds.h.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <variant>

#include "backend/controller/evidence.h"
#include "backend/controller/reconcile.h"
#include "backend/controller/records.h"
#include "protocol/auth/sealer.h"
#include "protocol/core/membership.h"

namespace zz::controller {

struct Settings {
    Faults faults;
    cluster::WakeupPolicy policy = cluster::WakeupPolicy::Evidence;
    cluster::SpareKind spare = cluster::SpareKind::Paused; // of this host
    cluster::Limits limits;
    std::optional<AgreementId> agreement; // replica of this application on this host
    std::optional<SlotId>
        slot;              // execution slot of this application on this host (ZZ-1.3: at most one)
    message::Config first; // of the cluster file
    std::uint64_t nonce = 0; // fresh at each start, from the shell
};

// Every machine of this application on this host that is not Absent: at start, each heartbeat,
// after each ask.
struct Machines {
    std::vector<MachineFact> machines;
    // False: nobody has said yet which machines of execution replicas there are.
    bool execution_known = true;
};
// The answer to a MachineAsk; `error` is empty if it was done.
struct AskDone {
    MachineAsk ask;
    std::string error;
};
// The answer to Ask::MakeImage: the image stands, with these fresh keys in it.
struct KeysMade {
    ExecutionId id;
    PublicKeys keys;
};

// The shell's keyring learns these members' keys; the proofs of a wake-up cannot be checked
// without.
struct LearnConfiguration {
    message::Config config;
};

using Input = std::variant<core::Received, core::TimePassed, Machines, AskDone, KeysMade>;
using Action = std::variant<MachineAsk, LearnConfiguration>;
using Output = core::Output<Action>;

class Core {
  public:
    // `sealer` signs as the controller of this host; its keyring outlives the core.
    Core(auth::Sealer sealer, Settings settings);

    // Before the first step after a restart.
    void restore(const std::vector<core::Record>& records);
    void step(Instant now, const Input& input);
    Output take_output();

    const message::Config& configuration() const { return membership_.config(); }
    const std::optional<message::WakeUpProof>& proof() const { return evidence_.proof(); }
    // 2f+1 agreement replicas answered since the start: execution machines may be touched.
    bool synchronized() const { return synchronized_; }
    bool spare_ready() const;
    std::uint64_t ignored() const { return ignored_; }
    void invariants() const;

  private:
    struct Launches { // of one machine
        std::uint32_t failures = 0;
        Instant not_before;
        Instant failed_at; // an ask, last
        Instant running_since = kNever;
    };

    void on(const core::Received& input);
    void on(const core::TimePassed&) {}
    void on(const Machines& input);
    void on(const AskDone& input);
    void on(const KeysMade& input);

    template <class T> bool add_evidence(const auth::Verified& v);
    void on_config(const message::Embedded<message::Config>& config);
    void on_answer(const AgreementId& from, const message::ConfigAnswer& answer);
    void note_removal(const message::Config& before);
    void forgive_wake_up(const message::Config& before);
    void on_new_configuration();
    void on_new_proof();
    void prove_by_configuration();
    void synchronize();
    void heartbeat();
    void send_enrol();
    void request_configuration();

    SlotWanted wanted() const;
    void reconcile();
    bool sleeps(const PrincipalId& machine) const;
    void ask_machine(MachineAsk ask);
    bool is_being_made(const PrincipalId& machine) const;
    bool may_wake();
    void record();
    void notice(core::NoticeKind kind, const PrincipalId& subject, std::string text);
    std::vector<PrincipalId> agreement_replicas() const;

    Settings settings_;
    auth::Sealer sealer_;
    core::Membership membership_;
    Evidence evidence_;
    Durable durable_;
    RecordIndex last_record_;
    bool started_ = false;
    bool synchronized_ = false;
    std::map<AgreementId, ConfigurationNumber> answers_; // to our nonce
    std::vector<MachineFact> machines_;
    bool machines_known_ = false, execution_known_ = false;
    std::map<PrincipalId, Instant> open_;      // asks without an answer, since when
    std::map<PrincipalId, Launches> launches_; // of machines that are there
    std::optional<message::Enrol> enrol_;
    // The rate limit of wake-ups (C3): epochs that may still be woken in, refilled over time.
    std::uint32_t wake_ups_left_;
    Instant wake_ups_refilled_;
    std::optional<Epoch> woken_in_; // the epoch a wake-up was spent on
    // The epoch within which our sleeper was convicted. Lost with a restart, which costs a source
    // of nodes that others hold too.
    std::optional<Epoch> removed_in_;
    bool wake_up_delayed_ = false;
    Instant now_;
    Instant next_heartbeat_ = kNever;
    std::uint32_t heartbeats_ = 0;
    std::uint64_t ignored_ = 0;
    Output out_;
};

} // namespace zz::controller
