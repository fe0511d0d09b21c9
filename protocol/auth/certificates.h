// SPDX-License-Identifier: Apache-2.0
// What sets of verified embedded messages prove together. Pure; precondition everywhere: every
// embedded signature was checked (the message came as Verified, or its parts did). All counts are
// of distinct signers.
#pragma once

#include <optional>
#include <span>

#include "protocol/base/quorum.h"
#include "protocol/message/message.h"

namespace zz::auth {

// 2f+1 equal CHECKPOINTs of agreement replicas. `base`: where the generation starts; it needs no
// signature, and nothing below it counts (ZZ-8.4). Of the first generation: checkpoint 0 (ZZ-1.7).
bool is_stable(const message::StableCertificate& certificate, const Faults& faults,
               const message::Checkpoint& base = {});

// The configuration that f+1 agreement replicas signed alike; nothing if they do not (ZZ-2.1).
std::optional<message::Config>
certified_configuration(std::span<const message::Embedded<message::Config>> configs,
                        const Faults& faults);

// Same vote and number, another batch digest or digest; configuration is not compared (ZZ-6.5).
bool unequal(const message::SignedReport& a, const message::SignedReport& b);
bool equal_reports(const message::SignedReport& a, const message::SignedReport& b);

// f+1 equal signed reports of distinct slots; liveness of the incarnations is the caller's to check
// (ZZ-6.5).
bool is_reply_certificate(std::span<const message::Embedded<message::SignedReport>> reports,
                          const Faults& faults);

// Stateless validity of system requests, as PREPARE needs it (ZZ-3.5).
bool is_valid(const message::Convict& convict, const Faults& faults);
bool is_valid(const message::Settled& settled, const Faults& faults);
bool is_valid(const message::Embedded<message::Enrol>& enrol, const Faults& faults);
bool is_valid(const message::SystemRequest& request, const Faults& faults);

// A set of ZZ-6.7: f+1 members of distinct slots in range, ascending.
bool is_active_set(std::span<const message::Member> set, const Faults& faults);

// Whether a proof of kind (i), (ii) or (iii) of ZZ-6.6 holds for `config`, the configuration of its
// epoch. Proofs by COLUMNs need the matrix and are judged in the rooms that include it.
bool proves_wake_up(const message::WakeUpProof& proof, const message::Config& config,
                    const Faults& faults);

// The state of an incarnation in a configuration; nothing if it is not live there (another
// incarnation, empty slot).
std::optional<message::MemberState> state_of(const message::Config& config, const ExecutionId& id);

} // namespace zz::auth
