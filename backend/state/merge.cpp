// SPDX-License-Identifier: Apache-2.0
#include "backend/state/merge.h"

#include <algorithm>
#include <iterator>

namespace zz::state {
namespace {

struct Part {
    PendingWrites::const_iterator first, last;
    bool empty() const { return first == last; }
};

Part part_of(const PendingWrites& writes, const Overlay::Bounds& bounds) {
    const Bytes from(bounds.from.begin(), bounds.from.end());
    const Bytes until(bounds.until.begin(), bounds.until.end());
    if (writes.empty() || (!until.empty() && until <= from))
        return {writes.end(), writes.end()};
    return {writes.lower_bound(from), until.empty() ? writes.end() : writes.lower_bound(until)};
}

} // namespace

Overlay::Bounds bounds_below(const PendingWrites& writes, const Overlay::Bounds& bounds) {
    // Each write hides at most one entry.
    const Part part = part_of(writes, bounds);
    const auto hidden = static_cast<std::size_t>(std::distance(part.first, part.last));
    Overlay::Bounds below = bounds;
    below.count += std::min(hidden, SIZE_MAX - below.count);
    return below;
}

Overlay::Range merged(const PendingWrites& writes, const Overlay::Bounds& bounds,
                      Overlay::Range below) {
    const Part part = part_of(writes, bounds);
    if (part.empty())
        return below;
    std::vector<Overlay::Item> written;
    for (auto it = part.first; it != part.last; ++it)
        if (it->second)
            written.push_back({it->first, *it->second});
    std::erase_if(below.items,
                  [&](const Overlay::Item& item) { return writes.contains(item.key); });
    const bool up = bounds.order == Order::Ascending;
    if (!up)
        std::reverse(written.begin(), written.end());
    std::vector<Overlay::Item> all;
    std::merge(std::make_move_iterator(below.items.begin()),
               std::make_move_iterator(below.items.end()), std::make_move_iterator(written.begin()),
               std::make_move_iterator(written.end()), std::back_inserter(all),
               [up](const Overlay::Item& a, const Overlay::Item& b) {
                   return up ? a.key < b.key : b.key < a.key;
               });
    all.resize(std::min(all.size(), bounds.count));
    below.items = std::move(all);
    return below;
}

} // namespace zz::state
