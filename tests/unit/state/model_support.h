// SPDX-License-Identifier: Apache-2.0
// What the tests of the state share: a seeded generator, keys and values that meet every shape of
// node, and the model that a tree is compared with.
#pragma once

#include <map>

#include "backend/state/retention.h"
#include "backend/state/tree.h"
#include "protocol/base/check.h"

namespace zz::state::test {

class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    Bytes bytes(std::size_t n) {
        Bytes out(n);
        for (auto& b : out)
            b = static_cast<std::uint8_t>(next());
        return out;
    }

  private:
    std::uint64_t state_;
};

// From a small alphabet, so that keys share prefixes, are prefixes of each other, and differ in
// either half of a byte.
inline Bytes some_key(Random& random) {
    constexpr std::array<std::uint8_t, 5> alphabet{0x00, 0x01, 0x10, 0x61, 0xff};
    Bytes key(random.below(6));
    for (auto& b : key)
        b = alphabet[random.below(alphabet.size())];
    return key;
}

inline Bytes some_value(Random& random) {
    switch (random.below(40)) {
    case 0:
        return {};
    case 1:
        return random.bytes(kInlineBytesMax);
    case 2:
        return random.bytes(kInlineBytesMax + 1);
    case 3:
        return Bytes(2 * kChunkBytes + random.below(3), 7);
    default:
        return random.bytes(random.below(4));
    }
}

using Model = std::map<Bytes, Bytes>;

inline Writes some_writes(Random& random, std::size_t count) {
    Writes writes;
    for (std::size_t i = 0; i < count; ++i) {
        if (random.below(5) < 2)
            writes[some_key(random)] = std::nullopt;
        else
            writes[some_key(random)] = some_value(random);
    }
    return writes;
}

inline void apply_to(Model& model, const Writes& writes) {
    for (const auto& [key, value] : writes) {
        if (value)
            model[key] = *value;
        else
            model.erase(key);
    }
}

inline void must_apply(Tree& tree, const Writes& writes) {
    Needs needs;
    ZZ_CHECK(tree.apply(writes, needs), "all nodes were to be held");
}

// A sealed tree's nodes are put into its store.
inline Digest seal_into(Tree& tree) {
    const Sealed sealed = tree.seal();
    tree.pool().store().apply({.put = sealed.nodes, .erase = {}, .notes = {}});
    return sealed.root;
}

inline Model content(const View& view) {
    Model all;
    Needs needs;
    Bytes from;
    for (;;) {
        Overlay::Entry entry = view.next(from, needs);
        ZZ_CHECK(entry.found != Found::NeedsNodes, "all nodes were to be held");
        if (entry.found == Found::No)
            return all;
        from = entry.key;
        from.push_back(0);
        ZZ_CHECK(all.emplace(entry.key, entry.value).second, "an entry was told twice");
    }
}

inline Digest root_of(const Model& model) {
    MemoryNodeStore store;
    NodePool pool(store);
    Tree tree(pool);
    Writes writes(model.begin(), model.end());
    must_apply(tree, writes);
    return seal_into(tree);
}

} // namespace zz::state::test
