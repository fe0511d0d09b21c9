// SPDX-License-Identifier: Apache-2.0
// zzctl drill: catalogue, plan, and the words of all commands of the group (ZZ-10).
#include "backend/services/ctl_drill.h"

#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "backend/services/ctl.h"
#include "backend/services/drill_json.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;

std::string listed(const json& list) {
    std::string out;
    for (const auto& entry : list)
        out += (out.empty() ? "" : ", ") + entry.get<std::string>();
    return out.empty() ? "nobody" : out;
}

json roles_of(const drill::CatalogEntry& entry) {
    json roles = json::array();
    for (const auto& [is, name] :
         {std::pair{entry.execution, "execution"}, std::pair{entry.agreement, "agreement"},
          std::pair{entry.client, "client"}, std::pair{entry.host, "host"}})
        if (is)
            roles.push_back(name);
    return roles;
}

json plan_json(const PlannedPart& part) {
    json out = to_json(part.prediction);
    out["targets"] = json::array();
    for (const auto& order : part.orders)
        out["targets"].push_back(to_string(order.target));
    return out;
}

void add_what(CLI::App& command, const std::shared_ptr<DrillWords>& o) {
    command.add_option("name", o->name, "drill: see `zzctl drill catalog`")->required();
    command.add_option("--dir", o->dir, "folder of the data center")->required();
    command.add_option("--app", o->app, "application; a drill on a host may leave it out");
    command.add_option("--target", o->targets,
                       "whom it befalls: E1, A2, a client or a host by name, `active` (the first "
                       "active execution replica), `primary` (again for more)");
    command.add_option("--peer", o->peers,
                       "link drills: only the links to this one (again for more)");
    command.add_option("--file", o->file, "matrix: the drawn response matrix, CSV as for classify");
    command.add_option("--truth", o->truth, "matrix: the right value, if the matrix has none");
    command.add_option("--liar", o->liars, "matrix: a replica that lies (again for more)");
    command.add_option("--sign", o->signs, "matrix: what a liar signs, E1=Q (again for more)");
    command.add_option("--delay-ms", o->delay_ms, "slow, link-delay: how late")
        ->capture_default_str();
    command.add_option("--loss-percent", o->loss_percent, "link-loss: how much is lost")
        ->capture_default_str();
    command.add_option("--seed", o->seed, "link-loss: what is lost is drawn from it")
        ->capture_default_str();
    command.add_option("--interval-ms", o->interval_ms, "repeating drills: how often")
        ->capture_default_str();
    command.add_option("--copies", o->copies, "flood: how often each bundle is sent")
        ->capture_default_str();
    command.add_option("--client", o->client, "censor-primary: number of the client left out")
        ->capture_default_str();
    command
        .add_option("--from", o->from,
                    "first sequence number that is touched; 0: at once, matrix: just ahead")
        ->capture_default_str();
    command.add_option("--wrong", o->wrong, "which wrong value is told")->capture_default_str();
    command.add_flag("--json", o->json, "one JSON document");
}

} // namespace

void print(const json& document, bool as_json, const std::string& text) {
    fmt::print("{}\n", as_json ? document.dump() : text);
    std::fflush(stdout);
}

std::string in_words(std::string_view title, const json& p) {
    return fmt::format(
        "{:<10} {}; wakes {}; convicted {}; unresponsive {}; left of f: agreement {}, "
        "execution {}",
        title, p["verdict"].get<std::string>(), listed(p["wakes"]), listed(p["convicted"]),
        listed(p["unresponsive"]), p["margin"]["agreement"].dump(),
        p["margin"]["execution"].dump());
}

int drill_plan(const DrillWords& words) {
    const auto place = open_place(words);
    if (!place)
        return bad_usage(place.error().text);
    drill::Order common;
    common.id = "plan";
    const auto planned = plan_drill(words, *place->site, common);
    if (!planned)
        return bad_usage(planned.error().text);
    json out = plan_json(planned->parts.front());
    out["needs_force"] = planned->exceeds;
    std::string text;
    for (const PlannedPart& part : planned->parts) {
        const json one = plan_json(part);
        if (planned->parts.size() > 1) {
            out["applications"][part.application] = one;
            text += fmt::format("application {}\n", part.application);
        }
        text += in_words("predicted", one) + "\nliars      " + listed(one["targets"]) + "\n" +
                part.prediction.text + "\n";
    }
    print(out, words.json, text + (planned->exceeds ? "beyond f: needs --force" : "within f"));
    return kDone;
}

int drill_catalog(bool as_json) {
    json out = json::array();
    for (const drill::CatalogEntry& entry : drill::catalog()) {
        json parameters = json::array();
        for (const drill::Parameter& parameter : entry.parameters)
            parameters.push_back({{"name", parameter.name}, {"text", parameter.text}});
        const json roles = roles_of(entry);
        out.push_back({{"name", entry.name},
                       {"text", entry.text},
                       {"targets", roles},
                       {"parameters", parameters}});
        if (!as_json)
            fmt::print("{:<20} {:<22} {}\n", entry.name, listed(roles), entry.text);
    }
    if (as_json)
        fmt::print("{}\n", out.dump());
    return kDone;
}

void add_drill(CLI::App& parent, Chosen& chosen) {
    auto* group = parent.add_subcommand("drill", "plans, starts, stops and reports faults (ZZ-10)");
    group->require_subcommand(1);
    auto o = std::make_shared<DrillWords>();
    auto id = std::make_shared<std::string>();
    auto* c = group->add_subcommand("catalog", "which drills there are");
    c->add_flag("--json", o->json, "one JSON document");
    c->callback([=, &chosen] { chosen.run = [=] { return drill_catalog(o->json); }; });
    auto* p = group->add_subcommand("plan", "what the rules predict, and what is left of f");
    add_what(*p, o);
    p->callback([=, &chosen] { chosen.run = [=] { return drill_plan(*o); }; });
    auto* s = group->add_subcommand("start", "begins a drill");
    add_what(*s, o);
    s->add_option("--lease", o->lease, "seconds after which it ends by itself")
        ->capture_default_str()
        ->check(CLI::Range(1, 3600));
    s->add_option("--repeat", o->repeat, "play it so often, each time from rest; implies --wait")
        ->check(CLI::Range(1, 1000));
    s->add_option("--reason", o->reason, "for the audit; needed by --force, and in production");
    s->add_option("--yes", o->yes,
                  "in production: the application's name, typed anew (again for each one that a "
                  "drill on a host befalls)");
    s->add_flag("--wait", o->wait,
                "return when it has ended and the application is at rest; an interrupt stops it");
    s->add_flag("--force", o->force, "beyond f, or while not at rest; needs --reason");
    s->callback([=, &chosen] { chosen.run = [=] { return drill_start(*o); }; });
    auto* e = group->add_subcommand("stop", "ends a drill, tells how each target stands");
    e->add_option("id", *id, "as `drill start` told it")->required();
    auto* a = group->add_subcommand("stop-all", "ends every drill");
    for (auto* stop : {e, a}) {
        stop->add_option("--dir", o->dir, "folder of the data center")->required();
        stop->add_option("--reason", o->reason, "for the audit");
        stop->add_flag("--json", o->json, "one JSON document");
        stop->callback([=, &chosen] {
            chosen.run = [=] { return drill_stop(o->dir, *id, o->reason, o->json); };
        });
    }
    auto* r = group->add_subcommand("report", "prediction and observation side by side");
    r->add_option("id", *id, "as `drill start` told it")->required();
    r->add_option("--dir", o->dir, "folder of the data center")->required();
    r->add_flag("--json", o->json, "one JSON document");
    r->callback([=, &chosen] { chosen.run = [=] { return drill_report(o->dir, *id, o->json); }; });
}

} // namespace zz::services::ctl
