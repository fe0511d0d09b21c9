// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/feed.h"

#include "backend/runtime/clock.h"

namespace zz::runtime {

Feed::Feed(HostId host, const ApplicationId* application, const PrincipalId& self) {
    source_.set_host(host.value);
    source_.set_application(application != nullptr ? application->value + 1U : 0U);
    to_proto(self, *source_.mutable_principal());
    // Wall time tells starts of one process apart; nothing rests on its being right.
    source_.set_boot(static_cast<std::uint64_t>(wall_ns()));
}

void Feed::push(telemetry::Event event) {
    if (queue_.size() >= kFeedEventsMax) {
        ++dropped_;
        return;
    }
    *event.mutable_source() = source_;
    event.set_number(++number_);
    event.set_wall_ns(wall_ns());
    event.set_monotonic_ns(now().ns);
    telemetry::Update update;
    update.set_host(source_.host());
    *update.mutable_event() = std::move(event);
    queue_.push_back(update.SerializeAsString());
}

void Feed::notice(const core::Notice& notice, ApplicationId about) {
    telemetry::Event event;
    to_proto(notice, event);
    if (source_.application() == 0)
        event.set_application(about.value + 1U);
    push(std::move(event));
}

void Feed::event(telemetry::EventKind kind, std::string_view text, std::uint64_t value,
                 const PrincipalId& subject, const ApplicationId* about) {
    telemetry::Event event;
    if (about != nullptr)
        event.set_application(about->value + 1U);
    event.set_kind(kind);
    event.set_text(safe_text(text));
    event.set_value(value);
    if (subject.index != 0)
        to_proto(subject, *event.mutable_subject());
    push(std::move(event));
}

void Feed::facts(telemetry::Facts facts) {
    *facts.mutable_source() = source_;
    facts.set_wall_ns(wall_ns());
    facts.set_monotonic_ns(now().ns);
    facts.set_last_event(number_);
    facts.mutable_process()->set_events_dropped(dropped_);
    telemetry::Update update;
    update.set_host(source_.host());
    *update.mutable_facts() = std::move(facts);
    facts_ = update.SerializeAsString();
    has_facts_ = true;
}

std::vector<std::string> Feed::take() {
    std::vector<std::string> out(std::make_move_iterator(queue_.begin()),
                                 std::make_move_iterator(queue_.end()));
    queue_.clear();
    if (dropped_ > dropped_told_) {
        event(telemetry::EVENTS_DROPPED, "the queue to zz-host was full", dropped_ - dropped_told_);
        dropped_told_ = dropped_;
        out.push_back(std::move(queue_.back()));
        queue_.pop_back();
    }
    if (has_facts_)
        out.push_back(std::exchange(facts_, {}));
    has_facts_ = false;
    return out;
}

} // namespace zz::runtime
