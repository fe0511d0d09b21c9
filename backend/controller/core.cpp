// SPDX-License-Identifier: Apache-2.0
#include "backend/controller/core.h"

#include <algorithm>

#include "protocol/auth/certificates.h"
#include "protocol/base/check.h"
#include "protocol/wire/codec.h"

namespace zz::controller {

Core::Core(auth::Sealer sealer, Settings settings)
    : settings_(std::move(settings)), sealer_(std::move(sealer)),
      membership_(settings_.faults, settings_.first), evidence_(settings_.faults, settings_.policy),
      wake_ups_left_(kWakeUpsAtOnce) {
    evidence_.enter_epoch(settings_.first.epoch);
}

void Core::restore(const std::vector<core::Record>& records) {
    ZZ_CHECK(!started_, "restore after the first step");
    for (const core::Record& r : records) {
        Durable durable;
        if (wire::decode(r.data, durable))
            durable_ = durable;
        last_record_ = std::max(last_record_, r.index);
    }
    // ZZ-8.4: a configuration of an older generation may never have been; images were made.
    if (durable_.generation != sealer_.identity().generation) {
        durable_.number = {};
        durable_.epoch = {};
        durable_.generation = sealer_.identity().generation;
    }
    if (durable_.has_keys)
        enrol_ = message::Enrol{durable_.slot, durable_.image, durable_.signing, durable_.exchange};
}

void Core::step(Instant now, const Input& input) {
    ZZ_CHECK(now >= now_, "time went back from {} to {} ns", now_.ns, now.ns);
    now_ = now;
    if (!started_) {
        started_ = true;
        wake_ups_refilled_ = now;
        next_heartbeat_ = now + settings_.limits.heartbeat;
        out_.actions.push_back(LearnConfiguration{membership_.config()});
        request_configuration();
    }
    std::visit([this](const auto& event) { on(event); }, input);
    if (now_ >= next_heartbeat_)
        heartbeat();
    reconcile();
    out_.wake_at = next_heartbeat_;
}

Output Core::take_output() {
    Output out = std::move(out_);
    out_ = {};
    out_.wake_at = out.wake_at;
    return out;
}

template <class T> bool Core::add_evidence(const auth::Verified& v) {
    const bool proved = evidence_.add(v.embedded<T>(), membership_.config());
    if (proved)
        on_new_proof();
    return proved;
}

void Core::on(const core::Received& input) {
    const auth::Verified& v = input.message;
    const message::Message& m = v.message();
    switch (message::kind_of(m)) {
    case message::Kind::Config:
        return on_config(v.embedded<message::Config>());
    case message::Kind::ConfigAnswer:
        if (v.sender().role == Role::Agreement)
            on_answer(agreement_id(v.sender()), std::get<message::ConfigAnswer>(m));
        return;
    case message::Kind::Demand:
        add_evidence<message::Demand>(v);
        return;
    case message::Kind::NoSign:
        add_evidence<message::NoSign>(v);
        return;
    case message::Kind::Column:
        add_evidence<message::Column>(v);
        return;
    case message::Kind::WakeUpProof:
        if (evidence_.add(std::get<message::WakeUpProof>(m), membership_.config()))
            on_new_proof();
        return;
    default:
        ++ignored_; // Not for a controller.
    }
}

void Core::on_config(const message::Embedded<message::Config>& config) {
    const message::Config before = membership_.config();
    if (!membership_.add(config))
        return;
    note_removal(before);
    forgive_wake_up(before);
    on_new_configuration();
}

// One that ended in a conviction had a true cause: only the others are rationed (C3).
void Core::forgive_wake_up(const message::Config& before) {
    const bool convicted = std::ranges::any_of(before.members, [](const message::SlotEntry& entry) {
        return entry.state == message::MemberState::Convicted;
    });
    if (convicted && woken_in_ == before.epoch && membership_.config().epoch != before.epoch)
        wake_ups_left_ = std::min(wake_ups_left_ + 1, kWakeUpsAtOnce);
}

// A sleeper that is convicted leaves its slot within the epoch, before anybody is known to be
// complete. Any other one leaves with a SETTLED, whose set is complete.
void Core::note_removal(const message::Config& before) {
    const message::Config& now = membership_.config();
    if (!settings_.slot || now.epoch != before.epoch)
        return;
    const auto state_in = [&](const message::Config& config) {
        const auto at =
            std::ranges::find(config.members, *settings_.slot, &message::SlotEntry::slot);
        return at == config.members.end() ? message::MemberState::Empty : at->state;
    };
    if (state_in(before) != message::MemberState::Empty &&
        state_in(now) == message::MemberState::Empty)
        removed_in_ = now.epoch;
}

void Core::on_answer(const AgreementId& from, const message::ConfigAnswer& answer) {
    // Fresh by its nonce; what it carries is its sender's own newest CONFIG.
    if (answer.nonce != settings_.nonce || answer.config.signer != principal(from)) {
        ++ignored_;
        return;
    }
    answers_[from] = std::max(answers_[from], answer.config.value.number);
    on_config(answer.config);
    synchronize();
}

// Once 2f+1 answered, the newest configuration that a correct one of them executed is at most the
// (f+1)-th highest they told; we wait for its certificate.
void Core::synchronize() {
    if (synchronized_ || answers_.size() < settings_.faults.quorum())
        return;
    std::vector<ConfigurationNumber> told;
    for (const auto& [id, number] : answers_)
        told.push_back(number);
    std::ranges::sort(told, std::greater<>());
    const ConfigurationNumber needed = std::max(told[settings_.faults.f], durable_.number);
    synchronized_ = membership_.config().number >= needed;
}

void Core::on_new_configuration() {
    const message::Config& config = membership_.config();
    evidence_.enter_epoch(config.epoch);
    out_.actions.push_back(LearnConfiguration{config});
    core::Notice told;
    told.kind = core::NoticeKind::Configured;
    told.value = config.number.value;
    told.epoch = config.epoch;
    told.members = config.members;
    out_.notices.push_back(std::move(told));
    if (settings_.slot) {
        const message::SlotEntry* entry = membership_.entry(*settings_.slot);
        // Enrolled, or overtaken by another incarnation.
        if (enrol_ && entry && entry->state != message::MemberState::Empty &&
            entry->incarnation >= enrol_->incarnation) {
            // A cold spare is ready by its keys alone; of the others their machine tells (ZZ-7.7).
            if (settings_.spare == cluster::SpareKind::Cold &&
                entry->state == message::MemberState::Asleep)
                notice(core::NoticeKind::MachineDone,
                       principal(ExecutionId{entry->slot, entry->incarnation}), "enrolled cold");
            enrol_.reset();
        }
    }
    durable_.number = std::max(durable_.number, config.number);
    durable_.epoch = config.epoch;
    durable_.has_keys = enrol_.has_value();
    record();
    prove_by_configuration();
    synchronize();
}

void Core::prove_by_configuration() {
    if (evidence_.proof() || membership_.certificate().empty())
        return;
    message::WakeUpProof proof;
    proof.epoch = membership_.config().epoch;
    proof.configs = membership_.certificate();
    if (evidence_.add(proof, membership_.config()))
        on_new_proof();
}

void Core::on_new_proof() {
    core::Notice told;
    told.kind = core::NoticeKind::WakeDecided;
    told.epoch = membership_.config().epoch;
    told.subject = sealer_.identity().self;
    told.text = evidence_.cause();
    out_.notices.push_back(std::move(told));
}

void Core::on(const Machines& input) {
    machines_ = input.machines;
    machines_known_ = true;
    execution_known_ = input.execution_known;
    std::map<PrincipalId, Launches> launches;
    for (const MachineFact& fact : machines_) {
        Launches& l = launches[fact.machine];
        const auto known = launches_.find(fact.machine);
        if (known != launches_.end())
            l = known->second;
        if (fact.state != MachineState::Running || !fact.linked) {
            l.running_since = kNever;
            continue;
        }
        if (l.running_since == kNever)
            l.running_since = now_;
        if (now_ - l.running_since >= kBackOffForgiven)
            l.failures = 0;
    }
    // One that could not be made or started leaves no machine behind; its back-off stays while it
    // is to be made, and until it is no member any more.
    for (const auto& [machine, l] : launches_)
        if (l.failures > 0 && (machine.role != Role::Execution || is_being_made(machine) ||
                               membership_.live(execution_id(machine))))
            launches.try_emplace(machine, l);
    launches_ = std::move(launches);
}

bool Core::is_being_made(const PrincipalId& machine) const {
    return durable_.has_image && !durable_.has_keys &&
           machine == principal(ExecutionId{durable_.slot, durable_.image});
}

void Core::on(const AskDone& input) {
    open_.erase(input.ask.machine);
    const bool done = input.error.empty();
    notice(done ? core::NoticeKind::MachineDone : core::NoticeKind::MachineFailed,
           input.ask.machine,
           done ? to_string(input.ask.ask) : to_string(input.ask.ask) + ": " + input.error);
    Launches& l = launches_[input.ask.machine];
    // It ran well enough to go to rest, or woke from it: what failed before counts no more.
    const Ask asked = input.ask.ask;
    if (done && (asked == Ask::Pause || asked == Ask::Save || asked == Ask::Stop ||
                 (asked == Ask::Wake && sleeps(input.ask.machine))))
        l.failures = 0;
    if (!done) {
        l.failed_at = now_;
        l.not_before = now_ + std::min<Duration>(kBackOffMax,
                                                 kBackOffFirst * (1U << std::min(l.failures, 10U)));
        ++l.failures;
    }
    // What holds now is told by the next list of machines.
    machines_known_ = false;
}

void Core::on(const KeysMade& input) {
    const ExecutionId asked{durable_.slot, durable_.image};
    open_.erase(principal(input.id));
    if (!durable_.has_image || input.id != asked || durable_.has_keys)
        return;
    notice(core::NoticeKind::MachineDone, principal(input.id), to_string(Ask::MakeImage));
    durable_.has_keys = true;
    durable_.signing = input.keys.signing;
    durable_.exchange = input.keys.exchange;
    enrol_ = message::Enrol{asked.slot, asked.incarnation, durable_.signing, durable_.exchange};
    record();
    send_enrol();
}

void Core::heartbeat() {
    next_heartbeat_ = now_ + settings_.limits.heartbeat;
    ++heartbeats_;
    while (now_ - wake_ups_refilled_ >= kWakeUpInterval) {
        wake_ups_refilled_ = wake_ups_refilled_ + kWakeUpInterval;
        wake_ups_left_ = std::min(wake_ups_left_ + 1, kWakeUpsAtOnce);
    }
    if (!synchronized_ || membership_.highest_seen() > membership_.config().number ||
        heartbeats_ % kConfigRequestHeartbeats == 0)
        request_configuration();
    send_enrol();
    std::erase_if(open_, [this](const auto& ask) { return now_ - ask.second >= kAskPatience; });
    message::ControllerStatus status;
    if (spare_ready()) {
        const SlotWanted w = wanted();
        status.ready.push_back({w.slot, w.incarnation});
    }
    out_.sends.push_back({agreement_replicas(), status, {}, RecordIndex(0)});
    const SlotWanted w = wanted();
    // Who wakes a replica tells all agreement replicas, and the replica, why.
    if (evidence_.proof() && settings_.slot && w.member == message::MemberState::Asleep) {
        std::vector<PrincipalId> to = agreement_replicas();
        to.push_back(principal(ExecutionId{w.slot, w.incarnation}));
        out_.sends.push_back({std::move(to), *evidence_.proof(), {}, RecordIndex(0)});
    }
}

void Core::send_enrol() {
    if (enrol_)
        out_.sends.push_back({agreement_replicas(), *enrol_, sealer_.sign(*enrol_), last_record_});
}

void Core::request_configuration() {
    out_.sends.push_back(
        {agreement_replicas(), message::ConfigRequest{settings_.nonce}, {}, RecordIndex(0)});
}

SlotWanted Core::wanted() const {
    SlotWanted w;
    if (!settings_.slot)
        return w;
    w.slot = *settings_.slot;
    w.spare = settings_.spare;
    if (const message::SlotEntry* entry = membership_.entry(w.slot)) {
        w.member = entry->state;
        w.incarnation = entry->incarnation;
    }
    w.awake = evidence_.proof().has_value();
    w.may_wake = !w.awake || woken_in_ == membership_.config().epoch;
    const auto launched = launches_.find(principal(ExecutionId{w.slot, w.incarnation}));
    w.settled_in = launched != launches_.end() && launched->second.running_since != kNever &&
                   now_ - launched->second.running_since >= kSpareSettlesIn;
    // The set of an executed SETTLED is complete, so who left with it makes room for a fresh
    // incarnation at once, also when somebody is awake again: that one may be needed to settle this
    // epoch.
    w.others_complete = !w.awake || removed_in_ != membership_.config().epoch;
    w.next_made = durable_.has_image && durable_.slot == w.slot && durable_.image > w.incarnation;
    w.next = w.next_made ? durable_.image : w.incarnation + 1;
    // A made image without its keys is made anew: the ask may have been lost.
    w.next_made = w.next_made && durable_.has_keys;
    return w;
}

bool Core::may_wake() {
    const Epoch epoch = membership_.config().epoch;
    if (woken_in_ == epoch)
        return true;
    if (wake_ups_left_ == 0) {
        if (!wake_up_delayed_)
            notice(core::NoticeKind::Text, sealer_.identity().self,
                   "wake-up delayed: too many wake-ups in a short time");
        wake_up_delayed_ = true;
        return false;
    }
    wake_up_delayed_ = false;
    --wake_ups_left_;
    woken_in_ = epoch;
    return true;
}

bool Core::spare_ready() const {
    return settings_.slot && machines_known_ && execution_known_ &&
           is_spare_ready(wanted(), machines_);
}

void Core::reconcile() {
    // Nothing is done on what was true before the last ask.
    if (!machines_known_)
        return;
    if (settings_.agreement)
        if (const auto ask = reconcile_agreement(*settings_.agreement, machines_))
            ask_machine(*ask);
    if (!settings_.slot || !synchronized_ || !execution_known_)
        return;
    SlotWanted w = wanted();
    if (w.awake && w.member == message::MemberState::Asleep)
        w.may_wake = may_wake();
    for (const MachineAsk& ask : reconcile_slot(w, machines_))
        ask_machine(ask);
}

// Or on disk as it was: it goes on where it was stopped.
bool Core::sleeps(const PrincipalId& machine) const {
    return std::any_of(machines_.begin(), machines_.end(), [&](const MachineFact& fact) {
        return fact.machine == machine &&
               (fact.state == MachineState::Paused || fact.state == MachineState::Saved);
    });
}

void Core::ask_machine(MachineAsk ask) {
    if (open_.contains(ask.machine))
        return;
    Launches& l = launches_[ask.machine];
    const bool resumes = ask.ask == Ask::Wake && sleeps(ask.machine);
    if (now_ < (resumes ? std::min(l.not_before, l.failed_at + kWakeRetry) : l.not_before))
        return;
    if (ask.ask == Ask::Start || (ask.ask == Ask::Wake && !resumes)) {
        // Each relaunch waits longer than the one before until it has run for a while.
        l.not_before = now_ + std::min<Duration>(kBackOffMax,
                                                 kBackOffFirst * (1U << std::min(l.failures, 10U)));
        ++l.failures;
    }
    if (ask.ask == Ask::MakeImage &&
        !(durable_.has_image && durable_.image == execution_id(ask.machine).incarnation)) {
        durable_.has_image = true;
        durable_.has_keys = false;
        durable_.slot = execution_id(ask.machine).slot;
        durable_.image = execution_id(ask.machine).incarnation;
        record();
    }
    ask.after = last_record_;
    open_.emplace(ask.machine, now_);
    notice(core::NoticeKind::MachineAsked, ask.machine, to_string(ask.ask));
    out_.actions.push_back(ask);
}

void Core::record() {
    ++last_record_;
    out_.records.push_back({last_record_, wire::encode(durable_)});
    out_.truncate_below = last_record_;
}

void Core::notice(core::NoticeKind kind, const PrincipalId& subject, std::string text) {
    core::Notice told;
    told.kind = kind;
    told.epoch = membership_.config().epoch;
    told.subject = subject;
    told.text = std::move(text);
    out_.notices.push_back(std::move(told));
}

std::vector<PrincipalId> Core::agreement_replicas() const {
    std::vector<PrincipalId> out;
    for (std::uint32_t i = 1; i <= settings_.faults.agreement_replicas(); ++i)
        out.push_back(principal(AgreementId(i)));
    return out;
}

void Core::invariants() const {
    ZZ_CHECK(evidence_.size() <= 3 * kVotesPerSender * settings_.faults.agreement_replicas(),
             "{} votes held", evidence_.size());
    ZZ_CHECK(!evidence_.proof() || evidence_.proof()->epoch == membership_.config().epoch,
             "a proof of epoch {} in epoch {}", evidence_.proof()->epoch.value,
             membership_.config().epoch.value);
    ZZ_CHECK(durable_.number >= membership_.config().number || membership_.certificate().empty(),
             "configuration {} is not durable", membership_.config().number.value);
}

} // namespace zz::controller
