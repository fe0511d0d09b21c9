// SPDX-License-Identifier: Apache-2.0
// Where the files of a data center on this machine lie, below the folder that `zzctl cluster init
// --dir` made:
//
//   cluster.toml                   the same bytes for every party
//   keys/operator-admin.key        and one file per principal of the cluster file, see below
//   hosts/HOST/                    everything one host owns; on real hosts this is its /var/lib/zz
//     local.sock                   its zz-host listens here for its services (Unix socket)
//     host/  controller/           data folders of zz-host and zz-controller
//     machines/                    the hypervisor's root: data folders of replicas and gateways
//     guests/  libvirt/            with libvirt: files of the guests, of a daemon of their own
//     *.pid, *.log                 of zz-host and zz-controller
//   run/                           what zzctl keeps: lane numbers of load clients, drills
#pragma once

#include <string>

#include "protocol/cluster/cluster.h"
#include "protocol/cluster/generate.h"

namespace zz::services {

inline constexpr std::size_t kSocketPathMax = 100;

struct Layout {
    std::string dir;

    std::string cluster_file() const { return dir + "/cluster.toml"; }
    std::string keys() const { return dir + "/keys"; }
    std::string run() const { return dir + "/run"; }
    std::string hosts() const { return dir + "/hosts"; }
    std::string host(const cluster::Host& h) const { return hosts() + "/" + h.name; }
    // Where its services find a zz-host; over TCP if the path is too long for a Unix socket.
    std::string host_socket(const cluster::Host& h) const {
        const std::string path = host(h) + "/local.sock";
        return path.size() <= kSocketPathMax ? "ipc://" + path : h.relay_endpoint();
    }
    std::string pid_file(const cluster::Host& h, const std::string& program) const {
        return host(h) + "/" + program + ".pid";
    }
    std::string machines(const cluster::Host& h) const { return host(h) + "/machines"; }
    std::string guests(const cluster::Host& h) const { return host(h) + "/guests"; }

    // Of a principal of the cluster file; execution replicas of incarnation 0 only.
    std::string key(const cluster::Cluster& c, ApplicationId a, const PrincipalId& p) const {
        return keys() + "/" + cluster::key_file_name(c, a, p);
    }
};

} // namespace zz::services
