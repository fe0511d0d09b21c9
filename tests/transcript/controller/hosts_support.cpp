// SPDX-License-Identifier: Apache-2.0
#include "tests/transcript/controller/hosts_support.h"

#include <algorithm>

#include "protocol/auth/digests.h"
#include "protocol/base/check.h"

namespace zz::controller {
namespace {

constexpr std::uint64_t kSecret = 11;
constexpr Faults kFaults{1};

Digest value_of(char letter) {
    return auth::reply_digest(view_of(std::string(1, letter)));
}

} // namespace

Hosts::Hosts(cluster::WakeupPolicy policy) : policy_(policy) {
    for (std::uint32_t s = 1; s <= 3; ++s) {
        const PrincipalId id = principal(ExecutionId{SlotId(s), Incarnation(0)});
        const PublicKeys keys = auth::PlainKeyring::keys_of(id, kSecret);
        config.members.push_back(
            {SlotId(s), Incarnation(0),
             s <= 2 ? message::MemberState::Active : message::MemberState::Asleep, keys.signing,
             keys.exchange});
    }
    for (std::uint32_t h = 1; h <= 3; ++h) {
        nonces_[h] = 100 + h;
        cores_[h] = make(h);
        list(h);
    }
}

auth::Sealer& Hosts::sealer(const PrincipalId& who) {
    auto at = sealers_.find(who);
    if (at == sealers_.end()) {
        keyrings_[who] = std::make_unique<auth::PlainKeyring>(who, kSecret);
        at = sealers_
                 .emplace(who, auth::Sealer({{}, ApplicationId(0), Generation(0), who, kFaults},
                                            *keyrings_[who]))
                 .first;
    }
    return at->second;
}

std::unique_ptr<Core> Hosts::make(std::uint32_t host) {
    Settings settings;
    settings.faults = kFaults;
    settings.policy = policy_;
    settings.agreement = AgreementId(host);
    settings.slot = SlotId(host);
    settings.first = config;
    settings.nonce = nonces_[host];
    return std::make_unique<Core>(sealer(controller_of(HostId(host))), settings);
}

void Hosts::step(std::uint32_t host, const Input& input) {
    cores_.at(host)->step(now, input);
    cores_.at(host)->invariants();
    perform(host);
}

void Hosts::perform(std::uint32_t host) {
    Output out = cores_.at(host)->take_output();
    for (core::Record& record : out.records)
        journals_[host].push_back(std::move(record));
    std::erase_if(journals_[host], [&](const auto& r) { return r.index < out.truncate_below; });
    for (core::Send& send : out.sends)
        sent[host].push_back(std::move(send));
    for (core::Notice& notice : out.notices)
        notices[host].push_back(std::move(notice));
    for (const Action& action : out.actions)
        if (const auto* ask = std::get_if<MachineAsk>(&action))
            do_ask(host, *ask);
}

void Hosts::do_ask(std::uint32_t host, const MachineAsk& ask) {
    ZZ_CHECK(ask.after == RecordIndex(0) ||
                 (!journals_[host].empty() && journals_[host].back().index >= ask.after),
             "{} asked before its record", to_string(ask.ask));
    asks[host].push_back(to_string(ask.ask) + " " + to_string(ask.machine));
    if (hang)
        return;
    if (fail)
        return step(host, AskDone{ask, "the hypervisor refused"}), list(host);
    auto& table = machines[host];
    switch (ask.ask) {
    case Ask::Start:
    case Ask::Wake:
        table[ask.machine] = MachineState::Running;
        break;
    case Ask::Pause:
        table[ask.machine] = MachineState::Paused;
        break;
    case Ask::Save:
        table[ask.machine] = MachineState::Saved;
        break;
    case Ask::Stop:
        table[ask.machine] = MachineState::Stopped;
        break;
    case Ask::Erase:
        table.erase(ask.machine);
        break;
    case Ask::MakeImage:
        table[ask.machine] = MachineState::Defined;
        step(host, KeysMade{execution_id(ask.machine),
                            auth::PlainKeyring::keys_of(ask.machine, kSecret)});
        return list(host);
    }
    step(host, AskDone{ask, {}});
    list(host);
}

void Hosts::list(std::uint32_t host) {
    Machines input;
    input.execution_known = !unseen;
    for (const auto& [machine, state] : machines[host])
        if (!unseen || machine.role != Role::Execution)
            input.machines.push_back({machine, state, !boots});
    step(host, input);
}

void Hosts::run(Duration time) {
    const Instant end = now + time;
    while (now < end) {
        now = now + milliseconds(100);
        for (auto& [host, core] : cores_)
            step(host, core::TimePassed{});
        if (now >= next_list_) {
            next_list_ = now + seconds(1);
            for (auto& [host, core] : cores_)
                list(host);
        }
    }
}

void Hosts::restart(std::uint32_t host) {
    ++nonces_[host];
    cores_[host] = make(host);
    cores_[host]->restore(journals_[host]);
    list(host);
}

void Hosts::answer(std::uint32_t host, const message::Config& c,
                   std::initializer_list<std::uint32_t> from) {
    for (const std::uint32_t a : from) {
        auth::Sealer& s = sealer(principal(AgreementId(a)));
        step(host,
             core::Received{s.own(message::ConfigAnswer{nonces_[host], s.embed(c), View(0)})});
    }
}

void Hosts::synchronize_all() {
    for (std::uint32_t h = 1; h <= 3; ++h)
        answer(h, config, {1, 2, 3});
    run(seconds(6));
}

void Hosts::certify(const message::Config& c) {
    for (std::uint32_t a = 1; a <= 2; ++a)
        say(AgreementId(a), c);
}

void Hosts::say(AgreementId from, const message::Message& m) {
    const auth::Verified v = sealer(principal(from)).own(m);
    for (std::uint32_t h = 1; h <= 3; ++h)
        step(h, core::Received{v});
}

message::Demand Hosts::demand(Epoch epoch, std::uint64_t n, char first, char second) {
    const auto report = [&](std::uint32_t slot, char letter) {
        return sealer(principal(ExecutionId{SlotId(slot), Incarnation(0)}))
            .embed(message::SignedReport{VoteKind::Reply,
                                         SequenceNumber(n),
                                         ConfigurationNumber(0),
                                         {},
                                         value_of(letter),
                                         {}});
    };
    return {epoch, VoteKind::Reply, SequenceNumber(n), report(1, first), report(2, second)};
}

message::NoSign Hosts::no_sign(Epoch epoch, std::uint64_t n, std::uint32_t slot) const {
    return {epoch, VoteKind::Reply, SequenceNumber(n), SlotId(slot), Incarnation(0)};
}

message::Column Hosts::column(Epoch epoch, std::uint64_t n, std::string_view entries) const {
    message::Column column{epoch, VoteKind::Reply, SequenceNumber(n), 1, {}};
    for (std::uint32_t s = 1; s <= entries.size(); ++s)
        column.entries.push_back(
            {SlotId(s), Incarnation(0), message::EntryState::Value, value_of(entries[s - 1])});
    return column;
}

MachineState Hosts::state(std::uint32_t host, std::uint32_t incarnation) const {
    const auto& table = machines.at(host);
    const auto at = table.find(principal(ExecutionId{SlotId(host), Incarnation(incarnation)}));
    return at == table.end() ? MachineState::Absent : at->second;
}

std::size_t Hosts::asked(std::uint32_t host, const std::string& what) const {
    const auto at = asks.find(host);
    return at == asks.end() ? 0 : static_cast<std::size_t>(std::ranges::count(at->second, what));
}

} // namespace zz::controller
