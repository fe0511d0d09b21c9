// SPDX-License-Identifier: Apache-2.0
// agreement::Core: heartbeat, repair, and the timers that replace a primary (ZZ-3.3).
#include <algorithm>

#include "backend/agreement/core.h"

namespace zz::agreement {

void Core::on_time() {
    if (now_ >= next_heartbeat_)
        heartbeat();
    if (now_ >= next_repair_) {
        next_repair_ = now_ + options_.limits.heartbeat / 4;
        repair();
    }
    if (!active_) {
        if (now_ >= view_deadline_)
            start_view_change(view_ + 1);
        return;
    }
    if (is_primary())
        return;
    pace_.on_time(now_);
    const bool slow = pace_.is_slow();
    if (now_ < delay_deadline() && !slow)
        return;
    if (delay_is_ours()) {
        const Instant later = now_ + options_.limits.heartbeat;
        pool_.watch_again(now_, options_.limits.heartbeat);
        system_.watch_again(later);
        if (progress_deadline_ != kNever)
            progress_deadline_ = later;
        pace_.begin_view();
        return;
    }
    if (slow)
        pace_.replaced(now_);
    start_view_change(view_ + 1);
}

// When the primary is to be replaced, if nothing moves. While all of the window is committed
// nothing more can be ordered, whoever is primary.
Instant Core::delay_deadline() const {
    const Instant of_clients = state_.n() < client_high() ? pool_.next_deadline() : kNever;
    if (state_.n() >= log_.high())
        return kNever;
    return std::min({of_clients, system_.next_deadline(), progress_deadline_});
}

// Others went on without us: first we fetch what we miss. Not for ever: a mark that one of f liars
// helps to raise, or whose only witness cannot prove it, may be out of reach in this view, and then
// only a new view carries it over.
bool Core::delay_is_ours() {
    if (mute_)
        return true;
    if (!is_behind())
        return false;
    if (deferred_mark_ != state_.n())
        deferrals_ = 0;
    deferred_mark_ = state_.n();
    return ++deferrals_ <= kDeferralsMax;
}

void Core::heartbeat() {
    next_heartbeat_ = now_ + options_.limits.heartbeat;
    std::erase_if(served_, [&](const auto& entry) {
        return entry.second.answered <= now_ - options_.limits.heartbeat;
    });
    for (auto& [who, served] : served_)
        served.bytes = served.count = 0;
    tell_status();
    for (const message::SystemRequest& request : system_.watched())
        forward_system(request);
    std::size_t again = 0; // One that was lost, or that the primary had no room for.
    for (const auto& pooled : pool_.watched())
        if (++again <= kForwardAgainMax)
            forward(*pooled);
    if (!certificate_told_)
        send_others(message::ConfigRequest{});
}

// A number that was proposed in this view and is not executed, although the window allows it.
bool Core::waits_for_commit() const {
    for (auto at = log_.entries().upper_bound(state_.n()); at != log_.entries().end(); ++at)
        if (at->second.proposal && at->second.proposal->vote.view == view_)
            return true;
    return false;
}

// At the end of each step.
void Core::update_timers() {
    if (!active_ || !waits_for_commit())
        progress_deadline_ = kNever;
    else if (progress_deadline_ == kNever || progress_mark_ != state_.n())
        progress_deadline_ = now_ + timeout();
    progress_mark_ = state_.n();
    const bool full = state_.n() >= client_high();
    if (window_was_full_ && !full) {
        pool_.watch_again(now_, timeout());
        system_.watch_again(now_ + timeout());
    }
    window_was_full_ = full;
}

Instant Core::wake_at() const {
    Instant at = std::min(next_heartbeat_, next_repair_);
    if (!active_)
        return std::min(at, view_deadline_);
    if (is_primary()) {
        const bool room = next_ <= log_.high() && next_ - 1 - state_.n() < kPipelineMax;
        if (may_vote() && room && next_ <= client_high() && pool_.unproposed() > 0)
            at = std::min(at, pool_.oldest() + kGatherDelay);
        return at;
    }
    return std::min(at, delay_deadline());
}

} // namespace zz::agreement
