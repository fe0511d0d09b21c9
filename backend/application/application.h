// SPDX-License-Identifier: Apache-2.0
// What a replicated service is to ZZ: a deterministic function of (state, operation, agreed time)
// (ZZ-1.5).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/state/overlay.h"
#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::application {

struct Done {
    Bytes reply;
};
// The attempt met nodes that are not held; it left no trace and will be made again.
struct Needs {
    std::vector<Digest> nodes;
};
using Outcome = std::variant<Done, Needs>;

class Application {
  public:
    virtual ~Application() = default;
    // Any bytes are an operation: what cannot be understood gets a deterministic error reply (A4).
    // `budget` is the deterministic execution budget that the request declares, in steps of about
    // one microsecond (ZZ-1.5); work beyond it ends in an error reply.
    virtual Outcome execute(state::Overlay& state, ByteView operation, Timestamp time,
                            std::uint32_t budget) = 0;
    // The keys the operation will touch, as far as it can be told without state: fetched in
    // parallel (ZZ-7.2).
    virtual std::vector<Bytes> touched_keys(ByteView operation) const = 0;
};

// The same on every replica, as they come from the cluster file.
struct Options {
    // A request that would make the state larger gets an error reply. Not all applications count.
    std::uint64_t state_bytes_max = std::uint64_t{16} << 30U;
};

// kind: "kv", "compute" or "web". Null for an unknown one.
std::unique_ptr<Application> make_application(std::string_view kind, const Options& options = {});

} // namespace zz::application
