// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>

#include "backend/services/ctl.h"
#include "backend/services/guests.h"
#include "backend/services/placement_view.h"
#include "backend/services/private_libvirt.h"
#include "backend/services/setup.h"
#include "protocol/cluster/generate.h"
#include "protocol/cluster/names.h"

namespace zz::services::ctl {
namespace {

struct Options {
    std::string dir;
    cluster::GenerateOptions make;
    std::uint32_t applications = 4;
    std::vector<std::string> app, mode, wakeup;
    std::string hypervisor, spare, durability;
    std::string hypervisor_uri = kPrivateUri;
};

// Empty text leaves the default.
template <class T> bool choose(const std::string& text, T& out) {
    return text.empty() || cluster::from_word(text, out);
}

// CHOICE for all applications, or APP=CHOICE for one. The error text, empty if all is well.
template <class T>
std::string choose_each(std::string_view option, const std::vector<std::string>& texts, T& all,
                        std::map<std::string, T>& of) {
    for (const std::string& text : texts) {
        const auto at = text.find('=');
        T choice{};
        if (!cluster::from_word(at == std::string::npos ? text : text.substr(at + 1), choice))
            return fmt::format("--{0} {1}: write CHOICE or APP=CHOICE with one of {2}", option,
                               text, cluster::words<T>());
        (at == std::string::npos ? all : of[text.substr(0, at)]) = choice;
    }
    return {};
}

// The error text, empty if all is well.
std::string read(Options& o) {
    auto& make = o.make;
    if (std::string bad = choose_each("mode", o.mode, make.mode, make.mode_of); !bad.empty())
        return bad;
    if (!choose(o.hypervisor, make.hypervisor))
        return fmt::format("--hypervisor {}: choose one of {}", o.hypervisor,
                           cluster::words<cluster::HypervisorKind>());
    if (!choose(o.spare, make.spare))
        return fmt::format("--spare {}: choose one of {}", o.spare,
                           cluster::words<cluster::SpareKind>());
    if (!choose(o.durability, make.durability))
        return fmt::format("--durability {}: choose one of {}", o.durability,
                           cluster::words<cluster::Durability>());
    if (!cluster::is_environment(make.environment))
        return fmt::format("--environment {}: choose one of {}", make.environment,
                           fmt::join(cluster::kEnvironments, ", "));
    for (const std::string& text : o.app) {
        const auto at = text.find('=');
        cluster::ApplicationOption option{text.substr(0, at), {}};
        if (at == std::string::npos || !cluster::from_word(text.substr(at + 1), option.kind))
            return fmt::format("--app {}: write NAME=KIND with a kind of {}", text,
                               cluster::words<cluster::ApplicationKind>());
        make.applications.push_back(option);
    }
    if (o.app.empty())
        make.applications = cluster::default_applications(o.applications);
    return choose_each("wakeup", o.wakeup, make.wakeup, make.wakeup_of);
}

int init(Options& o) {
    if (const std::string error = read(o); !error.empty())
        return bad_usage(error);
    // The folder of its sockets is its own; the number says nothing.
    o.make.hypervisor_uri =
        o.hypervisor_uri == kPrivateUri
            ? private_uri(fmt::format("{:08x}", random_number() >> 32U), "{HOST}")
            : o.hypervisor_uri;
    const auto generated = cluster::generate(o.make);
    if (!generated)
        return bad_usage(generated.error().text);
    if (const Status written = cluster::write_files(generated.value(), o.dir); !written)
        return failed(written.error().text);
    fmt::print("{}{}", placement_text(generated->cluster), hypervisor_text(generated->cluster));
    fmt::print("{}/cluster.toml: cluster {}, {} hosts, {} applications; start it with: "
               "zzctl cluster up --dir {}\n",
               o.dir, to_hex(generated->cluster.id.view()), generated->cluster.hosts.size(),
               generated->cluster.applications.size(), o.dir);
    return kDone;
}

} // namespace

void add_cluster_init(CLI::App& parent, Chosen& chosen) {
    auto o = std::make_shared<Options>();
    auto* command = parent.add_subcommand("init", "writes DIR/cluster.toml and DIR/keys/");
    command->add_option("--dir", o->dir, "folder of the data center")->required();
    command->add_option("--name", o->make.name, "of the data center");
    command->add_option("--environment", o->make.environment, "lab|staging|production");
    command->add_option("--hosts", o->make.hosts, "default 4");
    command->add_option("--apps", o->applications, "default 4, named A, B, C, ...")
        ->check(CLI::Range(1U, cluster::kApplicationsMax));
    command->add_option("--app", o->app, "NAME=kv|compute|web, instead of --apps");
    command->add_option("--f", o->make.f, "faulty replicas borne in each cluster, default 1");
    command->add_option("--mode", o->mode, "[APP=]zz|sep|base|unreplicated");
    command->add_option("--hypervisor", o->hypervisor, "process|libvirt");
    command->add_option("--hypervisor-uri", o->hypervisor_uri,
                        "libvirt connection URI, {HOST} in it becomes the host's name; default "
                        "private: `cluster up` starts a libvirt for each host");
    command->add_option("--spare", o->spare, "paused|hibernated|cold");
    command->add_option("--durability", o->durability, "async|sync|memory");
    command->add_option("--wakeup", o->wakeup, "[APP=]evidence|matrix");
    command->add_option("--base-port", o->make.base_port, "first port; 0: ports that are free now");
    command->add_flag("!--no-metrics", o->make.metrics, "no Prometheus endpoint on the hosts");
    command->add_flag("--drills", o->make.drills,
                      "operators may make replicas misbehave on purpose");
    command->callback([o, &chosen] { chosen.run = [o] { return init(*o); }; });
}

} // namespace zz::services::ctl
