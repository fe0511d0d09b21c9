// SPDX-License-Identifier: Apache-2.0
// The scripted drills of the demonstration, what each must show, and the judgement whether it did.
// Pure: facts before and after, the drill's report, sentences about what does not hold.
#pragma once

#include <string>
#include <vector>

#include "backend/demo/facts.h"

namespace zz::demo {

struct Step {
    std::string name; // key of the summary
    std::string application;
    std::string title;         // for people
    std::string csv;           // the matrix that is played; its rows are the actives
    Words options;             // of `zzctl drill start matrix`
    std::string verdict;       // expected, ZZ-6.2
    std::string convicted;     // slot, empty: nobody
    std::string woken;         // slot, empty: nobody
    bool served_first = false; // the client is answered before anybody wakes
};

// The two matrices of the talk (ZZ-6.4) under both policies, in order. Each application is fresh
// for its steps: the first one of B leaves everything as it was.
std::vector<Step> script();

// The same on one application, of which nothing is fresh after the second.
std::vector<Step> guest_script();

struct StepResult {
    Step step;
    ApplicationFacts before, after;
    Json report; // of `zzctl drill report`
};

// With virtual machines: whether the domains are as the members are after a step (ZZ-6.7, ZZ-7.7).
std::vector<std::string> judge_guests(const StepResult& result, const DataCenterFacts& facts);

// A sentence for each thing that does not hold; empty if the step went as it must.
std::vector<std::string> judge(const StepResult& result);

// Verdict, who woke and who was blamed: the part of a report that both sides have.
Json essence(const Json& side);

// "0 -> 1": how a counter moved, "?" if unknown.
std::string moved(std::optional<std::uint64_t> before, std::optional<std::uint64_t> after);

} // namespace zz::demo
