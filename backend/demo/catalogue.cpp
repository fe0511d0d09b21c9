// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/catalogue.h"

#include <algorithm>

#include "backend/demo/script.h"

namespace zz::demo {
namespace {

constexpr const char* kShort = "3"; // seconds of a drill that ends by its lease
constexpr const char* kLong = "30"; // of one that ends with the removal of its target

Play plain(const char* key, const char* application, const char* drill, const char* target,
           const char* lease, Words more = {}) {
    Words words{drill, "--target", target, "--lease", lease};
    words.insert(words.end(), more.begin(), more.end());
    return {key, application, {}, std::move(words)};
}

// Those of the talk, on the applications on which they are played there.
std::vector<Play> matrices() {
    std::vector<Play> out;
    for (const Step& step : script()) {
        Words words{"matrix", "--lease", kLong};
        words.insert(words.end(), step.options.begin(), step.options.end());
        out.push_back({step.name, step.application, step.csv, std::move(words)});
    }
    return out;
}

} // namespace

std::vector<std::string> whole_applications() {
    return {"A=kv", "B=kv", "C=compute", "D=web"};
}

std::vector<Play> whole_plays() {
    std::vector<Play> out = matrices();
    const std::vector<Play> more{
        // Wake-ups without a conviction double the deadlines (ZZ-6.1): one or two each.
        plain("silent", "A", "silent", "active", kLong),
        plain("lie-reports", "A", "lie-reports", "A2", kShort),
        plain("flood-demands", "A", "flood-demands", "A3", kShort),
        plain("false-accuse", "A", "false-accuse", "A4", kShort),
        plain("bad-signature", "A", "bad-signature", "gateway", kShort),
        plain("agreement-silent", "A", "silent", "primary", kShort),

        plain("wrong-reply", "B", "wrong-reply", "active", kLong),
        plain("slow", "B", "slow", "active", kLong, {"--delay-ms", "8000"}),
        plain("replay", "B", "replay", "gateway", kShort, {"--interval-ms", "200"}),
        plain("flood", "B", "flood", "gateway", kShort, {"--copies", "20"}),
        plain("agreement-slow", "B", "slow", "A2", kShort, {"--delay-ms", "1000"}),

        plain("corrupt-state", "C", "corrupt-state", "active", kLong),
        plain("crash", "C", "crash", "active", kLong),
        plain("refuse-sign", "C", "refuse-sign", "active", kShort),
        plain("link-loss", "C", "link-loss", "A2", kShort, {"--loss-percent", "5"}),
        plain("equivocate-primary", "C", "equivocate-primary", "primary", kShort),
        plain("agreement-crash", "C", "crash", "A3", kShort),

        plain("wrong-checkpoint", "D", "wrong-checkpoint", "active", kLong),
        plain("sign-two", "D", "sign-two", "active", kLong),
        plain("link-cut", "D", "link-cut", "active", kLong),
        plain("link-delay", "D", "link-delay", "A3", kShort, {"--delay-ms", "60"}),
        plain("censor-primary", "D", "censor-primary", "primary", kShort, {"--client", "2"}),
    };
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

std::vector<Play> host_plays() {
    return {plain("host-lie", "", "host-lie", "h3", "4"),
            plain("host-stop", "", "host-stop", "h2", "8")};
}

std::vector<std::string> left_out(const std::vector<std::string>& catalogue) {
    std::vector<Play> all = whole_plays();
    const std::vector<Play> hosts = host_plays();
    all.insert(all.end(), hosts.begin(), hosts.end());
    std::vector<std::string> out;
    for (const std::string& name : catalogue)
        if (std::none_of(all.begin(), all.end(),
                         [&](const Play& play) { return play.words.front() == name; }))
            out.push_back(name);
    return out;
}

} // namespace zz::demo
