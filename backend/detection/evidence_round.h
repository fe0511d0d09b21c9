// SPDX-License-Identifier: Apache-2.0
// The evidence round (ZZ-6.5): SIGN-REQUEST to the awake replicas and MATCH-REQUEST to the
// agreement replicas for what is not settled when due; signed reports are kept and passed on; at
// the second deadline NOSIGN.
#pragma once

#include "backend/detection/board.h"

namespace zz::detection {

// The case is due: its deadline passed, or every active reported and the column does not match.
void become_due(Board& b, Case& c);
// Asks for MATCH and signatures, the first time and at each repetition.
void ask(Board& b, Case& c);
// A client asks again for a request of n and n is not settled here, or its reply digests are not
// known: asks regardless of any budget, once a heartbeat.
void complain(Board& b, Case& c);
// When NOSIGN may be signed for this case; kNever if it may not.
Instant second_deadline(const Board& b, const Case& c);
// Open SIGN-REQUESTs for a replica that was learnt to be awake (ZZ-7.4).
void ask_woken(Board& b, const std::vector<ExecutionId>& woken);
// REPORTs that did not come are asked for by EXECUTION-STATUS at the end of the step.
void ask_for_reports(Board& b, Case& c);

void on_signed_report(Board& b, const auth::Verified& v);
// A signed report from anywhere: direct, passed on, or inside a DEMAND. Gives false if it is not
// relevant.
bool take_signed(Board& b, const Signed<message::SignedReport>& report);
// All signed reports of the case, to one who asked.
void pass_on_all(Board& b, const Case& c, const PrincipalId& to);
// Sends what the step collected.
void flush_requests(Board& b);

} // namespace zz::detection
