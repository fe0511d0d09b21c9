// SPDX-License-Identifier: Apache-2.0
// zzctl evidence list, export, verify.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "backend/services/evidence_file.h"
#include "backend/services/operator_client.h"
#include "protocol/telemetry/version.h"

namespace zz::services::ctl {
namespace {

using nlohmann::json;
using telemetry::EvidenceItem;

std::string application_name(const cluster::Cluster& cluster, const EvidenceItem& item) {
    return item.application() < cluster.applications.size()
               ? cluster.applications[item.application()].name
               : "unknown";
}

std::string subject_name(const EvidenceItem& item) {
    const auto subject = runtime::from_proto(item.subject());
    return subject.index == 0 ? "" : to_string(subject);
}

std::string_view vote_name(std::uint32_t vote) {
    return vote == 2 ? "checkpoint" : "reply";
}

json item_json(const cluster::Cluster& cluster, const EvidenceItem& item,
               const std::set<std::string>& hosts) {
    json out{{"id", runtime::safe_text(item.id())},
             {"app", application_name(cluster, item)},
             {"subject", nullptr},
             {"n", item.n()},
             {"vote", vote_name(item.vote())},
             {"proof", runtime::safe_text(item.text())},
             {"wall_ns", item.wall_ns()},
             {"hosts", hosts}};
    if (const std::string subject = subject_name(item); !subject.empty())
        out["subject"] = subject;
    return out;
}

int list(const std::string& dir, bool as_json) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    telemetry::CommandBody body;
    body.mutable_evidence_list();
    const auto answers = (*client)->ask(body, kAnswerPatience);
    std::map<std::string, std::pair<EvidenceItem, std::set<std::string>>> by_id;
    for (const auto& [host, answer] : answers)
        for (const auto& item : answer.evidence().items()) {
            auto& entry = by_id.try_emplace(item.id(), item, std::set<std::string>{}).first->second;
            entry.second.insert(cluster->host(host)->name);
        }
    std::vector<std::pair<EvidenceItem, std::set<std::string>>> items;
    for (auto& [id, entry] : by_id)
        items.push_back(std::move(entry));
    std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
        return a.first.wall_ns() < b.first.wall_ns();
    });
    json out = json::array();
    for (const auto& [item, hosts] : items) {
        out.push_back(item_json(*cluster, item, hosts));
        if (!as_json)
            fmt::print("{}  {}.{:<6} n={} ({}): {}\n", runtime::safe_text(item.id()),
                       application_name(*cluster, item),
                       subject_name(item).empty() ? "-" : subject_name(item), item.n(),
                       vote_name(item.vote()), runtime::safe_text(item.text()));
    }
    if (as_json)
        fmt::print("{}\n", out.dump());
    else if (items.empty() && !answers.empty())
        fmt::print("no evidence of misbehaviour is kept\n");
    return answers.empty() ? failed("no host answers: is the data center up?") : kDone;
}

Blob blob_of(const std::string& frame) {
    const ByteView bytes = view_of(frame);
    return Blob(Bytes(bytes.begin(), bytes.end()));
}

std::vector<Blob> frames_of(const EvidenceItem& item) {
    std::vector<Blob> out;
    for (const auto& frame : item.frames())
        out.push_back(blob_of(frame));
    return out;
}

// The item as some host keeps it, and the configurations that the hosts saw of its application.
struct Fetched {
    std::optional<EvidenceItem> item;
    std::vector<Blob> configurations;
};

Fetched fetch(OperatorClient& client, const std::string& id) {
    Fetched out;
    telemetry::CommandBody body;
    body.mutable_evidence_get()->set_id(id);
    const auto take = [&](const std::map<HostId, telemetry::Answer>& answers) {
        for (const auto& [host, answer] : answers)
            for (const auto& item : answer.evidence().items()) {
                if (item.id() == id && evidence_id(item) == id && !out.item)
                    out.item = item;
                for (const auto& frame : item.configurations())
                    out.configurations.push_back(blob_of(frame));
            }
    };
    take(client.ask(body, kAnswerPatience));
    if (!out.item)
        return out;
    // Hosts that do not keep the item did not know its application.
    out.configurations.clear();
    body.mutable_evidence_get()->set_application(out.item->application());
    take(client.ask(body, kAnswerPatience));
    return out;
}

void print_proven(const proof::Proven& proven, bool as_json) {
    json subjects = json::array(), signers = json::array();
    for (const auto& id : proven.subjects)
        subjects.push_back(to_string(id));
    for (const auto& id : proven.signers)
        signers.push_back(to_string(id));
    if (as_json)
        fmt::print("{}\n", json{{"proves", true},
                                {"kind", proof::to_string(proven.kind)},
                                {"subjects", subjects},
                                {"signers", signers},
                                {"n", proven.n.value},
                                {"vote", vote_name(static_cast<std::uint32_t>(proven.vote))},
                                {"text", proven.text}}
                               .dump());
    else
        fmt::print("proven ({}): {}\n", proof::to_string(proven.kind), proven.text);
}

int export_one(const std::string& dir, const std::string& id, const std::string& out) {
    const Layout layout{dir};
    const auto cluster = cluster::load(layout.cluster_file());
    if (!cluster)
        return bad_usage(cluster.error().text);
    auto client = OperatorClient::make(layout, *cluster);
    if (!client)
        return failed(client.error().text);
    Fetched found = fetch(**client, id);
    if (!found.item)
        return failed(fmt::format("no host that answers keeps evidence '{}': see zzctl evidence "
                                  "list --dir {}",
                                  runtime::safe_text(id), dir));
    telemetry::EvidenceFile file;
    file.set_protocol(telemetry::kTelemetryVersion);
    file.set_cluster(std::string(text_of(cluster->id.view())));
    found.item->clear_configurations();
    *file.mutable_item() = *found.item;
    if (found.item->application() < cluster->applications.size()) {
        const auto& app = cluster->applications[found.item->application()];
        for (const auto& id_of : proof::later_incarnations(frames_of(*found.item)))
            for (const Blob& frame :
                 proof::certificate_for(*cluster, app, id_of, found.configurations))
                file.add_configurations(std::string(text_of(frame.view())));
    }
    if (const Status written = runtime::replace_file(out, evidence_bytes(file)); !written)
        return failed(written.error().text);
    const auto proven = verify_evidence(*cluster, file);
    if (!proven)
        return failed(
            fmt::format("{} was written, but proves nothing: {}", out, proven.error().text));
    fmt::print("{}: ", out);
    print_proven(*proven, false);
    return kDone;
}

int verify(const std::string& file, const std::string& cluster_file, bool as_json) {
    const auto cluster = cluster::load(cluster_file);
    if (!cluster)
        return bad_usage(cluster.error().text);
    const auto bytes = runtime::read_file(file, kEvidenceFileBytesMax);
    if (!bytes)
        return bad_usage(bytes.error().text);
    const auto read = read_evidence(bytes.value());
    const auto proven =
        read ? verify_evidence(*cluster, *read) : Result<proof::Proven>(read.error());
    if (!proven) {
        if (as_json)
            fmt::print("{}\n", json{{"proves", false}, {"text", proven.error().text}}.dump());
        return failed(fmt::format("{} proves nothing: {}", file, proven.error().text));
    }
    print_proven(*proven, as_json);
    return kDone;
}

} // namespace

void add_evidence(CLI::App& parent, Chosen& chosen) {
    auto* group = parent.add_subcommand("evidence", "signed proofs of misbehaviour");
    group->require_subcommand(1);
    auto dir = std::make_shared<std::string>();
    auto id = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    auto cluster_file = std::make_shared<std::string>();
    auto as_json = std::make_shared<bool>(false);
    auto* l = group->add_subcommand("list", "what the hosts keep");
    l->add_option("--dir", *dir, "folder of the data center")->required();
    l->add_flag("--json", *as_json, "one JSON document");
    l->callback([=, &chosen] { chosen.run = [=] { return list(*dir, *as_json); }; });
    auto* e =
        group->add_subcommand("export", "a file that proves it to anybody with the public keys");
    e->add_option("ID", *id, "as `evidence list` shows it")->required();
    e->add_option("--dir", *dir, "folder of the data center")->required();
    e->add_option("--out", *file, "file to write")->required();
    e->callback([=, &chosen] { chosen.run = [=] { return export_one(*dir, *id, *file); }; });
    auto* v = group->add_subcommand("verify", "offline; says what is proven; exit 1: nothing");
    v->add_option("FILE", *file, "made by `evidence export`")->required();
    v->add_option("--cluster", *cluster_file, "cluster file: the public keys")->required();
    v->add_flag("--json", *as_json, "one JSON document");
    v->callback(
        [=, &chosen] { chosen.run = [=] { return verify(*file, *cluster_file, *as_json); }; });
}

} // namespace zz::services::ctl
