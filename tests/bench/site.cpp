// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/site.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

namespace zz::bench {
namespace {

namespace fs = std::filesystem;

constexpr auto kInitPatience = seconds(30);
constexpr auto kUpPatience = seconds(180);
constexpr auto kStatusPatience = seconds(20);
constexpr auto kStatusEvery = std::chrono::milliseconds(300);
constexpr int kPollMs = 100;
constexpr int kLoadEndsMs = 25000; // it waits for the last replies

} // namespace

Result<std::unique_ptr<Site>> Site::make(const std::string& bin, const std::string& name,
                                         Words init) {
    const std::string dir = fmt::format("{}/bench-{}/{}", demo::build_folder(), getpid(), name);
    std::error_code error;
    fs::create_directories(dir, error);
    if (error)
        return Error{fmt::format("cannot make {}: {}", dir, error.message())};
    std::unique_ptr<Site> site(new Site(Ctl(bin + "/zzctl", dir)));
    init.insert(init.begin(), {"cluster", "init"});
    if (const auto made = site->ctl_.run(init, kInitPatience); !made)
        return made.error();
    if (const auto up = site->ctl_.run({"cluster", "up"}, kUpPatience); !up)
        return up.error();
    return site;
}

Site::~Site() {
    // Who wants to know what is left calls close().
    if (open_)
        (void)close();
}

Status Site::close() {
    open_ = false;
    const Status down = ctl_.bring_down();
    std::error_code error;
    fs::remove_all(ctl_.dir(), error);
    fs::remove(fs::path(ctl_.dir()).parent_path(), error); // if it was the last one
    return down;
}

Result<demo::ApplicationFacts> Site::rest(const std::string& application, seconds patience) const {
    const auto end = demo::Clock::now() + patience;
    std::string seen = "no status";
    while (demo::Clock::now() < end) {
        const auto status = ctl_.ask({"status"}, kStatusPatience);
        if (!status) {
            seen = status.error().text;
        } else {
            const auto facts = demo::read_facts(*status);
            const auto* app = facts.application(application);
            if (app != nullptr && app->at_rest())
                return *app;
            seen.clear();
            if (app != nullptr)
                for (const auto& slot : app->execution)
                    seen += fmt::format("{}{} {}", seen.empty() ? "" : ", ", slot.id, slot.state);
        }
        if (!ctl_.rest(kStatusEvery))
            return Error{"interrupted"};
    }
    return Error{fmt::format("application {} is not at rest after {} s: {}", application,
                             patience.count(), seen)};
}

Result<std::unique_ptr<Background>> Background::begin(const Site& site, Words load) {
    load.insert(load.begin(), "load");
    load.push_back("--json");
    auto child = site.ctl().start(load);
    if (!child)
        return child.error();
    return std::unique_ptr<Background>(new Background(std::move(child).value()));
}

void Background::wait(seconds patience) {
    const auto end = demo::Clock::now() + patience;
    while (child_->running() && demo::Clock::now() < end && demo::interrupted() == 0)
        child_->poll(kPollMs);
}

Result<Json> Background::end() {
    child_->poll(0);
    child_->stop(kLoadEndsMs);
    const auto result = demo::parse_json(child_->out(), "zzctl load");
    if (!result)
        return result.error();
    if (const auto wrong = demo::number(*result, "wrong").value_or(0); wrong > 0)
        return Error{fmt::format("{} replies were wrong: {}", wrong, child_->err())};
    return *result;
}

double percentile(std::vector<double> values, double percent) {
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * percent / 100)];
}

} // namespace zz::bench
