// SPDX-License-Identifier: Apache-2.0
// zzctl recover: RECOVER (ZZ-8.4) when more than f agreement replicas of an application cannot show
// their votes.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <thread>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/drill_site.h"
#include "backend/services/recover_plan.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/sealer.h"
#include "protocol/telemetry/version.h"

namespace zz::services::ctl {
namespace {

constexpr Duration kClaimsPatience = seconds(15);
constexpr Duration kServesPatience = seconds(90);

struct Options {
    std::string dir, app, yes, reason;
    bool force = false;
};

struct Seen {
    std::uint32_t generation = 0;
    std::size_t mute = 0, heard = 0;
    std::vector<telemetry::ExecutionFacts> execution;
};

Seen look(DrillSite& site) {
    Seen seen;
    std::map<std::uint32_t, telemetry::AgreementFacts> agreement;
    for (const auto& [host, snapshot] : site.client().snapshots(seconds(3)))
        for (const auto& facts : snapshot.sources()) {
            if (facts.source().application() != site.application().id.value + 1U)
                continue;
            if (facts.has_agreement())
                agreement[facts.source().principal().index()] = facts.agreement();
            if (facts.has_execution())
                seen.execution.push_back(facts.execution());
        }
    for (const auto& [id, facts] : agreement) {
        ++seen.heard;
        seen.mute += facts.mute();
        seen.generation = std::max(seen.generation, facts.generation());
    }
    return seen;
}

std::vector<telemetry::RecoverClaim> gather(DrillSite& site, std::uint32_t generation) {
    telemetry::CommandBody body;
    body.mutable_recover_claim()->set_application(site.application().id.value);
    body.mutable_recover_claim()->set_generation(generation);
    site.client().ask(body, seconds(2)); // what is answered now may be from an earlier try
    std::map<std::uint32_t, telemetry::RecoverClaim> claims;
    const Instant end = runtime::now() + kClaimsPatience;
    while (claims.size() < site.application().agreement.size() && runtime::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        for (const auto& [host, answer] : site.client().ask(body, seconds(2)))
            for (const auto& claim : answer.claims().claims())
                claims[claim.replica()] = claim;
    }
    std::vector<telemetry::RecoverClaim> out;
    for (auto& [id, claim] : claims)
        out.push_back(std::move(claim));
    return out;
}

std::string silent_ones(const cluster::Application& app,
                        const std::vector<telemetry::RecoverClaim>& told) {
    std::string out;
    for (const auto& replica : app.agreement)
        if (std::none_of(told.begin(), told.end(),
                         [&](const auto& c) { return c.replica() == replica.id.value; }))
            out += fmt::format("{}A{}", out.empty() ? "" : ", ", replica.id.value);
    return out.empty() ? "nobody" : out;
}

void show(const RecoverPlan& plan, const std::vector<telemetry::RecoverClaim>& told,
          const cluster::Application& app) {
    const message::Recover& r = plan.recover;
    const std::uint64_t base = r.base.checkpoint.n.value;
    const std::uint64_t proven = base + r.chosen.size();
    fmt::print("generation {} of application {} would start at stable checkpoint {}\n",
               r.generation.value, app.name, base);
    fmt::print("  claims of {} agreement replicas; no claim: {}\n", r.claims.size(),
               silent_ones(app, told));
    if (base < plan.highest.value)
        fmt::print("  LOST: {} is stable too, but no execution replica holds all of it\n",
                   plan.highest.value);
    fmt::print("  carried over: {} batches, up to {}\n", r.chosen.size(), proven);
    if (plan.top.value > proven)
        fmt::print("  LOST: {} to {}: voted for, and proven no more\n", proven + 1, plan.top.value);
    fmt::print("  uncertain: replies that clients accepted above {} may be lost or change\n", base);
    std::fflush(stdout);
}

bool is_confirmed(const Options& o) {
    if (!o.yes.empty())
        return o.yes == o.app;
    fmt::print("Type the name of the application to go on: ");
    std::fflush(stdout);
    std::string typed;
    return std::getline(std::cin, typed) && typed == o.app;
}

Status hand_over(DrillSite& site, const Options& o, const Blob& frame) {
    telemetry::CommandBody body;
    body.set_reason(o.reason);
    body.set_confirm(o.app);
    body.mutable_recover()->set_application(site.application().id.value);
    body.mutable_recover()->set_frame(std::string(text_of(frame.view())));
    std::size_t taken = 0;
    std::string refused;
    for (const auto& [host, answer] : site.client().ask(body, seconds(10))) {
        taken += answer.ok();
        if (!answer.ok())
            refused += fmt::format("; host {}: {}", host.value, answer.error());
    }
    if (taken == 0)
        return Error{"no host took the RECOVER" + refused};
    return Ok{};
}

int wait_until_it_serves(DrillSite& site, std::uint32_t generation) {
    const Instant end = runtime::now() + kServesPatience;
    const std::size_t needed = site.application().faults().quorum();
    std::string last;
    while (runtime::now() < end) {
        std::size_t begun = 0, active = 0;
        for (const auto& [host, snapshot] : site.client().snapshots(seconds(3)))
            for (const auto& facts : snapshot.sources()) {
                if (facts.source().application() != site.application().id.value + 1U)
                    continue;
                begun += facts.has_agreement() && !facts.agreement().mute() &&
                         facts.agreement().generation() >= generation;
                active += facts.has_execution() && facts.execution().complete() &&
                          facts.execution().executed() >= facts.execution().stable();
            }
        const std::string now = fmt::format("{} agreement replicas in generation {}, {} execution "
                                            "replicas whole",
                                            begun, generation, active);
        if (now != last)
            fmt::print(stderr, "{}\n", now);
        last = now;
        if (begun >= needed && active >= site.application().faults().active_replicas())
            return kDone;
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    return failed(fmt::format("generation {} does not serve after {} s: {}", generation,
                              kServesPatience / seconds(1), last));
}

int recover(const Options& o) {
    auto opened = DrillSite::open(o.dir, o.app);
    if (!opened)
        return bad_usage(opened.error().text);
    DrillSite& site = **opened;
    const auto& app = site.application();
    const Seen seen = look(site);
    if (seen.mute <= app.f && !o.force)
        return failed(fmt::format("{} of {} agreement replicas that answer are mute: application "
                                  "{} needs no RECOVER (--force with --reason overrides)",
                                  seen.mute, seen.heard, app.name));
    if (o.force && o.reason.empty())
        return bad_usage("--force needs --reason");
    const std::uint32_t generation = seen.generation + 1;
    const auto told = gather(site, generation);
    const RecoverClaims claims = read_claims(told, site.cluster(), app, site.client().keys());
    for (const std::string& who : claims.refused)
        fmt::print(stderr, "the claim of {} is not valid\n", who);
    const auto plan = plan_recover(claims, seen.execution, app, Generation(generation));
    if (!plan)
        return failed(fmt::format("{}; no claim: {}", plan.error().text, silent_ones(app, told)));
    show(*plan, told, app);
    if (!is_confirmed(o))
        return failed("not confirmed: nothing was changed");
    auth::CryptoKeyring keyring(site.client().keys());
    const auth::Sealer sealer({site.cluster().id, app.id, Generation(seen.generation),
                               principal(site.client().self().id), app.faults()},
                              keyring);
    const Blob frame = sealer.sign(plan->recover);
    if (frame.size() + 4096 > telemetry::kCommandBytesMax)
        return failed(
            fmt::format("the RECOVER has {} bytes, more than a command may", frame.size()));
    if (!runtime::open_recover(frame, site.cluster(), app, site.client().keys()))
        return failed("a claim is not signed by its replica: nothing was changed");
    // Load clients of this folder start in the new generation.
    std::error_code ignored;
    std::filesystem::create_directories(site.layout().run(), ignored);
    if (const Status kept = runtime::keep_generation(
            fmt::format("{}/recover-{}", site.layout().run(), app.name), frame);
        !kept)
        return failed(kept.error().text);
    if (const Status done = hand_over(site, o, frame); !done)
        return failed(done.error().text);
    return wait_until_it_serves(site, generation);
}

} // namespace

void add_recover(CLI::App& parent, Chosen& chosen) {
    auto o = std::make_shared<Options>();
    auto* command = parent.add_subcommand(
        "recover", "starts an application anew from what its replicas can still prove (RECOVER)");
    command->add_option("--dir", o->dir, "folder of the data center")->required();
    command->add_option("--app", o->app, "application")->required();
    command->add_option("--yes", o->yes, "the application's name again, instead of typing it");
    command->add_flag("--force", o->force, "although no more than f replicas are mute");
    command->add_option("--reason", o->reason, "for the audit");
    command->callback([=, &chosen] { chosen.run = [=] { return recover(*o); }; });
}

} // namespace zz::services::ctl
