// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/fold_phases.h"

#include <algorithm>

namespace zz::telemetry {
namespace {

// A sign of a fault after so much silence is another fault's, unless a wake-up is under way.
constexpr std::int64_t kQuietNs = 5'000'000'000;
constexpr std::int64_t kForgottenNs = 180'000'000'000; // a wake-up that never ended

std::optional<Phase> phase_of(const Event& event) {
    switch (event.kind()) {
    case DEVIATION:
        return Phase::FirstDeviation;
    case EVIDENCE_ROUND:
        return Phase::Evidence;
    case DEMANDED:
    case NO_SIGNED:
        return Phase::Detected;
    case WAKE_DECIDED:
        return Phase::Decided;
    case MACHINE_ASKED:
        return event.text() == "wake" ? std::optional(Phase::ResumeAsked) : std::nullopt;
    case MACHINE_DONE:
        return event.text() == "wake" ? std::optional(Phase::Resumed)
               : event.text() == "pause" || event.text() == "save" ||
                       event.text() == "enrolled cold"
                   ? std::optional(Phase::SpareReady)
                   : std::nullopt;
    case LOG_RECEIVED:
        return Phase::LogReceived;
    case REPLAYED:
        return Phase::Replayed;
    case FIRST_REPORT:
        return Phase::FirstReport;
    case CONVICTED:
        return Phase::Convicted;
    case COMPLETED:
        return Phase::Complete;
    case EPOCH_SETTLED:
        return Phase::Removed;
    default:
        return std::nullopt;
    }
}

std::string drill_of(const Event& started) {
    return started.text().substr(0, started.text().find(' '));
}

bool begins_episode(Phase phase) {
    return phase >= Phase::FirstDeviation && phase <= Phase::Decided;
}

} // namespace

std::string_view to_string(Phase phase) {
    constexpr std::array<std::string_view, static_cast<std::size_t>(Phase::Count)> kNames{
        "injected",     "first_deviation", "evidence",     "detected", "decided",
        "resume_asked", "resumed",         "log_received", "replayed", "first_report",
        "first_match",  "convicted",       "complete",     "removed",  "spare_ready"};
    return kNames[static_cast<std::size_t>(phase)];
}

std::optional<std::int64_t> Episode::since_first(Phase phase) const {
    if (at(phase).first_ns == 0)
        return std::nullopt;
    std::int64_t zero = at(Phase::FirstDeviation).first_ns;
    if (zero == 0) {
        zero = INT64_MAX;
        for (const PhaseMark& one : phases)
            if (one.first_ns != 0)
                zero = std::min(zero, one.first_ns);
    }
    return at(phase).first_ns - zero;
}

bool Episode::is_over() const {
    if (!woke())
        return at(Phase::FirstMatch).first_ns != 0;
    return at(Phase::Removed).first_ns != 0 && at(Phase::SpareReady).first_ns != 0;
}

void PhaseFold::take(const SourceKey& source, const Event& event) {
    if (event.kind() == DRILL_STARTED) {
        // Each of its targets tells it.
        const bool known = !episodes_.empty() && episodes_.back().drill == drill_of(event);
        if (!known && (!drill_ || drill_->second.text() != event.text()))
            drill_.emplace(source, event);
        return;
    }
    if (event.kind() == SETTLED_BY_EVIDENCE)
        return on_settled(source, event);
    const auto phase = phase_of(event);
    if (!phase)
        return;
    Episode* episode = current(event, begins_episode(*phase));
    if (episode == nullptr)
        return;
    episode->newest_ns = std::max(episode->newest_ns, event.wall_ns());
    PhaseMark& mark = episode->phases[static_cast<std::size_t>(*phase)];
    // Machines sleep again before, too: what counts is a spare made after the removal.
    if (*phase == Phase::SpareReady && episode->at(Phase::Removed).first_ns == 0)
        return;
    // Who was whole all along says so too when it learns of a wake-up.
    const bool woke =
        episode->woken.contains({source.principal.index, source.principal.incarnation});
    if (*phase == Phase::Complete && !woke && episode->at(Phase::LogReceived).first_by != source)
        return;
    this->mark(mark, source, event);
    const std::pair<std::uint32_t, std::uint32_t> subject{event.subject().index(),
                                                          event.subject().incarnation()};
    if (*phase == Phase::Convicted)
        episode->convicted.insert(subject);
    if (*phase == Phase::Resumed)
        episode->woken.insert(subject);
    if (*phase == Phase::Removed)
        episode->epoch_after = std::max(episode->epoch_after, event.epoch());
    if (*phase <= Phase::Detected)
        on_dispute(*episode, event, *phase == Phase::Detected);
}

// The episode that the event belongs to; a new one if it is the sign of another fault.
Episode* PhaseFold::current(const Event& event, bool begins) {
    if (!episodes_.empty()) {
        Episode& last = episodes_.back();
        const std::int64_t silence = event.wall_ns() - last.newest_ns;
        // What deviates after a drill began is the drill's, however short the silence before it.
        const bool injected = drill_ && drill_->second.wall_ns() > last.newest_ns &&
                              drill_->second.wall_ns() <= event.wall_ns();
        const bool goes_on = last.woke() && !last.is_over()
                                 ? silence < kForgottenNs
                                 : (silence < kQuietNs && !injected) || !begins;
        if (goes_on)
            return &last;
    }
    if (!begins)
        return nullptr;
    Episode episode;
    episode.number = ++count_;
    if (drill_ && drill_->second.wall_ns() <= event.wall_ns()) {
        mark(episode.phases[0], drill_->first, drill_->second);
        episode.drill = drill_of(drill_->second);
        drill_.reset();
    }
    episodes_.push_back(std::move(episode));
    if (episodes_.size() > kEpisodesMax)
        episodes_.pop_front();
    return &episodes_.back();
}

void PhaseFold::mark(PhaseMark& mark, const SourceKey& source, const Event& event) {
    if (mark.first_ns == 0 || event.wall_ns() < mark.first_ns) {
        mark.first_ns = event.wall_ns();
        mark.first_by = source;
    }
    if (source.principal.role == Role::Agreement &&
        mark.reporters.insert(source.principal.index).second && mark.reporters.size() == needed_)
        mark.confirmed_ns = event.wall_ns();
}

// The number whose columns block is the one that somebody demands for; until then the first that
// deviated.
void PhaseFold::on_dispute(Episode& episode, const Event& event, bool firm) {
    const PhaseMark& detected = episode.at(Phase::Detected);
    const bool first_firm = firm && detected.first_ns == event.wall_ns();
    if (episode.n != 0 && !first_firm)
        return;
    episode.n = event.n();
    episode.vote = event.vote();
    const auto settled = episode.settled.find({episode.n, episode.vote});
    episode.phases[static_cast<std::size_t>(Phase::FirstMatch)] =
        settled == episode.settled.end() ? PhaseMark() : settled->second;
}

void PhaseFold::on_settled(const SourceKey& source, const Event& event) {
    if (episodes_.empty())
        return;
    Episode& episode = episodes_.back();
    if (episode.is_over() && event.wall_ns() - episode.newest_ns > kQuietNs)
        return;
    if (episode.settled.size() >= kNumbersSettledMax &&
        !episode.settled.contains({event.n(), event.vote()}))
        return;
    PhaseMark& mark = episode.settled[{event.n(), event.vote()}];
    this->mark(mark, source, event);
    if (episode.n != event.n() || episode.vote != event.vote())
        return;
    episode.newest_ns = std::max(episode.newest_ns, event.wall_ns());
    episode.phases[static_cast<std::size_t>(Phase::FirstMatch)] = mark;
}

} // namespace zz::telemetry
