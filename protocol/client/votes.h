// SPDX-License-Identifier: Apache-2.0
// Votes: what a client holds for one outstanding request, and when that is enough (ZZ-4.3). A plain
// value of the core; bounded: one vote and one result of each execution slot, one affidavit of each
// agreement replica.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "protocol/core/membership.h"
#include "protocol/message/execution.h"

namespace zz::client {

// By which clause of ZZ-4.3 a result was accepted.
enum class How : std::uint8_t {
    Replies = 0,     // (a) f+1 matching replies
    Affidavits = 1,  // (b) f+1 matching affidavits of agreement replicas
    Certificate = 2, // (c) a reply certificate
    Proof = 3,       // (d) a path to a stable checkpoint
    Count
};

struct Decision {
    Blob result;
    How how = How::Replies;
};

class Votes {
  public:
    // `result`: null if the replica sent only the digest; else it hashes to `digest`
    // (precondition).
    void add_reply(ExecutionId from, const Digest& digest, const Blob* result);
    void add_affidavit(AgreementId from, const Digest& digest);
    // A reply certificate of live incarnations proves `digest` (its signers, for ZZ-4.6).
    void add_certificate(const Digest& digest, std::vector<ExecutionId> signers);

    // Votes of incarnations that are not live in `membership` count nowhere, also retroactively
    // (ZZ-4.6).
    std::optional<Decision> decide(const core::Membership& membership, const Faults& faults) const;
    // Enough votes for a digest whose result nobody sent: those who voted for it, to be asked.
    std::vector<ExecutionId> lacks_result(const core::Membership& membership,
                                          const Faults& faults) const;

  private:
    struct Vote {
        ExecutionId from;
        Digest digest;
    };
    struct Certified {
        Digest digest;
        std::vector<ExecutionId> signers;
    };
    const Blob* result_of(const Digest& digest) const;
    std::optional<Digest> agreed_by_replies(const core::Membership& membership,
                                            const Faults& faults) const;
    std::optional<Digest> agreed_by_affidavits(const Faults& faults) const;

    std::map<SlotId, Vote> replies_; // the newest of each slot
    std::map<SlotId, std::pair<Digest, Blob>> results_;
    std::map<AgreementId, Digest> affidavits_;
    std::optional<Certified> certified_;
};

// The digest that a reply certificate proves for one of its entries, with its signers; nothing if
// it proves none: fewer than f+1 equal reports of distinct live incarnations, or a path that does
// not lead to their digest.
bool proves(const message::ReplyCertificate& certificate, const message::CertifiedReply& reply,
            ClientId client, const core::Membership& membership, const Faults& faults);

} // namespace zz::client
