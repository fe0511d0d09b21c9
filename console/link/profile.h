// SPDX-License-Identifier: GPL-3.0-or-later
// Profile: where a data center is and as whom one looks at it: the folder that `zzctl cluster init`
// made (cluster.toml and keys/), and an operator of the cluster file. Read once when connecting.
#pragma once

#include <string>
#include <vector>

#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"

namespace zz::console {

struct Profile {
    std::string name;          // for people; empty: that of the cluster
    std::string dir;           // folder with cluster.toml and keys/
    std::string operator_name; // of the cluster file; empty: the most powerful one with a key there
    friend bool operator==(const Profile&, const Profile&) = default;
};

struct Credentials {
    Profile profile;
    cluster::Cluster cluster;
    std::string cluster_text; // of the file
    cluster::Operator self;
    crypto::KeyPair keys;
};

// An Error says which file is missing or wrong, and what to do.
Result<Credentials> read_profile(const Profile& profile);
// Operators of the folder's cluster file whose key is there; empty if there is none.
std::vector<cluster::Operator> operators_in(const std::string& dir);

} // namespace zz::console
