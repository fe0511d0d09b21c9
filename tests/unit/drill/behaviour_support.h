// SPDX-License-Identifier: Apache-2.0
// Hand-made messages, results and behaviours for tests of drills: f = 1, number 40 is the one that
// is lied about.
#pragma once

#include <string>
#include <vector>

#include "backend/drill/behaviour.h"
#include "backend/drill/lies.h"
#include "protocol/auth/digests.h"
#include "protocol/auth/plain_keyring.h"
#include "protocol/auth/sealer.h"

namespace zz::drill::test {

inline constexpr Instant kStart{1'000'000'000};
inline constexpr SequenceNumber kN{40};
inline constexpr std::uint64_t kSecret = 7;

inline PrincipalId orderer(std::uint32_t k) {
    return principal(AgreementId(k));
}
inline PrincipalId executor(std::uint32_t slot, std::uint32_t incarnation = 0) {
    return principal(ExecutionId{SlotId(slot), Incarnation(incarnation)});
}
inline std::vector<PrincipalId> all_agreement() {
    return {orderer(1), orderer(2), orderer(3), orderer(4)};
}

inline auth::Identity identity_of(const PrincipalId& self) {
    return {ClusterId{}, ApplicationId(1), Generation(0), self, Faults{1}};
}
inline Surroundings at(const PrincipalId& self) {
    return {identity_of(self), {controller_of(HostId(3))}, 256};
}

// `m` as received from `sender`.
inline auth::Verified from(const PrincipalId& sender, const message::Message& m) {
    static const auth::PlainKeyring keyring(orderer(1), kSecret);
    return auth::Sealer(identity_of(sender), keyring).own(m);
}

inline Order order_of(std::string name, const PrincipalId& target) {
    Order order;
    order.id = "d1";
    order.name = std::move(name);
    order.target = target;
    order.from_n = kN;
    return order;
}
// Precondition: the order can be played.
inline std::unique_ptr<Behaviour> play(const Order& order) {
    return std::move(make_behaviour(order, at(order.target))).value();
}

inline Digest digest_of(std::string_view text) {
    return auth::reply_digest(view_of(text));
}

// What an honest engine finds for number n: two requests of client 1, one of client 2.
inline execution::Executed executed(SequenceNumber n) {
    execution::Executed out{n, digest_of("batch"), {}, {}};
    for (const auto& [client, lane] : {std::pair{1U, 0U}, std::pair{1U, 5U}, std::pair{2U, 0U}}) {
        const Blob result(
            bytes_of("result " + std::to_string(client) + "." + std::to_string(lane)));
        out.replies.push_back({ClientId(client), LaneId(lane), RequestNumber(9),
                               auth::reply_digest(result.view()), result});
    }
    out.digest = report_root(truth_of(out).requests, truth_of(out).replies);
    return out;
}

inline message::Report report_of(const execution::Executed& done) {
    return {done.n, ConfigurationNumber(0), done.batch_digest, done.digest, truth_of(done).replies};
}
inline message::SignedReport signed_of(const execution::Executed& done) {
    return {VoteKind::Reply,   done.n,      ConfigurationNumber(0),
            done.batch_digest, done.digest, truth_of(done).replies};
}
inline message::Reply reply_of(const execution::Executed& done, ClientId client) {
    message::Reply out{done.n, ConfigurationNumber(0), {}};
    for (const execution::ExecutedReply& r : done.replies) {
        if (r.client == client)
            out.entries.push_back({r.lane, r.number, r.digest, true, r.result});
    }
    return out;
}
// The batch that `executed` executes.
inline message::Batch batch_of(const execution::Executed& done) {
    message::Batch batch;
    batch.proposed = Timestamp(1000);
    for (const execution::ExecutedReply& r : done.replies) {
        message::Bundle bundle;
        bundle.client = r.client;
        bundle.leaf_count = 1;
        bundle.leaves.push_back({0, message::Request{r.lane, r.number, 0, Blob()}});
        batch.bundles.push_back(std::move(bundle));
    }
    return batch;
}

// A send as a core makes it: with a frame where the core keeps one.
inline core::Send send_of(std::vector<PrincipalId> to, message::Message m, bool framed = false) {
    return {std::move(to), std::move(m), framed ? Blob(bytes_of("frame")) : Blob(), RecordIndex(3)};
}

inline std::vector<core::Send> passed(core::Wrapper& wrapper, std::vector<core::Send> sends,
                                      Instant now = kStart) {
    wrapper.pass(now, sends);
    return sends;
}
inline execution::Result altered(EngineWrapper& wrapper, execution::Result result,
                                 Instant now = kStart) {
    wrapper.alter(now, result);
    return result;
}

} // namespace zz::drill::test
