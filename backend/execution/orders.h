// SPDX-License-Identifier: Apache-2.0
// Orders: ORDERs and batch bodies until they are executed (ZZ-4.1). A number is agreed when f+1
// agreement replicas sent the same ORDER, and ready when its body is held too. Bounded: a window of
// numbers, one ORDER and one body of each agreement replica for each of them, and bytes of bodies
// that are not agreed yet.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "protocol/base/quorum.h"
#include "protocol/message/execution.h"

namespace zz::execution {

inline constexpr std::size_t kEarlyBytesMax = 64u << 20; // of one sender, bodies not agreed yet

struct AgreedOrder {
    Digest batch_digest;
    Timestamp time;
};

class Orders {
  public:
    Orders(Faults faults, std::uint64_t window) : faults_(faults), window_(window) {}

    // Everything at or below `done` goes and is ignored from now on.
    void advance(SequenceNumber done);
    // All goes; numbers above `done` are taken from now on.
    void restart(SequenceNumber done);

    // False: ignored. The newest ORDER of a sender counts.
    bool add(AgreementId from, const message::Order& order);
    bool add(AgreementId from, const message::BatchBody& body);

    std::optional<AgreedOrder> agreed(SequenceNumber n) const;
    bool ready(SequenceNumber n) const;
    // The body, moved out. Precondition: ready(n).
    message::BatchContent take(SequenceNumber n);
    // Those who sent the agreed ORDER and thereby say that they serve its body. Precondition:
    // agreed(n).
    std::vector<AgreementId> holders(SequenceNumber n) const;
    // The highest agreed number; `done` if there is none above it.
    SequenceNumber highest_agreed() const { return std::max(highest_agreed_, done_); }
    // Somebody ordered a number above it.
    bool heard_above(SequenceNumber n) const;

  private:
    struct Entry {
        std::map<AgreementId, message::Order> orders;
        std::map<AgreementId, message::BatchBody> bodies;
        std::optional<AgreedOrder> agreed;
    };
    bool in_window(SequenceNumber n) const { return n > done_ && n - done_ <= window_; }
    void count(SequenceNumber n, Entry& entry);
    void release(AgreementId from, const message::BatchBody& body);
    void erase_until(SequenceNumber n);

    Faults faults_;
    std::uint64_t window_;
    SequenceNumber done_;
    SequenceNumber highest_agreed_;
    std::map<SequenceNumber, Entry> entries_;
    std::map<AgreementId, std::size_t> held_bytes_;
};

} // namespace zz::execution
