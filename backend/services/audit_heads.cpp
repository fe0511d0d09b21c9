// SPDX-License-Identifier: Apache-2.0
#include "backend/services/audit_heads.h"

#include <filesystem>
#include <fmt/format.h>
#include <sstream>

#include "backend/runtime/process.h"

namespace zz::services {
namespace {

std::string file_of(const Layout& layout) {
    return layout.run() + "/audit-heads";
}

bool read_digest(std::string_view bytes, Digest& out) {
    if (bytes.size() != out.bytes.size())
        return false;
    std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
    return true;
}

} // namespace

void note_head(AuditHeads& heads, HostId host, const telemetry::Hello& hello) {
    AuditHead head{hello.audit_newest(), {}};
    if (head.n > heads[host].n && read_digest(hello.audit_head(), head.hash))
        heads[host] = head;
}

AuditHeads read_heads(const Layout& layout, const cluster::Cluster& cluster) {
    AuditHeads heads;
    const auto text = runtime::read_file(file_of(layout), 1u << 20);
    if (!text)
        return heads;
    std::istringstream in(text.value());
    std::string name, hex;
    AuditHead head;
    while (in >> name >> head.n >> hex) {
        const cluster::Host* host = cluster.host(name);
        Bytes bytes;
        if (host != nullptr && from_hex(hex, bytes) && read_digest(text_of(bytes), head.hash))
            heads[host->id] = head;
    }
    return heads;
}

Status keep_heads(const Layout& layout, const cluster::Cluster& cluster, const AuditHeads& heads) {
    AuditHeads all = read_heads(layout, cluster);
    bool news = false;
    for (const auto& [host, head] : heads)
        if (head.n > all[host].n) {
            all[host] = head;
            news = true;
        }
    if (!news)
        return Ok{};
    std::string text;
    for (const auto& [host, head] : all)
        if (const cluster::Host* entry = cluster.host(host); entry != nullptr && head.n != 0)
            text += fmt::format("{} {} {}\n", entry->name, head.n, to_hex(head.hash.view()));
    std::error_code ignored;
    std::filesystem::create_directories(layout.run(), ignored);
    return runtime::replace_file(file_of(layout), text);
}

} // namespace zz::services
