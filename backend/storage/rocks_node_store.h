// SPDX-License-Identifier: Apache-2.0
// RocksNodeStore: the nodes of an execution replica's state in a RocksDB of its own. Batches are
// atomic and with the operating system when `apply` returns; `sync` makes all of them durable
// (ZZ-5.5). A damaged node reads as absent, so that it is fetched again; an error of a write stays,
// and the process has to stop (S2). `get`, `has`, `sync`, `status` from any thread; the rest from
// the execution thread.
#pragma once

#include <memory>
#include <string>

#include "backend/state/node_store.h"
#include "protocol/base/result.h"

namespace rocksdb {
class Env;
}

namespace zz::storage {

class RocksNodeStore final : public state::NodeStore {
  public:
    struct Options {
        std::string folder; // made if missing; its parent must exist
        std::size_t cache_bytes = std::size_t{32} << 20U;
        rocksdb::Env* env =
            nullptr; // another file system than the real one, as for fault injection
    };
    static Result<std::unique_ptr<RocksNodeStore>> open(const Options& options);
    ~RocksNodeStore() override;

    std::optional<Blob> get(const Digest& digest) override;
    void apply(const state::StoreBatch& batch) override;
    std::optional<Bytes> note(const std::string& name) override;
    std::vector<std::string> note_names(const std::string& prefix) override;

    Status sync();
    // The first error, if any. To be looked at after `apply` and before anything built on it is
    // sent.
    Status status() const;
    // Reads that failed for another reason than that the node is absent.
    std::uint64_t failed_reads() const;

  private:
    struct Impl;
    explicit RocksNodeStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace zz::storage
