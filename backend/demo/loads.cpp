// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/loads.h"

#include <csignal>

#include <fmt/format.h>

namespace zz::demo {

void Loads::begin(const std::vector<std::string>& applications, std::chrono::seconds length) {
    for (const auto& application : applications)
        start(application, length);
}

void Loads::start(const std::string& application, std::chrono::seconds length) {
    auto child =
        ctl_.start({"load", "--app", application, "--clients", std::to_string(lanes_), "--seconds",
                    std::to_string(length.count()), "--size", "100", "--json"});
    if (child)
        children_[application] = std::move(child).value();
    else
        totals_[application].complaints.push_back(child.error().text);
}

void Loads::take(const std::string& application, const Child& child) {
    LoadTotal& total = totals_[application];
    ++total.runs;
    // A load that found something prints its result all the same.
    const auto result = parse_json(child.out(), "zzctl load --app " + application);
    if (!result) {
        total.complaints.push_back(
            fmt::format("{} (code {}) {}", result.error().text, child.exit_code(), child.err()));
        return;
    }
    total.checked += number(*result, "checked").value_or(0);
    total.wrong += number(*result, "wrong").value_or(0);
    total.errors += number(*result, "errors").value_or(0);
}

void Loads::tick() {
    std::vector<std::string> ended;
    for (auto& [application, child] : children_) {
        child->poll(0);
        if (!child->running())
            ended.push_back(application);
    }
    for (const auto& application : ended) {
        take(application, *children_[application]);
        children_.erase(application);
        if (again_.count() > 0 && totals_[application].complaints.empty())
            start(application, again_);
    }
}

void Loads::stop() {
    again_ = std::chrono::seconds(0);
    for (auto& [application, child] : children_)
        child->signal(SIGTERM);
    children_.clear();
}

} // namespace zz::demo
