// SPDX-License-Identifier: Apache-2.0
#include "backend/state/tree_overlay.h"

#include <algorithm>

#include "backend/state/merge.h"
#include "protocol/base/check.h"

namespace zz::state {
namespace {

Bytes copy(ByteView v) {
    return {v.begin(), v.end()};
}

// The first key after `key` in byte order.
Bytes successor(Bytes key) {
    key.push_back(0);
    return key;
}

} // namespace

Overlay::Read TreeOverlay::get(ByteView key) {
    if (!writes_.empty())
        if (const auto it = writes_.find(copy(key)); it != writes_.end())
            return it->second ? Read{Found::Yes, *it->second} : Read{};
    return base_.get(key, needs_);
}

void TreeOverlay::put(ByteView key, ByteView value) {
    ZZ_CHECK(key.size() <= kKeyBytesMax, "a key of {} bytes", key.size());
    ZZ_CHECK(value.size() <= kValueBytesMax, "a value of {} bytes", value.size());
    writes_[copy(key)] = copy(value);
}

void TreeOverlay::erase(ByteView key) {
    ZZ_CHECK(key.size() <= kKeyBytesMax, "a key of {} bytes", key.size());
    writes_[copy(key)] = std::nullopt;
}

Overlay::Entry TreeOverlay::next(ByteView from) {
    Bytes at = copy(from);
    for (;;) {
        const auto written = writes_.lower_bound(at);
        Entry below = base_.next(at, needs_);
        if (below.found == Found::NeedsNodes)
            return below;
        const bool write_first =
            written != writes_.end() && (below.found == Found::No || written->first <= below.key);
        if (!write_first)
            return below;
        if (written->second)
            return {Found::Yes, written->first, *written->second};
        at = successor(written->first);
    }
}

Overlay::Range TreeOverlay::range(const Bounds& bounds) {
    return merged(writes_, bounds, base_.range(bounds_below(writes_, bounds), needs_));
}

Bytes PrefixOverlay::whole(ByteView key) const {
    Bytes all = prefix_;
    all.insert(all.end(), key.begin(), key.end());
    return all;
}

Overlay::Entry PrefixOverlay::next(ByteView from) {
    Entry entry = base_.next(whole(from));
    if (entry.found != Found::Yes)
        return entry;
    if (entry.key.size() < prefix_.size() ||
        !std::equal(prefix_.begin(), prefix_.end(), entry.key.begin()))
        return {};
    entry.key.erase(entry.key.begin(),
                    entry.key.begin() + static_cast<std::ptrdiff_t>(prefix_.size()));
    return entry;
}

Overlay::Range PrefixOverlay::range(const Bounds& bounds) {
    Bytes from = whole(bounds.from);
    Bytes until;
    if (bounds.until.empty()) { // the first key that does not begin with the prefix
        until = prefix_;
        while (!until.empty() && until.back() == 0xff)
            until.pop_back();
        if (!until.empty())
            ++until.back();
    } else {
        until = whole(bounds.until);
    }
    Range out = base_.range({from, until, bounds.order, bounds.count});
    for (Item& item : out.items)
        item.key.erase(item.key.begin(),
                       item.key.begin() + static_cast<std::ptrdiff_t>(prefix_.size()));
    return out;
}

} // namespace zz::state
