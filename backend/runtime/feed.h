// SPDX-License-Identifier: Apache-2.0
// Feed: what a service tells the zz-host of its host: events, numbered without gaps, and facts.
// Bounded: when the queue is full the newest event is dropped and counted, and an EVENTS_DROPPED
// event tells how many. Facts are not queued: the newest replaces the older one. The owner sends
// what take() gives. One thread.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "backend/runtime/convert.h"

namespace zz::runtime {

inline constexpr std::size_t kFeedEventsMax = 4096;

class Feed {
  public:
    // `application` is counted from 0; none for the host as a whole.
    Feed(HostId host, const ApplicationId* application, const PrincipalId& self);

    const telemetry::Source& source() const { return source_; }

    // `about`: the application, where the source is of the host as a whole.
    void notice(const core::Notice& notice, ApplicationId about);
    void event(telemetry::EventKind kind, std::string_view text, std::uint64_t value = 0,
               const PrincipalId& subject = {}, const ApplicationId* about = nullptr);
    // The caller fills `of` and `process`; the rest is filled here.
    void facts(telemetry::Facts facts);

    bool empty() const { return queue_.empty() && !has_facts_; }
    // Encoded Updates, oldest first.
    std::vector<std::string> take();
    std::uint64_t dropped() const { return dropped_; }

  private:
    void push(telemetry::Event event);

    telemetry::Source source_;
    std::uint64_t number_ = 0;
    std::deque<std::string> queue_;
    std::string facts_;
    bool has_facts_ = false;
    std::uint64_t dropped_ = 0, dropped_told_ = 0;
};

} // namespace zz::runtime
