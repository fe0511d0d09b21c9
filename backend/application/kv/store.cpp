// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/store.h"

namespace zz::application::kv {
namespace {

constexpr std::uint8_t kMetaPrefix = 'm', kEntryPrefix = 'k', kIndexPrefix = 'e';
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kTrailerBytes = 2 * kNumberBytes;
constexpr std::size_t kMetaFixedBytes = 3 * kNumberBytes + 1;
constexpr std::size_t kIndexHeadBytes = 1 + kNumberBytes;
constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

void append_number(Bytes& out, std::uint64_t value) {
    for (std::size_t i = 0; i < kNumberBytes; ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

std::uint64_t number_at(ByteView bytes, std::size_t offset) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kNumberBytes; ++i) {
        value |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
    }
    return value;
}

Bytes index_key(ByteView key, std::int64_t expires_ms) {
    Bytes out{kIndexPrefix};
    for (int shift = 56; shift >= 0; shift -= 8) { // big-endian: byte order is the order of time
        out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(expires_ms) >> shift));
    }
    out.insert(out.end(), key.begin(), key.end());
    return out;
}

std::int64_t expires_of_index_key(ByteView index) {
    std::uint64_t value = 0;
    for (std::size_t i = 1; i < kIndexHeadBytes; ++i) {
        value = value << 8 | index[i];
    }
    return static_cast<std::int64_t>(value);
}

} // namespace

Bytes Store::entry_key(ByteView key) {
    Bytes out{kEntryPrefix};
    out.insert(out.end(), key.begin(), key.end());
    return out;
}

Bytes Store::meta_key() {
    return {kMetaPrefix};
}

Store::Store(state::Overlay& overlay, Timestamp now, std::uint32_t budget)
    : overlay_(overlay), now_ms_(static_cast<std::int64_t>(now.value / kNanosecondsPerMillisecond)),
      budget_(budget) {
    load_meta();
}

void Store::load_meta() {
    const auto read = overlay_.get(meta_key());
    needs_ = needs_ || read.found == state::Found::NeedsNodes;
    if (read.found == state::Found::Yes && read.value.size() >= kMetaFixedBytes) {
        const ByteView bytes = read.value;
        meta_.generation = number_at(bytes, 0);
        meta_.keys = number_at(bytes, kNumberBytes);
        meta_.expiring = number_at(bytes, 2 * kNumberBytes);
        meta_.sweeping = bytes[3 * kNumberBytes] != 0;
        meta_.cursor.assign(bytes.begin() + kMetaFixedBytes, bytes.end());
    }
    meta_before_ = meta_stored_ = meta_;
}

void Store::begin() {
    pending_.clear();
    meta_before_ = meta_;
    spent_before_ = spent_;
    exhausted_ = false;
}

void Store::rollback() {
    pending_.clear();
    meta_ = meta_before_;
    spent_ = spent_before_;
    exhausted_ = false;
}

void Store::commit() {
    wrote_ = wrote_ || !pending_.empty() || !(meta_ == meta_before_);
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

// The trailer stands behind the value, so that neither reading nor writing moves the value.
std::optional<Store::Raw> Store::decode_entry(Bytes bytes) {
    // Shorter ones are never written; a state that was damaged on purpose (drill) must not stop the
    // process.
    if (bytes.size() < kTrailerBytes) {
        return std::nullopt;
    }
    Raw raw;
    const std::size_t size = bytes.size() - kTrailerBytes;
    raw.generation = number_at(bytes, size);
    raw.entry.expires_ms = static_cast<std::int64_t>(number_at(bytes, size + kNumberBytes));
    bytes.resize(size);
    raw.entry.value = std::move(bytes);
    return raw;
}

std::optional<Store::Raw> Store::raw(ByteView key) {
    charge(kStepsPerKey);
    const Bytes state_key = entry_key(key);
    if (const auto it = pending_.find(state_key); it != pending_.end()) {
        return it->second ? decode_entry(*it->second) : std::nullopt;
    }
    auto read = overlay_.get(state_key);
    needs_ = needs_ || read.found == state::Found::NeedsNodes;
    if (read.found != state::Found::Yes) {
        return std::nullopt;
    }
    charge(read.value.size() / kBytesPerStep);
    return decode_entry(std::move(read.value));
}

bool Store::is_live(const Raw& raw) const {
    return raw.generation == meta_.generation &&
           (raw.entry.expires_ms == 0 || raw.entry.expires_ms > now_ms_);
}

std::optional<Entry> Store::read(ByteView key) {
    auto found = raw(key);
    if (!found || !is_live(*found)) {
        return std::nullopt;
    }
    return std::move(found->entry);
}

void Store::index_erase(ByteView key, std::int64_t expires_ms) {
    if (expires_ms == 0) {
        return;
    }
    const Bytes index = index_key(key, expires_ms);
    // Read before write, so that the nodes on the way are held when the engine merges.
    needs_ = needs_ || overlay_.get(index).found == state::Found::NeedsNodes;
    pending_[index] = std::nullopt;
    --meta_.expiring;
}

void Store::index_put(ByteView key, std::int64_t expires_ms) {
    if (expires_ms == 0) {
        return;
    }
    const Bytes index = index_key(key, expires_ms);
    needs_ = needs_ || overlay_.get(index).found == state::Found::NeedsNodes;
    Bytes value;
    append_number(value, meta_.generation);
    pending_[index] = std::move(value);
    ++meta_.expiring;
}

void Store::write(ByteView key, Entry entry) {
    charge(entry.value.size() / kBytesPerStep);
    const auto old = raw(key);
    if (old) {
        index_erase(key, old->entry.expires_ms);
    }
    index_put(key, entry.expires_ms);
    if (!old || old->generation != meta_.generation) {
        ++meta_.keys;
    }
    Bytes bytes = std::move(entry.value);
    append_number(bytes, meta_.generation);
    append_number(bytes, static_cast<std::uint64_t>(entry.expires_ms));
    pending_[entry_key(key)] = std::move(bytes);
}

void Store::remove(ByteView key, const Raw& raw) {
    index_erase(key, raw.entry.expires_ms);
    if (raw.generation == meta_.generation) {
        --meta_.keys;
    }
    pending_[entry_key(key)] = std::nullopt;
}

bool Store::erase(ByteView key) {
    const auto found = raw(key);
    if (!found) {
        return false;
    }
    const bool live = is_live(*found);
    remove(key, *found);
    return live;
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

void Store::reap_expired() {
    for (int i = 0; i < kExpiredPerWrite && meta_.expiring > 0 && !needs_; ++i) {
        const auto due = overlay_.next(Bytes{kIndexPrefix});
        needs_ = needs_ || due.found == state::Found::NeedsNodes;
        if (due.found != state::Found::Yes || due.key.size() < kIndexHeadBytes ||
            due.key[0] != kIndexPrefix || expires_of_index_key(due.key) > now_ms_) {
            return;
        }
        const ByteView key = ByteView(due.key).subspan(kIndexHeadBytes);
        const auto found = raw(key);
        if (found) {
            remove(key, *found);
        } else {
            pending_[due.key] = std::nullopt;
        }
        commit();
    }
}

void Store::sweep_flushed() {
    for (int i = 0; i < kSweptPerWrite && meta_.sweeping && !needs_; ++i) {
        const Bytes from = meta_.cursor.empty() ? Bytes{kEntryPrefix} : meta_.cursor;
        auto entry = overlay_.next(from);
        needs_ = needs_ || entry.found == state::Found::NeedsNodes;
        if (entry.found != state::Found::Yes || entry.key.empty() || entry.key[0] != kEntryPrefix) {
            meta_.sweeping = false;
            meta_.cursor.clear();
            return;
        }
        const ByteView key = ByteView(entry.key).subspan(1);
        const auto found = decode_entry(std::move(entry.value));
        if (found && found->generation != meta_.generation) {
            remove(key, *found);
            commit();
        }
        meta_.cursor = entry.key;
        meta_.cursor.push_back(0); // the least key after it
    }
}

void Store::finish() {
    if (needs_) {
        return; // this attempt is discarded
    }
    if (wrote_) {
        reap_expired();
        sweep_flushed();
    }
    if (meta_ == meta_stored_) {
        return;
    }
    Bytes bytes;
    append_number(bytes, meta_.generation);
    append_number(bytes, meta_.keys);
    append_number(bytes, meta_.expiring);
    bytes.push_back(meta_.sweeping ? 1 : 0);
    bytes.insert(bytes.end(), meta_.cursor.begin(), meta_.cursor.end());
    overlay_.put(meta_key(), bytes);
    meta_stored_ = meta_;
}

} // namespace zz::application::kv
