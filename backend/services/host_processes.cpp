// SPDX-License-Identifier: Apache-2.0
#include "backend/services/host_processes.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/runtime/process.h"
#include "backend/services/guests.h"
#include "backend/services/private_libvirt.h"
#include "hv/libvirt/end_domains.h"

namespace zz::services {
namespace {

constexpr int kPatienceMs = 5000;
constexpr int kStepMs = 20;

std::string own_folder() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

std::string absolute(const std::string& path) {
    std::error_code error;
    return std::filesystem::absolute(path, error).lexically_normal().string();
}

// A process of its own session, output to `log`. Twice forked: it is nobody's child here.
Status spawn(std::vector<std::string> words, const std::string& log) {
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0)
        return Error{fmt::format("cannot start {}: {}", words[0], std::strerror(errno))};
    if (child == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        const int in = open("/dev/null", O_RDONLY);
        dup2(in, 0);
        dup2(out, 1);
        dup2(out, 2);
        closefrom(3);
        execv(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return Ok{};
}

std::vector<std::string> pid_files(const Layout& layout, const cluster::Host& host) {
    std::vector<std::string> files{layout.pid_file(host, "zz-controller"),
                                   layout.pid_file(host, "zz-host")};
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(layout.machines(host), error))
        files.push_back(entry.path().string() + "/pid");
    return files;
}

bool all_gone(const Layout& layout, const std::vector<cluster::Host>& hosts, int patience_ms) {
    for (int waited = 0;; waited += kStepMs) {
        bool gone = true;
        for (const auto& host : hosts)
            gone = gone && host_pids(layout, host).empty();
        if (gone || waited >= patience_ms)
            return gone;
        poll(nullptr, 0, kStepMs);
    }
}

// The controller first: it would start again what ends.
void end_controllers(const Layout& layout, const std::vector<cluster::Host>& hosts) {
    for (const int signal : {SIGTERM, SIGKILL}) {
        for (int waited = 0; waited < kPatienceMs; waited += kStepMs) {
            bool any = false;
            for (const auto& host : hosts) {
                const int pid = runtime::living_pid(layout.pid_file(host, "zz-controller"));
                if (pid == 0)
                    continue;
                any = true;
                if (waited == 0)
                    kill(pid, signal);
            }
            if (!any)
                return;
            poll(nullptr, 0, kStepMs);
        }
    }
}

bool has_guests(const cluster::Host& host) {
    return host.hypervisor == cluster::HypervisorKind::Libvirt;
}

// Where libvirt is not the host's own, its guests are ended by asking it.
Status end_guests(const Layout& layout, const cluster::Host& host) {
    if (!has_guests(host) || private_place(host))
        return Ok{};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return cluster.error();
    return hv::end_domains(host.hypervisor_uri, domain_prefix(*cluster, host));
}

} // namespace

std::vector<int> host_pids(const Layout& layout, const cluster::Host& host) {
    std::vector<int> pids;
    for (const auto& file : pid_files(layout, host))
        if (const int pid = runtime::living_pid(file); pid != 0)
            pids.push_back(pid);
    const std::vector<int> guests = private_pids(layout, host);
    pids.insert(pids.end(), guests.begin(), guests.end());
    return pids;
}

Status start_host(const Layout& given, const cluster::Host& host) {
    const Layout layout{absolute(given.dir)};
    std::error_code error;
    std::filesystem::create_directories(layout.machines(host), error);
    if (error)
        return Error{fmt::format("cannot make {}: {}", layout.machines(host), error.message())};
    if (const Status libvirt = start_private_libvirt(layout, host); !libvirt)
        return libvirt;
    const std::string bin = own_folder();
    const std::string socket = layout.host_socket(host);
    const auto start = [&](const std::string& program, std::vector<std::string> more,
                           const PrincipalId& self, const std::string& data) -> Status {
        if (runtime::living_pid(layout.pid_file(host, program)) != 0)
            return Ok{};
        const std::string key = self.role == Role::Host ? "host-" : "controller-";
        std::vector<std::string> words{bin + "/" + program,
                                       "--cluster",
                                       layout.cluster_file(),
                                       "--host",
                                       host.name,
                                       "--key",
                                       layout.keys() + "/" + key + host.name + ".key",
                                       "--data",
                                       layout.host(host) + "/" + data,
                                       "--host-socket",
                                       socket,
                                       "--pid-file",
                                       layout.pid_file(host, program)};
        words.insert(words.end(), more.begin(), more.end());
        const Status spawned = spawn(std::move(words), layout.host(host) + "/" + program + ".log");
        if (!spawned)
            return spawned;
        // Its pid file is how it is found later: nobody may look before it is there.
        for (int waited = 0; waited < kPatienceMs; waited += kStepMs) {
            if (runtime::living_pid(layout.pid_file(host, program)) != 0)
                return Ok{};
            poll(nullptr, 0, kStepMs);
        }
        return Error{fmt::format("{} of host {} did not start: see {}/{}.log", program, host.name,
                                 layout.host(host), program)};
    };
    if (const Status s = start("zz-host", {}, principal(host.id), "host"); !s)
        return s;
    std::vector<std::string> more{"--bin",       bin,          "--keys",
                                  layout.keys(), "--machines", layout.machines(host)};
    if (has_guests(host))
        more.insert(more.end(), {"--guests", layout.guests(host)});
    return start("zz-controller", more, controller_of(host.id), "controller");
}

Status kill_host(const Layout& layout, const cluster::Host& host) {
    // Twice: what the controller started meanwhile dies in the second round.
    for (int round = 0; round < 2; ++round) {
        for (const int pid : host_pids(layout, host))
            kill(pid, SIGKILL);
        all_gone(layout, {host}, kPatienceMs);
    }
    if (!all_gone(layout, {host}, 0))
        return Error{
            fmt::format("processes of host {} do not end: see {}", host.name, layout.host(host))};
    return end_guests(layout, host);
}

Status stop_hosts(const Layout& layout, const std::vector<cluster::Host>& hosts) {
    end_controllers(layout, hosts);
    for (const auto& host : hosts)
        for (const int pid : host_pids(layout, host)) {
            kill(pid, SIGTERM);
            kill(pid, SIGCONT); // paused spares end too
        }
    if (!all_gone(layout, hosts, kPatienceMs))
        for (const auto& host : hosts)
            for (const int pid : host_pids(layout, host))
                kill(pid, SIGKILL);
    if (!all_gone(layout, hosts, kPatienceMs))
        return Error{
            fmt::format("some processes do not end: see the *.pid files below {}", layout.hosts())};
    for (const auto& host : hosts) {
        if (const Status ended = end_guests(layout, host); !ended)
            return ended;
        forget_private_place(host);
    }
    return Ok{};
}

} // namespace zz::services
