// SPDX-License-Identifier: Apache-2.0
// zzctl: one file per command, ctl_<command>.cpp. Each adds itself to the command line and leaves a
// function to run. Human output goes to standard output, diagnostics to standard error; exit 0
// success, 1 the thing failed or the check found something, 2 bad usage or unreadable or invalid
// input.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace zz::services::ctl {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadUsage = 2;

// The command that was chosen on the command line.
struct Chosen {
    std::function<int()> run;
};

// "zzctl: TEXT" on standard error; both return their exit code.
int failed(const std::string& text);
int bad_usage(const std::string& text);

void add_keygen(CLI::App& parent, Chosen& chosen);
void add_cluster(CLI::App& parent, Chosen& chosen); // cluster init, check, up, down
void add_cluster_init(CLI::App& parent, Chosen& chosen);
void add_cluster_check(CLI::App& parent, Chosen& chosen);
void add_cluster_up(CLI::App& parent, Chosen& chosen);
void add_cluster_down(CLI::App& parent, Chosen& chosen);
void add_host(CLI::App& parent, Chosen& chosen); // host kill, up
void add_status(CLI::App& parent, Chosen& chosen);
void add_facts(CLI::App& parent, Chosen& chosen);
void add_events(CLI::App& parent, Chosen& chosen);
void add_load(CLI::App& parent, Chosen& chosen);
void add_fill(CLI::App& parent, Chosen& chosen);
void add_drill(CLI::App& parent, Chosen& chosen);
void add_audit(CLI::App& parent, Chosen& chosen);    // audit list, verify
void add_evidence(CLI::App& parent, Chosen& chosen); // evidence list, export, verify
void add_cost(CLI::App& parent, Chosen& chosen);
void add_recover(CLI::App& parent, Chosen& chosen);
void add_classify(CLI::App& parent, Chosen& chosen);
void add_session(CLI::App& parent, Chosen& chosen); // session record, info, export

} // namespace zz::services::ctl
