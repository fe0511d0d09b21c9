// SPDX-License-Identifier: Apache-2.0
#include "backend/services/guests.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>

namespace zz::services {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPrefixIdDigits = 8;
// User networking: the host's loopback as a guest sees it.
constexpr const char* kFarLoopback = "127.0.0.1=10.0.2.2";
constexpr const char* kKernelOptions = "console=ttyS0 quiet panic=1";

// The first that is there, seen from the folder of the programs; the last if none is.
std::string beside_programs(std::initializer_list<const char*> places, const std::string& part) {
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    std::string out;
    for (const char* place : places) {
        out = (here / place).lexically_normal().string();
        if (fs::exists(out + part, error))
            break;
    }
    return out;
}

std::string image_of(const GuestOptions& options) {
    return options.image.empty()
               ? beside_programs({"../../guest", "../share/zz/guest", "/var/lib/zz/guest"},
                                 "/guest.sha256")
               : fs::absolute(options.image).lexically_normal().string();
}

} // namespace

void add_guest_options(CLI::App& app, GuestOptions& options) {
    app.add_option("--guests", options.root, "with libvirt: root of the guests' files");
    app.add_option("--guest-image", options.image,
                   "with libvirt: folder with vmlinuz and initramfs (./zz guest build)");
    app.add_option("--domain-template", options.template_file, "with libvirt: XML of a domain");
    app.add_option("--guest-kernel-options", options.kernel_options,
                   "with libvirt: more words for the guests' kernel, as zz.address=dhcp");
    app.add_option("--guest-far", options.far,
                   "with libvirt: FROM=TO, the address that a guest dials for FROM; default "
                   "127.0.0.1=10.0.2.2");
    app.add_option("--guest-memory", options.memory_mib, "with libvirt: MiB of a guest, 256")
        ->check(CLI::Range(128U, 1U << 20));
}

GuestPlan guest_plan(const GuestOptions& options) {
    GuestPlan out;
    out.image = image_of(options);
    out.command_line = kKernelOptions;
    if (!options.kernel_options.empty())
        out.command_line += " " + options.kernel_options;
    out.far = options.far.empty() ? std::vector<std::string>{kFarLoopback} : options.far;
    out.memory_mib = options.memory_mib;
    return out;
}

Result<hv::LibvirtSettings> libvirt_settings(const cluster::Cluster& cluster,
                                             const cluster::Host& host,
                                             const GuestOptions& options) {
    hv::LibvirtSettings out;
    if (options.root.empty())
        return Error{fmt::format("host {} has guests: --guests wants the folder for their files",
                                 host.name)};
    const std::string image = image_of(options);
    std::error_code error;
    if (!fs::exists(image + "/guest.sha256", error))
        return Error{fmt::format("there is no guest image in {}: make it with ./zz guest build, or "
                                 "say where it is with --guest-image",
                                 image)};
    out.uri = host.hypervisor_uri;
    out.root = options.root;
    out.template_file = options.template_file.empty()
                            ? beside_programs({"../../../resources/domains/execution.xml",
                                               "../share/zz/domains/execution.xml"},
                                              "")
                            : options.template_file;
    out.prefix = domain_prefix(cluster, host);
    return out;
}

std::string hypervisor_text(const cluster::Cluster& cluster) {
    std::string out;
    for (const auto& host : cluster.hosts)
        if (host.hypervisor == cluster::HypervisorKind::Libvirt)
            out += fmt::format("host {:<8} guests at {}{}\n", host.name, host.hypervisor_uri,
                               hv::is_tried_uri(host.hypervisor_uri)
                                   ? ""
                                   : ": nobody has tried ZZ on this kind of URI yet");
    return out;
}

std::string domain_prefix(const cluster::Cluster& cluster, const cluster::Host& host) {
    return fmt::format("zz-{}-{}-", to_hex(cluster.id.view()).substr(0, kPrefixIdDigits),
                       host.name);
}

} // namespace zz::services
