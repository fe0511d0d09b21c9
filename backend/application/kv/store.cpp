// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/store.h"

#include <algorithm>

#include "backend/state/merge.h"
#include "protocol/crypto/sha256.h"

namespace zz::application::kv {
namespace {

constexpr std::size_t kTrailerBytes = 1 + 2 * kNumberBytes;
constexpr std::size_t kMetaNumbers = 7;
constexpr std::size_t kMetaFixedBytes = kMetaNumbers * kNumberBytes + 1;
constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr std::size_t kFingerprintBytes = 16;

} // namespace

std::string_view name_of(Type type) {
    switch (type) {
    case Type::String:
        return "string";
    case Type::Hash:
        return "hash";
    case Type::List:
        return "list";
    case Type::Set:
        return "set";
    case Type::SortedSet:
        return "zset";
    }
    return "none";
}

Store::Store(state::Overlay& overlay, Timestamp now, std::uint32_t budget, std::uint64_t bytes_max)
    : overlay_(overlay), now_ms_(static_cast<std::int64_t>(now.value / kNanosecondsPerMillisecond)),
      budget_(budget), bytes_max_(bytes_max) {
    load_meta();
}

void Store::load_meta() {
    const auto read = overlay_.get(meta_key());
    needs_ = needs_ || read.found == state::Found::NeedsNodes;
    if (read.found == state::Found::Yes && read.value.size() >= kMetaFixedBytes) {
        std::size_t at = 0;
        for (std::uint64_t* number : {&meta_.generation, &meta_.keys, &meta_.expiring,
                                      &meta_.births, &meta_.garbage, &meta_.taken, &meta_.bytes}) {
            *number = little_at(read.value, at);
            at += kNumberBytes;
        }
        meta_.sweeping = read.value[at] != 0;
        meta_.cursor.assign(read.value.begin() + kMetaFixedBytes, read.value.end());
    }
    meta_before_ = meta_stored_ = meta_;
}

void Store::store_meta() {
    if (meta_ == meta_stored_) {
        return;
    }
    Bytes bytes;
    for (const std::uint64_t number : {meta_.generation, meta_.keys, meta_.expiring, meta_.births,
                                       meta_.garbage, meta_.taken, meta_.bytes}) {
        append_little(bytes, number);
    }
    bytes.push_back(meta_.sweeping ? 1 : 0);
    append(bytes, meta_.cursor);
    overlay_.put(meta_key(), bytes);
    meta_stored_ = meta_;
}

void Store::begin() {
    pending_.clear();
    sizes_.clear();
    meta_before_ = meta_;
    spent_before_ = spent_;
    exhausted_ = false;
}

void Store::rollback() {
    meta_ = meta_before_;
    spent_ = spent_before_;
    begin();
}

void Store::commit() {
    wrote_ = wrote_ || !pending_.empty() || !(meta_ == meta_before_);
    writes_ += pending_.size();
    for (const auto& [key, value] : pending_) {
        if (value) {
            overlay_.put(key, *value);
        } else {
            overlay_.erase(key);
        }
    }
    begin();
}

void Store::charge(std::size_t steps) {
    spent_ += steps;
    exhausted_ = exhausted_ || spent_ > budget_;
}

std::optional<Bytes> Store::get(const Bytes& state_key) {
    if (const auto it = pending_.find(state_key); it != pending_.end()) {
        return it->second;
    }
    auto read = overlay_.get(state_key);
    needs_ = needs_ || read.found == state::Found::NeedsNodes;
    if (read.found != state::Found::Yes) {
        sizes_[state_key] = SIZE_MAX;
        return std::nullopt;
    }
    sizes_[state_key] = read.value.size();
    charge(read.value.size() / kBytesPerStep);
    return std::move(read.value);
}

// Entries are read before they are written: for their bytes, and so that the nodes on the way are
// held when the engine merges.
void Store::put(const Bytes& state_key, Bytes value) {
    remove(state_key);
    charge(value.size() / kBytesPerStep);
    meta_.bytes += state_key.size() + value.size();
    pending_[state_key] = std::move(value);
}

bool Store::remove(const Bytes& state_key) {
    const auto written = pending_.find(state_key);
    std::size_t size = SIZE_MAX;
    if (written != pending_.end()) {
        size = written->second ? written->second->size() : SIZE_MAX;
    } else {
        if (!sizes_.contains(state_key)) {
            get(state_key);
        }
        size = sizes_[state_key];
    }
    if (size == SIZE_MAX) {
        return false;
    }
    meta_.bytes -= std::min<std::uint64_t>(meta_.bytes, state_key.size() + size);
    pending_[state_key] = std::nullopt;
    return true;
}

std::vector<state::Overlay::Item> Store::range(const Bytes& from, const Bytes& until,
                                               state::Order order, std::size_t count) {
    const state::Overlay::Bounds bounds{from, until, order, count};
    auto found =
        state::merged(pending_, bounds, overlay_.range(state::bounds_below(pending_, bounds)));
    needs_ = needs_ || found.found == state::Found::NeedsNodes;
    std::size_t bytes = 0;
    for (const auto& item : found.items) {
        bytes += item.value.size();
    }
    charge(1 + found.items.size() / kElementsPerStep + bytes / kBytesPerStep);
    return std::move(found.items);
}

// The trailer stands behind the value, so that neither reading nor writing moves the value.
std::optional<Store::Raw> Store::decode_entry(Bytes bytes) {
    // Shorter ones are never written; a state that was damaged on purpose (drill) must not stop the
    // process.
    if (bytes.size() < kTrailerBytes) {
        return std::nullopt;
    }
    Raw raw;
    const std::size_t size = bytes.size() - kTrailerBytes;
    if (bytes[size] > static_cast<std::uint8_t>(Type::SortedSet)) {
        return std::nullopt;
    }
    raw.entry.type = static_cast<Type>(bytes[size]);
    raw.generation = little_at(bytes, size + 1);
    raw.entry.expires_ms = static_cast<std::int64_t>(little_at(bytes, size + 1 + kNumberBytes));
    bytes.resize(size);
    raw.entry.value = std::move(bytes);
    return raw;
}

std::optional<Store::Raw> Store::raw(ByteView key) {
    charge(kStepsPerKey);
    auto bytes = get(entry_key(key));
    return bytes ? decode_entry(std::move(*bytes)) : std::nullopt;
}

bool Store::is_live(const Raw& raw) const {
    return raw.generation == meta_.generation &&
           (raw.entry.expires_ms == 0 || raw.entry.expires_ms > now_ms_);
}

std::optional<Type> Store::live_type(ByteView entry) const {
    if (entry.size() < kTrailerBytes) {
        return std::nullopt;
    }
    const ByteView trailer = entry.last(kTrailerBytes);
    const auto raw = decode_entry(Bytes(trailer.begin(), trailer.end()));
    return raw && is_live(*raw) ? std::optional(raw->entry.type) : std::nullopt;
}

std::optional<Entry> Store::read(ByteView key) {
    auto found = raw(key);
    if (!found || !is_live(*found)) {
        return std::nullopt;
    }
    return std::move(found->entry);
}

Bytes Store::fingerprint(ByteView key) {
    const auto found = raw(key);
    if (!found || !is_live(*found)) {
        return {};
    }
    Bytes numbers;
    append_little(numbers, static_cast<std::uint64_t>(found->entry.type));
    append_little(numbers, static_cast<std::uint64_t>(found->entry.expires_ms));
    const Digest digest = crypto::sha256({numbers, found->entry.value});
    return Bytes(digest.bytes.begin(), digest.bytes.begin() + kFingerprintBytes);
}

std::optional<Place> Store::place_in(const Entry& entry) {
    if (entry.type == Type::String || entry.value.size() < kPlaceBytes) {
        return std::nullopt;
    }
    Place place;
    std::copy_n(entry.value.begin(), kPlaceBytes, place.bytes.begin());
    return place;
}

void Store::index_erase(ByteView key, std::int64_t expires_ms) {
    if (expires_ms != 0 && remove(index_key(key, expires_ms))) {
        --meta_.expiring;
    }
}

void Store::index_put(ByteView key, std::int64_t expires_ms) {
    if (expires_ms != 0) {
        Bytes value;
        append_little(value, meta_.generation);
        put(index_key(key, expires_ms), std::move(value));
        ++meta_.expiring;
    }
}

void Store::write(ByteView key, Entry entry) {
    const auto old = raw(key);
    if (old) {
        index_erase(key, old->entry.expires_ms);
        const auto place = place_in(old->entry);
        if (place && place != place_in(entry)) {
            discard_elements(*place);
        }
    }
    index_put(key, entry.expires_ms);
    if (!old || old->generation != meta_.generation) {
        ++meta_.keys;
    }
    Bytes bytes = std::move(entry.value);
    bytes.push_back(static_cast<std::uint8_t>(entry.type));
    append_little(bytes, meta_.generation);
    append_little(bytes, static_cast<std::uint64_t>(entry.expires_ms));
    put(entry_key(key), std::move(bytes));
}

void Store::discard(ByteView key, const Raw& raw) {
    index_erase(key, raw.entry.expires_ms);
    if (raw.generation == meta_.generation) {
        --meta_.keys;
    }
    remove(entry_key(key));
    if (const auto place = place_in(raw.entry)) {
        discard_elements(*place);
    }
}

bool Store::erase(ByteView key) {
    const auto found = raw(key);
    if (!found) {
        return false;
    }
    const bool live = is_live(*found);
    discard(key, *found);
    return live;
}

void Store::rename(ByteView from, ByteView to, Entry entry) {
    index_erase(from, entry.expires_ms);
    --meta_.keys;
    remove(entry_key(from));
    if (const auto place = place_in(entry); place && epoch_of(*place) == 0) {
        if (*place == place_of(to)) {
            free_place(*place); // back at home
        } else {
            take_place(*place);
        }
    }
    write(to, std::move(entry));
}

Place Store::new_place(ByteView key) {
    if (const auto dead = raw(key)) { // its elements may be there still
        discard(key, *dead);
    }
    const Place home = place_of(key);
    const bool taken = meta_.taken > 0 && get(taken_key(home));
    return taken ? place_of(key, new_birth()) : home;
}

void Store::take_place(const Place& place) {
    const Bytes key = taken_key(place);
    if (epoch_of(place) == 0 && !get(key)) {
        put(key, {});
        ++meta_.taken;
    }
}

void Store::free_place(const Place& place) {
    if (epoch_of(place) == 0 && meta_.taken > 0 && remove(taken_key(place))) {
        --meta_.taken;
    }
}

void Store::flush() {
    // Entries of this operation's earlier commands are in the overlay with the old generation: they
    // go as well. Of the running command there are none.
    ++meta_.generation;
    meta_.sweeping = meta_.sweeping || meta_.keys > 0;
    meta_.keys = 0;
    meta_.cursor.clear();
}

std::uint64_t Store::keys() {
    charge(kStepsPerKey);
    return meta_.keys;
}

} // namespace zz::application::kv
