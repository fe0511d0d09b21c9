// SPDX-License-Identifier: Apache-2.0
// zz-demo: the demonstration, see demo.h. Exit 0 everything holds, 1 something does not, 2 bad
// usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "backend/demo/child.h"
#include "backend/demo/console.h"
#include "backend/demo/ctl.h"
#include "backend/demo/demo.h"

namespace {

int bad_usage(const char* text) {
    std::fprintf(stderr, "zz-demo: %s\n", text);
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    zz::demo::DemoOptions options;
    options.bin = zz::demo::own_folder();
    bool headless = false;
    std::string hypervisor = "process";
    CLI::App app("A data center of four hosts and four applications on this machine, client load "
                 "and drills.",
                 "zz-demo");
    app.add_flag("--headless", headless, "a live text view and a summary, no console");
    app.add_option("--seconds", options.seconds,
                   "how long load and view go on, from serving; default 60")
        ->check(CLI::Range(1U, 86400U));
    app.add_option("--hypervisor", hypervisor,
                   "process (default), or libvirt: one application, its execution "
                   "replicas are virtual machines")
        ->check(CLI::IsMember({"process", "libvirt"}));
    app.add_option("--json", options.json_file, "writes the summary here");
    app.add_option(
        "--screenshots", options.screenshots,
        "folder for pictures of every view of the console, during and after the blocking "
        "drill; needs no display");
    app.add_flag("--tour", options.tour,
                 "the console's guided tour plays the drills, until its window is closed");
    app.add_option("--clients", options.lanes, "lanes of each application's client, default 2")
        ->check(CLI::Range(1U, 1000U));
    app.add_flag("--keep", options.keep, "leaves the working files in build/ for a look");
    app.add_option("--bin", options.bin,
                   "folder of zzctl and the services, default: that of zz-demo");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    options.guests = hypervisor == "libvirt";
    if (options.guests && options.tour)
        return bad_usage("--tour plays on four applications, --hypervisor libvirt has one");
    options.bin = std::filesystem::absolute(options.bin).lexically_normal();
    if (!std::filesystem::exists(options.bin + "/zzctl"))
        return bad_usage(("--bin " + options.bin +
                          ": there is no zzctl in it; build it with "
                          "./zz build")
                             .c_str());
    if (!zz::demo::writable(options.json_file))
        return bad_usage(
            ("--json " + options.json_file + ": cannot be written; choose another file").c_str());
    options.console = !headless || !options.screenshots.empty();
    if (options.console && options.screenshots.empty() && !zz::demo::has_display()) {
        std::fputs("zz-demo: no display: text view\n", stderr);
        options.console = false;
    }
    if (options.tour && (!options.console || !options.screenshots.empty()))
        return bad_usage("--tour needs the console's window: a display, no --headless and no "
                         "--screenshots");
    if (!options.screenshots.empty())
        options.screenshots = std::filesystem::absolute(options.screenshots);
    zz::demo::catch_interrupts();
    // Unwinding takes the data center down.
    try {
        return zz::demo::run_demo(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "zz-demo: %s\n", error.what());
        return 1;
    }
}
