// SPDX-License-Identifier: Apache-2.0
#include "backend/replica/core.h"

#include <algorithm>
#include <iterator>

namespace zz::replica {

namespace {

bool is_for_detection(message::Kind kind) {
    switch (kind) {
    case message::Kind::Report:
    case message::Kind::SignedReport:
    case message::Kind::SignRequest:
    case message::Kind::Column:
    case message::Kind::MatchRequest:
    case message::Kind::Match:
    case message::Kind::Demand:
    case message::Kind::NoSign:
    case message::Kind::Accuse:
    case message::Kind::Complete:
    case message::Kind::Settle:
    case message::Kind::WakeUpProof:
    case message::Kind::ControllerStatus:
        return true;
    default:
        return false;
    }
}

template <class T> void append(std::vector<T>& to, std::vector<T>& from) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
}

} // namespace

void Core::step(Instant now, const Input& input) {
    if (const auto* received = std::get_if<core::Received>(&input)) {
        if (is_for_detection(message::kind_of(received->message.message())))
            detection_.step(now, *received);
        else
            agreement_.step(now, *received);
        // Who starts asks for the configuration, and needs to know whether it is awake as well.
        if (message::kind_of(received->message.message()) == message::Kind::ConfigRequest)
            detection_.step(now, *received);
    } else {
        agreement_.step(now, core::TimePassed{});
        detection_.step(now, core::TimePassed{});
    }
    settle(now);
}

// Actions of one core are inputs of the other; both only ever answer news with news, so this ends.
void Core::settle(Instant now) {
    for (;;) {
        agreement::Output a = agreement_.take_output();
        detection::Output d = detection_.take_output();
        agreement_wake_ = a.wake_at;
        detection_wake_ = d.wake_at;
        const bool still = a.actions.empty() && d.actions.empty();
        collect(a, now);
        collect(d, now);
        if (still)
            return;
    }
}

void Core::collect(agreement::Output& from, Instant now) {
    append(out_.records, from.records);
    out_.truncate_below = std::max(out_.truncate_below, from.truncate_below);
    append(out_.sends, from.sends);
    append(out_.notices, from.notices);
    for (agreement::Action& action : from.actions) {
        std::visit([&](const auto& event) { detection_.step(now, event); }, action);
        if (auto* configured = std::get_if<core::Configured>(&action))
            out_.actions.push_back(std::move(*configured));
    }
}

void Core::collect(detection::Output& from, Instant now) {
    append(out_.sends, from.sends);
    append(out_.notices, from.notices);
    for (const detection::Action& action : from.actions)
        std::visit([&](const auto& event) { agreement_.step(now, event); }, action);
}

Output Core::take_output() {
    Output out = std::move(out_);
    out_ = Output{};
    out.wake_at = std::min(agreement_wake_, detection_wake_);
    return out;
}

core::AgreementFacts Core::facts() const {
    core::AgreementFacts facts;
    agreement_.facts(facts);
    detection_.add_facts(facts);
    return facts;
}

void Core::invariants() const {
    agreement_.invariants();
    detection_.invariants();
}

} // namespace zz::replica
