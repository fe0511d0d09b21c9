// SPDX-License-Identifier: Apache-2.0
// What a Store reclaims: a bounded amount at each write.
#include <algorithm>

#include "backend/application/kv/store.h"

namespace zz::application::kv {

void Store::discard_elements(const Place& place) {
    const Bytes from = element_prefix(place);
    const Bytes until = after(from);
    const auto items = range(from, until, state::Order::Ascending, kErasedAtOnce + 1);
    if (items.size() <= kErasedAtOnce) {
        for (const auto& item : items) {
            remove(item.key);
        }
        free_place(place);
        return;
    }
    take_place(place);
    put(garbage_key(place), {});
    ++meta_.garbage;
}

void Store::sweep_garbage(std::size_t count) {
    while (count > 0 && meta_.garbage > 0 && !needs_) {
        const Bytes first{kGarbagePrefix};
        const auto found = range(first, after(first), state::Order::Ascending, 1);
        if (found.empty() || found[0].key.size() != 1 + kPlaceBytes) {
            return;
        }
        Place place;
        std::copy_n(found[0].key.begin() + 1, kPlaceBytes, place.bytes.begin());
        const Bytes from = element_prefix(place);
        const auto items = range(from, after(from), state::Order::Ascending, count);
        for (const auto& item : items) {
            remove(item.key);
        }
        if (items.size() < count) {
            remove(found[0].key);
            --meta_.garbage;
            free_place(place);
        }
        count -= std::min(count, items.size() + 1);
        commit();
    }
}

void Store::reap_expired() {
    for (int i = 0; i < kExpiredPerWrite && meta_.expiring > 0 && !needs_; ++i) {
        const Bytes first{kIndexPrefix};
        const auto due = range(first, after(first), state::Order::Ascending, 1);
        if (due.empty() || due[0].key.size() < kIndexHeadBytes ||
            expires_of_index_key(due[0].key) > now_ms_) {
            return;
        }
        const ByteView key = ByteView(due[0].key).subspan(kIndexHeadBytes);
        const auto found = raw(key);
        if (found && found->entry.expires_ms == expires_of_index_key(due[0].key)) {
            discard(key, *found);
        } else { // of a state that was damaged on purpose
            index_erase(key, expires_of_index_key(due[0].key));
        }
        commit();
    }
}

void Store::sweep_flushed() {
    for (int i = 0; i < kSweptPerWrite && meta_.sweeping && !needs_; ++i) {
        const Bytes first{kEntryPrefix};
        const auto items = range(meta_.cursor.empty() ? first : meta_.cursor, after(first),
                                 state::Order::Ascending, 1);
        if (items.empty()) {
            meta_.sweeping = needs_;
            meta_.cursor.clear();
            return;
        }
        const Bytes& state_key = items[0].key;
        const auto found = decode_entry(items[0].value);
        if (found && found->generation != meta_.generation && state_key.size() >= kEntryHeadBytes) {
            discard(ByteView(state_key).subspan(kEntryHeadBytes), *found);
            commit();
        }
        meta_.cursor = state_key;
        meta_.cursor.push_back(0); // the least key after it
    }
}

void Store::finish() {
    if (needs_) {
        return; // this attempt is discarded
    }
    if (wrote_) {
        const std::size_t writes = writes_;
        reap_expired();
        sweep_flushed();
        sweep_garbage(kSweptPerWrite + writes);
    }
    if (!needs_) {
        store_meta();
    }
}

} // namespace zz::application::kv
