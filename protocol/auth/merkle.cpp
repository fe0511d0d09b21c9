// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/merkle.h"

#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::auth {

namespace {

using Level = std::vector<Leaf>;

Digest leaf_node(const Digest& leaf) {
    return crypto::sha256({view_of("zz1 leaf\n"), leaf.view()});
}
Digest inner_node(const Digest& left, const Digest& right) {
    return crypto::sha256({view_of("zz1 node\n"), left.view(), right.view()});
}
Digest sealed_root(const Digest& top, std::uint32_t count) {
    const std::array<std::uint8_t, 4> size = {
        static_cast<std::uint8_t>(count), static_cast<std::uint8_t>(count >> 8),
        static_cast<std::uint8_t>(count >> 16), static_cast<std::uint8_t>(count >> 24)};
    return crypto::sha256({view_of("zz1 root\n"), size, top.view()});
}

// One level up. `missing` is asked for the sibling of a node that stands alone in `level`; false
// ends the climb.
template <class Missing>
bool climb(const Level& level, std::uint32_t width, Level& up, Missing&& missing) {
    up.clear();
    for (std::size_t i = 0; i < level.size(); ++i) {
        const auto [index, own] = level[i];
        const std::uint32_t sibling = index ^ 1u;
        Digest other;
        if (sibling >= width) {
            up.emplace_back(index / 2, own); // The odd last node moves up.
            continue;
        }
        if (i + 1 < level.size() && level[i + 1].first == sibling)
            other = level[++i].second;
        else if (!missing(sibling, other))
            return false;
        up.emplace_back(index / 2,
                        index % 2 == 0 ? inner_node(own, other) : inner_node(other, own));
    }
    return true;
}

} // namespace

Digest merkle_root(std::span<const Digest> leaves) {
    std::vector<Leaf> all;
    all.reserve(leaves.size());
    for (std::uint32_t i = 0; i < leaves.size(); ++i)
        all.emplace_back(i, leaves[i]);
    return *merkle_root_from(all, static_cast<std::uint32_t>(leaves.size()), {});
}

std::vector<Digest> merkle_siblings(std::span<const Digest> leaves,
                                    std::span<const std::uint32_t> indices) {
    std::vector<Digest> whole;
    whole.reserve(leaves.size());
    for (const Digest& leaf : leaves)
        whole.push_back(leaf_node(leaf));
    std::vector<Digest> siblings;
    Level level, up;
    for (std::uint32_t index : indices) {
        ZZ_CHECK(index < leaves.size(), "leaf {} of {}", index, leaves.size());
        level.emplace_back(index, whole[index]);
    }
    while (whole.size() > 1 && !level.empty()) {
        climb(level, static_cast<std::uint32_t>(whole.size()), up,
              [&](std::uint32_t i, Digest& out) {
                  out = whole[i];
                  siblings.push_back(out);
                  return true;
              });
        level.swap(up);
        std::vector<Digest> above;
        for (std::size_t i = 0; i < whole.size(); i += 2)
            above.push_back(i + 1 < whole.size() ? inner_node(whole[i], whole[i + 1]) : whole[i]);
        whole.swap(above);
    }
    return siblings;
}

std::optional<Digest> merkle_root_from(std::span<const Leaf> leaves, std::uint32_t count,
                                       std::span<const Digest> siblings) {
    if (leaves.empty())
        return count == 0 && siblings.empty() ? std::optional(sealed_root(Digest{}, 0))
                                              : std::nullopt;
    Level level, up;
    level.reserve(leaves.size());
    for (const auto& [index, digest] : leaves) {
        if (index >= count || (!level.empty() && level.back().first >= index))
            return std::nullopt;
        level.emplace_back(index, leaf_node(digest));
    }
    std::size_t used = 0;
    for (std::uint32_t width = count; width > 1; width = width / 2 + width % 2) {
        const bool whole = climb(level, width, up, [&](std::uint32_t, Digest& out) {
            if (used == siblings.size())
                return false;
            out = siblings[used++];
            return true;
        });
        if (!whole)
            return std::nullopt;
        level.swap(up);
    }
    if (used != siblings.size())
        return std::nullopt;
    return sealed_root(level.front().second, count);
}

} // namespace zz::auth
