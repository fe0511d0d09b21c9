// SPDX-License-Identifier: Apache-2.0
#include "backend/state/node_store.h"

#include <algorithm>

namespace zz::state {

std::optional<Blob> MemoryNodeStore::get(const Digest& digest) {
    const auto it = nodes_.find(digest);
    return it == nodes_.end() ? std::nullopt : std::optional(it->second);
}

void MemoryNodeStore::erase(const Digest& digest) {
    const auto it = nodes_.find(digest);
    if (it == nodes_.end())
        return;
    bytes_ -= it->second.size();
    nodes_.erase(it);
}

void MemoryNodeStore::apply(const StoreBatch& batch) {
    for (const Digest& digest : batch.erase)
        erase(digest);
    for (const EncodedNode& node : batch.put)
        if (nodes_.emplace(node.digest, node.bytes).second)
            bytes_ += node.bytes.size();
    for (const StoreBatch::Note& note : batch.notes) {
        if (note.content)
            notes_[note.name] = *note.content;
        else
            notes_.erase(note.name);
    }
}

std::optional<Bytes> MemoryNodeStore::note(const std::string& name) {
    const auto it = notes_.find(name);
    return it == notes_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::string> MemoryNodeStore::note_names(const std::string& prefix) {
    std::vector<std::string> names;
    for (auto it = notes_.lower_bound(prefix); it != notes_.end() && it->first.starts_with(prefix);
         ++it)
        names.push_back(it->first);
    return names;
}

std::vector<Digest> MemoryNodeStore::digests() const {
    std::vector<Digest> all;
    for (const auto& [digest, bytes] : nodes_)
        all.push_back(digest);
    std::sort(all.begin(), all.end());
    return all;
}

} // namespace zz::state
