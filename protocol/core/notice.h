// SPDX-License-Identifier: Apache-2.0
// Notice: what a core tells people, as a plain value. Nothing in the protocol depends on it; the
// runtime turns it into telemetry with its reporter's name (architecture: what one replica says is
// not a fact).
#pragma once

#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/message/configuration.h"

namespace zz::core {

enum class NoticeKind : std::uint8_t {
    ViewChangeStarted = 1, // value = new view
    ViewEntered,           // value = view
    StableCheckpoint,      // n, digest = root
    CaughtUp,              // n; value = from
    Configured,            // value = configuration number, epoch
    Deviation,             // n: first column of ours that does not match; digest of subject differs
    EvidenceRound,         // n: SIGN-REQUESTs and MATCH-REQUESTs sent
    ColumnOf,              // n, vote, epoch: `columns` = what `subject` (agreement) holds
    SettledByEvidence,     // n, digest = v, text says how; a match in time is not told
    Demanded,              // n, epoch
    NoSigned,              // n, subject = Ei.k
    Accused,               // n, subject
    Convicted,             // subject, n; executed; text = kind of proof
    EpochSettled,          // epoch = the new one; executed
    WakeUpKnown,           // epoch; a valid wake-up proof was received
    ProofOf,               // subject; evidence frames in `frames`
    AssumptionViolated,    // n, text: alarm
    AllNamed,              // epoch: alarm, overload or partition (ZZ-6.7)
    Suspicion,             // subject, value = counter
    WakeDecided,           // controller: epoch, text = cause
    MachineAsked,          // controller: subject, text = what
    MachineDone,           // controller: subject, text = what
    MachineFailed,         // controller: subject, text = error
    LogReceived,           // woken: n = tip of the log it was given
    Replayed,              // woken: n
    FirstReport,           // woken: first report at the tip, n
    Completed,             // woken: holds the whole state; value = bytes fetched
    CheckpointTaken,       // execution: n, digest = root
    Rejection,             // text = reason, value = count
    Text,                  // anything else worth a line
    RequestsOf             // n: `requests` whose replies differ; value = how many do
};

// A request of a batch, and the digests of the replies that execution replicas told for it.
struct RepliesOf {
    ClientId client;
    LaneId lane;
    RequestNumber number;
    std::vector<std::pair<ExecutionId, Digest>> replies;
};
inline constexpr std::size_t kRequestsToldMax = 16; // of one notice

struct Notice {
    NoticeKind kind = NoticeKind::Text;
    SequenceNumber n;
    VoteKind vote = VoteKind::Reply;
    Epoch epoch;
    PrincipalId subject;
    std::uint64_t value = 0;
    Digest digest;
    std::string text;
    std::vector<message::ColumnEntry> columns;
    std::vector<Blob> frames;
    std::vector<message::SlotEntry> members; // Configured: of every slot
    std::vector<RepliesOf> requests;
};

} // namespace zz::core
