// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/track.h"

#include <fmt/format.h>
#include <fstream>
#include <utility>

#include "backend/demo/script.h"

namespace zz::demo {
namespace {

constexpr auto kDrillPatience = std::chrono::seconds(120);
constexpr auto kReportPatience = std::chrono::seconds(8); // until all sources have told

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

void compare(const Json& part, std::vector<std::string>& out) {
    const Json predicted = essence(child(part, "predicted"));
    const Json observed = essence(child(part, "observed"));
    if (predicted.empty() || predicted != observed)
        out.push_back(fmt::format("application {}: predicted {}, observed {}", text(part, "app"),
                                  predicted.dump(), observed.dump()));
}

} // namespace

std::vector<std::string> differences(const Json& report) {
    std::vector<std::string> out;
    const Json& applications = child(report, "applications");
    if (applications.empty())
        compare(report, out);
    for (const auto& part : applications)
        compare(part, out);
    return out;
}

void Track::tick() {
    if (!child_) {
        if (!left_.empty())
            begin();
        return;
    }
    child_->poll(0);
    if (!child_->running()) {
        if (stage_ == Stage::Drill)
            drill_ended();
        else
            report_ended();
    } else if (Clock::now() >= end_) {
        played_.complaints.push_back("it has not ended in time");
        finish();
    }
}

void Track::begin() {
    played_ = {left_.front(), Json::object(), {}, 0};
    left_.pop_front();
    began_ = Clock::now();
    end_ = began_ + kDrillPatience;
    stage_ = Stage::Drill;
    Words words{"drill", "start"};
    words.insert(words.end(), played_.play.words.begin(), played_.play.words.end());
    if (!played_.play.application.empty())
        words.insert(words.end(), {"--app", played_.play.application});
    if (!played_.play.csv.empty()) {
        const std::string file = fmt::format("{}/{}.csv", ctl_.dir(), played_.play.key);
        std::ofstream(file) << played_.play.csv;
        words.insert(words.end(), {"--file", file});
    }
    words.insert(words.end(), {"--wait", "--json"});
    auto started = ctl_.start(words);
    if (started) {
        child_ = std::move(started).value();
    } else {
        played_.complaints.push_back(started.error().text);
        finish();
    }
}

void Track::drill_ended() {
    id_ = text(Json::parse(first_line(child_->out()), nullptr, false), "id");
    if (child_->exit_code() != 0)
        played_.complaints.push_back(fmt::format("drill start ended with code {}: {}",
                                                 child_->exit_code(), first_line(child_->err())));
    if (id_.empty())
        return finish();
    stage_ = Stage::Report;
    end_ = Clock::now() + kReportPatience;
    ask_report();
}

void Track::ask_report() {
    auto started = ctl_.start({"drill", "report", id_, "--json"});
    if (started) {
        child_ = std::move(started).value();
    } else {
        played_.complaints.push_back(started.error().text);
        finish();
    }
}

void Track::report_ended() {
    const auto report = parse_json(child_->out(), "zzctl drill report");
    if (report)
        played_.report = *report;
    auto sentences = report ? differences(*report) : std::vector{report.error().text};
    if (!sentences.empty() && Clock::now() < end_)
        return ask_report();
    played_.complaints.insert(played_.complaints.end(), sentences.begin(), sentences.end());
    finish();
}

void Track::finish() {
    child_.reset();
    played_.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    ended_.push_back(std::move(played_));
}

std::vector<Played> Track::take() {
    return std::exchange(ended_, {});
}

std::vector<std::string> Track::give_up() {
    std::vector<std::string> keys;
    for (const Play& play : left_)
        keys.push_back(play.key);
    left_.clear();
    return keys;
}

} // namespace zz::demo
