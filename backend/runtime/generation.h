// SPDX-License-Identifier: Apache-2.0
// The generation that a party of an application lives in (ZZ-8.4): the operator's RECOVER that
// began it, kept in the party's folder from the moment it is verified. Without one it is the first.
#pragma once

#include <optional>
#include <string>

#include "protocol/base/result.h"
#include "protocol/cluster/cluster.h"
#include "protocol/crypto/key_file.h"
#include "protocol/message/view_change.h"

namespace zz::runtime {

struct GenerationStart {
    Blob frame;
    message::Recover recover;
};

// Nothing if `frame` is no RECOVER of this application by an operator who may sign one.
std::optional<GenerationStart> open_recover(const Blob& frame, const cluster::Cluster& cluster,
                                            const cluster::Application& application,
                                            const crypto::KeyPair& keys);

// Of the party whose file this is; nothing: the first generation. An Error names a damaged file.
Result<std::optional<GenerationStart>> read_generation(const std::string& file,
                                                       const cluster::Cluster& cluster,
                                                       const cluster::Application& application,
                                                       const crypto::KeyPair& keys);
// Durable when it returns.
Status keep_generation(const std::string& file, const Blob& frame);

} // namespace zz::runtime
