// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/link/profile.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "backend/runtime/process.h"
#include "protocol/cluster/generate.h"

namespace zz::console {
namespace {

std::string cluster_file(const std::string& dir) {
    return dir + "/cluster.toml";
}

std::string key_file(const std::string& dir, const cluster::Cluster& cluster, OperatorId id) {
    return dir + "/keys/" + cluster::key_file_name(cluster, {}, principal(id));
}

std::vector<cluster::Operator> with_keys(const std::string& dir, const cluster::Cluster& cluster) {
    std::vector<cluster::Operator> out;
    for (const auto& entry : cluster.operators)
        if (std::filesystem::exists(key_file(dir, cluster, entry.id)))
            out.push_back(entry);
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.role > b.role; });
    return out;
}

} // namespace

std::vector<cluster::Operator> operators_in(const std::string& dir) {
    const auto cluster = cluster::load(cluster_file(dir));
    return cluster ? with_keys(dir, *cluster) : std::vector<cluster::Operator>();
}

Result<Credentials> read_profile(const Profile& profile) {
    auto text = runtime::read_file(cluster_file(profile.dir), cluster::kFileBytesMax);
    if (!text)
        return text.error();
    auto cluster = cluster::parse(text.value(), cluster_file(profile.dir));
    if (!cluster)
        return cluster.error();
    const auto operators = with_keys(profile.dir, *cluster);
    const auto self = profile.operator_name.empty()
                          ? operators.begin()
                          : std::find_if(operators.begin(), operators.end(), [&](const auto& o) {
                                return o.name == profile.operator_name;
                            });
    if (self == operators.end())
        return Error{fmt::format(
            "{}: no key of {} in it; put the key file of an operator there", profile.dir + "/keys",
            profile.operator_name.empty() ? "any operator of the cluster file"
                                          : "operator " + profile.operator_name)};
    auto keys = crypto::read_key_file(key_file(profile.dir, *cluster, self->id));
    if (!keys)
        return keys.error();
    Profile named = profile;
    if (named.name.empty())
        named.name = cluster->name;
    return Credentials{named, std::move(cluster).value(), std::move(text).value(), *self,
                       std::move(keys).value()};
}

} // namespace zz::console
