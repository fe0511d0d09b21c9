// SPDX-License-Identifier: Apache-2.0
#include "backend/services/drill_site.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "backend/services/status_view.h"

namespace zz::services {
namespace {

constexpr std::uint32_t kEventsAtOnce = 4096;

SlotId slot_of(const nlohmann::json& replica) {
    return SlotId(static_cast<std::uint32_t>(
        std::strtoul(replica["id"].get<std::string>().c_str() + 1, nullptr, 10)));
}

} // namespace

Mark mark_of(const DrillRecord& record) {
    Mark mark;
    mark.wall_ns = record.started_wall_ns;
    for (const auto& [host, number] : record.host_numbers)
        mark.numbers[HostId(host)] = number;
    return mark;
}

std::string drill_file(const Layout& layout, const std::string& id) {
    return fmt::format("{}/drill-{}.json", layout.run(), id);
}

Result<DrillFile> read_drill_file(const Layout& layout, const std::string& id) {
    const auto text = runtime::read_file(drill_file(layout, id), 1u << 20);
    if (!text)
        return Error{fmt::format("there is no record of a drill '{}' in {}: {}", id, layout.run(),
                                 text.error().text)};
    return drill_file_from(text.value());
}

Result<std::unique_ptr<DrillSite>> DrillSite::open(const std::string& dir, const std::string& app) {
    const Layout layout{dir};
    auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return cluster.error();
    std::unique_ptr<DrillSite> site(new DrillSite(layout, std::move(cluster).value()));
    site->application_ = site->cluster_.application(app);
    if (site->application_ == nullptr)
        return Error{
            fmt::format("{} has no application '{}': see --app", layout.cluster_file(), app)};
    auto client = OperatorClient::make(site->layout_, site->cluster_);
    if (!client)
        return client.error();
    site->client_ = std::move(client).value();
    return site;
}

bool DrillSite::select(const std::string& app) {
    const auto* found = cluster_.application(app);
    application_ = found != nullptr ? found : application_;
    return found != nullptr;
}

std::vector<DrillFile> DrillSite::drill_files() const {
    constexpr std::string_view kBegin = "drill-", kEnd = ".json";
    std::vector<DrillFile> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(layout_.run(), error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kBegin) || !name.ends_with(kEnd))
            continue;
        auto file = read_drill_file(
            layout_, name.substr(kBegin.size(), name.size() - kBegin.size() - kEnd.size()));
        if (file)
            out.push_back(std::move(file).value());
    }
    return out;
}

Result<nlohmann::json> DrillSite::status() {
    const auto view = status_json(cluster_, client_->snapshots(kAnswerPatience));
    for (const auto& app : view["applications"])
        if (app["name"] == application_->name)
            return app;
    return Error{"no host answers: is the data center up?"};
}

drill::Stage DrillSite::stage(const nlohmann::json& status) const {
    drill::Stage stage;
    stage.faults = application_->faults();
    stage.policy = application_->wakeup == cluster::WakeupPolicy::Matrix ? drill::Policy::Matrix
                                                                         : drill::Policy::Evidence;
    stage.deadline_floor = application_->limits.deadline_floor;
    for (const auto& replica : status["execution"])
        if (replica["state"] == "active")
            stage.actives.push_back(slot_of(replica));
    return stage;
}

std::map<SlotId, Incarnation> DrillSite::incarnations(const nlohmann::json& status) const {
    std::map<SlotId, Incarnation> out;
    for (const auto& replica : status["execution"])
        if (replica["incarnation"].is_number())
            out[slot_of(replica)] = Incarnation(replica["incarnation"].get<std::uint32_t>());
    return out;
}

bool DrillSite::at_rest(const nlohmann::json& status) const {
    std::uint32_t active = 0;
    for (const auto& replica : status["execution"]) {
        active += replica["state"] == "active";
        if (replica["state"] != "active" &&
            (replica["state"] != "sleeping" || replica["ready"] != true))
            return false;
    }
    return active == application_->faults().active_replicas() &&
           !status["configuration"].is_null() && !status["last_executed"].is_null();
}

Mark DrillSite::mark() {
    Mark mark;
    mark.wall_ns = runtime::wall_ns();
    for (const auto& [host, snapshot] : client_->snapshots(kAnswerPatience))
        mark.numbers[host] = snapshot.host_number();
    return mark;
}

std::vector<telemetry::Event> DrillSite::events_since(const Mark& mark) {
    std::vector<telemetry::Event> out;
    for (const auto& host : cluster_.hosts) {
        const auto known = mark.numbers.find(host.id);
        std::uint64_t after = known == mark.numbers.end() ? 0 : known->second;
        for (bool more = true; more;) {
            telemetry::CommandBody body;
            body.mutable_events()->set_after_host_number(after);
            body.mutable_events()->set_count_max(kEventsAtOnce);
            const auto answers = client_->ask(body, kAnswerPatience, {host.id});
            const auto answer = answers.find(host.id);
            more = false;
            if (answer == answers.end() || !answer->second.has_events())
                break;
            for (const auto& update : answer->second.events().updates()) {
                more = update.host_number() > after;
                after = std::max(after, update.host_number());
                if (!update.has_event() || update.event().wall_ns() < mark.wall_ns)
                    continue;
                // A controller serves many applications and says which one an event is about.
                const auto scope =
                    update.event().source().application() + update.event().application();
                if (scope == 0 || scope == application_->id.value + 1U)
                    out.push_back(update.event());
            }
            more = more && after < answer->second.events().newest();
        }
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.wall_ns() < b.wall_ns(); });
    return out;
}

} // namespace zz::services
