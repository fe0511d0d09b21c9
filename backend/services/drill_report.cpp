// SPDX-License-Identifier: Apache-2.0
#include "backend/services/drill_report.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "backend/drill/plan.h"
#include "backend/runtime/convert.h"
#include "protocol/matrix/names.h"
#include "protocol/matrix/verdict.h"
#include "protocol/telemetry/fold_phases.h"

namespace zz::services {
namespace {

using nlohmann::json;
using telemetry::Event;
using Events = std::vector<Event>;

struct Key {
    std::uint32_t vote = 1;
    std::uint64_t n = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
};

bool is_agreement(const Event& event) {
    return event.source().principal().role() == static_cast<std::uint32_t>(Role::Agreement);
}

std::optional<std::int64_t> first(const Events& events, telemetry::EventKind kind,
                                  std::string_view text = {}) {
    for (const Event& event : events)
        if (event.kind() == kind && (text.empty() || event.text().starts_with(text)))
            return event.wall_ns();
    return std::nullopt;
}

// Slots about which at least f+1 agreement replicas told an event of this kind.
std::set<std::uint32_t> told(const cluster::Application& app, const Events& events,
                             telemetry::EventKind kind) {
    std::map<std::uint32_t, std::set<std::uint32_t>> by;
    for (const Event& event : events)
        if (event.kind() == kind && is_agreement(event))
            by[event.subject().index()].insert(event.source().principal().index());
    std::set<std::uint32_t> out;
    for (const auto& [slot, sources] : by)
        if (sources.size() >= app.faults().weak_quorum())
            out.insert(slot);
    return out;
}

matrix::Entry entry_of(const telemetry::ColumnEntry& entry) {
    if (entry.state() != 2)
        return entry.state() == 1 ? matrix::Entry::missing() : matrix::Entry::pending();
    Digest digest;
    const std::size_t size = std::min(digest.bytes.size(), entry.digest().size());
    std::copy_n(entry.digest().begin(), size, digest.bytes.begin());
    return matrix::Entry::of(digest);
}

// The columns of one number, told by anybody, as they stood before anybody woke or was convicted.
// What a column of a slow replica left pending by then is what it told later.
matrix::Matrix matrix_of(const DrillRecord& record, const cluster::Application& app,
                         const std::vector<const Event*>& told, std::int64_t cut) {
    matrix::Matrix m(app.faults(), record.actives.size());
    for (const Event* event : told) {
        const std::uint32_t whose = event->subject().index();
        if (whose < 1 || whose > m.columns())
            continue;
        for (const auto& entry : event->columns()) {
            const auto row = std::find(record.actives.begin(), record.actives.end(), entry.slot());
            if (row == record.actives.end())
                continue;
            const auto at = static_cast<std::size_t>(row - record.actives.begin());
            if (event->wall_ns() <= cut || m.at(at, whose - 1).is_pending())
                m.set(at, whose - 1, entry_of(entry));
        }
    }
    return m;
}

struct Dispute {
    Key key;
    matrix::Matrix matrix;
    matrix::Verdict verdict;
};

// What the drill caused: the first number whose columns block, else the first whose columns
// disagree. A replica that was merely late makes columns too; they are undecided.
std::optional<Dispute> dispute_of(const DrillRecord& record, const cluster::Application& app,
                                  const Events& events) {
    const std::int64_t begun = first(events, telemetry::DRILL_STARTED, record.id).value_or(0);
    std::int64_t cut = INT64_MAX;
    for (const Event& event : events)
        if ((event.kind() == telemetry::WAKE_DECIDED || event.kind() == telemetry::CONVICTED) &&
            event.wall_ns() >= begun) // not of an earlier drill, told late
            cut = std::min(cut, event.wall_ns());
    std::map<Key, std::vector<const Event*>> told;
    std::vector<Key> order;
    for (const Event& event : events) {
        if (event.kind() != telemetry::COLUMN_OF || event.wall_ns() < begun)
            continue;
        auto& columns = told[{event.vote(), event.n()}];
        if (columns.empty())
            order.push_back({event.vote(), event.n()});
        columns.push_back(&event);
    }
    std::optional<Dispute> out;
    for (const Key& key : order) {
        Dispute one{key, matrix_of(record, app, told[key], cut), {}};
        one.verdict = matrix::judge(one.matrix);
        const bool blocks = one.verdict.kind == matrix::Kind::Blocking;
        if (!blocks && (out || one.verdict.kind != matrix::Kind::NonBlocking))
            continue;
        out.emplace(std::move(one));
        if (blocks)
            break;
    }
    return out;
}

// What f+1 agreement replicas settled on.
std::optional<Digest> settled_value(const cluster::Application& app, const Events& events,
                                    const Key& key) {
    std::map<std::string, std::set<std::uint32_t>> by;
    for (const Event& event : events)
        if (event.kind() == telemetry::SETTLED_BY_EVIDENCE && event.vote() == key.vote &&
            event.n() == key.n && event.digest().size() == Digest::size)
            by[event.digest()].insert(event.source().principal().index());
    for (const auto& [bytes, sources] : by) {
        if (sources.size() < app.faults().weak_quorum())
            continue;
        Digest digest;
        std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
        return digest;
    }
    return std::nullopt;
}

json names(const std::set<std::uint32_t>& slots) {
    json out = json::array();
    for (const std::uint32_t slot : slots)
        out.push_back(fmt::format("E{}", slot));
    return out;
}

json drawn(const DrillRecord& record, const matrix::Matrix& m, const matrix::Names& letters) {
    json rows = json::array();
    for (std::size_t row = 0; row < m.rows(); ++row) {
        json entries = json::array();
        for (std::size_t column = 0; column < m.columns(); ++column) {
            const matrix::Entry& entry = m.at(row, column);
            entries.push_back(entry.is_pending()   ? "?"
                              : entry.is_missing() ? "-"
                                                   : letters.value(entry.value()));
        }
        rows.push_back({{"row", fmt::format("E{}", record.actives[row])}, {"entries", entries}});
    }
    return rows;
}

} // namespace

json observed(const DrillRecord& record, const cluster::Application& app, const Events& events) {
    const Faults faults = app.faults();
    std::set<std::uint32_t> wakes;
    for (const Event& event : events)
        if (event.kind() == telemetry::MACHINE_DONE && event.text() == "wake")
            wakes.insert(event.subject().index());
    const std::set<std::uint32_t> convicted = told(app, events, telemetry::CONVICTED);
    std::set<std::uint32_t> unresponsive = told(app, events, telemetry::NO_SIGNED);
    auto margin_agreement = static_cast<std::int64_t>(faults.f),
         margin_execution = margin_agreement;
    json out = {{"verdict", "agreed"}, {"matrix", json::array()}};
    if (const auto dispute = dispute_of(record, app, events)) {
        const auto& [key, m, verdict] = *dispute;
        auto letters = matrix::Names::standard(m);
        for (std::size_t row = 0; row < record.actives.size(); ++row)
            letters.execution[row] = fmt::format("E{}", record.actives[row]);
        out["verdict"] = matrix::to_string(verdict.kind);
        out["rule"] = verdict.rule;
        out["n"] = key.n;
        out["kind"] = key.vote == 2 ? "checkpoint" : "reply";
        out["matrix"] = drawn(record, m, letters);
        out["text"] = matrix::sentence(m, verdict, letters);
        auto truth = settled_value(app, events, key);
        if (!truth)
            truth = verdict.value;
        if (truth) {
            for (const std::size_t row : matrix::blame(m, *truth).unresponsive)
                unresponsive.insert(record.actives[row]);
            if (const auto liars = drill::smallest_liars(m, *truth)) {
                margin_agreement -= static_cast<std::int64_t>(liars->columns.size());
                margin_execution -= static_cast<std::int64_t>(liars->rows.size());
            }
        }
    }
    for (const std::uint32_t slot : convicted)
        unresponsive.erase(slot);
    margin_execution = std::min(
        margin_execution, static_cast<std::int64_t>(faults.f) -
                              static_cast<std::int64_t>(convicted.size() + unresponsive.size()));
    out["wakes"] = names(wakes);
    out["convicted"] = names(convicted);
    out["unresponsive"] = names(unresponsive);
    out["margin"] = {{"agreement", margin_agreement}, {"execution", margin_execution}};
    return out;
}

json phases(const DrillRecord& record, const cluster::Application& app, const Events& events) {
    telemetry::PhaseFold fold(app.faults().weak_quorum());
    for (const Event& event : events)
        fold.take(telemetry::key_of(event.source()), event);
    // By clocks that differ its own may seem to begin before it: then it is the first since.
    const auto& episodes = fold.episodes();
    auto own = std::find_if(episodes.begin(), episodes.end(),
                            [&](const auto& episode) { return episode.drill == record.id; });
    if (own == episodes.end())
        own = episodes.begin();
    json out = json::object();
    for (std::size_t i = 0; own != episodes.end() && i < own->phases.size(); ++i) {
        const auto phase = static_cast<telemetry::Phase>(i);
        if (const auto at = own->since_first(phase))
            out[std::string(telemetry::to_string(phase))] =
                static_cast<double>(*at / 1000) / 1000.0;
    }
    if (out.empty() && first(events, telemetry::DRILL_STARTED, record.id))
        out["injected"] = 0.0; // no fault followed
    return out;
}

std::map<std::string, std::string>
target_states(const DrillRecord& record, const cluster::Application& app, const Events& events) {
    std::map<std::string, std::string> out;
    for (const std::string& target : record.targets)
        out[target] = kTargetRuns;
    const auto set = [&](const std::string& target, std::string state) {
        if (const auto at = out.find(target); at != out.end())
            at->second = std::move(state);
    };
    const auto remove = [&](const std::string& slot) {
        for (auto& [target, state] : out)
            if (target.starts_with(slot + ".") && state == kTargetRuns)
                state = "removed";
    };
    const std::string refused = "drill " + record.id + " refused: ";
    for (const Event& event : events) {
        const std::string source = to_string(runtime::from_proto(event.source().principal()));
        if (event.kind() == telemetry::DRILL_STOPPED && event.text().starts_with(record.id + " "))
            set(source, event.text().substr(record.id.size() + 1));
        if (event.kind() == telemetry::OPERATOR_ACTION && event.text().starts_with(refused))
            set(source, event.text().substr(refused.size() - 9));
    }
    for (const std::uint32_t slot : told(app, events, telemetry::CONVICTED))
        remove(fmt::format("E{}", slot));
    // By its policy an epoch ends with the replacement of those too that were unresponsive.
    if (first(events, telemetry::EPOCH_SETTLED)) {
        const json seen = observed(record, app, events);
        for (const auto& slot : seen["unresponsive"])
            remove(slot.get<std::string>());
    }
    return out;
}

bool ended(const DrillRecord& record, const cluster::Application& app, const Events& events) {
    const auto states = target_states(record, app, events);
    return std::none_of(states.begin(), states.end(),
                        [](const auto& target) { return target.second == kTargetRuns; });
}

json to_json(const DrillRecord& r) {
    json numbers = json::array();
    for (const auto& [host, number] : r.host_numbers)
        numbers.push_back({host, number});
    return {{"id", r.id},
            {"name", r.name},
            {"app", r.application},
            {"targets", r.targets},
            {"actives", r.actives},
            {"predicted", r.predicted},
            {"started_wall_ns", r.started_wall_ns},
            {"lease_ns", r.lease_ns},
            {"host_numbers", numbers}};
}

namespace {

DrillRecord record_of(const json& in) {
    DrillRecord r;
    r.id = in.at("id").get<std::string>();
    r.name = in.at("name").get<std::string>();
    r.application = in.at("app").get<std::string>();
    r.targets = in.at("targets").get<std::vector<std::string>>();
    r.actives = in.at("actives").get<std::vector<std::uint32_t>>();
    r.predicted = in.at("predicted");
    r.started_wall_ns = in.at("started_wall_ns").get<std::int64_t>();
    r.lease_ns = in.at("lease_ns").get<std::int64_t>();
    for (const json& pair : in.at("host_numbers"))
        r.host_numbers[pair.at(0).get<std::uint32_t>()] = pair.at(1).get<std::uint64_t>();
    return r;
}

Error malformed(const json::exception& error) {
    return Error{fmt::format("the drill's record is malformed: {}", error.what())};
}

} // namespace

Result<DrillRecord> record_from(const std::string& text) {
    try {
        return record_of(json::parse(text));
    } catch (const json::exception& error) {
        return malformed(error);
    }
}

json to_json(const DrillFile& file) {
    json parts = json::array();
    for (const DrillRecord& part : file.parts)
        parts.push_back(to_json(part));
    return {{"id", file.id}, {"parts", std::move(parts)}, {"rounds", file.rounds}};
}

Result<DrillFile> drill_file_from(const std::string& text) {
    try {
        const json in = json::parse(text);
        DrillFile file;
        file.id = in.at("id").get<std::string>();
        for (const json& part : in.at("parts"))
            file.parts.push_back(record_of(part));
        file.rounds = in.at("rounds").get<std::vector<std::string>>();
        return file;
    } catch (const json::exception& error) {
        return malformed(error);
    }
}

} // namespace zz::services
