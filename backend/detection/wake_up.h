// SPDX-License-Identifier: Apache-2.0
// Wake-up (ZZ-6.6): our DEMANDs and NOSIGNs, those of others, and the wake-up proofs they make.
// While a proof of the current epoch is held, sleeping replicas are awake (ZZ-1.7).
#pragma once

#include "backend/detection/board.h"

namespace zz::detection {

// Signs DEMAND as soon as two unequal signed reports by actives are held and n is unsettled; under
// policy `matrix` not before the grace period is over.
void demand(Board& b, Case& c);
// When that may happen for this case; kNever if it may not.
Instant demand_due(const Board& b, const Case& c);
// Signs NOSIGN for each active whose signature is lacking. Precondition: second_deadline(b, c) has
// passed.
void no_sign(Board& b, Case& c);
// Ours again, each heartbeat.
void repeat_demands(Board& b, Case& c);

void on_demand(Board& b, const auth::Verified& v);
void on_no_sign(Board& b, const auth::Verified& v);
void on_wake_up_proof(Board& b, const message::WakeUpProof& proof);
// Looks whether what is held of this case proves a wake-up, or names a replica.
void assemble_proof(Board& b, Case& c);
// A convicted active is a proof (iii).
void on_certificate(Board& b, const std::vector<Signed<message::Config>>& certificate);
// An execution replica that starts learns at once that it is awake, once in a heartbeat.
void on_started(Board& b, const PrincipalId& who);
// To the awake replicas and the controllers, each heartbeat until the epoch ends.
void send_proof(Board& b);

} // namespace zz::detection
