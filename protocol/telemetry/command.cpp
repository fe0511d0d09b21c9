// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/command.h"

#include <fmt/format.h>

#include "protocol/crypto/sha256.h"
#include "protocol/telemetry/version.h"

namespace zz::telemetry {
namespace {

Digest body_digest(const std::string& body) {
    return crypto::sha256(view_of(std::string(kCommandDomain) + body));
}

} // namespace

Command sign_command(const CommandBody& body, const crypto::SigningKeyPair& key) {
    Command command;
    command.set_body(body.SerializeAsString());
    const Signature signature = key.sign(body_digest(command.body()).view());
    command.set_signature(std::string(text_of(signature.view())));
    return command;
}

Result<CommandBody> read_command(const Command& command) {
    CommandBody body;
    if (command.body().size() > kCommandBytesMax || !body.ParseFromString(command.body()))
        return Error{"the command is malformed or too long"};
    if (body.protocol() != kTelemetryVersion)
        return Error{fmt::format("the command speaks version {}, this program version {}: use the "
                                 "same release on both sides",
                                 body.protocol(), kTelemetryVersion)};
    return body;
}

bool is_signed_by(const Command& command, const SigningKey& key) {
    Signature signature;
    if (command.signature().size() != Signature::size)
        return false;
    std::copy(command.signature().begin(), command.signature().end(), signature.bytes.begin());
    return crypto::VerifyKey(key).verify(body_digest(command.body()).view(), signature);
}

} // namespace zz::telemetry
