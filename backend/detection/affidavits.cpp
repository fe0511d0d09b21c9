// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/affidavits.h"

#include <algorithm>
#include <array>
#include <set>

#include "protocol/auth/digests.h"
#include "protocol/auth/merkle.h"

namespace zz::detection {
namespace {

std::vector<Digest> leaves_of(const std::vector<core::OrderedRequest>& requests,
                              const std::vector<Digest>& reply_digests) {
    std::vector<Digest> leaves;
    leaves.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i)
        leaves.push_back(auth::report_leaf(requests[i].client, requests[i].lane, requests[i].number,
                                           reply_digests[i]));
    return leaves;
}

// Certificate if f+1 equal signed reports are held, else affidavit, for the requests at `indices`,
// all of one client.
void send_to(Board& b, const Case& c, ClientId client, const std::vector<std::uint32_t>& indices) {
    const auto entry_of = [&](std::uint32_t i) {
        return message::AffidavitEntry{c.requests[i].lane, c.requests[i].number,
                                       c.reply_digests[i]};
    };
    const auto reports = signed_for(c, *c.value);
    if (reports.size() < b.faults().weak_quorum()) {
        message::ReplyAffidavit affidavit{c.n, {}};
        for (const std::uint32_t i : indices)
            affidavit.entries.push_back(entry_of(i));
        b.send({principal(client)}, std::move(affidavit));
        return;
    }
    message::ReplyCertificate certificate;
    certificate.n = c.n;
    for (std::size_t i = 0; i < b.faults().weak_quorum(); ++i)
        certificate.reports.push_back(*reports[i]);
    const std::vector<Digest> leaves = leaves_of(c.requests, c.reply_digests);
    for (const std::uint32_t i : indices) {
        message::CertifiedReply reply{
            entry_of(i), i, static_cast<std::uint32_t>(leaves.size()), {}};
        reply.path = auth::merkle_siblings(leaves, std::array{i});
        certificate.entries.push_back(std::move(reply));
    }
    b.send({principal(client)}, std::move(certificate));
}

} // namespace

Digest report_root(const std::vector<core::OrderedRequest>& requests,
                   const std::vector<Digest>& reply_digests) {
    return auth::merkle_root(leaves_of(requests, reply_digests));
}

void find_reply_digests(Board&, Case& c) {
    if (c.vote != VoteKind::Reply || !c.value || !c.committed || !c.reply_digests.empty() ||
        c.requests.empty())
        return;
    for (auto& [id, held] : c.held) {
        // A digest is given up with its first wrong list: another replica's report brings the right
        // one.
        if (held.reply_digests.size() == c.requests.size() && value_of(c, held) == *c.value &&
            report_root(c.requests, held.reply_digests) == *c.value) {
            c.reply_digests = std::move(held.reply_digests);
            break;
        }
        held.reply_digests.clear();
    }
    if (!c.reply_digests.empty())
        for (auto& [id, held] : c.held)
            held.reply_digests = {};
}

void serve_clients(Board& b, Case& c) {
    if (!c.serve_clients || c.served_clients || !c.value || c.reply_digests.empty())
        return;
    c.served_clients = true;
    std::map<ClientId, std::vector<std::uint32_t>> of_client;
    for (std::uint32_t i = 0; i < c.requests.size(); ++i)
        of_client[c.requests[i].client].push_back(i);
    for (const auto& [client, indices] : of_client)
        send_to(b, c, client, indices);
}

bool serve_client(Board& b, const Case& c, const core::OrderedRequest& request) {
    const auto at = std::ranges::find(c.requests, request);
    if (at == c.requests.end() || !c.value || c.reply_digests.empty())
        return false;
    send_to(b, c, request.client, {static_cast<std::uint32_t>(at - c.requests.begin())});
    return true;
}

} // namespace zz::detection
