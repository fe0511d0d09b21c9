// SPDX-License-Identifier: Apache-2.0
#include "backend/state/retention.h"

#include <algorithm>
#include <fmt/format.h>

#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::state {
namespace {

constexpr std::string_view kPrefix = "checkpoint/";

// Fixed width, so that names are in the order of numbers.
std::string name_of(SequenceNumber n) {
    return fmt::format("{}{:016x}", kPrefix, n.value);
}

void put_number(Bytes& out, std::uint64_t v) {
    for (int i = 0; i < 8; ++i)
        out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}

void put_digests(Bytes& out, const std::vector<Digest>& digests) {
    put_number(out, digests.size());
    for (const Digest& d : digests)
        out.insert(out.end(), d.bytes.begin(), d.bytes.end());
}

class Reader {
  public:
    explicit Reader(ByteView rest) : rest_(rest) {}
    bool number(std::uint64_t& v) {
        ByteView b;
        if (!bytes(8, b))
            return false;
        v = 0;
        for (unsigned i = 0; i < 8; ++i)
            v |= std::uint64_t{b[i]} << (8 * i);
        return true;
    }
    bool digests(std::vector<Digest>& out) {
        std::uint64_t count = 0;
        if (!number(count) || count > rest_.size() / Digest::size)
            return false;
        out.resize(count);
        for (Digest& d : out)
            if (!digest(d))
                return false;
        return true;
    }
    bool digest(Digest& d) {
        ByteView b;
        if (!bytes(Digest::size, b))
            return false;
        std::copy(b.begin(), b.end(), d.bytes.begin());
        return true;
    }
    bool bytes(std::size_t size, ByteView& out) {
        if (size > rest_.size())
            return false;
        out = rest_.first(size);
        rest_ = rest_.subspan(size);
        return true;
    }
    ByteView rest() const { return rest_; }

  private:
    ByteView rest_;
};

// One note a checkpoint: digest of the rest, number, root, retired, revived, the engine's note.
Bytes encode_note(const HeldCheckpoint& c, const std::vector<Digest>& retired,
                  const std::vector<Digest>& revived) {
    Bytes body;
    put_number(body, c.n.value);
    body.insert(body.end(), c.root.bytes.begin(), c.root.bytes.end());
    put_digests(body, retired);
    put_digests(body, revived);
    body.insert(body.end(), c.note.begin(), c.note.end());
    const Digest digest = crypto::sha256(body);
    body.insert(body.begin(), digest.bytes.begin(), digest.bytes.end());
    return body;
}

bool decode_note(ByteView bytes, HeldCheckpoint& c, std::vector<Digest>& retired,
                 std::vector<Digest>& revived) {
    Reader in(bytes);
    Digest digest;
    if (!in.digest(digest) || crypto::sha256(in.rest()) != digest || !in.number(c.n.value) ||
        !in.digest(c.root) || !in.digests(retired) || !in.digests(revived))
        return false;
    c.note.assign(in.rest().begin(), in.rest().end());
    return true;
}

} // namespace

Retention::Retention(NodePool& pool) : pool_(pool), store_(pool.store()) {
    for (const std::string& name : store_.note_names(std::string(kPrefix))) {
        const std::optional<Bytes> bytes = store_.note(name);
        HeldCheckpoint checkpoint;
        Lists lists;
        if (!bytes || !decode_note(*bytes, checkpoint, lists.retired, lists.revived) ||
            name_of(checkpoint.n) != name)
            break;
        const SequenceNumber n = checkpoint.n;
        enter(n, std::move(checkpoint), std::move(lists));
    }
}

void Retention::enter(SequenceNumber n, HeldCheckpoint checkpoint, Lists lists) {
    for (const Digest& d : lists.retired)
        retired_at_.insert_or_assign(d, n);
    for (const Digest& d : lists.revived)
        retired_at_.erase(d);
    held_.emplace(n, std::move(checkpoint));
    lists_.emplace(n, std::move(lists));
}

void Retention::add(SequenceNumber n, const Sealed& sealed, Bytes note) {
    ZZ_CHECK(held_.empty() || held_.rbegin()->first < n, "checkpoint {} after {}", n.value,
             held_.rbegin()->first.value);
    ZZ_CHECK(held_.size() < kCheckpointsMax, "{} checkpoints are held", held_.size());
    Lists lists{sealed.retired, {}};
    for (const EncodedNode& node : sealed.nodes) {
        if (retired_at_.contains(node.digest))
            lists.revived.push_back(node.digest);
        if (adopted_)
            since_adopted_.insert(node.digest);
    }
    HeldCheckpoint checkpoint{n, sealed.root, std::move(note)};
    store_.apply({.put = sealed.nodes,
                  .erase = {},
                  .notes = {{name_of(n), encode_note(checkpoint, lists.retired, lists.revived)}}});
    enter(n, std::move(checkpoint), std::move(lists));
}

void Retention::adopt(SequenceNumber n, const Digest& root, Bytes note) {
    // What waits to be erased may be part of the adopted state: it is erased before that is looked
    // at.
    pins_.clear();
    if (!held_.empty())
        stable(held_.rbegin()->first);
    adopted_.reset();
    since_adopted_.clear();
    add(n, Sealed{root, {}, {}}, std::move(note));
    adopted_ = n;
}

void Retention::retire(SequenceNumber n, const std::vector<Digest>& nodes) {
    const auto it = lists_.find(n);
    ZZ_CHECK(it != lists_.end() && adopted_ == n, "checkpoint {} was not adopted last", n.value);
    for (const Digest& d : nodes) {
        if (since_adopted_.contains(d) || !retired_at_.emplace(d, n).second)
            continue;
        it->second.retired.push_back(d);
    }
    adopted_.reset();
    since_adopted_.clear();
    set_note(n, held_.at(n).note);
    release();
}

void Retention::set_note(SequenceNumber n, Bytes note) {
    const auto it = held_.find(n);
    ZZ_CHECK(it != held_.end(), "checkpoint {} is not held", n.value);
    it->second.note = std::move(note);
    const Lists& lists = lists_.at(n);
    store_.apply({.put = {},
                  .erase = {},
                  .notes = {{name_of(n), encode_note(it->second, lists.retired, lists.revived)}}});
}

void Retention::forget_above(SequenceNumber n) {
    StoreBatch batch;
    for (auto it = held_.upper_bound(n); it != held_.end(); it = held_.erase(it)) {
        batch.notes.push_back({name_of(it->first), std::nullopt});
        lists_.erase(it->first);
        pins_.erase(it->first);
    }
    // What they retired lives on. What they revived is not retired again: it may be needed soon.
    std::erase_if(retired_at_, [n](const auto& retired) { return retired.second > n; });
    if (adopted_ && *adopted_ > n)
        adopted_.reset();
    if (!batch.notes.empty())
        store_.apply(batch);
}

void Retention::stable(SequenceNumber n) {
    stable_ = std::max(stable_, n);
    release();
}

bool Retention::pin(SequenceNumber n) {
    if (!held_.contains(n))
        return false;
    ++pins_[n];
    return true;
}

void Retention::unpin(SequenceNumber n) {
    const auto it = pins_.find(n);
    if (it == pins_.end())
        return;
    if (--it->second == 0)
        pins_.erase(it);
    release();
}

// The lowest checkpoint that stays is the newest held one at or below the stable one, or the lowest
// pinned one. What it and those before it retired is needed by none that stays.
void Retention::release() {
    auto floor = held_.upper_bound(stable_);
    if (floor == held_.begin())
        return;
    --floor;
    if (!pins_.empty() && pins_.begin()->first < floor->first)
        floor = held_.find(pins_.begin()->first);
    StoreBatch batch;
    for (auto it = lists_.begin(); it != lists_.end() && it->first <= floor->first; ++it) {
        for (const Digest& d : it->second.retired) {
            // Revived ones are not there; those retired again belong to a later list.
            const auto at = retired_at_.find(d);
            if (at == retired_at_.end() || at->second != it->first)
                continue;
            batch.erase.push_back(d);
            retired_at_.erase(at);
        }
    }
    for (auto it = held_.begin(); it != floor; it = held_.erase(it)) {
        batch.notes.push_back({name_of(it->first), std::nullopt});
        lists_.erase(it->first);
    }
    if (Lists& lists = lists_.at(floor->first); !lists.retired.empty() || !lists.revived.empty()) {
        lists = {};
        batch.notes.push_back({name_of(floor->first), encode_note(floor->second, {}, {})});
    }
    if (!batch.erase.empty() || !batch.notes.empty())
        store_.apply(batch);
    pool_.forget(batch.erase);
}

const HeldCheckpoint* Retention::newest() const {
    return held_.empty() ? nullptr : &held_.rbegin()->second;
}

} // namespace zz::state
