// SPDX-License-Identifier: Apache-2.0
// What every service reads at its start: command line, cluster file, keys, data folder. Errors say
// what was wrong and where; a service that cannot start exits with 2 (bad usage or input) or 1 (the
// world refused).
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "backend/runtime/generation.h"
#include "backend/runtime/process.h"
#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"

namespace zz::services {

struct Arguments {
    std::string program;
    std::string cluster_file, key_file, data, host_socket;
    std::string application, replica, slot, client, host; // as far as the service has them
    std::uint32_t incarnation = 0;
    std::string bin, pid_file; // zz-controller: folder of the programs
};

inline constexpr std::string_view kGenerationFile = "/recover"; // in a data folder

// Adds what all services share.
void add_common(CLI::App& app, Arguments& arguments);

struct Setup {
    Arguments arguments;
    cluster::Cluster cluster;
    const cluster::Application* application = nullptr; // of `cluster`; null for host and controller
    PrincipalId self;
    HostId host;
    crypto::KeyPair keys;
    std::optional<runtime::DataFolder> folder;
    // Of the application, as this party knows it; nothing: the first one. Controllers keep one for
    // each application themselves.
    std::optional<runtime::GenerationStart> generation = std::nullopt;

    const runtime::GenerationStart* generation_start() const {
        return generation ? &*generation : nullptr;
    }
    message::Checkpoint base() const {
        return generation ? generation->recover.base.checkpoint : message::Checkpoint{};
    }

    const cluster::Host& host_entry() const { return *cluster.host(host); }
};

// Reads everything; `find` names the principal from arguments and cluster. The keys must be those
// of the cluster file where it has them.
Result<std::unique_ptr<Setup>> read_setup(const Arguments& arguments,
                                          const std::function<Status(Setup&)>& find);

// Parses, prepares process and log, then runs `service`; returns the exit code.
int service_main(int argc, char** argv, CLI::App& app, Arguments& arguments,
                 const std::function<int()>& service);

// Logs the text and returns the exit code 1.
int cannot_run(const Error& error);

// From the randomness of the operating system, never 0: nonces.
std::uint64_t random_number();

// Finders.
Status find_application(Setup& setup);
Status find_host(Setup& setup);

} // namespace zz::services
