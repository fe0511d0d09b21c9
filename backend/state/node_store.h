// SPDX-License-Identifier: Apache-2.0
// NodeStore: where encoded nodes live by digest, with a few named notes beside them (retention.h
// keeps its lists there). MemoryNodeStore is the one without a disk: for sleepers' memory, the
// simulator and tests. Owned by the shell of an execution replica; implementations tell which
// threads may call them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/base/bytes.h"

namespace zz::state {

struct EncodedNode {
    Digest digest;
    Blob bytes;
};

// Changes that become visible, and durable, all or none.
struct StoreBatch {
    struct Note {
        std::string name;
        std::optional<Bytes> content; // none: the note is removed
    };
    std::vector<EncodedNode> put;
    std::vector<Digest> erase; // of absent nodes: nothing happens; erased before `put` is put
    std::vector<Note> notes;
};

class NodeStore {
  public:
    virtual ~NodeStore() = default;
    // None: absent, or not readable. The caller checks the digest of what it gets.
    virtual std::optional<Blob> get(const Digest& digest) = 0;
    virtual bool has(const Digest& digest) { return get(digest).has_value(); }
    virtual void apply(const StoreBatch& batch) = 0;
    virtual std::optional<Bytes> note(const std::string& name) = 0;
    // Names of notes that begin with `prefix`, in order.
    virtual std::vector<std::string> note_names(const std::string& prefix) = 0;
};

class MemoryNodeStore final : public NodeStore {
  public:
    std::optional<Blob> get(const Digest& digest) override;
    bool has(const Digest& digest) override { return nodes_.contains(digest); }
    void apply(const StoreBatch& batch) override;
    std::optional<Bytes> note(const std::string& name) override;
    std::vector<std::string> note_names(const std::string& prefix) override;

    std::size_t size() const { return nodes_.size(); }
    std::size_t bytes() const { return bytes_; }
    // In order, for the checks of tests and the simulator.
    std::vector<Digest> digests() const;

  private:
    void erase(const Digest& digest);

    std::unordered_map<Digest, Blob> nodes_;
    std::map<std::string, Bytes> notes_;
    std::size_t bytes_ = 0;
};

} // namespace zz::state
