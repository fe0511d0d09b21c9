// SPDX-License-Identifier: Apache-2.0
// zzctl fill.
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "backend/services/ctl.h"
#include "backend/services/fill_model.h"
#include "backend/services/layout.h"
#include "backend/services/load_run.h"

namespace zz::services::ctl {
namespace {

constexpr unsigned kQuietSeconds = 5; // between two lines where there is no terminal

struct FillCommand {
    std::string dir, application, bytes;
    std::uint32_t value_size = 4096;
    bool json = false;
};

double megabytes(double bytes) {
    return bytes / 1e6;
}

// One line that is written over on a terminal; else a line now and then.
class ProgressLine {
  public:
    void show(const FillProgress& p) {
        if (!terminal_ && ++seconds_ % kQuietSeconds != 0)
            return;
        const auto left = static_cast<std::uint64_t>(p.seconds_left);
        const std::string eta =
            p.bytes == 0 ? "unknown" : fmt::format("{}:{:02}", left / 60, left % 60);
        fmt::print(stderr, "{}fill: {:.1f} of {:.1f} MB ({:.1f} %), {:.1f} MB/s, ETA {}{}",
                   terminal_ ? "\r" : "", megabytes(static_cast<double>(p.bytes)),
                   megabytes(static_cast<double>(p.bytes_all)),
                   100.0 * static_cast<double>(p.bytes) / static_cast<double>(p.bytes_all),
                   megabytes(p.bytes_per_second), eta, terminal_ ? "\x1b[K" : "\n");
        std::fflush(stderr);
        open_ = terminal_;
    }
    void end() {
        if (open_)
            fmt::print(stderr, "\n");
    }

  private:
    bool terminal_ = isatty(STDERR_FILENO) == 1;
    bool open_ = false;
    unsigned seconds_ = 0;
};

int tell(const FillCommand& command, const FillPlan& plan, const LoadResult& result) {
    const double rate = static_cast<double>(result.filled_bytes) / std::max(1e-9, result.seconds);
    const bool whole = result.filled_bytes == plan.bytes && result.wrong == 0;
    if (command.json)
        fmt::print("{}\n", nlohmann::json{{"bytes", result.filled_bytes},
                                          {"asked", plan.bytes},
                                          {"keys", result.filled_values},
                                          {"requests", result.requests},
                                          {"seconds", result.seconds},
                                          {"bytes_per_second", rate},
                                          {"p50_us", result.p50_us},
                                          {"p99_us", result.p99_us},
                                          {"wrong", result.wrong},
                                          {"errors", result.errors},
                                          {"complete", whole}}
                               .dump());
    else
        fmt::print("{:.1f} MB in {} keys in {:.1f} s, {:.1f} MB/s\n",
                   megabytes(static_cast<double>(result.filled_bytes)), result.filled_values,
                   result.seconds, megabytes(rate));
    if (result.wrong > 0)
        return failed(fmt::format("application {} refused or answered wrongly, filling stopped: {}",
                                  command.application, result.first_wrong));
    if (whole)
        return kDone;
    const std::string_view why = result.interrupted ? "interrupted"
                                 : result.stalled
                                     ? "no reply for 60 s: see zzctl status; then run it again"
                                     : "requests got no reply: see zzctl status; then run it again";
    return failed(fmt::format("{} of {} bytes written: {}", result.filled_bytes, plan.bytes, why));
}

int fill(const FillCommand& command) {
    const auto bytes = parse_bytes(command.bytes);
    if (!bytes)
        return bad_usage("--bytes: " + bytes.error().text);
    const Layout layout{command.dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    const auto* app = cluster->application(command.application);
    if (app == nullptr)
        return bad_usage(
            fmt::format("{} has no application '{}'", layout.cluster_file(), command.application));
    const auto plan = plan_fill(*app, *bytes, command.value_size);
    if (!plan)
        return bad_usage(plan.error().text);
    LoadOptions options;
    options.dir = command.dir;
    options.application = command.application;
    options.size = command.value_size;
    options.fill_bytes = *bytes;
    ProgressLine line;
    options.progress = [&line](const FillProgress& progress) { line.show(progress); };
    const auto result = run_load(options);
    line.end();
    return result ? tell(command, *plan, *result) : failed(result.error().text);
}

} // namespace

void add_fill(CLI::App& parent, Chosen& chosen) {
    auto c = std::make_shared<FillCommand>();
    auto* command = parent.add_subcommand("fill", "loads state fast by ordered requests");
    command->add_option("--dir", c->dir, "folder of the data center")->required();
    command->add_option("--app", c->application, "application")->required();
    command->add_option("--bytes", c->bytes, "of values in all: 4096, 10MB, 1GB, 1GiB")->required();
    command->add_option("--value-size", c->value_size, "bytes of a value, default 4096")
        ->check(CLI::Range(1U, 524288U));
    command->add_flag("--json", c->json, "one JSON document");
    command->callback([=, &chosen] { chosen.run = [=] { return fill(*c); }; });
}

} // namespace zz::services::ctl
