// SPDX-License-Identifier: Apache-2.0
// How a LibvirtHypervisor keeps to its connection and learns what is there.
#include <csignal>

#include "hv/libvirt/machine.h"

namespace zz::hv {

namespace {

constexpr std::size_t kEventsMax = 1024;

MachineEvent event_of(const MachineName& name, OffReason reason) {
    switch (reason) {
    case OffReason::Shutdown:
        return {name, EventKind::Exited, 0};
    case OffReason::Destroyed:
        return {name, EventKind::Killed, SIGKILL};
    default:
        return {name, EventKind::Vanished, 0};
    }
}

bool in_memory(MachineState state) {
    return state == MachineState::Running || state == MachineState::Paused;
}

} // namespace

LibvirtHypervisor::Opened LibvirtHypervisor::attach() {
    if (domains_)
        return domains_;
    const auto now = Clock::now();
    if (!opening_) {
        if (now < reopen_at_)
            return Error{fmt::format("there is no connection to the hypervisor {}: {}",
                                     settings_.uri, lost_)};
        opening_ = threads_.ask<Opened>(
            [connect = settings_.connect, uri = settings_.uri] { return connect(uri); });
        if (!opening_)
            return Error{fmt::format("all {} calls to the hypervisor {} hang", kCallThreadsMax,
                                     settings_.uri)};
        opening_since_ = now;
    }
    const Duration left = opening_since_ + settings_.limits.connect - now;
    if (!opening_->wait(std::max(left, Duration(0))))
        return Error{fmt::format(
            "the hypervisor {} has not answered for {} ms while it was opened", settings_.uri,
            std::chrono::duration_cast<milliseconds>(Clock::now() - opening_since_).count())};
    Opened opened = opening_->take();
    opening_.reset();
    reopen_at_ = Clock::now() + settings_.limits.reopen;
    if (!opened) {
        lost_ = opened.error().text;
        return opened;
    }
    domains_ = *opened;
    kind_ = domains_->kind();
    silent_looks_ = 0;
    adopted_ = false;
    // Their calls were the old connection's; what became of them, the first look says.
    for (auto& [name, machine] : machines_) {
        machine.hanging.reset();
        machine.starting = false;
    }
    return domains_;
}

void LibvirtHypervisor::lose(const std::string& reason) {
    lost_ = reason;
    adopted_ = false;
    reopen_at_ = Clock::now() + settings_.limits.reopen;
    if (!domains_)
        return;
    // Closing may block as any other call; threads that hang in it hold shares of their own.
    (void)threads_.ask<Ok>([domains = std::exchange(domains_, nullptr)] { return Ok{}; });
}

std::optional<MachineName> LibvirtHypervisor::name_of(const std::string& domain) const {
    if (!domain.starts_with(settings_.prefix))
        return std::nullopt;
    const auto name = machine_from_text(domain.substr(settings_.prefix.size()));
    return name ? std::optional(*name) : std::nullopt;
}

Status LibvirtHypervisor::look() {
    if (const Opened domains = attach(); !domains)
        return domains.error();
    if (!adopted_)
        (void)domains_->take_changes(); // older than what is looked at now
    // A call that returns while we look may or may not show in what we see.
    for (auto& [name, machine] : machines_)
        machine.answered = machine.hanging && machine.hanging->wait(Duration(0));
    Pending<std::vector<DomainLook>> unanswered;
    const auto looks = timed<std::vector<DomainLook>>(
        "list the machines", settings_.limits.look,
        [prefix = settings_.prefix](Domains& domains) { return domains.look(prefix); }, unanswered);
    if (unanswered && ++silent_looks_ >= kSilentLooksMax)
        lose(fmt::format("it did not answer {} times in a row", silent_looks_));
    if (!looks)
        return looks.error();
    silent_looks_ = 0;
    std::set<MachineName> seen;
    for (const DomainLook& look : *looks) {
        const auto name = name_of(look.name);
        const auto it = name ? machines_.find(*name) : machines_.end();
        if (it == machines_.end())
            continue;
        see(*name, it->second, look);
        seen.insert(*name);
    }
    for (auto it = machines_.begin(); it != machines_.end();) {
        Machine& machine = it->second;
        if (seen.contains(it->first) || (machine.hanging && !machine.answered)) {
            ++it;
            continue;
        }
        if (in_memory(machine.state) && machine.note.state == NoteState::Ran)
            tell(it->first, machine, OffReason::Unknown);
        it = machines_.erase(it);
    }
    if (const Status adopted = adopt(*looks); !adopted)
        return adopted;
    adopted_ = true;
    return Ok{};
}

// Reads the notes of domains that are new to this object, and writes those that changed.
Status LibvirtHypervisor::adopt(const std::vector<DomainLook>& looks) {
    std::vector<DomainLook> fresh;
    for (const DomainLook& look : looks)
        if (const auto name = name_of(look.name); name && !machines_.contains(*name))
            fresh.push_back(look);
    if (fresh.empty() && stale_notes_.empty())
        return Ok{};
    std::vector<std::pair<std::string, std::string>> writes;
    for (const MachineName& name : stale_notes_)
        if (const auto it = machines_.find(name); it != machines_.end())
            writes.emplace_back(domain_name(name), to_text(it->second.note));
    stale_notes_.clear();
    using Texts = std::vector<std::string>;
    Pending<Texts> unanswered;
    const auto texts = timed<Texts>(
        "read the notes of the machines", settings_.limits.look,
        [fresh, writes](Domains& domains) -> Result<Texts> {
            // If one cannot be written, its machine's death may be told once more after a restart.
            for (const auto& [name, text] : writes)
                (void)domains.set_note(name, text);
            Texts out;
            for (const DomainLook& look : fresh) {
                auto text = domains.note(look.name);
                if (!text)
                    return text.error();
                out.push_back(std::move(text).value());
            }
            return out;
        },
        unanswered);
    if (!texts)
        return texts.error();
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        const auto name = name_of(fresh[i].name);
        const auto note = note_from_text((*texts)[i]);
        if (!note || note->name != *name)
            continue; // somebody else's, or the copy of another incarnation: never touched
        Machine& machine = machines_[*name];
        machine.note = *note;
        // As its last controller knew it, so that a death since then is told.
        if (note->state == NoteState::Ran)
            machine.state = MachineState::Running;
        see(*name, machine, fresh[i]);
        // The last controller died between this note and ending the domain.
        if (note->state == NoteState::Stopped && in_memory(machine.state))
            if (const Status off = switch_off(*name, machine); !off)
                return off;
    }
    return Ok{};
}

void LibvirtHypervisor::see(const MachineName& name, Machine& machine, const DomainLook& look) {
    const bool ours = machine.hanging != nullptr; // then the change may be what was asked for
    if (machine.answered)
        machine.hanging.reset();
    machine.stats.cpu = look.cpu;
    machine.stats.rss_bytes = look.rss_bytes;
    if (look.state != DomainState::Off) {
        machine.state =
            look.state == DomainState::Paused ? MachineState::Paused : MachineState::Running;
        if (machine.note.state != NoteState::Ran && !machine.hanging) {
            machine.note.state = NoteState::Ran; // another hand started it
            stale_notes_.insert(name);
        }
        return;
    }
    if (!machine.hanging)
        machine.starting = false;
    if (look.saved)
        machine.state = MachineState::Saved;
    else if (in_memory(machine.state) && !ours && machine.note.state == NoteState::Ran)
        tell(name, machine, look.reason);
    else
        machine.state = machine.note.state == NoteState::Defined ? MachineState::Defined
                                                                 : MachineState::Stopped;
}

void LibvirtHypervisor::tell(const MachineName& name, Machine& machine, OffReason reason) {
    if (events_.size() == kEventsMax)
        events_.erase(events_.begin());
    events_.push_back(event_of(name, reason));
    machine.state = MachineState::Stopped;
    machine.note.state = NoteState::Stopped;
    stale_notes_.insert(name);
}

void LibvirtHypervisor::on_change(const DomainChange& change) {
    const auto name = name_of(change.name);
    const auto it = name ? machines_.find(*name) : machines_.end();
    if (it == machines_.end())
        return;
    Machine& machine = it->second;
    if (change.kind == DomainChange::Kind::Started) {
        machine.starting = false;
        return;
    }
    if (machine.starting || machine.hanging || !in_memory(machine.state))
        return;
    if (change.reason == OffReason::Saved)
        machine.state = MachineState::Saved;
    else
        tell(*name, machine, change.reason);
}

} // namespace zz::hv
