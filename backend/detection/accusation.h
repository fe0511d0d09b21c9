// SPDX-License-Identifier: Apache-2.0
// Accusation and conviction (ZZ-6.5, ZZ-6.7): ACCUSE of a replica from which we hold another digest
// than the settled one; CONVICT on two unequal signed reports of one incarnation, or on f+1 ACCUSE.
#pragma once

#include "backend/detection/board.h"

namespace zz::detection {

// Accuses whom the settled value contradicts.
void accuse(Board& b, Case& c);
// Hands a CONVICT to agreement for each incarnation that is proved wrong, once.
void convict(Board& b, Case& c);
// Where nobody is replaced (ZZ-9.1): tells people whom the settled value contradicts, and no more.
void tell_masked(Board& b, Case& c);
void repeat_accusations(Board& b, Case& c);
void on_accuse(Board& b, const auth::Verified& v);

} // namespace zz::detection
