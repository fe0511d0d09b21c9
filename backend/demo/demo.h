// SPDX-License-Identifier: Apache-2.0
// Demo: the main job from nothing: a data center of four hosts and four applications on this
// machine, client load, the scripted drills, a live text view, a summary. With virtual machines it
// is one application, since translated guests share two or so processors. Orchestrates `zzctl`
// only. Whatever happens, it takes down what it started and removes its working files.
#pragma once

#include <cstdint>
#include <string>

namespace zz::demo {

struct DemoOptions {
    std::string bin;            // folder of zzctl and the services
    std::string json_file;      // summary for programs, empty: none
    std::uint32_t seconds = 60; // from serving
    std::uint32_t lanes = 2;    // of each application's client
    bool console = false;       // the console on it
    std::string screenshots;    // folder for its pictures, empty: a window
    bool tour = false;          // the console's guided tour plays the drills, not the script
    bool guests = false;        // execution replicas are virtual machines
    bool keep = false;          // leaves the working files for a look
};

// The exit code: 0 everything holds, 1 a sentence on standard error for each thing that does not.
int run_demo(const DemoOptions& options);

} // namespace zz::demo
