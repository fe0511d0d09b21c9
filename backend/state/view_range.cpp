// SPDX-License-Identifier: Apache-2.0
// View::range: a walk in order that leaves out whole subtrees, and goes on past what is not held,
// so that one attempt learns of all it misses (ZZ-7.2).
#include <algorithm>

#include "backend/state/view.h"

namespace zz::state {
namespace {

// Where all keys of a subtree lie, seen from a bound.
enum class Side : std::uint8_t { Below, Crosses, AtOrAbove };

Side side_of(const Inner& inner, unsigned slot, ByteView bound) {
    const std::size_t length = 2 * bound.size();
    const std::size_t common = common_nibbles(inner.path, inner.nibbles, bound, length);
    if (common == length)
        return Side::AtOrAbove; // the bound is a prefix of all of them
    if (common < inner.nibbles)
        return nibble(inner.path, common) < nibble(bound, common) ? Side::Below : Side::AtOrAbove;
    if (slot == 0)
        return Side::Below; // the key that ends here is a proper prefix of the bound
    const unsigned next = nibble(bound, common);
    if (slot - 1 != next)
        return slot - 1 < next ? Side::Below : Side::AtOrAbove;
    return common + 1 == length ? Side::AtOrAbove : Side::Crosses;
}

struct RangeStep {
    NodePtr node;
    unsigned tried = 0; // slots
};

// The next child that may have keys within the bounds; null at the end.
const Ref* advance_within(std::vector<RangeStep>& way, const Overlay::Bounds& bounds) {
    while (!way.empty()) {
        RangeStep& step = way.back();
        const auto& inner = static_cast<const Inner&>(*step.node);
        while (step.tried < kSlots) {
            const unsigned tried = step.tried++;
            const unsigned slot = bounds.order == Order::Ascending
                                      ? tried
                                      : static_cast<unsigned>(kSlots) - 1 - tried;
            const bool within =
                inner.has(slot) && side_of(inner, slot, bounds.from) != Side::Below &&
                (bounds.until.empty() || side_of(inner, slot, bounds.until) != Side::AtOrAbove);
            if (within)
                return &inner.child(slot);
        }
        way.pop_back();
    }
    return nullptr;
}

} // namespace

Overlay::Range View::range(const Overlay::Bounds& bounds, Needs& needs) const {
    Overlay::Range out;
    std::size_t places = 0;
    std::vector<RangeStep> way;
    const Ref* at = empty_ ? nullptr : &root_;
    while (at != nullptr && places < bounds.count) {
        const NodePtr node = peek(*at, needs);
        if (!node) {
            out.found = Found::NeedsNodes;
            ++places;
        } else if (node->kind == NodeKind::Inner) {
            way.push_back({node});
        } else {
            const auto& leaf = static_cast<const Leaf&>(*node);
            const ByteView key = leaf.key();
            if (!less(key, bounds.from) && (bounds.until.empty() || less(key, bounds.until))) {
                Overlay::Read read = value_of(leaf, needs);
                if (read.found == Found::Yes)
                    out.items.push_back({Bytes(key.begin(), key.end()), std::move(read.value)});
                else
                    out.found = Found::NeedsNodes;
                ++places;
            }
        }
        at = advance_within(way, bounds);
    }
    return out;
}

} // namespace zz::state
