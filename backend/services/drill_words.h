// SPDX-License-Identifier: Apache-2.0
// From the words of `zzctl drill plan` and `start` to what is played: targets found (replicas,
// clients, hosts), predictions by the rules, orders for each part. What other drills of the same
// application use of f counts too (ZZ-10.4). Talks to the hosts through the DrillSite; one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/drill/order.h"
#include "backend/services/drill_report.h"
#include "backend/services/drill_site.h"

namespace zz::services {

struct DrillWords {
    std::string name, dir, app, file, truth, reason;
    std::vector<std::string> targets, peers, liars, signs, yes;
    std::uint32_t lease = 60, delay_ms = 5000, interval_ms = 1000, wrong = 1, copies = 100;
    std::uint32_t loss_percent = 10, client = 1, repeat = 1;
    std::uint64_t seed = 1, from = 0;
    bool json = false, wait = false, force = false;
};

// What one application takes part in.
struct PlannedPart {
    std::string application;
    drill::Prediction prediction;
    std::vector<drill::Order> orders; // without the place where a matrix begins
    std::vector<std::uint32_t> actives;
};

struct PlannedDrill {
    std::vector<PlannedPart> parts; // the one that is shown first; more for a drill on a host
    bool exceeds = false;           // some f, by itself or with drills that run already
};

// Applications that a drill befalls: --app, or for a host all that have a part there.
Result<std::vector<std::string>> applications_of(const DrillWords& words,
                                                 const cluster::Cluster& cluster);
// The site, at the first of the applications that the words are about. An Error is bad usage.
struct DrillPlace {
    std::vector<std::string> applications;
    std::unique_ptr<DrillSite> site;
};
Result<DrillPlace> open_place(const DrillWords& words);
// The site is left at the first application. An Error is bad usage.
Result<PlannedDrill> plan_drill(const DrillWords& words, DrillSite& site,
                                const drill::Order& common);

} // namespace zz::services
