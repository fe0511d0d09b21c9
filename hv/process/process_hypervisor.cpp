// SPDX-License-Identifier: Apache-2.0
#include "hv/process/process_hypervisor.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include "hv/process/process.h"
#include "hv/process/record.h"

namespace zz::hv {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEventsMax = 1024;

// "running" without a process is a machine that died: paused is not recorded, the process itself
// shows it.
MachineState state_from_text(const std::string& text) {
    for (const MachineState state :
         {MachineState::Defined, MachineState::Running, MachineState::Saved})
        if (text == to_string(state))
            return state;
    return MachineState::Stopped;
}

Error file_failure(const std::string& what, const std::error_code& reason) {
    return Error{fmt::format("{}: {}", what, reason.message())};
}

} // namespace

struct ProcessHypervisor::Machine {
    MachineSpec spec;
    MachineState state = MachineState::Defined; // Running and Paused only with a process
    std::optional<Process> process;
};

ProcessHypervisor::ProcessHypervisor(std::string root, int lock)
    : root_(std::move(root)), lock_(lock) {}

ProcessHypervisor::~ProcessHypervisor() {
    close(lock_);
}

Result<std::unique_ptr<ProcessHypervisor>> ProcessHypervisor::open(const std::string& root) {
    std::error_code error;
    fs::create_directories(root, error);
    const std::string absolute = fs::absolute(root, error).lexically_normal().string();
    const std::string lock_path = absolute + "/lock";
    const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return Error{fmt::format("cannot open {}: {}", lock_path, std::strerror(errno))};
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        return Error{fmt::format("{} is held by another controller: stop it first", lock_path)};
    }
    std::unique_ptr<ProcessHypervisor> out(new ProcessHypervisor(absolute, lock));
    if (const Status adopted = out->adopt_all(); !adopted)
        return adopted.error();
    return out;
}

std::string ProcessHypervisor::folder(const MachineName& name) const {
    return root_ + "/" + to_string(name);
}
std::string ProcessHypervisor::data_folder(const MachineName& name) const {
    return folder(name) + "/data";
}
std::string ProcessHypervisor::log_file(const MachineName& name) const {
    return folder(name) + "/log";
}

Status ProcessHypervisor::adopt_all() {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(root_, error)) {
        if (!entry.is_directory(error))
            continue;
        if (const Status adopted = adopt(entry.path().string()); !adopted)
            return adopted;
    }
    if (error)
        return file_failure(fmt::format("cannot list {}", root_), error);
    return Ok{};
}

// A folder without a whole record is one whose definition or erasure was cut short: it never has a
// process.
Status ProcessHypervisor::adopt(const std::string& entry) {
    const auto text = read_file(entry + "/machine");
    if (!text) {
        std::error_code error;
        fs::remove_all(entry, error);
        return error ? Status(file_failure(fmt::format("cannot remove {}", entry), error)) : Ok{};
    }
    const auto record = record_from_text(*text);
    if (!record)
        return Error{fmt::format("{}/machine is damaged: restore it or remove the folder", entry)};
    if (folder(record->name) != entry)
        return Error{
            fmt::format("{}/machine records {}: the folder was renamed; give it back its name",
                        entry, to_string(record->name))};
    Machine machine{record->spec, state_from_text(read_file(entry + "/state").value_or("")), {}};
    if (const auto pid = read_file(entry + "/pid")) {
        if (const auto identity = identity_from_text(*pid))
            machine.process = Process::adopt(*identity);
    }
    if (machine.process) {
        const auto look = machine.process->look();
        // A process in spite of another record: the controller died between killing it and here.
        if (machine.state != MachineState::Running) {
            if (const auto killed = machine.process->kill(); !killed)
                return killed.error();
            machine.process.reset();
        } else if (look && look->state == 'T') {
            machine.state = MachineState::Paused;
        }
    } else if (machine.state == MachineState::Running) {
        unlink((entry + "/pid").c_str());
        if (const Status written = record_state(record->name, machine, MachineState::Stopped);
            !written)
            return written;
        events_.push_back({record->name, EventKind::Vanished, 0});
    }
    machines_.emplace(record->name, std::move(machine));
    return Ok{};
}

Status ProcessHypervisor::record_state(const MachineName& name, Machine& machine,
                                       MachineState state) {
    if (const Status written = write_file(folder(name) + "/state", to_string(state)); !written)
        return written;
    machine.state = state;
    return Ok{};
}

void ProcessHypervisor::refresh(const MachineName& name, Machine& machine) {
    if (!machine.process)
        return;
    if (const auto end = machine.process->ended()) {
        if (events_.size() == kEventsMax)
            events_.erase(events_.begin());
        const EventKind kind = !end->known      ? EventKind::Vanished
                               : end->by_signal ? EventKind::Killed
                                                : EventKind::Exited;
        events_.push_back({name, kind, end->code});
        machine.process.reset();
        unlink((folder(name) + "/pid").c_str());
        // If the disk refuses, the next start finds "running" without a process: the same.
        (void)record_state(name, machine, MachineState::Stopped);
        machine.state = MachineState::Stopped;
        return;
    }
    // Another hand may have stopped it or let it go on.
    if (const auto look = machine.process->look())
        machine.state = look->state == 'T' ? MachineState::Paused : MachineState::Running;
}

Result<ProcessHypervisor::Machine*> ProcessHypervisor::find(Call call, const MachineName& name) {
    const auto it = machines_.find(name);
    if (it == machines_.end())
        return refusal(call, name, MachineState::Absent);
    refresh(name, it->second);
    return &it->second;
}

Status ProcessHypervisor::define(const MachineName& name, const MachineSpec& spec) {
    if (const auto it = machines_.find(name); it != machines_.end()) {
        refresh(name, it->second);
        if (it->second.state == MachineState::Defined && it->second.spec == spec)
            return Ok{};
        return refusal(Call::Define, name, it->second.state);
    }
    if (spec.program.empty())
        return Error{fmt::format("machine {} has no program to run", to_string(name))};
    const std::string where = folder(name);
    std::error_code error;
    fs::create_directories(where + "/data", error);
    if (error)
        return file_failure(fmt::format("cannot make {}", where), error);
    fs::permissions(where, fs::perms::owner_all, error);
    Machine machine{spec, MachineState::Defined, {}};
    if (const Status written = record_state(name, machine, MachineState::Defined); !written)
        return written;
    // Last: a folder with this file is a machine.
    if (const Status written = write_file(where + "/machine", to_text(MachineRecord{name, spec}));
        !written)
        return written;
    machines_.emplace(name, std::move(machine));
    return Ok{};
}

Status ProcessHypervisor::launch(const MachineName& name, Machine& machine) {
    const std::string where = folder(name);
    std::error_code error;
    if (const auto size = fs::file_size(where + "/log", error); !error && size > kLogBytesMax)
        fs::rename(where + "/log", where + "/log.1", error);
    const MachineState before = machine.state;
    // Before the process exists: a controller that dies now leaves one that the next may adopt.
    if (const Status written = record_state(name, machine, MachineState::Running); !written)
        return written;
    Result<Process> process = Process::launch({machine.spec.program, machine.spec.environment,
                                               where + "/data", where + "/log", where + "/pid"});
    if (!process) {
        (void)record_state(name, machine, before);
        machine.state = before;
        return process.error();
    }
    machine.process = std::move(*process);
    return Ok{};
}

Status ProcessHypervisor::start(const MachineName& name) {
    const Result<Machine*> found = find(Call::Start, name);
    if (!found)
        return found.error();
    Machine& machine = **found;
    switch (step_for(Call::Start, machine.state)) {
    case Step::Refuse:
        return refusal(Call::Start, name, machine.state);
    case Step::AlreadyDone:
        return Ok{};
    case Step::Act:
        break;
    }
    return launch(name, machine);
}

Status ProcessHypervisor::restore(const MachineName& name) {
    const Result<Machine*> found = find(Call::Restore, name);
    if (!found)
        return found.error();
    Machine& machine = **found;
    switch (step_for(Call::Restore, machine.state)) {
    case Step::Refuse:
        return refusal(Call::Restore, name, machine.state);
    case Step::AlreadyDone:
        return Ok{};
    case Step::Act:
        break;
    }
    return launch(name, machine);
}

Status ProcessHypervisor::suspend(const MachineName& name) {
    const Result<Machine*> found = find(Call::Suspend, name);
    if (!found)
        return found.error();
    Machine& machine = **found;
    const Step step = step_for(Call::Suspend, machine.state);
    if (step == Step::Refuse)
        return refusal(Call::Suspend, name, machine.state);
    if (step == Step::Act) {
        if (const Status stopped = machine.process->stop(); !stopped)
            return stopped;
        machine.state = MachineState::Paused;
    }
    return Ok{};
}

Status ProcessHypervisor::resume(const MachineName& name) {
    const Result<Machine*> found = find(Call::Resume, name);
    if (!found)
        return found.error();
    Machine& machine = **found;
    const Step step = step_for(Call::Resume, machine.state);
    if (step == Step::Refuse)
        return refusal(Call::Resume, name, machine.state);
    if (step == Step::Act) {
        if (const Status going = machine.process->go_on(); !going)
            return going;
        machine.state = MachineState::Running;
    }
    return Ok{};
}

Status ProcessHypervisor::kill_now(const MachineName& name, Machine& machine) {
    if (!machine.process)
        return Ok{};
    if (const Result<ProcessEnd> killed = machine.process->kill(); !killed)
        return killed.error();
    machine.process.reset();
    unlink((folder(name) + "/pid").c_str());
    return Ok{};
}

// The record goes first: whoever comes after a death in between ends the process too.
Status ProcessHypervisor::end_with(Call call, const MachineName& name, MachineState state) {
    const Result<Machine*> found = find(call, name);
    if (!found)
        return found.error();
    Machine& machine = **found;
    const MachineState before = machine.state;
    if (const Status written = record_state(name, machine, state); !written)
        return written;
    if (const Status killed = kill_now(name, machine); !killed) {
        machine.state = before; // It hangs; list() shows it as it is, and the call may be repeated.
        return killed;
    }
    return Ok{};
}

Status ProcessHypervisor::save(const MachineName& name) {
    const Result<Machine*> found = find(Call::Save, name);
    if (!found)
        return found.error();
    switch (step_for(Call::Save, (*found)->state)) {
    case Step::Refuse:
        return refusal(Call::Save, name, (*found)->state);
    case Step::AlreadyDone:
        return Ok{};
    case Step::Act:
        break;
    }
    return end_with(Call::Save, name, MachineState::Saved);
}

Status ProcessHypervisor::destroy(const MachineName& name, Disk disk) {
    if (!machines_.contains(name) && disk == Disk::Erase)
        return Ok{};
    if (const Status ended = end_with(Call::Destroy, name, MachineState::Stopped); !ended)
        return ended;
    if (disk == Disk::Keep)
        return Ok{};
    std::error_code error;
    // The record first: what is left after a death in between is rubbish and is removed at the next
    // start.
    fs::remove(folder(name) + "/machine", error);
    if (!error)
        fs::remove_all(folder(name), error);
    if (error)
        return file_failure(fmt::format("cannot erase {}", folder(name)), error);
    machines_.erase(name);
    return Ok{};
}

Result<std::vector<MachineInfo>> ProcessHypervisor::list() {
    std::vector<MachineInfo> out;
    for (auto& [name, machine] : machines_) {
        refresh(name, machine);
        MachineInfo info{name, machine.state, {}};
        if (machine.process) {
            info.stats.pid = machine.process->pid();
            if (const auto look = machine.process->look()) {
                info.stats.cpu = look->cpu;
                info.stats.rss_bytes = look->rss_bytes;
            }
        }
        out.push_back(std::move(info));
    }
    return out;
}

std::vector<MachineEvent> ProcessHypervisor::poll_events() {
    for (auto& [name, machine] : machines_)
        refresh(name, machine);
    return std::exchange(events_, {});
}

} // namespace zz::hv
