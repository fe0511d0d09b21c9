// SPDX-License-Identifier: Apache-2.0
// Store: the kv application's view of its state while one operation runs: keys with expiry, their
// count, flush, and the reclaiming of what expired or was flushed. Made for one attempt on one
// overlay; one thread.
//
// Layout of the state, integers little-endian but where said:
//   "m"            -> generation:u64 keys:u64 expiring:u64 sweeping:u8 cursor:bytes
//   "k" key        -> value:bytes generation:u64 expires:u64
//   "e" time key   -> generation:u64
//
// `expires` is in milliseconds, 0 = never; `time` is the same, big-endian: there is one such entry
// for each key that expires.
// FLUSHDB raises the generation: entries of an older one are absent and are swept a few at a time
// by later writes, so that no operation walks the whole state. `keys` counts entries of this
// generation, expired ones until they go.
//
// A read that misses nodes sets needs() and answers "absent"; the command runs on, so that one
// attempt asks for all its nodes, and whoever runs it discards the attempt (ZZ-7.2).
#pragma once

#include <map>
#include <optional>

#include "backend/state/overlay.h"
#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::application::kv {

// What an operation costs, in steps of about one microsecond (ZZ-1.5).
inline constexpr std::uint32_t kStepsPerCommand = 2;
inline constexpr std::uint32_t kStepsPerKey = 8;
inline constexpr std::size_t kBytesPerStep = 1024;
// What a writing operation reclaims at most; not charged to it, as it is not its work.
inline constexpr int kExpiredPerWrite = 4;
inline constexpr int kSweptPerWrite = 8;

struct Entry {
    Bytes value;
    std::int64_t expires_ms = 0; // 0 = never; else agreed time since 1970
};

class Store {
  public:
    Store(state::Overlay& overlay, Timestamp now, std::uint32_t budget);

    std::int64_t now_ms() const { return now_ms_; }

    // A command's writes are kept apart until commit(); rollback() forgets them.
    void begin();
    void commit();
    void rollback();

    // The live entry, or none.
    std::optional<Entry> read(ByteView key);
    void write(ByteView key, Entry entry);
    // False if there was no live entry.
    bool erase(ByteView key);
    void flush();
    std::uint64_t keys();

    // After the last command: reclaims a bounded amount if anything was written, and writes the
    // counts.
    void finish();

    void charge(std::size_t steps);
    bool exhausted() const { return exhausted_; } // by the command since begin()
    bool needs() const { return needs_; }
    state::Overlay& overlay() { return overlay_; }

    // The state keys of a user's key and of the counts.
    static Bytes entry_key(ByteView key);
    static Bytes meta_key();

  private:
    struct Meta {
        std::uint64_t generation = 0, keys = 0, expiring = 0;
        bool sweeping = false;
        Bytes cursor; // state key from which the sweep goes on
        friend bool operator==(const Meta&, const Meta&) = default;
    };
    struct Raw { // an entry of any generation, expired or not
        Entry entry;
        std::uint64_t generation = 0;
    };

    void load_meta();
    std::optional<Raw> raw(ByteView key);
    bool is_live(const Raw& raw) const;
    void index_erase(ByteView key, std::int64_t expires_ms);
    void index_put(ByteView key, std::int64_t expires_ms);
    // Erases the entry whatever it is, keeps the counts.
    void remove(ByteView key, const Raw& raw);
    void reap_expired();
    void sweep_flushed();
    static std::optional<Raw> decode_entry(Bytes bytes);

    state::Overlay& overlay_;
    std::int64_t now_ms_;
    std::uint64_t budget_, spent_ = 0, spent_before_ = 0;
    bool exhausted_ = false, needs_ = false, wrote_ = false;
    Meta meta_, meta_before_, meta_stored_;
    std::map<Bytes, std::optional<Bytes>> pending_; // state key -> value or erased
};

} // namespace zz::application::kv
