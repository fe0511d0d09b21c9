// SPDX-License-Identifier: Apache-2.0
// zzctl drill: catalogue, plan, start, stop, report (ZZ-10).
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <thread>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/drill_json.h"
#include "backend/services/drill_report.h"
#include "backend/services/drill_site.h"
#include "protocol/matrix/classify.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;

struct Options {
    std::string name, dir, app, file, truth, id, reason, yes;
    std::vector<std::string> targets, liars, signs;
    std::uint32_t lease = 60, delay_ms = 5000, interval_ms = 1000, wrong = 1;
    bool json = false, wait = false, force = false;
};

// What is to be played: orders without a place and time, and the prediction.
struct Planned {
    drill::Prediction prediction;
    std::vector<drill::Order> orders;
    bool exceeds = false;
};

Result<Planned> make_plan(const Options& o, const DrillSite& site, const json& status,
                          const drill::Order& common) {
    const drill::Stage stage = site.stage(status);
    const auto incarnations = site.incarnations(status);
    Planned out;
    if (o.name == "matrix") {
        if (o.file.empty())
            return Error{"a matrix drill needs --file CSV (the form is that of `zzctl classify`)"};
        const auto text = runtime::read_file(o.file, 1u << 20);
        if (!text)
            return text.error();
        const auto drawn = matrix::parse_csv(text.value(), stage.faults, o.file);
        if (!drawn)
            return drawn.error();
        drill::MatrixOptions options;
        if (!o.truth.empty())
            options.truth = o.truth;
        options.liars = o.liars;
        options.signs = o.signs;
        const auto plan = drill::plan_matrix(*drawn, stage, options, o.file);
        if (!plan)
            return plan.error();
        out.prediction = plan->prediction;
        out.exceeds = plan->exceeds_f();
        out.orders = drill::orders_for(*plan, common, incarnations);
        return out;
    }
    if (drill::find_drill(o.name) == nullptr)
        return Error{fmt::format("there is no drill '{}': see zzctl drill catalog", o.name)};
    if (o.targets.empty())
        return Error{"name whom it befalls with --target, for example --target E1"};
    drill::PlainDrill plain;
    plain.name = o.name;
    plain.delay = milliseconds(o.delay_ms);
    for (const std::string& text : o.targets) {
        const auto target = drill::parse_replica(text, stage.faults);
        if (!target)
            return target.error();
        plain.targets.push_back(*target);
    }
    const auto prediction = drill::predict_plain(plain, stage);
    if (!prediction)
        return prediction.error();
    out.prediction = *prediction;
    out.exceeds = prediction->margin.agreement < 0 || prediction->margin.execution < 0;
    out.orders = drill::orders_for(plain, common, incarnations);
    return out;
}

void print(const json& document, const Options& o, const std::string& text) {
    if (o.json)
        fmt::print("{}\n", document.dump());
    else
        fmt::print("{}\n", text);
    std::fflush(stdout);
}

std::string joined(const json& list) {
    std::string out;
    for (const auto& entry : list)
        out += (out.empty() ? "" : ", ") + entry.get<std::string>();
    return out.empty() ? "nobody" : out;
}

std::string in_words(std::string_view title, const json& p) {
    return fmt::format(
        "{:<10} {}; wakes {}; convicted {}; unresponsive {}; left of f: agreement {}, "
        "execution {}",
        title, p["verdict"].get<std::string>(), joined(p["wakes"]), joined(p["convicted"]),
        joined(p["unresponsive"]), p["margin"]["agreement"].dump(),
        p["margin"]["execution"].dump());
}

int plan(const Options& o) {
    auto site = DrillSite::open(o.dir, o.app);
    if (!site)
        return bad_usage(site.error().text);
    const auto status = (*site)->status();
    if (!status)
        return failed(status.error().text);
    drill::Order common;
    common.id = "plan";
    const auto planned = make_plan(o, **site, *status, common);
    if (!planned)
        return bad_usage(planned.error().text);
    json out = to_json(planned->prediction);
    out["targets"] = json::array();
    for (const auto& order : planned->orders)
        out["targets"].push_back(to_string(order.target));
    out["needs_force"] = planned->exceeds;
    print(out, o,
          in_words("predicted", out) + "\nliars      " + joined(out["targets"]) + "\n" +
              planned->prediction.text + (planned->exceeds ? "\nbeyond f: needs --force" : ""));
    return kDone;
}

std::string record_file(const DrillSite& site, const std::string& id) {
    return fmt::format("{}/drill-{}.json", site.layout().run(), id);
}

Mark mark_of(const DrillRecord& record) {
    Mark mark;
    mark.wall_ns = record.started_wall_ns;
    for (const auto& [host, number] : record.host_numbers)
        mark.numbers[HostId(host)] = number;
    return mark;
}

json report_json(DrillSite& site, const DrillRecord& record,
                 const std::vector<telemetry::Event>& events) {
    return {{"id", record.id},
            {"name", record.name},
            {"app", record.application},
            {"predicted", record.predicted},
            {"observed", observed(record, site.application(), events)},
            {"phases_ms", phases(record, site.application(), events)}};
}

// Numbers ahead of the head that a matrix drill needs so that its order arrives before its batch.
Result<SequenceNumber> next_number(DrillSite& site) {
    constexpr auto kLook = std::chrono::milliseconds(1200);
    const auto before = site.status();
    if (!before)
        return before.error();
    std::this_thread::sleep_for(kLook);
    const auto after = site.status();
    if (!after)
        return after.error();
    if (!(*before)["last_executed"].is_number() || !(*after)["last_executed"].is_number())
        return Error{
            "fewer than f+1 agreement replicas say how far they are: wait until it serves"};
    const auto low = (*before)["last_executed"].get<std::uint64_t>();
    const auto high = (*after)["last_executed"].get<std::uint64_t>();
    return SequenceNumber(high + 8 + (high > low ? (high - low) * 2 : 0));
}

Status order(DrillSite& site, const Options& o, const std::vector<drill::Order>& orders,
             const std::string& id, bool beyond_f) {
    telemetry::CommandBody body;
    body.set_reason(o.reason);
    body.set_confirm(o.yes);
    auto& start = *body.mutable_drill_start();
    for (const drill::Order& one : orders)
        runtime::to_proto(one.target, *start.add_targets());
    start.set_id(id);
    start.set_name(o.name);
    start.set_application(site.application().id.value);
    start.set_parameters(orders_text(orders));
    start.set_lease_ms(o.lease * 1000);
    start.set_force(beyond_f);
    const auto answers = site.client().ask(body, seconds(5));
    for (const auto& host : site.cluster().hosts) {
        const auto answer = answers.find(host.id);
        if (answer == answers.end())
            return Error{fmt::format("host {} does not answer: `zzctl status` tells which are up",
                                     host.name)};
        if (!answer->second.ok())
            return Error{fmt::format("host {} refuses: {}", host.name, answer->second.error())};
    }
    return Ok{};
}

bool contains_all(const json& have, const json& want) {
    return std::all_of(want.begin(), want.end(), [&](const json& entry) {
        return std::find(have.begin(), have.end(), entry) != have.end();
    });
}

// A status may be older than the events: rest is what follows them.
std::uint64_t newest_configuration(const std::vector<telemetry::Event>& events) {
    std::uint64_t newest = 0;
    for (const auto& event : events)
        if (event.kind() == telemetry::CONFIGURED)
            newest = std::max(newest, event.value());
    return newest;
}

bool epoch_settled(const std::vector<telemetry::Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const telemetry::Event& event) {
        return event.kind() == telemetry::EPOCH_SETTLED;
    });
}

// Until the drill has ended, what was predicted has happened, and the application is at rest.
int wait_for_rest(DrillSite& site, const Options& o, const DrillRecord& record) {
    const Instant give_up = runtime::now() + seconds(o.lease) + seconds(60);
    const Mark mark = mark_of(record);
    std::string missing;
    while (runtime::now() < give_up) {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        const auto status = site.status();
        if (!status) {
            missing = status.error().text;
            continue;
        }
        const auto events = site.events_since(mark);
        const json seen = observed(record, site.application(), events);
        if (!ended(record, site.application(), events))
            missing = "the drill has not ended";
        else if (!contains_all(seen["wakes"], record.predicted["wakes"]) ||
                 !contains_all(seen["convicted"], record.predicted["convicted"]))
            missing = "what was predicted has not happened";
        else if (!site.at_rest(*status) ||
                 (*status)["configuration"] < newest_configuration(events) ||
                 (!seen["wakes"].empty() && !epoch_settled(events)))
            missing = "the application is not at rest";
        else
            return kDone;
    }
    return failed(fmt::format("drill {}: {} after {} s", record.id, missing, o.lease + 60));
}

// A spare that was made a moment ago still runs for a while: so rest is waited for.
Result<json> status_at_rest(DrillSite& site) {
    constexpr Duration kRestPatience = seconds(10);
    const Instant give_up = runtime::now() + kRestPatience;
    for (;;) {
        auto status = site.status();
        if (!status || site.at_rest(*status) || runtime::now() >= give_up)
            return status;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
}

int start(Options o) {
    auto opened = DrillSite::open(o.dir, o.app);
    if (!opened)
        return bad_usage(opened.error().text);
    DrillSite& site = **opened;
    const auto status = o.force ? site.status() : status_at_rest(site);
    if (!status)
        return failed(status.error().text);
    if (!site.at_rest(*status) && !o.force)
        return failed("the application is not at rest (`zzctl status`): wait, or say --force");
    drill::Order common;
    common.id = fmt::format("{:x}", static_cast<std::uint64_t>(runtime::wall_ns() / 1000));
    common.lease = seconds(o.lease);
    common.delay = milliseconds(o.delay_ms);
    common.interval = milliseconds(o.interval_ms);
    common.wrong = o.wrong;
    if ((*status)["epoch"].is_number())
        common.epoch = Epoch((*status)["epoch"].get<std::uint64_t>());
    const auto planned = make_plan(o, site, *status, common);
    if (!planned)
        return bad_usage(planned.error().text);
    if (!site.cluster().drills)
        return failed(
            "the cluster file does not allow drills: make it with `cluster init --drills`");
    if (planned->exceeds && !o.force)
        return failed("this drill goes beyond f: it needs --force, and --reason TEXT");
    std::vector<drill::Order> orders = planned->orders;
    DrillRecord record;
    record.id = common.id;
    record.name = o.name;
    record.application = o.app;
    record.predicted = to_json(planned->prediction);
    for (const SlotId slot : site.stage(*status).actives)
        record.actives.push_back(slot.value);
    SequenceNumber from;
    if (o.name == "matrix") {
        const auto next = next_number(site);
        if (!next)
            return failed(next.error().text);
        from = *next;
    }
    for (drill::Order& one : orders) {
        one.from_n = from;
        record.targets.push_back(to_string(one.target));
    }
    const Mark mark = site.mark();
    record.started_wall_ns = mark.wall_ns;
    for (const auto& [host, number] : mark.numbers)
        record.host_numbers[host.value] = number;
    if (const Status ordered = order(site, o, orders, common.id, planned->exceeds); !ordered)
        return failed(ordered.error().text);
    std::error_code ignored;
    std::filesystem::create_directories(site.layout().run(), ignored);
    if (const Status kept =
            runtime::replace_file(record_file(site, common.id), to_json(record).dump());
        !kept)
        return failed(kept.error().text);
    print({{"id", common.id}}, o, fmt::format("drill {}: {}", common.id, planned->prediction.text));
    return o.wait ? wait_for_rest(site, o, record) : kDone;
}

int stop(const Options& o, bool all) {
    const Layout layout{o.dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    telemetry::CommandBody body;
    body.set_reason(o.reason);
    if (all)
        body.mutable_drill_stop_all();
    else
        body.mutable_drill_stop()->set_id(o.id);
    const auto answers = (*client)->ask(body, seconds(5));
    std::string trouble;
    for (const auto& host : cluster->hosts) {
        const auto answer = answers.find(host.id);
        if (answer == answers.end())
            trouble += fmt::format(
                "host {}: unknown, it does not answer; its lease ends the drill\n", host.name);
        else if (!answer->second.ok())
            trouble += fmt::format("host {}: {}\n", host.name, answer->second.error());
    }
    return trouble.empty() ? kDone : failed(trouble);
}

int report(const Options& o) {
    const Layout layout{o.dir};
    const auto text =
        runtime::read_file(fmt::format("{}/drill-{}.json", layout.run(), o.id), 1u << 20);
    if (!text)
        return bad_usage(fmt::format("there is no record of a drill '{}' in {}: {}", o.id,
                                     layout.run(), text.error().text));
    const auto record = record_from(text.value());
    if (!record)
        return bad_usage(record.error().text);
    auto site = DrillSite::open(o.dir, record->application);
    if (!site)
        return bad_usage(site.error().text);
    const json out = report_json(**site, *record, (*site)->events_since(mark_of(*record)));
    std::string words =
        in_words("predicted", out["predicted"]) + "\n" + in_words("observed", out["observed"]);
    if (out["observed"].contains("text"))
        words += "\n" + out["observed"]["text"].get<std::string>();
    for (const auto& row : out["observed"]["matrix"])
        words += fmt::format("\n  {}  {}", row["row"].get<std::string>(), row["entries"].dump());
    for (const auto& [phase, at] : out["phases_ms"].items())
        words += fmt::format("\n  {:<16} {:10.1f} ms", phase, at.get<double>());
    print(out, o, words);
    return kDone;
}

int catalog(bool as_json) {
    json out = json::array();
    for (const drill::CatalogEntry& entry : drill::catalog()) {
        json parameters = json::array();
        for (const drill::Parameter& parameter : entry.parameters)
            parameters.push_back({{"name", parameter.name}, {"text", parameter.text}});
        json roles = json::array();
        if (entry.execution)
            roles.push_back("execution");
        if (entry.agreement)
            roles.push_back("agreement");
        if (entry.client)
            roles.push_back("client");
        out.push_back({{"name", entry.name},
                       {"text", entry.text},
                       {"targets", roles},
                       {"parameters", parameters}});
        if (!as_json)
            fmt::print("{:<20} {:<22} {}\n", entry.name, joined(roles), entry.text);
    }
    if (as_json)
        fmt::print("{}\n", out.dump());
    return kDone;
}

void add_what(CLI::App& command, const std::shared_ptr<Options>& o) {
    command.add_option("name", o->name, "drill: see `zzctl drill catalog`")->required();
    command.add_option("--dir", o->dir, "folder of the data center")->required();
    command.add_option("--app", o->app, "application")->required();
    command.add_option("--target", o->targets, "replica it befalls: E1, A2 (again for more)");
    command.add_option("--file", o->file, "matrix: the drawn response matrix, CSV as for classify");
    command.add_option("--truth", o->truth, "matrix: the right value, if the matrix has none");
    command.add_option("--liar", o->liars, "matrix: a replica that lies (again for more)");
    command.add_option("--sign", o->signs, "matrix: what a liar signs, E1=Q (again for more)");
    command.add_option("--delay-ms", o->delay_ms, "slow: how late")->capture_default_str();
    command.add_option("--interval-ms", o->interval_ms, "repeating drills: how often")
        ->capture_default_str();
    command.add_option("--wrong", o->wrong, "which wrong value is told")->capture_default_str();
    command.add_flag("--json", o->json, "one JSON document");
}

} // namespace

void add_drill(CLI::App& parent, Chosen& chosen) {
    auto* group = parent.add_subcommand("drill", "plans, starts, stops and reports faults (ZZ-10)");
    group->require_subcommand(1);
    auto o = std::make_shared<Options>();
    auto* c = group->add_subcommand("catalog", "which drills there are");
    c->add_flag("--json", o->json, "one JSON document");
    c->callback([=, &chosen] { chosen.run = [=] { return catalog(o->json); }; });
    auto* p = group->add_subcommand("plan", "what the rules predict, and what is left of f");
    add_what(*p, o);
    p->callback([=, &chosen] { chosen.run = [=] { return plan(*o); }; });
    auto* s = group->add_subcommand("start", "begins a drill");
    add_what(*s, o);
    s->add_option("--lease", o->lease, "seconds after which it ends by itself")
        ->capture_default_str()
        ->check(CLI::Range(1, 3600));
    s->add_option("--reason", o->reason, "for the audit; needed beyond f, and in production");
    s->add_option("--yes", o->yes, "in production: the application's name, typed anew");
    s->add_flag("--wait", o->wait, "return when it has ended and the application is at rest");
    s->add_flag("--force", o->force, "beyond f, or while not at rest");
    s->callback([=, &chosen] { chosen.run = [=] { return start(*o); }; });
    auto* e = group->add_subcommand("stop", "ends a drill");
    e->add_option("id", o->id, "as `drill start` told it")->required();
    e->add_option("--dir", o->dir, "folder of the data center")->required();
    e->callback([=, &chosen] { chosen.run = [=] { return stop(*o, false); }; });
    auto* a = group->add_subcommand("stop-all", "ends every drill");
    a->add_option("--dir", o->dir, "folder of the data center")->required();
    a->callback([=, &chosen] { chosen.run = [=] { return stop(*o, true); }; });
    auto* r = group->add_subcommand("report", "prediction and observation side by side");
    r->add_option("id", o->id, "as `drill start` told it")->required();
    r->add_option("--dir", o->dir, "folder of the data center")->required();
    r->add_flag("--json", o->json, "one JSON document");
    r->callback([=, &chosen] { chosen.run = [=] { return report(*o); }; });
}

} // namespace zz::services::ctl
