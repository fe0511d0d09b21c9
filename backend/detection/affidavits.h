// SPDX-License-Identifier: Apache-2.0
// What a settled number gives its clients (ZZ-4.3 (b), (c)): a reply certificate where f+1 equal
// signed reports are held, else a REPLY-AFFIDAVIT; unasked after an evidence round, and to a client
// that asks again.
#pragma once

#include "backend/detection/board.h"

namespace zz::detection {

// The root of a REPORT over these reply digests (ZZ-4.2).
Digest report_root(const std::vector<core::OrderedRequest>& requests,
                   const std::vector<Digest>& reply_digests);

// Takes the reply digests that hash to the settled value, from whichever report brought them.
void find_reply_digests(Board& b, Case& c);
// To every client of n, once, if an evidence round of n makes them due.
void serve_clients(Board& b, Case& c);
// To one client for one of its requests. False if the reply digests are not known here.
bool serve_client(Board& b, const Case& c, const core::OrderedRequest& request);

} // namespace zz::detection
