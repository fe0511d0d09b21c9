// SPDX-License-Identifier: Apache-2.0
#include "backend/services/operator_client.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/loop.h"
#include "protocol/telemetry/version.h"
#include "protocol/transport/routed.h"

namespace zz::services {
namespace {

constexpr Duration kValidFor = seconds(30);

std::optional<telemetry::Answer> read_answer(const transport::Received& received) {
    const auto routed = transport::decode_routed(received.frame.view());
    if (!routed || received.from.principal.role != Role::Host)
        return std::nullopt;
    const ByteView bytes = routed->frame.view();
    telemetry::LocalControl control;
    if (bytes.empty() || bytes[0] != static_cast<std::uint8_t>(runtime::LocalFrame::Control) ||
        !control.ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1)) ||
        !control.has_answer())
        return std::nullopt;
    return control.answer();
}

Result<const cluster::Operator*> choose_self(const Layout& layout,
                                             const cluster::Cluster& cluster) {
    if (const char* name = std::getenv("ZZ_OPERATOR"); name != nullptr && *name != '\0') {
        for (const auto& entry : cluster.operators)
            if (entry.name == name)
                return &entry;
        return Error{fmt::format("{} has no operator '{}'", layout.cluster_file(), name)};
    }
    if (cluster.operators.empty())
        return Error{fmt::format("{} has no [[operator]]", layout.cluster_file())};
    const cluster::Operator* first = nullptr;
    for (const auto role : {cluster::OperatorRole::Operator, cluster::OperatorRole::Viewer})
        for (const auto& entry : cluster.operators) {
            if (entry.role != role)
                continue;
            first = first == nullptr ? &entry : first;
            if (access(layout.key(cluster, {}, principal(entry.id)).c_str(), R_OK) == 0)
                return &entry;
        }
    return first; // Reading its key tells what is missing.
}

} // namespace

OperatorClient::OperatorClient(const Layout& layout, const cluster::Cluster& cluster,
                               const cluster::Operator& self, crypto::KeyPair keys)
    : layout_(layout), cluster_(cluster), self_(self), keys_(std::move(keys)),
      signing_(crypto::SigningKeyPair::from_seed(keys_.signing_seed)) {}

OperatorClient::~OperatorClient() {
    // Best effort: without it, a cut at the end of an audit log is not found here.
    (void)!keep_heads(layout_, cluster_, heads_);
}

Result<std::unique_ptr<OperatorClient>> OperatorClient::make(const Layout& layout,
                                                             const cluster::Cluster& cluster) {
    const auto chosen = choose_self(layout, cluster);
    if (!chosen)
        return chosen.error();
    const cluster::Operator* self = chosen.value();
    auto keys = crypto::read_key_file(layout.key(cluster, {}, principal(self->id)));
    if (!keys)
        return keys.error();
    std::unique_ptr<OperatorClient> client(
        new OperatorClient(layout, cluster, *self, std::move(keys).value()));
    auto transport = transport::Transport::make(
        client->context_, {client->keys_.publics.exchange, client->keys_.exchange_private});
    if (!transport)
        return transport.error();
    client->transport_ = std::move(transport).value();
    for (const auto& host : cluster.hosts) {
        const Status dialled = client->transport_->dial(
            transport::peer(principal(host.id)), host.operator_endpoint(), host.keys.exchange);
        if (!dialled)
            return dialled.error();
    }
    return client;
}

std::map<HostId, telemetry::Answer> OperatorClient::ask(const telemetry::CommandBody& what,
                                                        Duration patience,
                                                        const std::vector<HostId>& hosts) {
    const Instant end = runtime::now() + patience;
    std::map<HostId, std::uint64_t> open; // nonce, 0: not sent yet
    for (const auto& host : cluster_.hosts)
        if (hosts.empty() || std::find(hosts.begin(), hosts.end(), host.id) != hosts.end())
            open[host.id] = 0;
    std::map<HostId, telemetry::Answer> answers;
    while (answers.size() < open.size()) {
        for (auto& [host, nonce] : open) {
            const auto peer = transport::peer(principal(host));
            if (nonce != 0 || !transport_->reachable(peer))
                continue;
            last_nonce_ = std::max(last_nonce_ + 1, static_cast<std::uint64_t>(runtime::wall_ns()));
            telemetry::CommandBody body = what;
            body.set_protocol(telemetry::kTelemetryVersion);
            body.set_operator_(self_.id.value);
            body.set_nonce(nonce = last_nonce_);
            body.set_cluster(std::string(text_of(cluster_.id.view())));
            body.set_environment(cluster_.environment);
            body.set_host(host.value);
            body.set_not_after_wall_ns(runtime::wall_ns() + kValidFor.count());
            telemetry::LocalControl control;
            *control.mutable_command() = telemetry::sign_command(body, signing_);
            transport_->send(
                peer, transport::encode({ApplicationId(), principal(self_.id), principal(host),
                                         runtime::local_frame(runtime::LocalFrame::Control,
                                                              control.SerializeAsString())}));
        }
        const Instant now = runtime::now();
        if (now >= end)
            break;
        for (const auto& received :
             transport_->poll(std::min<Duration>(end - now, milliseconds(100))).frames) {
            auto answer = read_answer(received);
            const HostId host(received.from.principal.index);
            if (answer && open.contains(host) &&
                (answer->nonce() == open[host] || (!answer->ok() && answer->nonce() == 0))) {
                note_head(heads_, host, answer->hello());
                answers[host] = std::move(*answer);
            }
        }
    }
    return answers;
}

std::map<HostId, telemetry::Snapshot> OperatorClient::snapshots(Duration patience) {
    telemetry::CommandBody body;
    body.mutable_status();
    std::map<HostId, telemetry::Snapshot> out;
    for (auto& [host, answer] : ask(body, patience))
        if (answer.ok() && answer.has_snapshot())
            out[host] = std::move(*answer.mutable_snapshot());
    return out;
}

} // namespace zz::services
