// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"
#include "backend/services/session_export.h"
#include "backend/services/setup.h"
#include "protocol/crypto/random.h"
#include "protocol/outline/outline.h"
#include "protocol/telemetry/source_book.h"
#include "protocol/telemetry/version.h"

namespace zz::services::ctl {
namespace {

constexpr Duration kFlushEvery = seconds(1);
constexpr Duration kRepairEvery = seconds(2); // snapshots of hosts whose stream has a hole

telemetry::SessionHeader header_of(const cluster::Cluster& cluster, const std::string& file) {
    telemetry::SessionHeader header;
    header.set_protocol(telemetry::kTelemetryVersion);
    header.set_session(fmt::format("{:016x}", random_number()));
    header.set_started_wall_ns(runtime::wall_ns());
    *header.mutable_cluster() = outline::describe(cluster);
    header.set_cluster_file(file);
    header.set_environment(cluster.environment);
    header.set_program("zzctl");
    return header;
}

// What arrives goes into the file and into a book, which sees holes.
class Recorder {
  public:
    Recorder(const cluster::Cluster& cluster, OperatorClient& client,
             telemetry::SessionWriter writer)
        : cluster_(cluster), client_(client), writer_(std::move(writer)),
          book_(outline::describe(cluster)) {}

    Status subscribe() {
        for (const auto& host : cluster_.hosts) {
            const Status subscribed = client_.transport().subscribe(
                transport::peer(principal(host.id)), host.telemetry_endpoint(), host.keys.exchange);
            if (!subscribed)
                return subscribed;
        }
        return take_snapshots(kAnswerPatience);
    }
    std::size_t hosts_heard() const { return book_.hosts().size(); }

    // 0 seconds: until interrupted.
    Status run(std::uint32_t seconds_max) {
        const Instant end = seconds_max == 0 ? kNever : runtime::now() + seconds(seconds_max);
        Instant flush_at = runtime::now(), repair_at = flush_at + kRepairEvery;
        const std::array<int, 1> extra{stop_.fd()};
        while (!stop_.stopped() && runtime::now() < end) {
            const Duration wait = std::min<Duration>(end - runtime::now(), milliseconds(200));
            for (const auto& received : client_.transport().poll(wait, extra).published)
                if (const Status taken = take(received); !taken)
                    return taken;
            const Instant now = runtime::now();
            if (now >= flush_at) {
                flush_at = now + kFlushEvery;
                if (const Status flushed = writer_.flush(); !flushed)
                    return flushed;
                tell();
            }
            if (now >= repair_at) {
                repair_at = now + kRepairEvery;
                if (const Status repaired = repair(); !repaired)
                    return repaired;
            }
        }
        if (isatty(STDERR_FILENO) != 0)
            fmt::print(stderr, "\n");
        return writer_.close(runtime::wall_ns(), lost());
    }
    std::uint64_t entries() const { return writer_.entries(); }
    std::uint64_t bytes() const { return writer_.bytes(); }
    std::uint64_t lost() const {
        std::uint64_t lost = 0;
        for (const auto& [id, host] : book_.hosts())
            lost += host.lost;
        return lost;
    }

  private:
    Status add(telemetry::Update update) {
        const std::int64_t now = runtime::wall_ns();
        book_.take(now, update);
        return writer_.add(now, update);
    }
    Status take(const transport::Received& received) {
        telemetry::Update update;
        if (!update.ParseFromArray(received.frame.view().data(),
                                   static_cast<int>(received.frame.size())))
            return Ok{};
        update.set_host(received.from.principal.index); // whose link it is, whatever it says
        return add(std::move(update));
    }
    Status take_snapshots(Duration patience) {
        for (auto& [host, snapshot] : client_.snapshots(patience)) {
            telemetry::Update update;
            update.set_host(host.value);
            *update.mutable_snapshot() = std::move(snapshot);
            update.mutable_snapshot()->set_host(host.value);
            if (const Status added = add(std::move(update)); !added)
                return added;
        }
        return Ok{};
    }
    Status repair() {
        for (const auto& [id, host] : book_.hosts())
            if (!host.whole)
                return take_snapshots(seconds(1));
        return Ok{};
    }
    void tell() const {
        if (isatty(STDERR_FILENO) != 0)
            fmt::print(stderr, "\r{} updates, {} KiB, {} lost ", writer_.entries(),
                       writer_.bytes() / 1024, lost());
    }

    const cluster::Cluster& cluster_;
    OperatorClient& client_;
    telemetry::SessionWriter writer_;
    telemetry::SourceBook book_;
    runtime::StopSignal stop_;
};

int record(const std::string& dir, const std::string& file, std::uint32_t seconds_max) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    const auto text = runtime::read_file(layout.cluster_file());
    if (!text)
        return bad_usage(text.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    auto writer = telemetry::SessionWriter::create(file, header_of(*cluster, text.value()));
    if (!writer)
        return bad_usage(writer.error().text);
    Recorder recorder(*cluster, **client, std::move(writer).value());
    if (const Status subscribed = recorder.subscribe(); !subscribed)
        return failed(subscribed.error().text);
    if (recorder.hosts_heard() == 0) {
        unlink(file.c_str());
        return failed("no host answers: is the data center up?");
    }
    if (const Status recorded = recorder.run(seconds_max); !recorded)
        return failed(recorded.error().text);
    fmt::print("{}: {} updates, {} bytes, {} lost\n", file, recorder.entries(), recorder.bytes(),
               recorder.lost());
    return kDone;
}

int info(const std::string& file) {
    const auto session = telemetry::SessionReader::open(file);
    if (!session)
        return bad_usage(session.error().text);
    const auto& h = session->header();
    const auto& s = session->summary();
    fmt::print("session {} of {} ({}), recorded by {}\n", h.session(), h.cluster().name(),
               h.environment(), h.program());
    fmt::print("from {} to {}\n", telemetry::iso_time(s.started_wall_ns),
               telemetry::iso_time(s.ended_wall_ns));
    fmt::print("{} updates, {} lost, {} keyframes, {} bytes\n", s.entries, s.lost, s.keyframes,
               s.bytes);
    fmt::print("{} hosts, {} applications:", h.cluster().hosts_size(),
               h.cluster().applications_size());
    for (const auto& app : h.cluster().applications())
        fmt::print(" {} ({}, f={}, {})", app.name(), app.kind(), app.f(), app.mode());
    fmt::print("\n");
    if (s.damaged)
        return failed(fmt::format("{} is damaged at byte {}: only what is before it is there", file,
                                  s.bytes_valid));
    if (!s.closed)
        fmt::print("not closed: whole up to byte {} of {}\n", s.bytes_valid, s.bytes);
    return kDone;
}

int export_file(const std::string& file, const std::string& format, const std::string& what) {
    auto session = telemetry::SessionReader::open(file);
    if (!session)
        return bad_usage(session.error().text);
    const auto as = format == "csv" ? ExportFormat::Csv : ExportFormat::Json;
    const auto table = what == "throughput" ? ExportWhat::Throughput
                       : what == "timeline" ? ExportWhat::Timeline
                       : what == "matrix"   ? ExportWhat::Matrix
                                            : ExportWhat::Events;
    std::function<void(double)> progress;
    if (isatty(STDERR_FILENO) != 0)
        progress = [](double part) { fmt::print(stderr, "\r{:3.0f} % ", part * 100); };
    const Status done = export_session(session.value(), table, as, stdout, progress);
    if (progress)
        fmt::print(stderr, "\r      \r");
    if (!done)
        return failed(done.error().text);
    if (session->summary().damaged)
        return failed(fmt::format("{} is damaged at byte {}: exported what is before it", file,
                                  session->summary().bytes_valid));
    return kDone;
}

} // namespace

void add_session(CLI::App& parent, Chosen& chosen) {
    auto* session = parent.add_subcommand("session", "records telemetry, exports recordings");
    session->require_subcommand(1);
    auto dir = std::make_shared<std::string>(), file = std::make_shared<std::string>();
    auto format = std::make_shared<std::string>(), what = std::make_shared<std::string>();
    auto time = std::make_shared<std::uint32_t>(0);
    auto* record_it = session->add_subcommand("record", "records what all hosts tell");
    record_it->add_option("--dir", *dir, "folder of the data center")->required();
    record_it->add_option("--out", *file, "file to make")->required();
    record_it->add_option("--seconds", *time, "then stops; default: when interrupted");
    record_it->callback([=, &chosen] { chosen.run = [=] { return record(*dir, *file, *time); }; });
    auto* info_of = session->add_subcommand("info", "what is in a recording");
    info_of->add_option("FILE", *file, "the recording")->required();
    info_of->callback([=, &chosen] { chosen.run = [=] { return info(*file); }; });
    auto* export_it = session->add_subcommand("export", "a table of a recording");
    export_it->add_option("FILE", *file, "the recording")->required();
    export_it->add_option("--format", *format, "csv or json")
        ->required()
        ->check(CLI::IsMember({"csv", "json"}));
    export_it->add_option("--what", *what, "throughput, timeline, matrix or events")
        ->required()
        ->check(CLI::IsMember({"throughput", "timeline", "matrix", "events"}));
    export_it->callback(
        [=, &chosen] { chosen.run = [=] { return export_file(*file, *format, *what); }; });
}

} // namespace zz::services::ctl
