// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/drill.h"

#include <fmt/format.h>

namespace zz::demo {
namespace {

constexpr auto kStep = std::chrono::milliseconds(50);

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// What went before it tells of the waiting.
std::string last_line(std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

} // namespace

DrillRun play_drill(const Ctl& ctl, Words words, std::chrono::seconds patience) {
    words.insert(words.begin(), {"drill", "start"});
    words.insert(words.end(), {"--wait", "--json"});
    auto started = ctl.start(words);
    if (!started)
        return {"", started.error().text};
    Child& child = **started;
    const auto end = Clock::now() + patience;
    while (child.running() && Clock::now() < end && ctl.rest(kStep))
        child.poll(0);
    DrillRun run;
    // The id comes first, whatever follows it.
    const Json first = Json::parse(first_line(child.out()), nullptr, false);
    run.id = text(first, "id");
    if (interrupted() != 0)
        run.complaint = "interrupted";
    else if (child.running())
        run.complaint = fmt::format("the drill has not ended after {} s", patience.count());
    else if (child.exit_code() != 0)
        run.complaint = fmt::format("drill start ended with code {}: {}", child.exit_code(),
                                    last_line(child.err()));
    else if (run.id.empty())
        run.complaint = fmt::format("drill start gave no id but '{}'", first_line(child.out()));
    return run;
}

} // namespace zz::demo
