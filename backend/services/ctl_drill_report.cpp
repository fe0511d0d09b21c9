// SPDX-License-Identifier: Apache-2.0
// zzctl drill report and stop: what came of a drill, and its end.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <thread>

#include "backend/runtime/clock.h"
#include "backend/services/ctl.h"
#include "backend/services/ctl_drill.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;

json part_json(DrillSite& site, const DrillRecord& record) {
    site.select(record.application);
    const auto events = site.events_since(mark_of(record));
    return {{"id", record.id},
            {"name", record.name},
            {"app", record.application},
            {"targets", target_states(record, site.application(), events)},
            {"predicted", record.predicted},
            {"observed", observed(record, site.application(), events)},
            {"phases_ms", phases(record, site.application(), events)}};
}

std::string part_words(const json& part) {
    std::string words =
        in_words("predicted", part["predicted"]) + "\n" + in_words("observed", part["observed"]);
    if (part["observed"].contains("text"))
        words += "\n" + part["observed"]["text"].get<std::string>();
    for (const auto& row : part["observed"]["matrix"])
        words += fmt::format("\n  {}  {}", row["row"].get<std::string>(), row["entries"].dump());
    for (const auto& [phase, at] : part["phases_ms"].items())
        words += fmt::format("\n  {:<16} {:10.1f} ms", phase, at.get<double>());
    for (const auto& [target, state] : part["targets"].items())
        words += fmt::format("\n  {:<16} {}", target, state.get<std::string>());
    return words;
}

int report_one(DrillSite& site, const DrillFile& file, bool as_json) {
    json out;
    std::string words;
    for (const DrillRecord& record : file.parts) {
        const json part = part_json(site, record);
        if (out.is_null())
            out = part;
        if (file.parts.size() > 1) {
            out["applications"][record.application] = part;
            words +=
                fmt::format("{}application {}\n", words.empty() ? "" : "\n", record.application);
        }
        words += part_words(part);
    }
    print(out, as_json, words);
    return kDone;
}

bool as_predicted(const json& part) {
    return std::ranges::all_of(
        std::array{"verdict", "wakes", "convicted", "unresponsive"}, [&](const char* key) {
            return part["predicted"].value(key, json()) == part["observed"].value(key, json());
        });
}

json spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](std::size_t percent) {
        return values[(values.size() - 1) * percent / 100];
    };
    return {
        {"min", values.front()}, {"median", at(50)}, {"p99", at(99)}, {"rounds", values.size()}};
}

int report_series(DrillSite& site, const DrillFile& series, bool as_json) {
    json out, spreads = json::object();
    std::map<std::string, std::vector<double>> phases;
    std::size_t rounds = 0, right = 0;
    for (const std::string& id : series.rounds) {
        const auto file = read_drill_file(site.layout(), id);
        if (!file || file->parts.empty())
            continue; // It was not begun.
        const json part = part_json(site, file->parts.front());
        ++rounds;
        right += as_predicted(part) ? 1 : 0;
        for (const auto& [phase, at] : part["phases_ms"].items())
            phases[phase].push_back(at.get<double>());
        out = part;
    }
    if (rounds == 0)
        return failed(fmt::format("drill {}: none of its rounds was begun", series.id));
    std::string words =
        part_words(out) + fmt::format("\n{} rounds, {} as predicted; milliseconds\n  {:<16} {:>10} "
                                      "{:>10} {:>10}",
                                      rounds, right, "phase", "min", "median", "p99");
    out["id"] = series.id;
    out["rounds"] = rounds;
    out["as_predicted"] = right;
    for (const auto& [phase, values] : phases) {
        const json spread = spread_of(values);
        spreads[phase] = spread;
        out["phases_ms"][phase] = spread["median"];
        words +=
            fmt::format("\n  {:<16} {:10.1f} {:10.1f} {:10.1f}", phase, spread["min"].get<double>(),
                        spread["median"].get<double>(), spread["p99"].get<double>());
    }
    out["phases_spread_ms"] = spreads;
    print(out, as_json, words);
    return kDone;
}

// "unknown: ..." for who did not say how it stands.
std::map<std::string, std::string> final_states(DrillSite& site, const DrillFile& file) {
    constexpr Duration kPatience = seconds(3);
    std::map<std::string, std::string> out;
    for (const DrillRecord& record : file.parts) {
        site.select(record.application);
        const Instant give_up = runtime::now() + kPatience;
        for (;;) {
            const auto states =
                target_states(record, site.application(), site.events_since(mark_of(record)));
            const bool all = std::none_of(states.begin(), states.end(), [](const auto& target) {
                return target.second == kTargetRuns;
            });
            const bool over = record.started_wall_ns + record.lease_ns < runtime::wall_ns();
            if (!all && runtime::now() < give_up) {
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
                continue;
            }
            for (const auto& [target, state] : states)
                out[file.parts.size() > 1 ? record.application + "/" + target : target] =
                    state != kTargetRuns ? state
                    : over               ? "lease over; it did not say so"
                                         : "unknown: it does not answer; its lease ends the drill";
            break;
        }
    }
    return out;
}

} // namespace

int drill_report(const std::string& dir, const std::string& id, bool as_json) {
    const auto file = read_drill_file(Layout{dir}, id);
    if (!file)
        return bad_usage(file.error().text);
    const auto cluster = cluster::load(Layout{dir}.cluster_file());
    if (!cluster || cluster->applications.empty())
        return bad_usage(cluster ? "the cluster file has no application" : cluster.error().text);
    auto site = DrillSite::open(dir, cluster->applications.front().name);
    if (!site)
        return bad_usage(site.error().text);
    return file->parts.empty() ? report_series(**site, *file, as_json)
                               : report_one(**site, *file, as_json);
}

int drill_stop(const std::string& dir, const std::string& id, const std::string& reason,
               bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster || cluster->applications.empty())
        return bad_usage(cluster ? "the cluster file has no application" : cluster.error().text);
    auto site = DrillSite::open(dir, cluster->applications.front().name);
    if (!site)
        return failed(site.error().text);
    std::vector<DrillFile> files;
    if (id.empty())
        files = (*site)->drill_files();
    else if (auto file = read_drill_file(layout, id))
        files.push_back(std::move(file).value());
    telemetry::CommandBody body;
    body.set_reason(reason);
    if (id.empty())
        body.mutable_drill_stop_all();
    else
        body.mutable_drill_stop()->set_id(
            files.empty() || files[0].rounds.empty() ? id : files[0].rounds.back());
    const auto answers = (*site)->client().ask(body, seconds(5));
    json out = {{"hosts", json::object()}, {"targets", json::object()}};
    std::string words, trouble;
    for (const auto& host : cluster->hosts) {
        const auto answer = answers.find(host.id);
        const std::string state = answer == answers.end()
                                      ? "unknown: it does not answer; the lease ends the drill"
                                  : answer->second.ok() ? "told"
                                                        : answer->second.error();
        out["hosts"][host.name] = state;
        if (state != "told")
            trouble += fmt::format("host {}: {}\n", host.name, state);
    }
    const std::int64_t now = runtime::wall_ns();
    for (DrillFile& file : files) {
        if (!file.rounds.empty()) {
            auto last = read_drill_file(layout, file.rounds.back());
            if (!last)
                continue;
            file = std::move(last).value();
        }
        const bool old = std::all_of(file.parts.begin(), file.parts.end(), [&](const auto& part) {
            return part.started_wall_ns + part.lease_ns < now;
        });
        if (id.empty() && old)
            continue;
        for (const auto& [target, state] : final_states(**site, file)) {
            out["targets"][file.id + " " + target] = state;
            words += fmt::format("{} {}: {}\n", file.id, target, state);
            if (state.starts_with("unknown"))
                trouble += fmt::format("{} {}: {}\n", file.id, target, state);
        }
    }
    if (!words.empty())
        words.pop_back();
    print(out, as_json, words.empty() ? "no drill of this data center runs" : words);
    return trouble.empty() ? kDone : failed(trouble);
}

} // namespace zz::services::ctl
