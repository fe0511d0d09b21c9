// SPDX-License-Identifier: Apache-2.0
#include "tests/transcript/detection/panel_support.h"

#include <algorithm>

#include "backend/detection/affidavits.h"
#include "protocol/auth/certificates.h"
#include "protocol/auth/digests.h"
#include "protocol/base/check.h"
#include "protocol/proof/wake_up.h"

namespace zz::detection {
namespace {

constexpr std::uint64_t kSecret = 7;
const PrincipalId kController = controller_of(HostId(1));

core::OrderedRequest request_of(SequenceNumber n) {
    return {ClientId(1), LaneId(0), RequestNumber(n.value)};
}
Digest batch_of(SequenceNumber n) {
    return auth::reply_digest(view_of("batch " + std::to_string(n.value)));
}

} // namespace

Panel::Panel(Faults faults, std::map<std::uint32_t, Script> its_scripts,
             cluster::WakeupPolicy policy)
    : scripts(std::move(its_scripts)), faults_(faults), policy_(policy) {
    config.number = ConfigurationNumber(0);
    std::vector<PrincipalId> everybody{kController};
    for (std::uint32_t i = 1; i <= faults_.agreement_replicas(); ++i)
        everybody.push_back(principal(AgreementId(i)));
    for (std::uint32_t s = 1; s <= faults_.execution_slots(); ++s) {
        const PrincipalId id = principal(ExecutionId{SlotId(s), Incarnation(0)});
        const PublicKeys keys = auth::PlainKeyring::keys_of(id, kSecret);
        config.members.push_back({SlotId(s), Incarnation(0),
                                  s <= faults_.active_replicas() ? message::MemberState::Active
                                                                 : message::MemberState::Asleep,
                                  keys.signing, keys.exchange});
        everybody.push_back(id);
    }
    for (const PrincipalId& id : everybody) {
        auto keyring = std::make_unique<auth::PlainKeyring>(id, kSecret);
        for (const message::SlotEntry& e : config.members)
            keyring->learn(principal(ExecutionId{e.slot, e.incarnation}), {e.signing, e.exchange});
        sealers_.emplace(
            id, auth::Sealer({{}, ApplicationId(0), Generation(0), id, faults_}, *keyring));
        keyrings_.emplace(id, std::move(keyring));
    }
    Settings settings;
    settings.faults = faults_;
    settings.policy = policy;
    settings.limits.checkpoint_interval = 8;
    settings.controllers = {kController};
    for (std::uint32_t i = 1; i <= faults_.agreement_replicas(); ++i) {
        const AgreementId id(i);
        cores_.emplace(id, std::make_unique<Core>(sealer(principal(id)), settings));
        openers_.emplace(
            id, std::make_unique<auth::Opener>(
                    auth::Identity{{}, ApplicationId(0), Generation(0), principal(id), faults_},
                    *keyrings_.at(principal(id))));
    }
    configured({});
}

auth::Sealer& Panel::sealer(const PrincipalId& who) {
    return sealers_.at(who);
}

Digest Panel::root(char letter, SequenceNumber n) const {
    return report_root({request_of(n)}, {auth::reply_digest(view_of(std::string(1, letter)))});
}

message::Report Panel::report(SequenceNumber n, char letter) const {
    return {n,
            config.number,
            batch_of(n),
            root(letter, n),
            {{auth::reply_digest(view_of(std::string(1, letter)))}}};
}

message::SignedReport Panel::signed_report(VoteKind vote, SequenceNumber n, char letter) const {
    message::SignedReport report{vote, n, config.number, batch_of(n), root(letter, n), {}};
    if (vote == VoteKind::Reply)
        report.reply_digests = {auth::reply_digest(view_of(std::string(1, letter)))};
    return report;
}

core::AgreementFacts Panel::facts(std::uint32_t id) {
    core::AgreementFacts facts;
    core(id).add_facts(facts);
    return facts;
}

std::size_t Panel::count(core::NoticeKind kind) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(notices, [&](const auto& n) { return n.second.kind == kind; }));
}

bool Panel::saw(core::NoticeKind kind, std::uint32_t agreement) const {
    return std::ranges::any_of(notices, [&](const auto& n) {
        return n.second.kind == kind && n.first.value == agreement;
    });
}

std::size_t Panel::accusers(SlotId slot) const {
    std::set<AgreementId> who;
    for (const auto& [id, n] : notices)
        if (n.kind == core::NoticeKind::Accused && n.subject.index == slot.value)
            who.insert(id);
    return who.size();
}

void Panel::step(AgreementId id, const Input& input) {
    cores_.at(id)->step(now, input);
    cores_.at(id)->invariants();
    collect(id);
}

void Panel::say(AgreementId from, const message::Message& m) {
    const auth::Verified v = sealer(principal(from)).own(m);
    for (const auto& [id, core] : cores_)
        if (id != from)
            queue_.emplace_back(id, v);
    to_controller(from, {{kController}, m, v.frame(), RecordIndex(0)});
}

void Panel::signed_by(SlotId slot, const message::Message& m, AgreementId to) {
    const Incarnation incarnation = config.members.at(slot.value - 1).incarnation;
    queue_.emplace_back(to, sealer(principal(ExecutionId{slot, incarnation})).own(m));
}

void Panel::commit(SequenceNumber n) {
    committed_ = std::max(committed_, n);
    for (const auto& [id, core] : cores_)
        step(id, core::Committed{n, batch_of(n), Timestamp(n.value), {request_of(n)}});
    for (const auto& [id, core] : cores_)
        step(id, core::CommittedByQuorum{n});
    for (const auto& [slot, script] : scripts)
        for (const auto& [id, core] : cores_)
            if (script.awake)
                report_to(SlotId(slot), id, n);
    deliver_all();
}

void Panel::report_to(SlotId slot, AgreementId to, SequenceNumber n) {
    const Script& script = scripts.at(slot.value);
    const char letter = script.reports.size() >= to.value ? script.reports[to.value - 1] : '-';
    if (letter != '-')
        signed_by(slot, report(n, letter), to);
    const auto signature = signature_of(slot, to);
    if (checkpoints && n.value % 8 == 0 && signature)
        signed_by(slot, signed_report(VoteKind::Checkpoint, n, *signature), to);
}

std::optional<char> Panel::signature_of(SlotId slot, AgreementId to) const {
    const std::string& signs = scripts.at(slot.value).signs;
    const char letter = signs.size() == 1 ? signs[0] : signs.at(to.value - 1);
    return letter == '-' ? std::nullopt : std::optional(letter);
}

void Panel::deliver_all() {
    for (std::size_t guard = 0; !queue_.empty(); ++guard) {
        ZZ_CHECK(guard < 200'000, "the panel does not come to rest: {} messages wait",
                 queue_.size());
        const auto [to, v] = queue_.front();
        queue_.pop_front();
        step(to, core::Received{v});
    }
}

void Panel::run(Duration time) {
    const Instant end = now + time;
    while (now < end) {
        now = now + milliseconds(10);
        for (const auto& [id, core] : cores_)
            step(id, core::TimePassed{});
        if (now >= next_heartbeat_) {
            next_heartbeat_ = now + seconds(1);
            for (const message::SlotEntry& e : config.members)
                if (woken && scripts.contains(e.slot.value) && scripts.at(e.slot.value).awake &&
                    !refuse_complete.contains(e.slot.value) &&
                    (e.state == message::MemberState::Active ||
                     e.state == message::MemberState::Asleep))
                    for (const auto& [id, core] : cores_)
                        signed_by(e.slot, message::Complete{config.epoch}, id);
        }
        deliver_all();
    }
}

void Panel::collect(AgreementId from) {
    Output out = cores_.at(from)->take_output();
    for (core::Notice& notice : out.notices)
        notices.emplace_back(from, std::move(notice));
    if (mute.contains(from.value))
        return;
    for (const core::Send& s : out.sends)
        for (const PrincipalId& to : s.to)
            send(principal(from), to, s);
    for (const Action& action : out.actions)
        if (const auto* system = std::get_if<core::OrderSystem>(&action))
            order(system->request);
}

void Panel::send(const PrincipalId& from, const PrincipalId& to, const core::Send& s) {
    ++sent[message::kind_of(s.message)];
    switch (to.role) {
    case Role::Agreement: {
        if (s.frame.empty()) {
            queue_.emplace_back(agreement_id(to), sealer(from).own(s.message));
            return;
        }
        const auth::Opened opened = openers_.at(agreement_id(to))->open(s.frame, from);
        ZZ_CHECK(std::holds_alternative<auth::Verified>(opened), "{} sent a bad frame of {}",
                 to_string(from), message::name(message::kind_of(s.message)));
        queue_.emplace_back(agreement_id(to), std::get<auth::Verified>(opened));
        return;
    }
    case Role::Execution:
        return to_executor(SlotId(to.index), agreement_id(from), s.message);
    case Role::Controller:
        return to_controller(agreement_id(from), s);
    case Role::Client:
        if (std::holds_alternative<message::ReplyAffidavit>(s.message))
            ++affidavits[from.index];
        if (std::holds_alternative<message::ReplyCertificate>(s.message))
            ++certificates[from.index];
        return;
    default:
        return;
    }
}

void Panel::to_executor(SlotId slot, AgreementId from, const message::Message& m) {
    const auto script = scripts.find(slot.value);
    if (script == scripts.end() || !script->second.awake)
        return;
    if (const auto* request = std::get_if<message::SignRequest>(&m)) {
        if (const auto letter = signature_of(slot, from))
            signed_by(slot, signed_report(request->vote, request->n, *letter), from);
    }
    if (const auto* status = std::get_if<message::ExecutionStatus>(&m))
        for (SequenceNumber n = status->mark + 1; n <= committed_; ++n)
            report_to(slot, from, n);
}

// Only what proves a wake-up matters here: the agreement replicas put the proof together and send
// it.
void Panel::to_controller(AgreementId, const core::Send& s) {
    const auto* proof = std::get_if<message::WakeUpProof>(&s.message);
    if (!proof || woken || !proof::proves_wake_up(*proof, config, faults_, policy_))
        return;
    woken = true;
    cause = !proof->demands.empty()    ? "demands"
            : !proof->no_signs.empty() ? "no_signs"
            : !proof->configs.empty()  ? "configuration"
                                       : "columns";
    wake();
    for (const auto& [id, core] : cores_)
        queue_.emplace_back(id, sealer(kController).own(*proof));
}

// The sleeping replicas replay what is committed (ZZ-7.4).
void Panel::wake() {
    for (const message::SlotEntry& e : config.members) {
        if (e.state != message::MemberState::Asleep || !scripts.contains(e.slot.value))
            continue;
        scripts.at(e.slot.value).awake = true;
        for (SequenceNumber n(1); n <= committed_; ++n)
            for (const auto& [id, core] : cores_)
                report_to(e.slot, id, n);
    }
}

void Panel::order(const message::SystemRequest& request) {
    ZZ_CHECK(auth::is_valid(request, faults_), "a system request that does not prove itself");
    if (const auto* c = std::get_if<message::Convict>(&request.body)) {
        message::SlotEntry& e = config.members.at(c->slot.value - 1);
        if (e.incarnation != c->incarnation ||
            (e.state != message::MemberState::Active && e.state != message::MemberState::Asleep))
            return;
        e.state = e.state == message::MemberState::Active ? message::MemberState::Convicted
                                                          : message::MemberState::Empty;
        convicted.push_back({c->slot, c->incarnation});
        ++config.number;
        return configured({{{c->slot, c->incarnation}, committed_, "proof"}});
    }
    const auto& settled = std::get<message::Settled>(request.body);
    if (settled.epoch != config.epoch)
        return;
    for (message::SlotEntry& e : config.members) {
        const bool chosen =
            std::ranges::count(settled.set, message::Member{e.slot, e.incarnation}) > 0;
        if (chosen)
            e.state = message::MemberState::Active;
        else if (e.state != message::MemberState::Asleep)
            e.state = message::MemberState::Empty;
    }
    ++config.number;
    ++config.epoch;
    woken = false;
    configured({});
}

void Panel::configured(std::vector<core::Conviction> convictions) {
    core::Configured input{config, {}, std::move(convictions)};
    for (std::uint32_t i = 1; i <= faults_.weak_quorum(); ++i)
        input.certificate.push_back(sealer(principal(AgreementId(i))).embed(config));
    for (const auto& [id, core] : cores_)
        cores_.at(id)->step(now, input);
    for (const auto& [id, core] : cores_)
        collect(id);
}

} // namespace zz::detection
