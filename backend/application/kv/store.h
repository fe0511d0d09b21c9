// SPDX-License-Identifier: Apache-2.0
// Store: the kv application's view of its state while one operation runs: keys with type and
// expiry, their elements, counts and bytes, flush, and the reclaiming of what expired, was flushed,
// or belongs to a large collection that was deleted. Made for one attempt on one overlay; one
// thread. Layout of the state: layout.h.
//
// FLUSHDB raises the generation: entries of an older one are absent. They, expired ones and the
// elements of deleted collections are reclaimed a few at a time by later writes, so that no
// operation walks the whole state. `keys` counts entries of this generation, expired ones until
// they go.
//
// A read that misses nodes sets needs() and answers "absent"; the command runs on, so that one
// attempt asks for all its nodes, and whoever runs it discards the attempt (ZZ-7.2).
#pragma once

#include <map>
#include <optional>

#include "backend/application/kv/layout.h"
#include "backend/state/overlay.h"
#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

namespace zz::application::kv {

// What an operation costs, in steps of about one microsecond (ZZ-1.5).
inline constexpr std::uint32_t kStepsPerCommand = 2;
inline constexpr std::uint32_t kStepsPerKey = 8;
inline constexpr std::uint32_t kStepsPerElement = 4; // one that is read or written by its name
inline constexpr std::uint32_t kElementsPerStep = 2; // of those that are read in order
inline constexpr std::size_t kBytesPerStep = 1024;
// What a writing operation reclaims at most; not charged to it, as it is not its work.
inline constexpr int kExpiredPerWrite = 4;
inline constexpr int kSweptPerWrite = 8;
// Elements of a deleted collection: up to so many go at once, others later, kSweptPerWrite and as
// many as were written at each write, so that garbage does not outgrow what is written.
inline constexpr std::size_t kErasedAtOnce = 64;

enum class Type : std::uint8_t { String = 0, Hash = 1, List = 2, Set = 3, SortedSet = 4 };
std::string_view name_of(Type type);

struct Entry {
    Bytes value;                 // of a collection: its header (collection.h)
    std::int64_t expires_ms = 0; // 0 = never; else agreed time since 1970
    Type type = Type::String;
};

class Store {
  public:
    // `bytes_max`: a command that leaves the state larger than that, and than it was, is
    // over_limit.
    Store(state::Overlay& overlay, Timestamp now, std::uint32_t budget,
          std::uint64_t bytes_max = UINT64_MAX);

    std::int64_t now_ms() const { return now_ms_; }

    // A command's writes are kept apart until commit(); rollback() forgets them.
    void begin();
    void commit();
    void rollback();

    // The live entry, or none.
    std::optional<Entry> read(ByteView key);
    // The elements of a collection that was there and is not the new one become garbage.
    void write(ByteView key, Entry entry);
    // False if there was no live entry.
    bool erase(ByteView key);
    // Precondition: `from` has the live entry `entry`, and the keys differ.
    void rename(ByteView from, ByteView to, Entry entry);
    // What changes with every change of the key; empty if it is absent. For WATCH.
    Bytes fingerprint(ByteView key);
    void flush();
    std::uint64_t keys();
    std::uint64_t bytes() const { return meta_.bytes; } // of all entries, elements and indexes

    // Where a new collection of the key is to be. Precondition: the key has no live entry.
    Place new_place(ByteView key);
    // A number that no other collection has.
    std::uint64_t new_birth() { return ++meta_.births; }
    // An emptied collection's place may be used again.
    void free_place(const Place& place);

    // One entry of the state, the running command's writes included.
    std::optional<Bytes> get(const Bytes& state_key);
    void put(const Bytes& state_key, Bytes value);
    bool remove(const Bytes& state_key); // true if it was there
    // Those with from <= key < until, the running command's writes included.
    std::vector<state::Overlay::Item> range(const Bytes& from, const Bytes& until,
                                            state::Order order, std::size_t count);

    // The type of an entry of the state, as range() gives it; nothing if it is not live.
    std::optional<Type> live_type(ByteView entry) const;

    // After the last command: reclaims a bounded amount if anything was written, and writes the
    // counts.
    void finish();

    void charge(std::size_t steps);
    bool exhausted() const { return exhausted_; } // by the command since begin()
    bool over_limit() const { return meta_.bytes > bytes_max_ && meta_.bytes > meta_before_.bytes; }
    bool needs() const { return needs_; }

    static Bytes meta_key() { return {kMetaPrefix}; }

  private:
    struct Meta {
        std::uint64_t generation = 0, keys = 0, expiring = 0, births = 0;
        std::uint64_t garbage = 0, taken = 0; // entries under "d" and "o"
        std::uint64_t bytes = 0;
        bool sweeping = false;
        Bytes cursor; // state key from which the sweep of flushed entries goes on
        friend bool operator==(const Meta&, const Meta&) = default;
    };
    struct Raw { // an entry of any generation, expired or not
        Entry entry;
        std::uint64_t generation = 0;
    };

    void load_meta();
    void store_meta();
    std::optional<Raw> raw(ByteView key);
    bool is_live(const Raw& raw) const;
    void index_erase(ByteView key, std::int64_t expires_ms);
    void index_put(ByteView key, std::int64_t expires_ms);
    // Erases the entry whatever it is, keeps the counts.
    void discard(ByteView key, const Raw& raw);
    void discard_elements(const Place& place);
    void take_place(const Place& place);
    void reap_expired();
    void sweep_flushed();
    void sweep_garbage(std::size_t count);
    static std::optional<Raw> decode_entry(Bytes bytes);
    // Of an entry that is a collection and not damaged.
    static std::optional<Place> place_in(const Entry& entry);

    state::Overlay& overlay_;
    std::int64_t now_ms_;
    std::uint64_t budget_, bytes_max_, spent_ = 0, spent_before_ = 0;
    bool exhausted_ = false, needs_ = false, wrote_ = false;
    std::size_t writes_ = 0; // committed ones
    Meta meta_, meta_before_, meta_stored_;
    std::map<Bytes, std::optional<Bytes>> pending_; // state key -> value or erased
    std::map<Bytes, std::size_t> sizes_; // of entries that this command read below; SIZE_MAX: none
};

} // namespace zz::application::kv
