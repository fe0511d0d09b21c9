// SPDX-License-Identifier: Apache-2.0
// What a controller and zzctl know of a host's guests beyond the cluster file: where image, domain
// template and machines lie, and what the domains are called.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "backend/services/machinist.h"

namespace zz::services {

struct GuestOptions {
    std::string root;  // of the machines' files
    std::string image; // folder that `./zz guest build` made
    std::string template_file;
    std::string kernel_options; // further words of the kernel's command line
    std::vector<std::string> far;
    std::uint32_t memory_mib = 256;
};

void add_guest_options(CLI::App& app, GuestOptions& options);

// What the options leave open is what is right for user networking, and what lies beside the
// programs.
GuestPlan guest_plan(const GuestOptions& options);
// Fails, and says what is missing, before any guest is wanted.
Result<hv::LibvirtSettings> libvirt_settings(const cluster::Cluster& cluster,
                                             const cluster::Host& host,
                                             const GuestOptions& options);

// Domains of this host and cluster begin with it: several may share one libvirt.
std::string domain_prefix(const cluster::Cluster& cluster, const cluster::Host& host);

// A line for each host with guests: where they run, and whether ZZ was ever run there.
std::string hypervisor_text(const cluster::Cluster& cluster);

} // namespace zz::services
