// SPDX-License-Identifier: Apache-2.0
// zzctl drill start: from rest to rest.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <thread>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/ctl_drill.h"
#include "backend/services/drill_json.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;

constexpr auto kLook = std::chrono::milliseconds(300);
// What a drill with a wake-up needs beyond its lease: deadlines of ZZ-11, some of them doubled.
constexpr Duration kAfterLease = seconds(60);

class Start {
  public:
    Start(const DrillWords& words, DrillSite& site, std::vector<std::string> applications)
        : words_(words), site_(site), applications_(std::move(applications)) {}

    int run() {
        if (!site_.cluster().drills)
            return failed(
                "the cluster file does not allow drills: make it with `cluster init --drills`");
        const std::string id =
            fmt::format("{:x}", static_cast<std::uint64_t>(runtime::wall_ns() / 1000));
        if (words_.repeat <= 1)
            return round(id, true);
        DrillFile series{id, {}, {}};
        for (std::uint32_t k = 1; k <= words_.repeat; ++k) {
            series.rounds.push_back(fmt::format("{}-{:04}", id, k));
            if (const Status kept = keep(series); !kept)
                return failed(kept.error().text);
            if (k == 1)
                print({{"id", id}}, words_.json, fmt::format("drill {}", id));
            if (const int code = round(series.rounds.back(), false); code != kDone)
                return code;
        }
        return kDone;
    }

  private:
    int round(const std::string& id, bool tells) {
        const Status rested = words_.force ? Status(Ok{}) : wait_at_rest();
        if (!rested)
            return failed(rested.error().text);
        const auto planned = plan_drill(words_, site_, common(id));
        if (!planned)
            return bad_usage(planned.error().text);
        if (planned->exceeds && !words_.force)
            return failed("this drill goes beyond f: it needs --force and --reason");
        const auto begun = begin(id, *planned);
        if (!begun)
            return failed(begun.error().text);
        if (tells)
            print({{"id", id}}, words_.json,
                  fmt::format("drill {}: {}", id, planned->parts.front().prediction.text));
        return words_.wait || words_.repeat > 1 ? wait_for_rest(*begun) : kDone;
    }

    drill::Order common(const std::string& id) const {
        drill::Order order;
        order.id = id;
        order.lease = seconds(words_.lease);
        order.delay = milliseconds(words_.delay_ms);
        order.interval = milliseconds(words_.interval_ms);
        order.wrong = words_.wrong;
        order.copies = words_.copies;
        order.client = ClientId(words_.client);
        order.loss_percent = words_.loss_percent;
        order.seed = words_.seed;
        return order;
    }

    // A spare that was made a moment ago still runs for a while: so rest is waited for.
    Status wait_at_rest() {
        const Duration patience = words_.repeat > 1 ? seconds(60) : seconds(10);
        for (const std::string& name : applications_) {
            site_.select(name);
            const Instant give_up = runtime::now() + patience;
            for (;;) {
                const auto status = site_.status();
                if (status && site_.at_rest(*status))
                    break;
                if (runtime::now() >= give_up)
                    return status ? Error{fmt::format("application {} is not at rest (`zzctl "
                                                      "status`): wait, or say --force",
                                                      name)}
                                  : status.error();
                std::this_thread::sleep_for(kLook);
            }
        }
        return Ok{};
    }

    Result<DrillFile> begin(const std::string& id, const PlannedDrill& planned) {
        DrillFile file{id, {}, {}};
        std::vector<std::vector<drill::Order>> orders;
        for (const PlannedPart& part : planned.parts) {
            site_.select(part.application);
            SequenceNumber from(words_.from);
            if (words_.name == "matrix" && words_.from == 0) {
                const auto next = next_number();
                if (!next)
                    return next.error();
                from = *next;
            }
            orders.push_back(part.orders);
            DrillRecord record;
            record.id = id;
            record.name = words_.name;
            record.application = part.application;
            record.actives = part.actives;
            record.predicted = to_json(part.prediction);
            record.lease_ns = Duration(seconds(words_.lease)).count();
            for (drill::Order& order : orders.back()) {
                order.from_n = from;
                record.targets.push_back(to_string(order.target));
            }
            file.parts.push_back(std::move(record));
        }
        const Mark mark = site_.mark();
        for (DrillRecord& record : file.parts) {
            record.started_wall_ns = mark.wall_ns;
            for (const auto& [host, number] : mark.numbers)
                record.host_numbers[host.value] = number;
        }
        if (const Status kept = keep(file); !kept)
            return kept.error();
        for (std::size_t i = 0; i < file.parts.size(); ++i) {
            site_.select(file.parts[i].application);
            if (const Status ordered = order(orders[i], id); !ordered) {
                withdraw(id);
                return ordered.error();
            }
        }
        return file;
    }

    // Nobody plays a part of what one refused.
    void withdraw(const std::string& id) {
        telemetry::CommandBody body;
        body.set_reason("its part was refused");
        body.mutable_drill_stop()->set_id(id);
        (void)site_.client().ask(body, seconds(5));
    }

    Status keep(const DrillFile& file) const {
        std::error_code ignored;
        std::filesystem::create_directories(site_.layout().run(), ignored);
        return runtime::replace_file(drill_file(site_.layout(), file.id), to_json(file).dump());
    }

    // Numbers ahead of the head that a matrix drill needs so that its order arrives before its
    // batch.
    Result<SequenceNumber> next_number() {
        constexpr auto kSpan = std::chrono::milliseconds(1200);
        const auto before = site_.status();
        if (!before)
            return before.error();
        std::this_thread::sleep_for(kSpan);
        const auto after = site_.status();
        if (!after)
            return after.error();
        if (!(*before)["last_executed"].is_number() || !(*after)["last_executed"].is_number())
            return Error{
                "fewer than f+1 agreement replicas say how far they are: wait until it serves"};
        const auto low = (*before)["last_executed"].get<std::uint64_t>();
        const auto high = (*after)["last_executed"].get<std::uint64_t>();
        return SequenceNumber(high + 8 + (high > low ? (high - low) * 2 : 0));
    }

    Status order(const std::vector<drill::Order>& orders, const std::string& id) {
        telemetry::CommandBody body;
        body.set_reason(words_.reason);
        body.set_confirm(confirmed());
        auto& start = *body.mutable_drill_start();
        for (const drill::Order& one : orders)
            runtime::to_proto(one.target, *start.add_targets());
        start.set_id(id);
        start.set_name(words_.name);
        start.set_application(site_.application().id.value);
        start.set_parameters(orders_text(orders));
        start.set_lease_ms(words_.lease * 1000);
        start.set_force(words_.force);
        const auto answers = site_.client().ask(body, seconds(5));
        for (const auto& host : site_.cluster().hosts) {
            const auto answer = answers.find(host.id);
            if (answer == answers.end() && words_.force)
                continue; // Its replicas are down, and whoever forces knows.
            if (answer == answers.end())
                return Error{fmt::format(
                    "host {} does not answer: `zzctl status` tells which are up", host.name)};
            if (!answer->second.ok())
                return Error{fmt::format("host {} refuses: {}", host.name, answer->second.error())};
        }
        return Ok{};
    }

    // The selected application's name if it was typed; else what was typed, to be refused.
    std::string confirmed() const {
        const std::string& name = site_.application().name;
        if (std::find(words_.yes.begin(), words_.yes.end(), name) != words_.yes.end())
            return name;
        return words_.yes.empty() ? std::string() : words_.yes.front();
    }

    // Until the drill has ended, what was predicted has happened, and every application is at rest.
    int wait_for_rest(const DrillFile& file) {
        runtime::StopSignal interrupted;
        const Instant give_up = runtime::now() + seconds(words_.lease) + kAfterLease;
        for (const DrillRecord& record : file.parts) {
            site_.select(record.application);
            std::string missing = missing_of(record), told;
            while (!missing.empty()) {
                if (missing != told)
                    fmt::print(stderr, "waiting: {}\n", missing);
                told = missing;
                if (!refused_.empty()) {
                    withdraw(file.id);
                    return failed(fmt::format("drill {}: {}", file.id, refused_));
                }
                if (interrupted.stopped()) {
                    (void)drill_stop(site_.layout().dir, file.id, "interrupted", false);
                    return failed(fmt::format("drill {}: interrupted", file.id));
                }
                if (runtime::now() >= give_up)
                    return failed(fmt::format("drill {}: {} after {} s", file.id, missing,
                                              words_.lease + kAfterLease / seconds(1)));
                std::this_thread::sleep_for(kLook);
                missing = missing_of(record);
            }
        }
        return kDone;
    }

    std::string missing_of(const DrillRecord& record) {
        const auto status = site_.status();
        if (!status)
            return status.error().text;
        const auto& app = site_.application();
        const auto events = site_.events_since(mark_of(record));
        const json seen = observed(record, app, events);
        const std::string where = fmt::format("application {}: ", app.name);
        for (const auto& [target, state] : target_states(record, app, events)) {
            if (state.starts_with("refused: "))
                refused_ = fmt::format("{}{} {}", where, target, state);
            if (state == kTargetRuns || !refused_.empty())
                return where + "the drill has not ended at " + target;
        }
        if (!contains_all(seen["wakes"], record.predicted["wakes"]) ||
            !contains_all(seen["convicted"], record.predicted["convicted"]))
            return where + "what was predicted has not happened";
        if (!site_.at_rest(*status) || (*status)["configuration"] < newest_configuration(events) ||
            (!seen["wakes"].empty() && !epoch_settled(events)))
            return where + "it is not at rest";
        return {};
    }

    static bool contains_all(const json& have, const json& want) {
        return std::all_of(want.begin(), want.end(), [&](const json& entry) {
            return std::find(have.begin(), have.end(), entry) != have.end();
        });
    }
    // A status may be older than the events: rest is what follows them.
    static std::uint64_t newest_configuration(const std::vector<telemetry::Event>& events) {
        std::uint64_t newest = 0;
        for (const auto& event : events)
            if (event.kind() == telemetry::CONFIGURED)
                newest = std::max(newest, event.value());
        return newest;
    }
    static bool epoch_settled(const std::vector<telemetry::Event>& events) {
        return std::any_of(events.begin(), events.end(), [](const telemetry::Event& event) {
            return event.kind() == telemetry::EPOCH_SETTLED;
        });
    }

    const DrillWords& words_;
    DrillSite& site_;
    std::vector<std::string> applications_;
    std::string refused_; // by a target, while it is waited for
};

} // namespace

int drill_start(const DrillWords& words) {
    if (words.force && words.reason.empty())
        return bad_usage("--force needs a reason: say why with --reason TEXT");
    const auto place = open_place(words);
    if (!place)
        return bad_usage(place.error().text);
    return Start(words, *place->site, place->applications).run();
}

} // namespace zz::services::ctl
