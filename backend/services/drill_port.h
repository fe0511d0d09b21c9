// SPDX-License-Identifier: Apache-2.0
// DrillPort: where an operator's drill enters a replica's process (ZZ-10.1). Checks the command's
// signature, role and the cluster file's permission itself, hands the orders for this replica to
// its DrillHost, and tells telemetry what began and ended. Of the loop's thread.
#pragma once

#include "backend/drill/drill_host.h"
#include "backend/runtime/loop.h"
#include "backend/services/operators.h"
#include "backend/services/setup.h"

namespace zz::services {

class DrillPort {
  public:
    DrillPort(const Setup& setup, const auth::Identity& identity, runtime::Loop& loop);

    drill::DrillHost& host() { return host_; }
    // `reached`: the highest number this replica has executed or committed.
    void on_command(const telemetry::Command& command, Instant now, SequenceNumber reached);
    // A drill that kept this process down is over.
    void tell_ended(const drill::Ended& ended);
    // Once a turn. Begins and ends what the links suffer; ends the process, as by kill -9, if a
    // `crash` drill says so.
    void on_turn(Instant now);

  private:
    Status start(const telemetry::DrillStart& order, Instant now, SequenceNumber reached);
    void play_links();

    const Setup* setup_;
    PrincipalId self_;
    runtime::Loop* loop_;
    bool links_fail_ = false;
    Operators operators_;
    drill::DrillHost host_;
};

// A `crash` drill keeps its replica down: the process leaves this mark in its data folder and, when
// it is started again, waits until the mark says that it ended or its time is over. What it waited
// for.
std::optional<drill::Ended> wait_while_down(const std::string& folder);
// Ends what the marks of drill `id` (empty: of all) below `machines` ask for.
void lift_down(const std::string& machines, std::string_view id);

} // namespace zz::services
