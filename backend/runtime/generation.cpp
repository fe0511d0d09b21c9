// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/generation.h"

#include <filesystem>

#include "backend/runtime/process.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/opener.h"

namespace zz::runtime {

std::optional<GenerationStart> open_recover(const Blob& frame, const cluster::Cluster& cluster,
                                            const cluster::Application& application,
                                            const crypto::KeyPair& keys) {
    auth::CryptoKeyring keyring(keys);
    for (const auto& replica : application.agreement)
        keyring.learn(principal(replica.id), replica.keys);
    for (const auto& entry : cluster.operators)
        if (entry.role == cluster::OperatorRole::Operator)
            keyring.learn(principal(entry.id), entry.keys);
    auth::Opener opener(
        {cluster.id, application.id, Generation(0), PrincipalId{}, application.faults()}, keyring);
    const auth::Opened opened = opener.open_signed(frame);
    const auto* verified = std::get_if<auth::Verified>(&opened);
    const auto* recover = verified ? std::get_if<message::Recover>(&verified->message()) : nullptr;
    if (recover == nullptr || recover->application != application.id ||
        recover->generation == Generation(0))
        return std::nullopt;
    return GenerationStart{frame, *recover};
}

Result<std::optional<GenerationStart>> read_generation(const std::string& file,
                                                       const cluster::Cluster& cluster,
                                                       const cluster::Application& application,
                                                       const crypto::KeyPair& keys) {
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        return std::optional<GenerationStart>();
    const auto bytes = read_file(file, message::kMaxFrameBytes);
    if (!bytes)
        return bytes.error();
    auto start = open_recover(Blob(bytes_of(bytes.value())), cluster, application, keys);
    if (!start)
        return Error{file + " is no RECOVER of an operator of this cluster file: take it from "
                            "another replica of the application"};
    return start;
}

Status keep_generation(const std::string& file, const Blob& frame) {
    return replace_file(file, text_of(frame.view()));
}

} // namespace zz::runtime
