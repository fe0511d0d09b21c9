// SPDX-License-Identifier: Apache-2.0
// What a replica says of itself when asked for its status: plain values, polled by the runtime for
// telemetry. One replica's claims; f+1 agreement replicas make a fact.
#pragma once

#include <string>
#include <vector>

#include "protocol/message/configuration.h"

namespace zz::core {

struct Conviction {
    ExecutionId id;
    SequenceNumber n;
    std::string proof; // "two signed reports" or "f+1 accusations"
    friend bool operator==(const Conviction&, const Conviction&) = default;
};

// A configuration as it was executed: when (ZZ-3.5).
struct ConfigurationChange {
    message::Config config;
    SequenceNumber n;
    Timestamp time; // agreed, of batch n
};

struct AgreementFacts {
    View view;
    bool view_active = false;
    bool mute = false;             // cannot show that its journal holds every vote it sent (ZZ-8.4)
    message::Config configuration; // newest executed
    SequenceNumber committed;      // committed mark
    SequenceNumber settled;        // settled mark
    SequenceNumber stable;         // h
    std::vector<ExecutionId> awake;        // awake as we know it, beyond the active
    std::vector<ExecutionId> complete;     // whose COMPLETE of this epoch we hold
    std::vector<ExecutionId> unresponsive; // named in this epoch
    std::vector<Conviction> convictions;   // executed, newest last, bounded
    std::uint64_t requests = 0, wakeups = 0, removals = 0, nonblocking = 0, blocking = 0,
                  view_changes = 0, evidence_rounds = 0;
    std::vector<std::pair<PrincipalId, std::uint64_t>> suspicion;
    std::vector<ConfigurationChange> history; // newest last, bounded
};

struct ExecutionFacts {
    ExecutionId id;
    ConfigurationNumber configuration;
    Epoch epoch;
    SequenceNumber executed;
    SequenceNumber stable;
    bool recovering = false; // has not reported at the tip since it woke or fell behind
    bool complete = false;   // holds the whole state
    std::uint64_t nodes_fetched = 0, bytes_fetched = 0;
};

} // namespace zz::core
