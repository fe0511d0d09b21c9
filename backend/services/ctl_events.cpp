// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <ctime>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"
#include "protocol/telemetry/version.h"

namespace zz::services::ctl {
namespace {

std::string kind_name(const telemetry::Event& event) {
    std::string name = telemetry::EventKind_Name(event.kind());
    for (char& c : name)
        c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
}

std::string iso(std::int64_t ns) {
    const std::time_t seconds_part = ns / 1'000'000'000;
    std::tm parts{};
    gmtime_r(&seconds_part, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    return fmt::format("{}.{:03}Z", text.data(), ns / 1'000'000 % 1000);
}

nlohmann::json update_json(const cluster::Cluster& cluster, const telemetry::Update& update) {
    const auto& e = update.event();
    const auto* host = cluster.host(HostId(update.host()));
    nlohmann::json out{{"host", host != nullptr ? host->name : "?"},
                       {"host_number", update.host_number()},
                       {"time", iso(e.wall_ns())},
                       {"source", zz::to_string(runtime::from_proto(e.source().principal()))},
                       {"number", e.number()},
                       {"kind", kind_name(e)}};
    // A source of the whole host says which application it speaks of.
    if (const std::uint32_t about = e.source().application() + e.application(); about != 0) {
        const auto* app = cluster.application(ApplicationId(static_cast<std::uint16_t>(about - 1)));
        out["app"] = app != nullptr ? app->name : "?";
    }
    if (e.n() != 0)
        out["n"] = e.n();
    if (e.epoch() != 0)
        out["epoch"] = e.epoch();
    if (e.value() != 0)
        out["value"] = e.value();
    if (e.has_subject())
        out["subject"] = zz::to_string(runtime::from_proto(e.subject()));
    if (!e.digest().empty())
        out["digest"] = to_hex(view_of(e.digest()));
    if (!e.text().empty())
        out["text"] = e.text();
    if (!e.evidence().empty())
        out["evidence"] = e.evidence();
    for (const auto& column : e.columns())
        out["columns"].push_back(
            {{"id", fmt::format("E{}.{}", column.slot(), column.incarnation())},
             {"entry", column.state() == 2   ? to_hex(view_of(column.digest()))
                       : column.state() == 1 ? "-"
                                             : "?"}});
    return out;
}

void print(const cluster::Cluster& cluster, const telemetry::Update& update, bool as_json) {
    const auto line = update_json(cluster, update);
    if (as_json) {
        fmt::print("{}\n", line.dump());
        return;
    }
    fmt::print("{} {:<6} {:<3} {:<12} {:<20}", line["time"].get<std::string>(),
               line["host"].get<std::string>(), line.value("app", ""),
               line["source"].get<std::string>(), line["kind"].get<std::string>());
    for (const char* key : {"subject", "n", "epoch", "value", "text"})
        if (line.contains(key))
            fmt::print(" {}={}", key,
                       line[key].is_string() ? line[key].get<std::string>() : line[key].dump());
    fmt::print("\n");
}

int follow(const cluster::Cluster& cluster, OperatorClient& client, bool as_json) {
    runtime::StopSignal stop;
    for (const auto& host : cluster.hosts) {
        const Status subscribed = client.transport().subscribe(
            transport::peer(principal(host.id)), host.telemetry_endpoint(), host.keys.exchange);
        if (!subscribed)
            return failed(subscribed.error().text);
    }
    const std::array<int, 1> extra{stop.fd()};
    while (!stop.stopped()) {
        for (const auto& received : client.transport().poll(seconds(60), extra).published) {
            telemetry::Update update;
            if (update.ParseFromArray(received.frame.view().data(),
                                      static_cast<int>(received.frame.size())) &&
                update.has_event())
                print(cluster, update, as_json);
        }
        std::fflush(stdout);
    }
    return kDone;
}

int events(const std::string& dir, bool follows, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    telemetry::CommandBody body;
    body.mutable_events()->set_count_max(telemetry::kEventsPerSourceMax);
    std::vector<telemetry::Update> all;
    const auto answers = (*client)->ask(body, kAnswerPatience);
    for (const auto& [host, answer] : answers)
        for (const auto& update : answer.events().updates())
            all.push_back(update);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.event().wall_ns() < b.event().wall_ns();
    });
    for (const auto& update : all)
        print(*cluster, update, as_json);
    for (const auto& host : cluster->hosts)
        if (!answers.contains(host.id))
            fmt::print(stderr, "zzctl: host {} does not answer: its events are missing\n",
                       host.name);
    if (follows)
        return follow(*cluster, **client, as_json);
    return answers.empty() ? failed("no host answers: is the data center up?") : kDone;
}

} // namespace

void add_events(CLI::App& parent, Chosen& chosen) {
    auto dir = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false), follows = std::make_shared<bool>(false);
    auto* command = parent.add_subcommand("events", "telemetry events of all hosts by time");
    command->add_option("--dir", *dir, "folder of the data center")->required();
    command->add_flag("--follow", *follows, "goes on until interrupted");
    command->add_flag("--json", *json, "one JSON document a line");
    command->callback([=, &chosen] { chosen.run = [=] { return events(*dir, *follows, *json); }; });
}

} // namespace zz::services::ctl
