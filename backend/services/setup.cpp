// SPDX-License-Identifier: Apache-2.0
#include "backend/services/setup.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "backend/runtime/log.h"

namespace zz::services {

void add_common(CLI::App& app, Arguments& a) {
    app.add_option("--cluster", a.cluster_file, "cluster file")->required();
    app.add_option("--key", a.key_file, "key file of this principal")->required();
    app.add_option("--data", a.data, "data folder, made if missing")->required();
    app.add_option("--pid-file", a.pid_file, "written at start");
}

Result<std::unique_ptr<Setup>> read_setup(const Arguments& arguments,
                                          const std::function<Status(Setup&)>& find) {
    auto cluster = cluster::load(arguments.cluster_file);
    if (!cluster)
        return cluster.error();
    auto keys = crypto::read_key_file(arguments.key_file);
    if (!keys)
        return keys.error();
    std::unique_ptr<Setup> setup(new Setup{arguments,
                                           std::move(cluster).value(),
                                           nullptr,
                                           {},
                                           {},
                                           std::move(keys).value(),
                                           std::nullopt});
    if (const Status found = find(*setup); !found)
        return found.error();
    const ApplicationId application =
        setup->application != nullptr ? setup->application->id : ApplicationId();
    const auto wanted = setup->cluster.keys_of(application, setup->self);
    if (wanted && *wanted != setup->keys.publics)
        return Error{fmt::format("{}: these are not the keys that {} has for {}",
                                 arguments.key_file, arguments.cluster_file,
                                 to_string(setup->self))};
    auto folder = runtime::DataFolder::open(arguments.data);
    if (!folder)
        return folder.error();
    setup->folder.emplace(std::move(folder).value());
    if (setup->application != nullptr) {
        auto generation =
            runtime::read_generation(setup->folder->path() + std::string(kGenerationFile),
                                     setup->cluster, *setup->application, setup->keys);
        if (!generation)
            return generation.error();
        setup->generation = std::move(generation).value();
    }
    return setup;
}

int service_main(int argc, char** argv, CLI::App& app, Arguments& arguments,
                 const std::function<int()>& service) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    runtime::prepare_process();
    runtime::start_log(arguments.program);
    if (!arguments.pid_file.empty()) {
        if (const Status written = runtime::write_pid_file(arguments.pid_file); !written)
            return cannot_run(written.error());
    }
    return service();
}

int cannot_run(const Error& error) {
    spdlog::error("{}", error.text);
    return 1;
}

Status find_application(Setup& setup) {
    setup.application = setup.cluster.application(setup.arguments.application);
    if (setup.application == nullptr)
        return Error{fmt::format("{} has no application '{}'", setup.arguments.cluster_file,
                                 setup.arguments.application)};
    return Ok{};
}

Status find_host(Setup& setup) {
    const cluster::Host* host = setup.cluster.host(setup.arguments.host);
    if (host == nullptr)
        return Error{
            fmt::format("{} has no host '{}'", setup.arguments.cluster_file, setup.arguments.host)};
    setup.host = host->id;
    return Ok{};
}

} // namespace zz::services
