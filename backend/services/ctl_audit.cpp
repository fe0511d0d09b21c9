// SPDX-License-Identifier: Apache-2.0
// zzctl audit list, audit verify.
#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "backend/services/audit_heads.h"
#include "backend/services/ctl.h"
#include "backend/services/operator_client.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;

constexpr std::uint32_t kEntriesAtOnce = 512;

struct Listed {
    std::string host;
    telemetry::AuditEntry entry;
};

json entry_json(const Listed& listed) {
    const auto& e = listed.entry;
    return {{"host", listed.host},
            {"n", e.n()},
            {"wall_ns", e.wall_ns()},
            {"who", e.who()},
            {"operator", e.operator_()},
            {"role", e.role()},
            {"key", e.key()},
            {"command", e.command()},
            {"reason", e.reason()},
            {"result", e.result()},
            {"times", e.times()},
            {"hash", to_hex(view_of(e.hash()))}};
}

void print_entry(const Listed& listed) {
    const auto& e = listed.entry;
    const std::time_t at = static_cast<std::time_t>(e.wall_ns() / 1'000'000'000);
    char time[32];
    std::tm parts{};
    std::strftime(time, sizeof time, "%F %T", gmtime_r(&at, &parts));
    // A host that lies may send anything: what is printed deceives no terminal (O5).
    fmt::print("{} {:<8} {:>5} {:<10} {}{}{}: {}\n", time, listed.host, e.n(),
               runtime::safe_text(e.who()), runtime::safe_text(e.command()),
               e.reason().empty() ? "" : " (" + runtime::safe_text(e.reason()) + ")",
               e.times() > 1 ? fmt::format(", {} times", e.times()) : "",
               runtime::safe_text(e.result()));
}

// All that a host still has in memory.
bool fetch(OperatorClient& client, const cluster::Host& host, std::vector<Listed>& out) {
    for (std::uint64_t after = 0;;) {
        telemetry::CommandBody body;
        body.mutable_audit_list()->set_after(after);
        body.mutable_audit_list()->set_count_max(kEntriesAtOnce);
        const auto answers = client.ask(body, kAnswerPatience, {host.id});
        const auto it = answers.find(host.id);
        if (it == answers.end() || !it->second.ok() || !it->second.has_audit())
            return false;
        const auto& audit = it->second.audit();
        for (const auto& entry : audit.entries()) {
            if (entry.n() <= after)
                return false;
            after = entry.n();
            out.push_back({host.name, entry});
        }
        if (audit.entries_size() == 0 || after >= audit.newest())
            return true;
    }
}

int list(const std::string& dir, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    std::vector<Listed> all;
    json silent = json::array();
    for (const auto& host : cluster->hosts)
        if (!fetch(**client, host, all))
            silent.push_back(host.name);
    std::stable_sort(all.begin(), all.end(), [](const Listed& a, const Listed& b) {
        return a.entry.wall_ns() < b.entry.wall_ns();
    });
    if (as_json) {
        json entries = json::array();
        for (const auto& entry : all)
            entries.push_back(entry_json(entry));
        fmt::print("{}\n", json{{"entries", entries}, {"silent", silent}}.dump(
                               -1, ' ', false, json::error_handler_t::replace));
    } else {
        for (const auto& entry : all)
            print_entry(entry);
    }
    if (silent.size() == cluster->hosts.size())
        return failed("no host answers: is the data center up? The files can be read with `zzctl "
                      "audit verify`");
    for (const auto& host : silent)
        fmt::print(stderr, "zzctl: host {} does not answer\n", host.get<std::string>());
    return kDone;
}

struct Verified {
    std::string file;
    AuditCheck check;
};

int tell(const std::vector<Verified>& all, bool as_json) {
    json out = json::array();
    bool good = true;
    for (const auto& one : all) {
        const auto& check = one.check;
        good = good && check.bad_line == 0;
        json entry{{"file", one.file},
                   {"entries", check.entries},
                   {"head", to_hex(check.head.view())},
                   {"bad_line", nullptr}};
        if (check.bad_line != 0) {
            entry["bad_line"] = check.bad_line;
            entry["text"] = check.trouble;
        }
        out.push_back(entry);
        if (as_json)
            continue;
        if (check.bad_line == 0)
            fmt::print("{}: {} entries, unbroken; last hash {}\n", one.file, check.entries,
                       to_hex(check.head.view()));
        else
            fmt::print("{}:{}: {}\n", one.file, check.bad_line, check.trouble);
    }
    if (as_json)
        fmt::print("{}\n", json{{"good", good}, {"logs", out}}.dump());
    return good ? kDone : kFailed;
}

int verify_file(const std::string& file, const std::string& last, bool as_json) {
    std::optional<AuditHead> known;
    if (!last.empty()) {
        Bytes bytes;
        known.emplace();
        if (!from_hex(last, bytes) || bytes.size() != known->hash.bytes.size())
            return bad_usage(fmt::format("--last {}: wants a hash of 64 hex digits", last));
        std::copy(bytes.begin(), bytes.end(), known->hash.bytes.begin());
    }
    const auto text = runtime::read_file(file, 2 * kAuditFileBytesMax);
    if (!text)
        return bad_usage(text.error().text);
    return tell({{file, check_audit(text.value(), 0, known)}}, as_json);
}

int verify_all(const std::string& dir, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    const AuditHeads heads = read_heads(layout, *cluster);
    std::vector<Verified> all;
    for (const auto& host : cluster->hosts) {
        const std::string file = layout.host(host) + "/host/" + std::string(kAuditFile);
        const auto head = heads.find(host.id);
        const bool known = head != heads.end() && head->second.n != 0;
        const auto text = runtime::read_file(file, 2 * kAuditFileBytesMax);
        if (!text && !known) {
            fmt::print(stderr, "zzctl: {}: no log yet\n", file);
            continue;
        }
        all.push_back({file, check_audit(text ? text.value() : "", 0,
                                         known ? std::optional(head->second) : std::nullopt)});
    }
    return tell(all, as_json);
}

} // namespace

void add_audit(CLI::App& parent, Chosen& chosen) {
    auto* group = parent.add_subcommand("audit", "who asked what of the hosts, and the result");
    group->require_subcommand(1);
    auto dir = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    auto last = std::make_shared<std::string>();
    auto as_json = std::make_shared<bool>(false);
    auto* l = group->add_subcommand("list", "newest entries of every host, by time");
    l->add_option("--dir", *dir, "folder of the data center")->required();
    l->add_flag("--json", *as_json, "one JSON document");
    l->callback([=, &chosen] { chosen.run = [=] { return list(*dir, *as_json); }; });
    auto* v =
        group->add_subcommand("verify", "names the first line that was edited or cut; exit 1");
    auto* one = v->add_option("FILE", *file, "the audit.log of one host");
    v->add_option("--dir", *dir, "the logs of all hosts below this folder")->excludes(one);
    v->add_option("--last", *last, "hash of an entry that must be there: finds a cut at the end")
        ->needs(one);
    v->add_flag("--json", *as_json, "one JSON document");
    v->callback([=, &chosen] {
        chosen.run = [=] {
            if (file->empty() == dir->empty())
                return bad_usage("audit verify: say FILE or --dir DIR");
            return file->empty() ? verify_all(*dir, *as_json) : verify_file(*file, *last, *as_json);
        };
    });
}

} // namespace zz::services::ctl
