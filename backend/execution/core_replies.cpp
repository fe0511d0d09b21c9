// SPDX-License-Identifier: Apache-2.0
// REPLYs to clients (ZZ-4.2, ZZ-4.3).
#include <algorithm>

#include "backend/execution/core.h"

namespace zz::execution {

// One designated active replica sends results, the next one for the next number. In an epoch with a
// wake-up everybody does: one of the active ones is faulty then, and its turn must not cost every
// client a timeout.
bool Core::sends_whole(SequenceNumber n) const {
    if (wakeup_known_)
        return true;
    const std::vector<ExecutionId> active = membership_.active();
    return active.empty() || active[n.value % active.size()] == self_;
}

void Core::send_replies(ClientId client, SequenceNumber n,
                        std::vector<message::ReplyEntry> entries) {
    std::size_t bytes = 0;
    message::Reply m{n, membership_.config().number, {}};
    for (message::ReplyEntry& entry : entries) {
        if (!m.entries.empty() &&
            (bytes + entry.result.size() > kReplyBytesMax || m.entries.size() == m.entries.max)) {
            send({principal(client)}, m);
            m.entries.clear();
            bytes = 0;
        }
        bytes += entry.result.size();
        m.entries.push_back(std::move(entry));
    }
    if (!m.entries.empty())
        send({principal(client)}, std::move(m));
}

void Core::reply(SequenceNumber n, const std::vector<ExecutedReply>& replies) {
    const bool all = sends_whole(n);
    std::map<ClientId, std::vector<message::ReplyEntry>> of_client;
    for (const ExecutedReply& r : replies) {
        const bool whole = all || r.result.size() <= kWholeReplyBytes;
        of_client[r.client].push_back(
            {r.lane, r.number, r.digest, whole, whole ? r.result : Blob()});
    }
    for (auto& [client, entries] : of_client)
        send_replies(client, n, std::move(entries));
}

void Core::lookup(ClientId client, const std::vector<message::LaneRequest>& requests,
                  bool complaint) {
    act(LookupReplies{client, requests, stable_.checkpoint.n, complaint});
}

// "Request again": from the reply cache, below h with the path of ZZ-4.3 (d).
void Core::on(const auth::Verified& m, const message::RequestAgain& again) {
    if (!participates())
        return;
    std::vector<message::LaneRequest> requests;
    for (const message::LaneRequest& request : again.requests)
        if (spend(Budget::Lookups, m.sender(), kLookupBudget))
            requests.push_back(request);
    if (!requests.empty())
        lookup(ClientId(m.sender().index), requests, true);
}

void Core::on(const RepliesFound& found) {
    if (standing_ != Standing::Awake)
        return;
    std::map<SequenceNumber, std::vector<message::ReplyEntry>> by_number;
    for (const CachedReply& r : found.replies) {
        if (const auto at = log_.find(r.n); found.complaint && at != log_.end())
            at->second.complained = true;
        if (r.proved_at > SequenceNumber(0) && r.proved_at == stable_.checkpoint.n &&
            !r.proof.empty() && r.proof.size() <= decltype(message::ReplyProof::nodes)::max)
            send({principal(found.client)},
                 message::ReplyProof{r.lane, r.number, stable_, r.proof});
        by_number[r.n].push_back({r.lane, r.number, r.digest, true, r.result});
    }
    for (auto& [n, entries] : by_number)
        send_replies(found.client, n, std::move(entries));
}

} // namespace zz::execution
