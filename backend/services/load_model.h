// SPDX-License-Identifier: Apache-2.0
// What a lane of a load run sends, and what the replies must be. A lane owns its keys, so the model
// is exact: a reply that differs from it is wrong, whatever the replicas say. Pure but for its
// random generator, which is seeded.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/cluster/cluster.h"

namespace zz::services {

struct LaneOperation {
    Bytes operation;
    std::uint32_t budget = 0; // 0: the most that is allowed
};

class LaneModel {
  public:
    virtual ~LaneModel() = default;
    virtual LaneOperation next() = 0;
    // Of the operation that next() gave last. Empty if right, else what was expected and what came.
    virtual std::string check(ByteView reply) = 0;
};

struct KnownResult {
    std::uint64_t seed = 0, result = 0;
};

struct ModelOptions {
    LaneId lane;
    std::uint32_t size = 128;
    std::uint32_t cost_us = 0;
    double read_ratio = 0.5;
    std::uint32_t touched = 1, dirtied = 1; // compute: keys of a request, of a write
    std::uint64_t seed = 1;
    // compute: results that all lanes draw from, see known_results().
    std::shared_ptr<const std::vector<KnownResult>> known;
};

// Some seeds with what compute must make of them, worked out before the load begins: a check that
// computed each one again would cost as much as another replica.
std::vector<KnownResult> known_results(std::uint32_t cost_us, std::uint64_t seed);

// Null for an application kind without a model.
std::unique_ptr<LaneModel> make_model(cluster::ApplicationKind kind, const ModelOptions& options);

} // namespace zz::services
