// SPDX-License-Identifier: Apache-2.0
// The shape of every sans-IO core. A core is a value:
//
//     void   step(Instant now, const Input& input);   // Input: a variant with Received, TimePassed
//     and its own events Output take_output();                           // moves out what the
//     steps so far produced
//
// `now` never goes back. No thread, clock, socket, file, logger or global inside. The shell
// performs an output in this order: records (to the journal), then sends (each after its record is
// as durable as the mode asks, ZZ-8.3), actions, notices; it calls step(now, TimePassed{}) not
// earlier than wake_at, and as late as it likes.
#pragma once

#include <vector>

#include "protocol/auth/verified.h"
#include "protocol/base/instant.h"
#include "protocol/core/notice.h"

namespace zz::core {

struct Received {
    auth::Verified message;
};
struct TimePassed {};

struct Send {
    std::vector<PrincipalId> to;
    message::Message message;
    Blob frame; // already signed (our own or somebody's that we pass on); empty: the shell seals
    RecordIndex after; // 0: at once
};

// Journal records are opaque to the shell; on restart the core gets all that were not truncated, in
// order.
struct Record {
    RecordIndex index;
    Bytes data;
};

template <class Action> struct Output {
    std::vector<Record> records;
    RecordIndex truncate_below; // records below this index are needed no more; 0: keep all
    std::vector<Send> sends;
    std::vector<Action> actions;
    std::vector<Notice> notices;
    Instant wake_at = kNever;
};

} // namespace zz::core
