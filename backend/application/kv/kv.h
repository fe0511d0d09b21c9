// SPDX-License-Identifier: Apache-2.0
// KeyValue: the kv application, strings, hashes, lists, sets and sorted sets in the dialect of
// Redis 7 (commands: command_table.h; operation and reply bytes: operation.h; the state: layout.h).
// Stateless: all state is in the overlay. Any thread.
#pragma once

#include "backend/application/application.h"

namespace zz::application::kv {

class KeyValue : public Application {
  public:
    explicit KeyValue(std::uint64_t state_bytes_max) : state_bytes_max_(state_bytes_max) {}
    Outcome execute(state::Overlay& state, ByteView operation, Timestamp time,
                    std::uint32_t budget) override;
    std::vector<Bytes> touched_keys(ByteView operation) const override;

  private:
    std::uint64_t state_bytes_max_;
};

} // namespace zz::application::kv
