// SPDX-License-Identifier: Apache-2.0
// An Overlay on a plain map that holds everything: what fuzz targets run applications on. One
// thread.
#pragma once

#include <algorithm>
#include <map>

#include "backend/state/overlay.h"

namespace zz::test {

class MapOverlay : public state::Overlay {
  public:
    std::map<Bytes, Bytes> entries;

    Read get(ByteView key) override {
        const auto it = entries.find(Bytes(key.begin(), key.end()));
        return it == entries.end() ? Read{} : Read{state::Found::Yes, it->second};
    }
    void put(ByteView key, ByteView value) override {
        entries[Bytes(key.begin(), key.end())] = Bytes(value.begin(), value.end());
    }
    void erase(ByteView key) override { entries.erase(Bytes(key.begin(), key.end())); }
    Entry next(ByteView from) override {
        const auto it = entries.lower_bound(Bytes(from.begin(), from.end()));
        return it == entries.end() ? Entry{} : Entry{state::Found::Yes, it->first, it->second};
    }
    Range range(const Bounds& bounds) override {
        Range out;
        const Bytes from(bounds.from.begin(), bounds.from.end());
        const Bytes until(bounds.until.begin(), bounds.until.end());
        for (auto it = entries.lower_bound(from);
             it != entries.end() && (until.empty() || it->first < until); ++it)
            out.items.push_back({it->first, it->second});
        if (bounds.order == state::Order::Descending)
            std::reverse(out.items.begin(), out.items.end());
        out.items.resize(std::min(out.items.size(), bounds.count));
        return out;
    }
    const std::vector<Digest>& wanted() const override { return wanted_; }

  private:
    std::vector<Digest> wanted_;
};

} // namespace zz::test
