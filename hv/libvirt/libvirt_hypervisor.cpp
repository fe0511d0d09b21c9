// SPDX-License-Identifier: Apache-2.0
// The nine calls. How the driver keeps to its connection and learns what is there: watch.cpp.
#include "hv/libvirt/libvirt_hypervisor.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include "hv/libvirt/machine.h"

namespace zz::hv {

namespace fs = std::filesystem;

namespace {

constexpr const char* kWholeProcessor = "<cpu mode='maximum'/>";
// Without KVM a wide register is emulated piece by piece: code for a processor that has none is
// faster (resources/decisions/0081).
constexpr const char* kPlainProcessor =
    "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>";
// Nothing speculates in an emulated processor, but the detours against it are emulated too.
constexpr const char* kPlainOptions = " mitigations=off";

Result<int> lock_root(const std::string& root) {
    const std::string path = root + "/lock";
    const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
    if (flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    close(lock);
    return Error{fmt::format("{} is held by another controller: stop it first", path)};
}

} // namespace

// What the tests run on; resources/docs/libvirt.md says the same.
bool is_tried_uri(const std::string& uri) {
    constexpr std::array<std::string_view, 2> kTried{"test://", "qemu+unix:///session?socket="};
    for (const std::string_view start : kTried)
        if (uri.starts_with(start))
            return true;
    return false;
}

LibvirtHypervisor::LibvirtHypervisor(LibvirtSettings settings, std::string text, int lock)
    : settings_(std::move(settings)), template_(std::move(text)), lock_(lock) {}

LibvirtHypervisor::~LibvirtHypervisor() {
    lose("it was closed");
    close(lock_);
}

Result<std::unique_ptr<LibvirtHypervisor>> LibvirtHypervisor::open(LibvirtSettings settings) {
    std::ifstream in(settings.template_file);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf()))
        return Error{fmt::format("cannot read the domain template {}", settings.template_file)};
    std::error_code error;
    fs::create_directories(settings.root, error);
    settings.root = fs::absolute(settings.root, error).lexically_normal().string();
    const auto lock = lock_root(settings.root);
    if (!lock)
        return lock.error();
    std::unique_ptr<LibvirtHypervisor> out(
        new LibvirtHypervisor(std::move(settings), text.str(), *lock));
    // A template that cannot be filled is told now, not at the first wake-up.
    const Note note{machine(ApplicationId(0), SlotId(1), Incarnation(0)), {}, {}};
    if (const auto sample = out->domain_text(note, {}, "qemu"); !sample)
        return sample.error();
    if (const Status removed = remove_erased(out->settings_.root); !removed)
        return removed.error();
    return out;
}

MachineFolder LibvirtHypervisor::folder(const MachineName& name) const {
    return MachineFolder(settings_.root + "/" + to_string(name));
}
std::string LibvirtHypervisor::domain_name(const MachineName& name) const {
    return settings_.prefix + to_string(name);
}

Result<std::string> LibvirtHypervisor::domain_text(const Note& note, const MachineSpec& spec,
                                                   const std::string& type) const {
    const MachineFolder files = folder(note.name);
    const bool kvm = type == "kvm";
    auto text = fill_template(template_,
                              {{"TYPE", type},
                               {"NAME", domain_name(note.name)},
                               {"NOTE", to_text(note)},
                               {"MEMORY_MIB", std::to_string(spec.memory_mib)},
                               {"KERNEL", spec.kernel},
                               {"IMAGE", spec.image},
                               {"COMMAND_LINE", spec.command_line + (kvm ? "" : kPlainOptions)},
                               {"IDENTITY", files.identity()},
                               {"DISK", files.disk()},
                               {"LOG", files.log()}},
                              {{"CPU", kvm ? kWholeProcessor : kPlainProcessor}});
    if (!text)
        return Error{fmt::format("{}: {}", settings_.template_file, text.error().text)};
    return text;
}

Result<LibvirtHypervisor::Machine*> LibvirtHypervisor::find(Call call, const MachineName& name) {
    const bool by_state = call != Call::Define && call != Call::Destroy;
    if (const auto it = machines_.find(name); it != machines_.end() && adopted_ &&
                                              !it->second.hanging && by_state &&
                                              step_for(call, it->second.state) == Step::Act)
        return &it->second;
    if (const Status looked = look(); !looked)
        return Error{fmt::format("cannot {} machine {}: {}", to_string(call), to_string(name),
                                 looked.error().text)};
    const auto it = machines_.find(name);
    if (it == machines_.end())
        return refusal(call, name, MachineState::Absent);
    const Machine& machine = it->second;
    if (machine.hanging) {
        const auto waits =
            std::chrono::duration_cast<seconds>(Clock::now() - machine.hanging_since);
        return Error{fmt::format("cannot {} machine {}: libvirt has not answered '{}' for {} s",
                                 to_string(call), to_string(name), to_string(machine.hanging_call),
                                 waits.count())};
    }
    return &it->second;
}

Status LibvirtHypervisor::act(Call call, const MachineName& name, Machine& machine, Duration limit,
                              Work work) {
    const Status done = timed<Ok>(fmt::format("{} machine {}", to_string(call), to_string(name)),
                                  limit, std::move(work), machine.hanging);
    if (machine.hanging) {
        machine.hanging_call = call;
        machine.hanging_since = Clock::now();
    }
    return done;
}

LibvirtHypervisor::Work LibvirtHypervisor::work_of(Call call, const MachineName& name,
                                                   const Machine& machine) const {
    const std::string domain = domain_name(name);
    const bool runs = machine.state == MachineState::Running;
    const std::string note = to_text(machine.note);
    return [=](Domains& domains) -> Status {
        switch (call) {
        case Call::Start:
            // First: a controller that dies now leaves one that is known to have died.
            if (const Status noted = domains.set_note(domain, note); !noted)
                return noted;
            return domains.create(domain);
        case Call::Suspend:
            return domains.suspend(domain);
        case Call::Resume:
            return domains.resume(domain);
        case Call::Save:
            // Standing still it is saved several times faster.
            if (runs)
                if (const Status still = domains.suspend(domain); !still)
                    return still;
            return domains.save(domain);
        default:
            return domains.create(domain); // from its saved image
        }
    };
}

Status LibvirtHypervisor::change(Call call, const MachineName& name, Duration limit) {
    const Result<Machine*> found = find(call, name);
    if (!found)
        return found.error();
    Machine& machine = **found;
    switch (step_for(call, machine.state)) {
    case Step::Refuse:
        return refusal(call, name, machine.state);
    case Step::AlreadyDone:
        return Ok{};
    case Step::Act:
        break;
    }
    if (call == Call::Start) {
        if (const Status ready = folder(name).prepare_boot(); !ready)
            return ready;
        machine.note.state = NoteState::Ran;
    }
    machine.starting = call == Call::Start || call == Call::Restore;
    const Status done = act(call, name, machine, limit, work_of(call, name, machine));
    if (done) {
        machine.state = target_of(call);
        return Ok{};
    }
    if (machine.hanging || !domains_)
        return done;
    machine.starting = false;
    // Another hand may have been faster, in the same direction or the other.
    if (!look())
        return done;
    const auto it = machines_.find(name);
    if (it != machines_.end() && step_for(call, it->second.state) == Step::AlreadyDone)
        return Ok{};
    return done;
}

Status LibvirtHypervisor::start(const MachineName& name) {
    return change(Call::Start, name, settings_.limits.start);
}
Status LibvirtHypervisor::suspend(const MachineName& name) {
    return change(Call::Suspend, name, settings_.limits.pause);
}
Status LibvirtHypervisor::resume(const MachineName& name) {
    return change(Call::Resume, name, settings_.limits.pause);
}
Status LibvirtHypervisor::save(const MachineName& name) {
    return change(Call::Save, name, settings_.limits.save);
}
Status LibvirtHypervisor::restore(const MachineName& name) {
    return change(Call::Restore, name, settings_.limits.restore);
}

Status LibvirtHypervisor::define(const MachineName& name, const MachineSpec& spec) {
    const std::string digest = digest_of(spec);
    const Note note{name, NoteState::Defined, digest};
    if (const Status looked = look(); !looked)
        return Error{
            fmt::format("cannot define machine {}: {}", to_string(name), looked.error().text)};
    if (const auto it = machines_.find(name); it != machines_.end()) {
        if (it->second.hanging)
            return Error{fmt::format("cannot define machine {}: libvirt has not answered '{}' yet",
                                     to_string(name), to_string(it->second.hanging_call))};
        if (it->second.state == MachineState::Defined && it->second.note.spec == digest)
            return Ok{};
        return refusal(Call::Define, name, it->second.state);
    }
    const Opened domains = attach();
    if (!domains)
        return domains.error();
    auto text = domain_text(note, spec, (*domains)->domain_type());
    if (!text)
        return text.error();
    if (const Status made = folder(name).make(spec, settings_.disk_mib); !made)
        return Error{
            fmt::format("cannot define machine {}: {}", to_string(name), made.error().text)};
    Machine& machine = machines_[name];
    machine.note = note;
    const Status done = act(Call::Define, name, machine, settings_.limits.define,
                            [xml = std::move(text).value()](Domains& d) { return d.define(xml); });
    if (done)
        machine.state = MachineState::Defined;
    else if (!machine.hanging)
        machines_.erase(name);
    return done;
}

Status LibvirtHypervisor::switch_off(const MachineName& name, Machine& machine) {
    if (machine.state == MachineState::Stopped)
        return Ok{};
    // The note goes first: whoever comes after a death in between ends the domain too.
    machine.note.state = NoteState::Stopped;
    const auto work = [domain = domain_name(name), note = to_text(machine.note),
                       state = machine.state](Domains& domains) -> Status {
        if (const Status noted = domains.set_note(domain, note); !noted)
            return noted;
        if (state == MachineState::Saved)
            return domains.drop_saved(domain);
        if (state == MachineState::Running || state == MachineState::Paused)
            return domains.destroy(domain);
        return Ok{};
    };
    const Status done = act(Call::Destroy, name, machine, settings_.limits.destroy, work);
    if (done) {
        machine.state = MachineState::Stopped;
        return Ok{};
    }
    if (machine.hanging || !domains_ || !look())
        return done;
    const auto it = machines_.find(name); // it may have ended by itself meanwhile
    return it == machines_.end() || it->second.state == MachineState::Stopped ? Status(Ok{}) : done;
}

Status LibvirtHypervisor::destroy(const MachineName& name, Disk disk) {
    if (const Status looked = look(); !looked)
        return Error{
            fmt::format("cannot destroy machine {}: {}", to_string(name), looked.error().text)};
    if (!machines_.contains(name))
        return disk == Disk::Erase ? folder(name).erase()
                                   : Status(refusal(Call::Destroy, name, MachineState::Absent));
    const Result<Machine*> found = find(Call::Destroy, name);
    if (!found)
        return found.error();
    if (const Status off = switch_off(name, **found); !off)
        return off;
    if (disk == Disk::Keep)
        return Ok{};
    if (const Status erased = folder(name).erase(); !erased)
        return erased;
    const auto it = machines_.find(name);
    if (it == machines_.end())
        return Ok{};
    const Status done =
        act(Call::Destroy, name, it->second, settings_.limits.destroy,
            [domain = domain_name(name)](Domains& domains) { return domains.undefine(domain); });
    if (done)
        machines_.erase(it);
    return done;
}

Result<std::vector<MachineInfo>> LibvirtHypervisor::list() {
    if (const Status looked = look(); !looked)
        return looked.error();
    std::vector<MachineInfo> out;
    for (const auto& [name, machine] : machines_) {
        folder(name).bound_log();
        if (machine.state != MachineState::Absent)
            out.push_back({name, machine.state, machine.stats});
    }
    return out;
}

std::vector<MachineEvent> LibvirtHypervisor::poll_events() {
    if (domains_ && adopted_)
        for (const DomainChange& change : domains_->take_changes())
            on_change(change);
    return std::exchange(events_, {});
}

} // namespace zz::hv
