// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/application/map_overlay_support.h"

#include <algorithm>

#include "backend/application/kv/operation.h"
#include "protocol/base/check.h"

namespace zz::application::test {

Digest MapOverlay::node_of(ByteView key) {
    Digest digest;
    for (std::size_t i = 0; i < key.size(); ++i) {
        auto& byte = digest.bytes[i % digest.bytes.size()];
        byte = static_cast<std::uint8_t>(byte * 31 + key[i]);
    }
    return digest;
}

void MapOverlay::want(ByteView key) {
    wanted_.push_back(node_of(key));
}

state::Overlay::Read MapOverlay::get(ByteView key) {
    ++gets;
    const Bytes copy(key.begin(), key.end());
    if (missing.contains(copy)) {
        want(key);
        return {state::Found::NeedsNodes, {}};
    }
    const auto it = entries.find(copy);
    if (it == entries.end()) {
        return {};
    }
    return {state::Found::Yes, it->second};
}

void MapOverlay::put(ByteView key, ByteView value) {
    ++puts;
    entries[Bytes(key.begin(), key.end())] = Bytes(value.begin(), value.end());
}

void MapOverlay::erase(ByteView key) {
    ++erases;
    entries.erase(Bytes(key.begin(), key.end()));
}

state::Overlay::Entry MapOverlay::next(ByteView from) {
    ++nexts;
    const auto it = entries.lower_bound(Bytes(from.begin(), from.end()));
    if (it == entries.end()) {
        return {};
    }
    if (missing.contains(it->first)) {
        want(it->first);
        return {state::Found::NeedsNodes, {}, {}};
    }
    return {state::Found::Yes, it->first, it->second};
}

state::Overlay::Range MapOverlay::range(const Bounds& bounds) {
    Range out;
    const Bytes from(bounds.from.begin(), bounds.from.end());
    const Bytes until(bounds.until.begin(), bounds.until.end());
    const auto first = entries.lower_bound(from);
    const auto last = until.empty() ? entries.end() : entries.lower_bound(until);
    std::vector<Item> all;
    for (auto it = first; it != last && (until.empty() || it->first < until); ++it)
        all.push_back({it->first, it->second});
    if (bounds.order == state::Order::Descending)
        std::reverse(all.begin(), all.end());
    all.resize(std::min(all.size(), bounds.count));
    for (Item& item : all) {
        ++ranged;
        if (missing.contains(item.key)) {
            want(item.key);
            out.found = state::Found::NeedsNodes;
        } else {
            out.items.push_back(std::move(item));
        }
    }
    return out;
}

KvFixture::KvFixture() : application_(make_application("kv")) {}

Outcome KvFixture::attempt(ByteView operation) {
    MapOverlay copy = state;
    Outcome outcome = application_->execute(copy, operation, Timestamp(now_ms * 1'000'000), budget);
    if (std::holds_alternative<Done>(outcome)) {
        state = std::move(copy);
    }
    return outcome;
}

std::string KvFixture::run(ByteView operation) {
    Outcome outcome = attempt(operation);
    ZZ_CHECK(std::holds_alternative<Done>(outcome), "the attempt needs nodes");
    return std::string(text_of(std::get<Done>(outcome).reply));
}

std::string KvFixture::operator()(std::initializer_list<std::string_view> arguments) {
    return run(kv::encode_command(arguments));
}

std::size_t KvFixture::count(char prefix) const {
    return static_cast<std::size_t>(
        std::count_if(state.entries.begin(), state.entries.end(), [prefix](const auto& entry) {
            return entry.first[0] == static_cast<std::uint8_t>(prefix);
        }));
}

} // namespace zz::application::test
