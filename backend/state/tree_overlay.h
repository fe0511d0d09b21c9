// SPDX-License-Identifier: Apache-2.0
// The overlays there are: TreeOverlay over a state, in which one request runs; PrefixOverlay, the
// part of another overlay whose keys begin with a prefix, so that the application and the engine's
// own entries (reply cache, agreed time) share one tree. Each belongs to one thread and must not
// outlive what it is made on.
#pragma once

#include "backend/state/tree.h"

namespace zz::state {

class TreeOverlay final : public Overlay {
  public:
    explicit TreeOverlay(View base) : base_(std::move(base)) {}

    Read get(ByteView key) override;
    void put(ByteView key, ByteView value) override;
    void erase(ByteView key) override;
    Entry next(ByteView from) override;
    Range range(const Bounds& bounds) override;
    const std::vector<Digest>& wanted() const override { return needs_.nodes(); }

    const Writes& writes() const { return writes_; }
    // True: `tree` has the writes. False: it is as before, and `wanted()` is what to fetch for
    // another attempt. Afterwards only wanted() may be asked. Precondition: the tree's state is the
    // one this overlay was made on.
    bool merge_into(Tree& tree) {
        base_ = View(base_.pool()); // What we no longer hold is changed in place.
        return tree.apply(writes_, needs_);
    }

  private:
    View base_;
    Writes writes_;
    Needs needs_;
};

class PrefixOverlay final : public Overlay {
  public:
    PrefixOverlay(Overlay& base, Bytes prefix) : base_(base), prefix_(std::move(prefix)) {}

    Read get(ByteView key) override { return base_.get(whole(key)); }
    void put(ByteView key, ByteView value) override { base_.put(whole(key), value); }
    void erase(ByteView key) override { base_.erase(whole(key)); }
    Entry next(ByteView from) override;
    Range range(const Bounds& bounds) override;
    const std::vector<Digest>& wanted() const override { return base_.wanted(); }

  private:
    Bytes whole(ByteView key) const;

    Overlay& base_;
    Bytes prefix_;
};

} // namespace zz::state
