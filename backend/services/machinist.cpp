// SPDX-License-Identifier: Apache-2.0
#include "backend/services/machinist.h"

#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "backend/runtime/process.h"
#include "protocol/cluster/generate.h"

namespace zz::services {

namespace {

// As resources/guest/init lays a guest out.
constexpr const char* kGuestProgram = "/usr/bin/zz-execution";
constexpr const char* kGuestIdentity = "/run/identity";
constexpr const char* kGuestData = "/data/replica";
// Also the bound of how long a restored guest believes in dead connections.
constexpr const char* kGuestKeepAliveMs = "500";
constexpr const char* kIdentityCluster = "cluster.toml";
constexpr const char* kIdentityKey = "replica.key";
constexpr std::size_t kKeyFileBytesMax = 64u << 10;

} // namespace

Machinist::Machinist(HostPlan plan, std::unique_ptr<hv::ProcessHypervisor> hypervisor)
    : plan_(std::move(plan)), guests_(false),
      data_folder_([h = hypervisor.get()](const auto& name) { return h->data_folder(name); }),
      kind_([] { return "process"; }), hypervisor_(std::move(hypervisor)) {}

Machinist::Machinist(HostPlan plan, std::unique_ptr<hv::LibvirtHypervisor> hypervisor)
    : plan_(std::move(plan)), guests_(true),
      data_folder_([h = hypervisor.get()](const auto& name) { return h->data_folder(name); }),
      kind_([h = hypervisor.get()] { return h->kind(); }), hypervisor_(std::move(hypervisor)) {}

std::vector<MachineResult> Machinist::run(const MachineJob& job) {
    if (const auto* ask = std::get_if<AskJob>(&job))
        return {perform(*ask), look()};
    return {look()};
}

Looked Machinist::look() {
    Looked out;
    out.guests = guests_;
    auto list = hypervisor_->list();
    if (list)
        out.machines = std::move(list).value();
    else
        out.error = list.error().text;
    out.events = hypervisor_->poll_events();
    out.kind = kind_();
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
        return make_run(name, ask == controller::Ask::Wake);
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

Result<hv::MachineState> Machinist::state_of(const hv::MachineName& name) {
    const auto list = hypervisor_->list();
    if (!list)
        return list.error();
    for (const auto& info : *list)
        if (info.name == name)
            return info.state;
    return hv::MachineState::Absent;
}

Status Machinist::make_run(const hv::MachineName& name, bool wakes) {
    const auto state = state_of(name);
    if (!state)
        return state.error();
    switch (*state) {
    // Whoever asked for a start did not see that it sleeps; only a wake-up ends that (ZZ-6.8).
    case hv::MachineState::Paused:
        return wakes ? hypervisor_->resume(name) : Status(Ok{});
    case hv::MachineState::Saved:
        return wakes ? restore(name) : Status(Ok{});
    case hv::MachineState::Absent:
        if (const Status defined = hypervisor_->define(name, spec(name)); !defined)
            return defined;
        return start(name);
    case hv::MachineState::Defined:
    case hv::MachineState::Stopped:
        return start(name);
    case hv::MachineState::Running:
        break;
    }
    return Ok{};
}

// What was saved may be torn, or of another QEMU: then it boots anew, with its keys and its store.
Status Machinist::restore(const hv::MachineName& name) {
    Status done = hypervisor_->restore(name);
    if (done)
        return done;
    const auto state = state_of(name);
    if (!state || *state != hv::MachineState::Saved || !hypervisor_->destroy(name, hv::Disk::Keep))
        return done;
    return start(name);
}

Status Machinist::start(const hv::MachineName& name) {
    if (guests_)
        if (const Status put = put_identity(name); !put)
            return put;
    return hypervisor_->start(name);
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
        return data_folder_(name) +
               (guests_ ? fmt::format("/{}", kIdentityKey) : std::string("/incarnation.key"));
    return plan_.keys + "/" +
           cluster::key_file_name(*plan_.cluster, name.application, name.principal);
}

Status Machinist::put_identity(const hv::MachineName& name) const {
    const auto copy = [&](const std::string& from, const char* to, std::size_t bytes) -> Status {
        const std::string target = data_folder_(name) + "/" + to;
        if (from == target)
            return Ok{};
        const auto text = runtime::read_file(from, bytes);
        if (!text)
            return text.error();
        return runtime::replace_file(target, *text);
    };
    if (const Status put = copy(plan_.cluster_file, kIdentityCluster, cluster::kFileBytesMax); !put)
        return put;
    return copy(key_file(name), kIdentityKey, kKeyFileBytesMax);
}

hv::MachineSpec Machinist::spec(const hv::MachineName& name) const {
    if (guests_)
        return guest_spec(name);
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
         data_folder_(name), "--host-socket", plan_.host_socket});
    hv::MachineSpec spec;
    spec.program = std::move(program);
    return spec;
}

hv::MachineSpec Machinist::guest_spec(const hv::MachineName& name) const {
    const auto& app = *plan_.cluster->application(name.application);
    hv::MachineSpec spec;
    spec.program = {kGuestProgram,
                    "--slot",
                    fmt::format("E{}", name.principal.index),
                    "--incarnation",
                    std::to_string(name.principal.incarnation),
                    "--app",
                    app.name,
                    "--cluster",
                    fmt::format("{}/{}", kGuestIdentity, kIdentityCluster),
                    "--key",
                    fmt::format("{}/{}", kGuestIdentity, kIdentityKey),
                    "--data",
                    kGuestData,
                    "--host-socket",
                    plan_.cluster->host(plan_.host)->relay_endpoint(),
                    "--keep-alive-ms",
                    kGuestKeepAliveMs};
    for (const std::string& far : plan_.guest.far)
        spec.program.insert(spec.program.end(), {"--far", far});
    spec.kernel = plan_.guest.image + "/vmlinuz";
    spec.image = plan_.guest.image + "/initramfs";
    spec.command_line = plan_.guest.command_line;
    spec.memory_mib = plan_.guest.memory_mib;
    return spec;
}

} // namespace zz::services
