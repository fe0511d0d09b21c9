// SPDX-License-Identifier: Apache-2.0
#include "backend/services/machinist.h"

#include <fmt/format.h>
#include <unistd.h>

#include "protocol/cluster/generate.h"

namespace zz::services {

std::vector<MachineResult> Machinist::run(const MachineJob& job) {
    if (const auto* ask = std::get_if<AskJob>(&job))
        return {perform(*ask), look()};
    return {look()};
}

Looked Machinist::look() {
    Looked out;
    auto list = hypervisor_->list();
    if (list)
        out.machines = std::move(list).value();
    else
        out.error = list.error().text;
    out.events = hypervisor_->poll_events();
    return out;
}

Asked Machinist::perform(const AskJob& job) {
    Asked out{job.application, job.ask, {}, {}};
    const hv::MachineName name{job.application, job.ask.machine};
    if (job.ask.ask == controller::Ask::MakeImage) {
        auto keys = make_image(name);
        if (keys)
            out.keys = *keys;
        else
            out.error = keys.error().text;
        return out;
    }
    if (const Status done = act(name, job.ask.ask); !done)
        out.error = done.error().text;
    return out;
}

Status Machinist::act(const hv::MachineName& name, controller::Ask ask) {
    switch (ask) {
    case controller::Ask::Start:
    case controller::Ask::Wake:
        return make_run(name);
    case controller::Ask::Pause:
        return hypervisor_->suspend(name);
    case controller::Ask::Save:
        return hypervisor_->save(name);
    case controller::Ask::Stop:
        return hypervisor_->destroy(name, hv::Disk::Keep);
    case controller::Ask::Erase:
        return hypervisor_->destroy(name, hv::Disk::Erase);
    case controller::Ask::MakeImage:
        break;
    }
    return Error{"images are made by make_image"};
}

hv::MachineState Machinist::state_of(const hv::MachineName& name) {
    const auto list = hypervisor_->list();
    if (list)
        for (const auto& info : *list)
            if (info.name == name)
                return info.state;
    return hv::MachineState::Absent;
}

Status Machinist::make_run(const hv::MachineName& name) {
    switch (state_of(name)) {
    case hv::MachineState::Paused:
        return hypervisor_->resume(name);
    case hv::MachineState::Saved:
        return hypervisor_->restore(name);
    case hv::MachineState::Absent:
        if (const Status defined = hypervisor_->define(name, spec(name)); !defined)
            return defined;
        return hypervisor_->start(name);
    case hv::MachineState::Defined:
    case hv::MachineState::Stopped:
        return hypervisor_->start(name);
    case hv::MachineState::Running:
        break;
    }
    return Ok{};
}

Result<PublicKeys> Machinist::make_image(const hv::MachineName& name) {
    if (const Status defined = hypervisor_->define(name, spec(name)); !defined)
        return defined.error();
    const std::string file = key_file(name);
    if (access(file.c_str(), F_OK) != 0) {
        const crypto::KeyPair keys = crypto::generate_keys();
        if (const Status written = crypto::write_key_file(file, keys); !written)
            return written.error();
    }
    // Made before and asked again: the same image, the same keys.
    auto keys = crypto::read_key_file(file);
    if (!keys)
        return keys.error();
    return keys->publics;
}

std::string Machinist::key_file(const hv::MachineName& name) const {
    if (name.principal.role == Role::Execution && name.principal.incarnation != 0)
        return hypervisor_->data_folder(name) + "/incarnation.key";
    return plan_.keys + "/" +
           cluster::key_file_name(*plan_.cluster, name.application, name.principal);
}

hv::MachineSpec Machinist::spec(const hv::MachineName& name) const {
    const auto& app = *plan_.cluster->application(name.application);
    const auto& who = name.principal;
    std::vector<std::string> program;
    const auto add = [&](std::initializer_list<std::string> words) {
        program.insert(program.end(), words.begin(), words.end());
    };
    if (who.role == Role::Agreement)
        add({plan_.programs + "/zz-agreement", "--replica", fmt::format("A{}", who.index)});
    else if (who.role == Role::Execution)
        add({plan_.programs + "/zz-execution", "--slot", fmt::format("E{}", who.index),
             "--incarnation", std::to_string(who.incarnation)});
    else
        add({plan_.programs + "/zz-gateway", "--client", app.client(ClientId(who.index))->name});
    add({"--app", app.name, "--cluster", plan_.cluster_file, "--key", key_file(name), "--data",
         hypervisor_->data_folder(name), "--host-socket", plan_.host_socket});
    hv::MachineSpec spec;
    spec.program = std::move(program);
    return spec;
}

} // namespace zz::services
