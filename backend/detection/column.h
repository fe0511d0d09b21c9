// SPDX-License-Identifier: Apache-2.0
// Columns (ZZ-6.1): what we hold of each awake replica, when our COLUMN is signed and to whom it
// goes, and the matrix of the COLUMNs of all (ZZ-6.2), which is judged here for counters and alarms
// only.
#pragma once

#include "backend/detection/board.h"
#include "protocol/matrix/matrix.h"

namespace zz::detection {

matrix::Entry entry_of(const Board& b, const Case& c, ExecutionId id);
// Of every awake replica, ascending by slot.
std::vector<message::ColumnEntry> entries_of(const Board& b, const Case& c);
// No active's entry is pending: then, and only then, a COLUMN may be signed.
bool every_active_in(const Board& b, const Case& c);
// Every active's entry is a digest.
bool every_active_reported(const Board& b, const Case& c);
// f+1 live replicas reported this value; none if no value has so many.
std::optional<Digest> matching_value(const Board& b, const Case& c);

// Signs and sends our COLUMN if it is due, or anew if an entry changed.
void update_column(Board& b, Case& c);
// Sends the signed one again to everybody: each heartbeat while n is unsettled.
void repeat_column(Board& b, Case& c);
void on_column(Board& b, const auth::Verified& v);

} // namespace zz::detection
