// SPDX-License-Identifier: Apache-2.0
// The two private keys of a principal (ZZ-2.1) and the file they live in: text of five lines, mode
// 0600, owned by the user the service runs as. Anything else is refused (scenario G3). No error
// text holds key material.
#pragma once

#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

namespace zz::crypto {

struct KeyPair {
    Secret signing_seed;     // Ed25519
    Secret exchange_private; // X25519
    PublicKeys publics;
};

// Fresh keys from the randomness of the operating system.
KeyPair generate_keys();
// Publics are computed.
KeyPair keys_from(const Secret& signing_seed, const Secret& exchange_private);

Result<KeyPair> read_key_file(const std::string& path);
// Durable when it returns; whole or not at all; never replaces a file that exists.
Status write_key_file(const std::string& path, const KeyPair& keys);

} // namespace zz::crypto
