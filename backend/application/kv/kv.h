// SPDX-License-Identifier: Apache-2.0
// KeyValue: the kv application, a string store in the dialect of Redis 7 (commands:
// command_table.h; operation and reply bytes: operation.h; layout of the state: store.h).
// Stateless: all state is in the overlay. Any thread.
#pragma once

#include "backend/application/application.h"

namespace zz::application::kv {

class KeyValue : public Application {
  public:
    Outcome execute(state::Overlay& state, ByteView operation, Timestamp time,
                    std::uint32_t budget) override;
    std::vector<Bytes> touched_keys(ByteView operation) const override;
};

} // namespace zz::application::kv
