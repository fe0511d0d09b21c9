// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/link/host_stream.h"

#include <algorithm>
#include <fmt/format.h>

#include "console/core/state.h"
#include "protocol/telemetry/version.h"

namespace zz::console {
namespace {

Arrival note_of(std::int64_t now_ns, Note note) {
    Arrival out;
    out.at_ns = now_ns;
    out.note = std::move(note);
    return out;
}

Arrival arrival_of(std::int64_t now_ns, telemetry::Update update, bool backlog) {
    Arrival out;
    out.at_ns = now_ns;
    out.update = std::make_shared<const telemetry::Update>(std::move(update));
    out.backlog = backlog;
    return out;
}

} // namespace

void HostStream::lost_some(std::int64_t now_ns, std::uint64_t count, std::vector<Arrival>& out) {
    if (!hole_)
        hole_ = Hole{newest_, 0};
    hole_->count += count;
    out.push_back(note_of(now_ns, {NoteKind::Gap, host_, count, 0, {}}));
    ask_again();
}

std::vector<Arrival> HostStream::published(std::int64_t now_ns, telemetry::Update update) {
    std::vector<Arrival> out;
    if (update.host() != host_ && update.host() != 0)
        return out;
    update.set_host(host_);
    heard_ns_ = now_ns;
    if (refused_)
        return out; // in words that may mean something else
    if (update.has_heartbeat()) {
        const auto& beat = update.heartbeat();
        if (boot_ != 0 && beat.host_boot() != boot_) {
            // Another process: its numbers begin anew, and so do we.
            newest_ = seen_ = 0;
            has_past_ = false;
            hole_.reset();
            ask_again();
        } else if (boot_ != 0 && !dirty_ && beat.host_number() > newest_) {
            lost_some(now_ns, beat.host_number() - newest_, out);
            newest_ = beat.host_number();
        }
        boot_ = beat.host_boot();
    } else if (const std::uint64_t number = update.host_number(); number != 0) {
        if (number <= newest_ && boot_ != 0)
            return out; // twice, or out of order: a hole was told and is filled by an answer
        if (newest_ != 0 && number > newest_ + 1)
            lost_some(now_ns, number - newest_ - 1, out);
        newest_ = number;
        if (!hole_)
            seen_ = number;
    }
    out.push_back(arrival_of(now_ns, std::move(update), false));
    return out;
}

std::vector<Arrival> HostStream::answered(std::int64_t now_ns, const telemetry::Answer& answer) {
    std::vector<Arrival> out;
    if (answer.has_hello()) {
        telemetry::Update hello;
        hello.set_host(host_);
        *hello.mutable_hello() = answer.hello();
        out.push_back(arrival_of(now_ns, hello, false));
        refused_ = answer.hello().protocol() != telemetry::kTelemetryVersion;
        if (refused_) {
            out.push_back(note_of(
                now_ns,
                {NoteKind::Refused, host_, 0, 0,
                 fmt::format("it speaks version {} of the telemetry, this console version {}: use "
                             "the console of that release",
                             answer.hello().protocol(), telemetry::kTelemetryVersion)}));
            return out;
        }
    }
    if (!answer.ok()) {
        out.push_back(note_of(now_ns, {NoteKind::Refused, host_, 0, 0, answer.error()}));
        return out;
    }
    if (answer.has_snapshot()) {
        const auto& snapshot = answer.snapshot();
        dirty_ = false;
        if (boot_ != snapshot.host_boot()) {
            // Events were asked for by numbers of the process before.
            if (boot_ != 0)
                ask_again();
            newest_ = seen_ = 0;
            has_past_ = false;
            hole_.reset();
        }
        boot_ = snapshot.host_boot();
        newest_ = std::max(newest_, snapshot.host_number());
        heard_ns_ = now_ns;
        telemetry::Update update;
        update.set_host(host_);
        *update.mutable_snapshot() = snapshot;
        update.mutable_snapshot()->set_host(host_);
        out.push_back(arrival_of(now_ns, std::move(update), false));
    } else if (answer.has_events()) {
        const auto& events = answer.events();
        for (const auto& event : events.updates())
            if (event.has_event()) {
                telemetry::Update update = event;
                update.set_host(host_);
                out.push_back(arrival_of(now_ns, std::move(update), true));
                const auto number = event.host_number();
                out.back().known = has_past_ && number != 0 && number <= seen_;
            }
        all_ = false;
        has_past_ = true;
        if (hole_) {
            // Facts that were lost are in the snapshot; events that the host forgot stay missing.
            const std::uint64_t gone =
                events.first_kept() > hole_->after + 1 ? events.first_kept() - hole_->after - 1 : 0;
            if (hole_->count > gone)
                out.push_back(
                    note_of(now_ns, {NoteKind::Filled, host_, hole_->count - gone, 0, {}}));
            hole_.reset();
        }
        seen_ = std::max(seen_, std::max(newest_, events.newest()));
    }
    return out;
}

std::vector<Arrival> HostStream::reachable(std::int64_t now_ns, bool yes) {
    if (yes == linked_)
        return {};
    linked_ = yes;
    told_ns_ = now_ns;
    attempt_ = 0;
    if (yes)
        ask_again();
    return {note_of(now_ns, {yes ? NoteKind::Connected : NoteKind::Lost, host_, 0, 0, {}})};
}

std::vector<Arrival> HostStream::tick(std::int64_t now_ns) {
    // Silence over an open connection: perhaps nobody publishes, so it is asked.
    if (linked_ && contact(heard_ns_, now_ns) == Contact::Lost)
        dirty_ = true;
    if (linked_ || now_ns - told_ns_ < kAskAgainNs)
        return {};
    told_ns_ = now_ns;
    return {note_of(now_ns, {NoteKind::Connecting,
                             host_,
                             ++attempt_,
                             static_cast<std::uint64_t>(kAskAgainNs / 1'000'000),
                             {}})};
}

bool HostStream::wants_snapshot(std::int64_t now_ns) const {
    return linked_ && dirty_ && now_ns - asked_ns_ >= kAskAgainNs;
}

} // namespace zz::console
