// SPDX-License-Identifier: Apache-2.0
// Log: what is known about each number of the window (h, h+L] (ZZ-3.1): votes, bodies, the P and Q
// entries of the next VIEW-CHANGE, claims of others that it committed. Numbers at or below h are
// gone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "backend/agreement/bounds.h"
#include "protocol/message/view_change.h"

namespace zz::agreement {

using Body = std::shared_ptr<const message::BatchContent>;

struct Vote {
    View view;
    Digest digest;
    friend bool operator==(const Vote&, const Vote&) = default;
};

// Of each agreement replica its vote of the highest view; in one view the first one wins. A faulty
// sender can spoil only its own (A10).
class Votes {
  public:
    explicit Votes(std::size_t replicas) : votes_(replicas) {}

    void add(AgreementId from, const Vote& vote);
    const std::optional<Vote>& of(AgreementId from) const { return votes_[from.value - 1]; }
    // How many hold this very vote, `except` not counted.
    std::size_t count(const Vote& vote, AgreementId except = AgreementId(0)) const;
    // A vote that at least `needed` hold.
    std::optional<Vote> with(std::size_t needed) const;

  private:
    std::vector<std::optional<Vote>> votes_;
};

// What the primary of `view` proposed here, by PRE-PREPARE or NEW-VIEW; of no meaning in another
// view.
struct Proposal {
    Vote vote;
    bool voted = false;    // our PRE-PREPARE or PREPARE was sent
    bool prepared = false; // our COMMIT was sent
};

class Slot {
  public:
    explicit Slot(std::size_t replicas) : prepares(replicas), commits(replicas) {}

    std::optional<Proposal> proposal;
    Votes prepares, commits;
    std::optional<Vote> prepared;         // P: the highest view in which it prepared here
    std::map<Digest, View> pre_prepared;  // Q: the highest view in which each was voted for here
    std::map<AgreementId, Digest> claims; // "this one committed" (ZZ-3.6)
    std::optional<Digest> committed;
    Instant since = kNever;     // first proposal or vote
    Instant fetched{INT64_MIN}; // last FETCH for it
    std::uint32_t asked = 0;    // FETCHes for it

    // Null if not held.
    Body body(const Digest& digest) const;
    // Bodies that were voted for stay, of others the newest kSpareBodiesMax.
    void keep_body(const Digest& digest, Body body);
    // Of bodies that nothing here needs yet.
    std::size_t spare_bytes() const;
    void note_pre_prepared(const Vote& vote);
    bool voted_for(const Digest& digest) const { return pre_prepared.contains(digest); }
    // Of the digest that is claimed by at least `needed`.
    std::optional<Digest> claimed(std::size_t needed) const;
    // Which body is missing to go on, if any.
    std::optional<Digest> wanted_body() const;
    // The proposal, if it is of this view.
    Proposal* in_view(View view);

  private:
    struct Held {
        Body body;
        std::uint64_t serial = 0;
    };
    bool needs(const Digest& digest) const;

    std::map<Digest, Held> bodies_;
    std::uint64_t serial_ = 0;
};

class Log {
  public:
    Log(std::size_t replicas, std::uint64_t window) : replicas_(replicas), window_(window) {}

    SequenceNumber h() const { return h_; }
    SequenceNumber high() const { return h_ + window_; }
    bool holds(SequenceNumber n) const { return n > h_ && n <= high(); }
    // Precondition: holds(n).
    Slot& at(SequenceNumber n);
    // Null if nothing is known of it.
    Slot* find(SequenceNumber n);
    const Slot* find(SequenceNumber n) const;
    std::size_t spare_bytes() const;
    // Everything at or below n goes.
    void move(SequenceNumber h);

    const std::map<SequenceNumber, Slot>& entries() const { return slots_; }
    std::map<SequenceNumber, Slot>& entries() { return slots_; }

  private:
    std::size_t replicas_;
    std::uint64_t window_;
    SequenceNumber h_;
    std::map<SequenceNumber, Slot> slots_;
};

} // namespace zz::agreement
