// SPDX-License-Identifier: Apache-2.0
// Checkpoints of agreement, view change, catch-up (ZZ-3.3, ZZ-3.6, ZZ-5.2).
#pragma once

#include "protocol/message/ordering.h"

namespace zz::message {

// Agreement, signed; to agreement and execution. 2f+1 equal ones are a stable checkpoint
// certificate.
struct Checkpoint {
    static constexpr Kind kind = Kind::Checkpoint;
    SequenceNumber n;
    Digest root;             // of the execution state (ZZ-5.2)
    Digest agreement_digest; // configuration, lane table, agreed time, history
    ZZ_FIELDS(n, root, agreement_digest)
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// No signature of its own: its members prove it. Empty for checkpoint 0.
struct StableCertificate {
    Checkpoint checkpoint;
    List<Embedded<Checkpoint>, kMaxAgreement> signatures;
    ZZ_FIELDS(checkpoint, signatures)
    friend bool operator==(const StableCertificate&, const StableCertificate&) = default;
};

// Agreement -> who asks or is behind (agreement, execution, client), tag.
struct StableProof {
    static constexpr Kind kind = Kind::StableProof;
    StableCertificate certificate;
    ZZ_FIELDS(certificate)
    friend bool operator==(const StableProof&, const StableProof&) = default;
};

// (n, digest) that prepared / was pre-prepared in `view` at the sender: the P and Q sets of PBFT.
struct ViewEntry {
    SequenceNumber n;
    Digest batch_digest;
    View view;
    ZZ_FIELDS(n, batch_digest, view)
    friend bool operator==(const ViewEntry&, const ViewEntry&) = default;
};

// Agreement, signed.
struct ViewChange {
    static constexpr Kind kind = Kind::ViewChange;
    View new_view;
    SequenceNumber h;
    StableCertificate stable;
    List<ViewEntry, kMaxWindow> prepared; // P: at most one per n, ascending
    List<ViewEntry, 4 * kMaxWindow>
        pre_prepared; // Q: at most a few digests per n, ascending by (n, digest)
    ZZ_FIELDS(new_view, h, stable, prepared, pre_prepared)
    friend bool operator==(const ViewChange&, const ViewChange&) = default;
};

struct Chosen {
    SequenceNumber n;
    Digest batch_digest; // of the null batch where nothing was chosen
    ZZ_FIELDS(n, batch_digest)
    friend bool operator==(const Chosen&, const Chosen&) = default;
};

// Primary of `view`, signed. Every backup recomputes the choice from `view_changes`.
struct NewView {
    static constexpr Kind kind = Kind::NewView;
    View view;
    List<Embedded<ViewChange>, kMaxAgreement> view_changes; // at least 2f+1
    SequenceNumber h;
    List<Chosen, kMaxWindow> chosen; // h+1 upward without a gap
    ZZ_FIELDS(view, view_changes, h, chosen)
    friend bool operator==(const NewView&, const NewView&) = default;
};

// Operator, signed (ZZ-8.4): where the new generation starts, so that nothing of an older one is
// needed in it. A claim is a VIEW-CHANGE that an agreement replica made from its journal, sealed
// with the new generation.
struct Recover {
    static constexpr Kind kind = Kind::Recover;
    ApplicationId application;
    Generation generation;  // the new one
    StableCertificate base; // of an older generation; without signatures if it was its base
    Blob state;             // the agreement state under it; empty at checkpoint 0
    View view;              // the highest new_view of the claims
    List<Embedded<ViewChange>, kMaxAgreement> claims; // at least 2f+1
    List<Chosen, kMaxWindow> chosen; // what they still prove: base + 1 upward without a gap
    ZZ_FIELDS(application, generation, base, state, view, claims, chosen)
    friend bool operator==(const Recover&, const Recover&) = default;
};

// Agreement -> agreement, tag: retransmission by status exchange (ZZ-3.6).
struct AgreementStatus {
    static constexpr Kind kind = Kind::AgreementStatus;
    View view;
    bool view_active = false; // false: in a view change to `view`
    SequenceNumber h;
    SequenceNumber prepared_mark;  // every n <= it prepared here
    SequenceNumber committed_mark; // ZZ-1.7
    ZZ_FIELDS(view, view_active, h, prepared_mark, committed_mark)
    friend bool operator==(const AgreementStatus&, const AgreementStatus&) = default;
};

enum class FetchWhat : std::uint8_t {
    BatchByNumber = 1,  // committed at `n`; the answer is a claim that counts by f+1 (ZZ-3.6)
    BatchByDigest = 2,  // any body with `digest` (its hash proves it)
    StableProof = 3,    // the newest at or above n
    AgreementState = 4, // under the stable checkpoint n
    NewView = 5,        // of view `n`
};
// Agreement or execution -> agreement, tag.
struct Fetch {
    static constexpr Kind kind = Kind::Fetch;
    FetchWhat what = FetchWhat::BatchByNumber;
    SequenceNumber n;
    Digest digest;
    ZZ_FIELDS(what, n, digest)
    friend bool operator==(const Fetch&, const Fetch&) = default;
};

// Agreement -> agreement or execution, tag. `committed`: the sender claims that this batch
// committed at n.
struct BatchBody {
    static constexpr Kind kind = Kind::BatchBody;
    SequenceNumber n;
    Digest batch_digest;
    bool committed = false;
    BatchContent batch;
    ZZ_FIELDS(n, batch_digest, committed, batch)
    friend bool operator==(const BatchBody&, const BatchBody&) = default;
};

// Agreement -> agreement, tag: the bytes whose digest a stable certificate carries.
struct AgreementState {
    static constexpr Kind kind = Kind::AgreementState;
    SequenceNumber n;
    Blob state;
    ZZ_FIELDS(n, state)
    friend bool operator==(const AgreementState&, const AgreementState&) = default;
};

} // namespace zz::message
