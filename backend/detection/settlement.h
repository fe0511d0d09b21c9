// SPDX-License-Identifier: Apache-2.0
// Settlement (ZZ-5.2): when a number is settled here and on which value: its column matched, or f+1
// signed MATCH, or f+1 equal signed reports, or it is at or below a stable checkpoint. What is
// settled stays settled.
#pragma once

#include "backend/detection/board.h"

namespace zz::detection {

// What an execution replica reported, tagged or signed; the first one is its entry.
void on_report(Board& b, const auth::Verified& v);
// Keeps `report` as an entry if the replica has none yet. Precondition: `id` is live.
void take_report(Board& b, Case& c, ExecutionId id, const Digest& batch_digest,
                 const Digest& digest, const std::vector<Digest>& reply_digests);

// Settles the case if it can be; tells who waits for it.
void settle(Board& b, Case& c);
// Moves the settled mark over what is settled and committed.
void advance_settled_mark(Board& b);
void on_stable(Board& b, const message::StableCertificate& certificate);

void on_match(Board& b, const auth::Verified& v);
void on_match_request(Board& b, const auth::Verified& v);

} // namespace zz::detection
