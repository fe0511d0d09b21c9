// SPDX-License-Identifier: Apache-2.0
// Signing and checking of operator commands (operator.proto). Pure; freshness and role are the
// receiver's to check.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crypto/ed25519.h"
#include "protocol/telemetry/operator.pb.h"

namespace zz::telemetry {

Command sign_command(const CommandBody& body, const crypto::SigningKeyPair& key);

// The body as its bytes say, unchecked: to learn whose signature it should be.
Result<CommandBody> read_command(const Command& command);
bool is_signed_by(const Command& command, const SigningKey& key);

} // namespace zz::telemetry
