// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>

#include "backend/services/ctl.h"
#include "protocol/crypto/key_file.h"

namespace zz::services::ctl {

void add_keygen(CLI::App& parent, Chosen& chosen) {
    auto out = std::make_shared<std::string>();
    auto* command = parent.add_subcommand("keygen", "makes a key pair, mode 0600");
    command->add_option("--out", *out, "file to make; must not exist")->required();
    command->callback([out, &chosen] {
        chosen.run = [out] {
            const crypto::KeyPair keys = crypto::generate_keys();
            const Status written = crypto::write_key_file(*out, keys);
            if (!written)
                return failed(written.error().text);
            fmt::print("signing_key = \"{}\"\nexchange_key = \"{}\"\n",
                       to_hex(keys.publics.signing.view()), to_hex(keys.publics.exchange.view()));
            return kDone;
        };
    });
}

} // namespace zz::services::ctl
