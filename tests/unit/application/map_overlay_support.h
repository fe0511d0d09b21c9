// SPDX-License-Identifier: Apache-2.0
// MapOverlay: an Overlay on a plain ordered map, on which chosen keys are "not held". Keys are
// missed one by one, so that a test can tell which reads an attempt made. One thread.
#pragma once

#include <map>
#include <set>

#include "backend/application/application.h"

namespace zz::application::test {

class MapOverlay : public state::Overlay {
  public:
    std::map<Bytes, Bytes> entries;
    std::set<Bytes> missing;                               // keys whose nodes are not held
    std::size_t gets = 0, nexts = 0, puts = 0, erases = 0; // calls
    std::size_t ranged = 0;                                // entries that range() looked at

    Read get(ByteView key) override;
    void put(ByteView key, ByteView value) override;
    void erase(ByteView key) override;
    Entry next(ByteView from) override;
    Range range(const Bounds& bounds) override;
    const std::vector<Digest>& wanted() const override { return wanted_; }

    // The hash that stands for the nodes of `key`.
    static Digest node_of(ByteView key);

  private:
    void want(ByteView key);

    std::vector<Digest> wanted_;
};

// Runs kv operations on one MapOverlay as an engine would: an attempt that needs nodes leaves no
// trace.
class KvFixture {
  public:
    MapOverlay state;
    std::uint64_t now_ms = 1'000'000;
    std::uint32_t budget = 100'000;

    KvFixture();
    // The reply of a command; fails the check if it needs nodes.
    std::string operator()(std::initializer_list<std::string_view> arguments);
    std::string run(ByteView operation);
    Outcome attempt(ByteView operation);
    // keys of the state that start with `prefix`
    std::size_t count(char prefix) const;

  private:
    std::unique_ptr<Application> application_;
};

} // namespace zz::application::test
