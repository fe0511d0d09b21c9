// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/watch.h"

#include <fstream>

namespace zz::demo {
namespace {

constexpr auto kStatusEvery = std::chrono::milliseconds(1000);
constexpr auto kStatusPatience = std::chrono::seconds(20);
constexpr auto kEventsAgain = std::chrono::seconds(2);
constexpr std::size_t kCounts = 4; // throughput is over so many statuses

} // namespace

void Watch::tick() {
    tick_status();
    tick_events();
    tick_classify();
}

void Watch::stop() {
    for (auto* child : {&status_, &events_, &classify_})
        child->reset();
}

void Watch::tick_status() {
    const auto now = Clock::now();
    if (!status_) {
        if (now < status_next_)
            return;
        auto started = ctl_.start({"status", "--json"});
        status_next_ = now + kStatusEvery;
        if (!started) {
            complaint_ = started.error().text;
            return;
        }
        status_ = std::move(started).value();
        status_end_ = now + kStatusPatience;
    }
    status_->poll(0);
    if (status_->running()) {
        if (now >= status_end_) {
            complaint_ = "zzctl status does not end";
            status_.reset();
        }
        return;
    }
    const auto answer = parse_json(status_->out(), "zzctl status --json");
    if (status_->exit_code() != 0 || !answer) {
        complaint_ = status_->err().empty() && !answer ? answer.error().text : status_->err();
    } else {
        complaint_.clear();
        facts_ = read_facts(*answer);
        ++facts_number_;
        for (const auto& app : facts_.applications) {
            auto& counts = counts_[app.name];
            if (app.requests)
                counts.push_back({now, *app.requests});
            while (counts.size() > kCounts)
                counts.pop_front();
        }
    }
    status_.reset();
}

double Watch::throughput(const std::string& application) const {
    const auto it = counts_.find(application);
    if (it == counts_.end() || it->second.size() < 2)
        return 0;
    const auto& [first, last] = std::pair(it->second.front(), it->second.back());
    const double seconds = std::chrono::duration<double>(last.at - first.at).count();
    return last.requests <= first.requests || seconds <= 0
               ? 0
               : static_cast<double>(last.requests - first.requests) / seconds;
}

void Watch::tick_events() {
    const auto now = Clock::now();
    if (events_ && !events_->running())
        events_.reset();
    if (!events_) {
        if (now < events_next_)
            return;
        events_next_ = now + kEventsAgain;
        auto started = ctl_.start({"events", "--follow", "--json"});
        if (!started)
            return;
        events_ = std::move(started).value();
    }
    events_->poll(0);
    for (const auto& line : events_->take_lines()) {
        const Json event = Json::parse(line, nullptr, false);
        if (!event.is_discarded() && matrices_.take(event))
            matrix_changed_ = true;
    }
}

// The rules are in one place, and here it is asked for.
void Watch::tick_classify() {
    if (classify_) {
        classify_->poll(0);
        if (classify_->running())
            return;
        const Json answer = Json::parse(classify_->out(), nullptr, false);
        verdict_ = classify_->exit_code() == 0 && answer.is_object() ? answer : Json::object();
        classify_.reset();
    }
    if (!matrix_changed_ || !matrices_.newest())
        return;
    const auto* app = facts_.application(matrices_.newest()->application);
    const std::uint64_t f = app == nullptr ? 1 : app->f;
    const std::string path = ctl_.dir() + "/shown.csv";
    std::ofstream(path, std::ios::trunc) << matrices_.newest()->csv(f);
    auto started = Child::start({ctl_.program(), "classify", "--f", std::to_string(f), path});
    if (!started)
        return;
    classify_ = std::move(started).value();
    matrix_changed_ = false;
}

} // namespace zz::demo
