// SPDX-License-Identifier: Apache-2.0
#include "backend/services/load_run.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "backend/runtime/clock.h"
#include "backend/services/client_port.h"
#include "backend/services/fill_model.h"
#include "backend/services/host_processes.h"
#include "backend/services/load_model.h"

namespace zz::services {
namespace {

constexpr Duration kConnectMax = seconds(10);
constexpr Duration kDrainMax = seconds(20);
constexpr std::uint64_t kResultSeed = 7;
constexpr Duration kSecond = seconds(1);
constexpr Duration kStallMax = seconds(60); // a fill without any reply

std::uint64_t percentile(std::vector<std::uint32_t>& values, std::size_t percent) {
    if (values.empty())
        return 0;
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * percent / 100);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

class LoadService final : public runtime::Service {
  public:
    LoadService(Setup& setup, runtime::Loop& loop, LaneBook book, const LoadOptions& options,
                std::optional<FillPlan> fill, std::function<std::uint64_t()> cpu_ns)
        : options_(options), fill_(fill), cpu_ns_(std::move(cpu_ns)),
          port_(setup, loop, std::move(book),
                [this](LaneId lane, ByteView reply, Duration latency) {
                    on_reply(lane, reply, latency);
                }) {
        const std::uint32_t lanes = std::min(fill_ ? fill_->lanes : options.clients, port_.lanes());
        const auto known = std::make_shared<const std::vector<KnownResult>>(
            setup.application->kind == cluster::ApplicationKind::Compute && !fill_
                ? known_results(options.cost_us, kResultSeed)
                : std::vector<KnownResult>());
        const auto next_fill = std::make_shared<std::uint64_t>(0);
        models_.resize(port_.lanes());
        for (std::uint32_t i = 0; i < lanes; ++i) {
            ModelOptions model;
            model.lane = LaneId(i);
            model.size = options.size;
            model.cost_us = options.cost_us;
            model.read_ratio = options.read_ratio;
            model.touched = options.touched;
            model.dirtied = options.dirtied;
            model.known = known;
            models_[i] = fill_ ? make_fill_model(setup.application->kind, *fill_, next_fill)
                               : make_model(setup.application->kind, model);
        }
        lanes_ = lanes;
    }

    Status start() { return port_.start(); }

    void on_frame(Instant now, ApplicationId, const PrincipalId& link, const Blob& frame) override {
        port_.on_frame(now, link, frame);
    }
    bool on_turn(Instant now) override {
        if (!running_ && !ending_)
            try_to_begin(now);
        port_.on_turn(now);
        if (running_ && now >= second_end_)
            end_second(now);
        if (running_ && (fill_ ? fill_ends(now) : now >= end_))
            stop(now);
        return !(ending_ && (waiting_ == 0 || now >= drain_end_));
    }
    Instant wake_at() const override {
        Instant wake = port_.wake_at();
        if (running_)
            wake = std::min(wake, fill_ ? second_end_ : std::min(second_end_, end_));
        if (ending_)
            wake = std::min(wake, drain_end_);
        if (!running_ && !ending_)
            wake = std::min(wake, runtime::now() + milliseconds(50));
        return wake;
    }
    void fill(telemetry::Facts& facts) override { port_.fill(facts); }

    void interrupt() {
        if (running_)
            stop(runtime::now());
        result_.interrupted = true;
    }
    LoadResult result() {
        result_.requests = measured_;
        result_.throughput = static_cast<double>(measured_) / std::max(1e-9, seconds_);
        result_.p50_us = percentile(latencies_, 50);
        result_.p99_us = percentile(latencies_, 99);
        for (const std::uint32_t us : latencies_)
            result_.max_us = std::max<std::uint64_t>(result_.max_us, us);
        result_.unanswered = waiting_;
        result_.errors = result_.interrupted ? 0 : waiting_;
        result_.seconds = seconds_;
        if (fill_) {
            result_.filled_bytes = fill_->bytes_in(measured_);
            result_.filled_values = std::min(fill_->values, measured_ * fill_->values_per_request);
        }
        result_.cpu_us_per_request = measured_ == 0 ? 0
                                                    : static_cast<double>(cpu_used_ns_) / 1000.0 /
                                                          static_cast<double>(measured_);
        return result_;
    }

  private:
    // When the execution replicas that are up have dialled in, or after a while without some of
    // them: a first request without anybody to answer it would wait for a retransmission.
    void try_to_begin(Instant now) {
        if (began_waiting_ == Instant{})
            began_waiting_ = now;
        if (!port_.connected() && now - began_waiting_ < kConnectMax)
            return;
        running_ = true;
        began_ = told_ = now;
        end_ = now + seconds(options_.seconds);
        second_end_ = now + kSecond;
        last_reply_ = now;
        cpu_at_begin_ = cpu_ns_();
        for (std::uint32_t i = 0; i < lanes_ && !all_sent(); ++i)
            if (const auto lane = port_.take_lane(); lane && models_[lane->value])
                submit(*lane);
    }

    bool all_sent() const { return fill_ && sent_ >= fill_->requests; }
    bool fill_ends(Instant now) {
        result_.stalled = now - last_reply_ >= kStallMax;
        return measured_ >= fill_->requests || result_.wrong > 0 || result_.stalled;
    }

    void submit(LaneId lane) {
        LaneOperation operation = models_[lane.value]->next();
        port_.submit(lane, std::move(operation.operation), operation.budget);
        ++waiting_;
        ++sent_;
    }

    void on_reply(LaneId lane, ByteView reply, Duration latency) {
        --waiting_;
        ++result_.checked;
        if (std::string wrong = models_[lane.value]->check(reply); !wrong.empty()) {
            if (result_.wrong++ == 0)
                result_.first_wrong = std::move(wrong);
        }
        last_reply_ = runtime::now();
        if (running_) {
            ++measured_;
            const auto us = static_cast<std::uint32_t>(
                std::min<std::int64_t>(latency / microseconds(1), UINT32_MAX));
            latencies_.push_back(us);
            second_latencies_.push_back(us);
            if (!all_sent())
                submit(lane);
        }
    }

    void end_second(Instant now) {
        second_end_ = now + kSecond;
        result_.series.push_back({second_latencies_.size(), percentile(second_latencies_, 50),
                                  percentile(second_latencies_, 99)});
        second_latencies_.clear();
        if (fill_ && options_.progress)
            tell_progress(now);
    }

    void tell_progress(Instant now) {
        const std::uint64_t bytes = fill_->bytes_in(measured_);
        const auto per_second = [](std::uint64_t amount, Duration time) {
            return static_cast<double>(amount) * 1e9 / static_cast<double>(time.count());
        };
        FillProgress progress{bytes, fill_->bytes, per_second(bytes - told_bytes_, now - told_), 0};
        if (bytes > 0)
            progress.seconds_left =
                static_cast<double>(fill_->bytes - bytes) / per_second(bytes, now - began_);
        told_ = now;
        told_bytes_ = bytes;
        options_.progress(progress);
    }

    void stop(Instant now) {
        if (!running_)
            began_ = now;
        running_ = false;
        ending_ = true;
        seconds_ = static_cast<double>((now - began_).count()) / 1e9;
        cpu_used_ns_ = cpu_ns_() - std::min(cpu_at_begin_, cpu_ns_());
        drain_end_ = now + kDrainMax;
    }

    LoadOptions options_;
    std::optional<FillPlan> fill_;
    std::function<std::uint64_t()> cpu_ns_;
    ClientPort port_;
    std::vector<std::unique_ptr<LaneModel>> models_;
    LoadResult result_;
    std::vector<std::uint32_t> latencies_, second_latencies_;
    std::uint32_t lanes_ = 0;
    bool running_ = false, ending_ = false;
    Instant began_waiting_{}, began_{}, end_{}, second_end_{}, drain_end_{};
    Instant last_reply_{}, told_{};
    std::uint64_t sent_ = 0, waiting_ = 0, measured_ = 0, told_bytes_ = 0;
    std::uint64_t cpu_at_begin_ = 0, cpu_used_ns_ = 0;
    double seconds_ = 0;
};

const cluster::Client* load_client(const cluster::Application& app) {
    for (const auto& client : app.clients)
        if (client.protocol == cluster::ClientProtocol::Load)
            return &client;
    return nullptr;
}

} // namespace

Result<LoadResult> run_load(const LoadOptions& options) {
    const Layout layout{options.dir};
    auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return cluster.error();
    const auto* app = cluster->application(options.application);
    if (app == nullptr)
        return Error{
            fmt::format("{} has no application '{}'", layout.cluster_file(), options.application)};
    const auto* client = load_client(*app);
    if (client == nullptr)
        return Error{fmt::format("application {} has no client of protocol load", app->name)};
    std::optional<FillPlan> fill;
    if (options.fill_bytes > 0) {
        auto plan = plan_fill(*app, options.fill_bytes, options.size);
        if (!plan)
            return plan.error();
        fill = *plan;
    }
    if (!make_model(app->kind, {}))
        return Error{fmt::format("there is no load for applications of kind {}",
                                 cluster::to_string(app->kind))};
    auto keys = crypto::read_key_file(layout.key(*cluster, app->id, principal(client->id)));
    if (!keys)
        return keys.error();
    std::error_code ignored;
    std::filesystem::create_directories(layout.run(), ignored);
    auto book = LaneBook::open(fmt::format("{}/{}-{}.lanes", layout.run(), app->name, client->name),
                               client->lanes);
    if (!book)
        return book.error();
    Setup setup{{},
                *cluster,
                nullptr,
                principal(client->id),
                cluster->hosts.front().id,
                std::move(keys).value(),
                std::nullopt};
    setup.application = setup.cluster.application(app->id);
    auto generation =
        runtime::read_generation(fmt::format("{}/recover-{}", layout.run(), app->name),
                                 setup.cluster, *setup.application, setup.keys);
    if (!generation)
        return generation.error();
    setup.generation = std::move(generation).value();
    transport::Context context;
    auto loop = runtime::Loop::make({&setup.cluster, setup.self, &setup.application->id, setup.host,
                                     "", &setup.keys, "zzctl load", true},
                                    context);
    if (!loop)
        return loop.error();
    const auto cpu = [&] {
        std::uint64_t total = 0;
        for (const auto& host : setup.cluster.hosts)
            for (const int pid : host_pids(layout, host))
                total += runtime::cpu_ns_of(pid);
        return total;
    };
    LoadService service(setup, **loop, std::move(book).value(), options, fill, cpu);
    if (const Status started = service.start(); !started)
        return started.error();
    if ((*loop)->run(service))
        service.interrupt();
    (*loop)->say_goodbye("the load has ended");
    return service.result();
}

} // namespace zz::services
