// SPDX-License-Identifier: Apache-2.0
#include "backend/services/session_export.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "protocol/telemetry/fold.h"

namespace zz::services {
namespace {

using nlohmann::ordered_json;
using telemetry::Fold;

// One table: its rows are written as they come.
class Table {
  public:
    Table(std::FILE* out, ExportFormat format, std::vector<std::string> columns)
        : out_(out), json_(format == ExportFormat::Json), columns_(std::move(columns)) {
        if (json_)
            fmt::print(out_, "[");
        else
            line(columns_);
    }
    void row(const std::vector<ordered_json>& values) {
        if (!json_)
            return line(values);
        ordered_json object;
        for (std::size_t i = 0; i < columns_.size(); ++i)
            object[columns_[i]] = values.at(i);
        fmt::print(out_, "{}\n{}", rows_++ == 0 ? "" : ",", object.dump());
    }
    Status end() {
        if (json_)
            fmt::print(out_, "{}]\n", rows_ == 0 ? "" : "\n");
        if (std::fflush(out_) != 0 || std::ferror(out_) != 0)
            return Error{fmt::format("cannot write the export: {}", std::strerror(errno))};
        return Ok{};
    }

  private:
    template <class Value> void line(const std::vector<Value>& values) {
        std::string text;
        for (const Value& value : values)
            text += (text.empty() && &value == values.data() ? "" : ",") + field(value);
        fmt::print(out_, "{}\r\n", text); // RFC 4180
    }
    static std::string field(const std::string& text) {
        if (text.find_first_of(",\"\r\n") == std::string::npos)
            return text;
        std::string out = "\"";
        for (const char c : text)
            out += c == '"' ? std::string("\"\"") : std::string(1, c);
        return out + "\"";
    }
    static std::string field(const ordered_json& value) {
        return value.is_null()     ? std::string()
               : value.is_string() ? field(value.get<std::string>())
                                   : value.dump();
    }

    std::FILE* out_;
    bool json_;
    std::vector<std::string> columns_;
    std::size_t rows_ = 0;
};

ordered_json or_null(const telemetry::Known& value) {
    return value ? ordered_json(*value) : ordered_json();
}

ordered_json time_or_null(std::int64_t ns) {
    return ns == 0 ? ordered_json() : ordered_json(telemetry::iso_time(ns));
}

std::string host_name(const telemetry::ClusterFacts& cluster, std::uint32_t id) {
    const auto* host = telemetry::find_host(cluster, id);
    return host != nullptr ? host->name() : fmt::format("host {}", id);
}

std::string application_name(const telemetry::ClusterFacts& cluster, const telemetry::Event& e) {
    const std::uint32_t number = e.source().application() + e.application();
    const auto* app = number == 0 ? nullptr : telemetry::find_application(cluster, number - 1);
    return app != nullptr ? app->name() : std::string();
}

void throughput(const Fold& fold, Table& table) {
    for (const auto& app : fold.cluster().applications())
        for (const auto& s : fold.throughput(app.id()).seconds())
            table.row({app.name(), telemetry::iso_time(s.wall_s * 1'000'000'000), s.replies,
                       s.p50_us, s.p99_us, s.max_us, or_null(s.ordered), or_null(s.active),
                       or_null(s.awake), or_null(s.wakeups), s.bytes_fetched});
}

void timeline(const Fold& fold, Table& table) {
    for (const auto& app : fold.cluster().applications())
        for (const auto& episode : fold.phases(app.id()).episodes())
            for (std::size_t i = 0; i < episode.phases.size(); ++i) {
                const auto phase = static_cast<telemetry::Phase>(i);
                const auto& mark = episode.at(phase);
                if (mark.first_ns == 0)
                    continue;
                table.row({app.name(), episode.number, episode.drill, episode.n,
                           std::string(to_string(phase)), telemetry::iso_time(mark.first_ns),
                           static_cast<double>(*episode.since_first(phase) / 1000) / 1000.0,
                           to_string(mark.first_by.principal), time_or_null(mark.confirmed_ns)});
            }
}

void matrices(const Fold& fold, Table& table) {
    for (const auto& app : fold.cluster().applications()) {
        const Faults faults{app.mode() == "unreplicated" ? 0 : app.f()};
        for (const auto& dispute : fold.disputes(app.id()).disputes()) {
            const auto judged = dispute.judged(faults);
            if (!judged)
                continue;
            for (std::size_t row = 0; row < judged->rows.size(); ++row)
                for (std::size_t column = 0; column < judged->matrix.columns(); ++column) {
                    const auto& entry = judged->matrix.at(row, column);
                    const auto& at = judged->rows[row];
                    table.row({app.name(), dispute.n, dispute.vote == 2 ? "checkpoint" : "reply",
                               telemetry::iso_time(dispute.first_ns),
                               std::string(matrix::to_string(judged->verdict.kind)),
                               std::string(judged->verdict.rule), dispute.blocking.has_value(),
                               fmt::format("E{}.{}", at.slot, at.incarnation),
                               fmt::format("A{}", column + 1),
                               entry.is_value()     ? to_hex(entry.value().view())
                               : entry.is_missing() ? "-"
                                                    : "?"});
                }
        }
    }
}

void event(const Fold& fold, std::int64_t received_ns, const telemetry::Update& update,
           Table& table) {
    const auto& e = update.event();
    table.row({telemetry::iso_time(e.wall_ns()), telemetry::iso_time(received_ns),
               host_name(fold.cluster(), update.host()), application_name(fold.cluster(), e),
               to_string(telemetry::principal_of(e.source().principal())), e.number(),
               telemetry::kind_name(e.kind()),
               e.has_subject() ? ordered_json(to_string(telemetry::principal_of(e.subject())))
                               : ordered_json(),
               e.n(), e.epoch(), e.value(), to_hex(view_of(e.digest())), e.text()});
}

std::vector<std::string> columns_of(ExportWhat what) {
    switch (what) {
    case ExportWhat::Throughput:
        return {"app",     "time",   "replies", "p50_us",  "p99_us",       "max_us",
                "ordered", "active", "awake",   "wakeups", "bytes_fetched"};
    case ExportWhat::Timeline:
        return {"app", "fault", "drill", "n", "phase", "time", "ms", "by", "confirmed"};
    case ExportWhat::Matrix:
        return {"app", "n", "kind", "time", "verdict", "rule", "blocked", "row", "column", "entry"};
    case ExportWhat::Events:
        break;
    }
    return {"time",    "received", "host",  "app",   "source", "number", "kind",
            "subject", "n",        "epoch", "value", "digest", "text"};
}

} // namespace

Status export_session(telemetry::SessionReader& session, ExportWhat what, ExportFormat format,
                      std::FILE* out, const std::function<void(double)>& progress) {
    Fold fold(session.header().cluster());
    Table table(out, format, columns_of(what));
    session.rewind();
    std::uint64_t entries = 0;
    while (const auto item = session.next()) {
        const auto* entry = std::get_if<telemetry::SessionEntry>(&*item);
        if (entry == nullptr)
            continue;
        const bool news = fold.take(entry->received_wall_ns(), entry->update());
        if (what == ExportWhat::Events && news && entry->update().has_event())
            event(fold, entry->received_wall_ns(), entry->update(), table);
        if (progress && ++entries % 4096 == 0)
            progress(session.progress());
    }
    if (what == ExportWhat::Throughput)
        throughput(fold, table);
    if (what == ExportWhat::Timeline)
        timeline(fold, table);
    if (what == ExportWhat::Matrix)
        matrices(fold, table);
    return table.end();
}

} // namespace zz::services
