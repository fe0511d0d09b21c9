// SPDX-License-Identifier: Apache-2.0
// What a LibvirtHypervisor knows of one machine, and its calls that are run with a limit. Inside of
// hv/libvirt.
#pragma once

#include <algorithm>
#include <fmt/format.h>

#include "hv/libvirt/libvirt_hypervisor.h"

namespace zz::hv {

struct LibvirtHypervisor::Machine {
    MachineState state = MachineState::Absent; // as last seen; Absent: not defined yet
    Note note;
    MachineStats stats;
    // Its start was asked for and not told by an event yet: a stop that is told now is an older
    // one.
    bool starting = false;
    Pending<Ok> hanging;   // a call that outlived its limit
    bool answered = false; // it had returned before the look that is under way
    Call hanging_call = Call::Define;
    Clock::time_point hanging_since{};
};

template <class T>
Result<T> LibvirtHypervisor::timed(const std::string& what, Duration limit,
                                   std::function<Result<T>(Domains&)> call,
                                   Pending<T>& unanswered) {
    const Opened domains = attach();
    if (!domains)
        return domains.error();
    Pending<T> answer = threads_.ask<Outcome<T>>([domains = *domains, call = std::move(call)] {
        Result<T> result = call(*domains);
        const bool alive = result || domains->alive();
        return Outcome<T>{std::move(result), alive};
    });
    if (!answer)
        return Error{fmt::format("cannot {}: all {} calls to the hypervisor {} hang", what,
                                 kCallThreadsMax, settings_.uri)};
    if (!answer->wait(limit)) {
        unanswered = std::move(answer);
        return Error{fmt::format(
            "cannot {}: the hypervisor {} did not answer within {} ms; the call "
            "may still take effect",
            what, settings_.uri, std::chrono::duration_cast<milliseconds>(limit).count())};
    }
    Outcome<T> outcome = answer->take();
    if (!outcome.alive)
        lose(outcome.result.error().text);
    return std::move(outcome.result);
}

} // namespace zz::hv
