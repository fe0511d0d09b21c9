// SPDX-License-Identifier: Apache-2.0
// agreement::Core: requests of clients and system requests, and the batches made of them (ZZ-2.4,
// ZZ-3.1, ZZ-3.3).
#include <algorithm>

#include "backend/agreement/core.h"
#include "protocol/auth/certificates.h"
#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"

namespace zz::agreement {

namespace {

struct Load {
    std::size_t requests = 0, bytes = 0;
    std::uint64_t budget = 0;
    void add(const message::Bundle& bundle) {
        requests += bundle.leaves.size();
        for (const message::BundleLeaf& leaf : bundle.leaves) {
            bytes += leaf_bytes(leaf);
            budget += leaf.request.budget;
        }
    }
};

// Why no batch may hold this; empty if one may (ZZ-1.5, ZZ-2.6).
std::string_view excess(const Load& load, const cluster::Limits& limits) {
    if (load.requests > limits.batch_requests_max ||
        (load.bytes > limits.batch_bytes_max && load.requests > 1))
        return "more requests or bytes than a batch may hold";
    if (load.budget > limits.batch_budget_max)
        return "budgets beyond that of a batch (ZZ-1.5)";
    return {};
}

} // namespace

// What every replica would PREPARE, whatever its state.
bool Core::is_orderable(const message::Bundle& bundle) const {
    // A part cannot be parted again: one that fits no batch would be held against every primary.
    if (!is_whole(bundle)) {
        Load load;
        load.add(bundle);
        if (!excess(load, options_.limits).empty())
            return false;
    }
    return std::all_of(bundle.leaves.begin(), bundle.leaves.end(), [&](const auto& leaf) {
        const message::Request& r = leaf.request;
        return state_.lanes().last(bundle.client, r.lane).has_value() &&
               r.budget <= options_.limits.request_budget_max &&
               r.budget <= options_.limits.batch_budget_max &&
               r.operation.size() <= options_.limits.request_bytes_max;
    });
}

void Core::on_bundle(const PrincipalId& from, const message::Bundle& bundle) {
    if (!is_orderable(bundle))
        return tell(core::NoticeKind::Rejection, 1, {},
                    "bundle beyond the client's lanes or limits");
    Admitted admitted = pool_.add(bundle, state_.lanes(), now_, from.role == Role::Agreement);
    for (const core::OrderedRequest& r : admitted.ordered)
        out_.actions.push_back(core::AskedAgain{r});
    if (!admitted.waiting || is_primary())
        return;
    // A forwarded bundle carries the client's signature, not the forwarder's word; it may come from
    // anybody.
    forward(*admitted.waiting);
}

void Core::forward(Pooled& pooled) {
    if (is_primary() || pooled.wanted == 0)
        return;
    if (active_ && pooled.forwarded <= now_ - options_.limits.heartbeat / 2) {
        pooled.forwarded = now_;
        send({principal(primary_of(view_))}, pooled.bundle);
    }
    pool_.watch(pooled, now_, timeout());
}

bool Core::is_orderable(const message::SystemRequest& request) const {
    if (!auth::is_valid(request, faults_))
        return false;
    const auto* enrol = std::get_if<message::Embedded<message::Enrol>>(&request.body);
    if (!enrol)
        return true;
    // ZZ-2.1: only the controller of the slot's host, and never with no keys.
    const std::size_t slot = enrol->value.slot.value;
    return slot >= 1 && slot <= options_.slot_hosts.size() &&
           enrol->signer == controller_of(options_.slot_hosts[slot - 1]) &&
           enrol->value.signing != SigningKey{} && enrol->value.exchange != ExchangeKey{};
}

void Core::on_system(const PrincipalId& from, const message::SystemRequest& request) {
    if (!is_orderable(request))
        return tell(core::NoticeKind::Rejection, 1, {}, "system request without proof");
    // Who passes a request on from elsewhere watches the primary; a forwarded one comes from
    // another replica.
    const bool watches = from.role != Role::Agreement || from == principal(self_);
    const Instant deadline = watches ? now_ + timeout() : kNever;
    if (system_.add(request, from, state_.members(), now_, deadline) && watches)
        forward_system(request);
}

void Core::forward_system(const message::SystemRequest& request) {
    if (!active_ || is_primary())
        return;
    const std::vector<PrincipalId> to{principal(primary_of(view_))};
    if (const auto* enrol = std::get_if<message::Embedded<message::Enrol>>(&request.body))
        send(to, enrol->value, enrol->frame);
    else if (const auto* convict = std::get_if<message::Convict>(&request.body))
        send(to, *convict);
    else
        send(to, std::get<message::Settled>(request.body));
}

// A view began: its primary learns what the last one left.
void Core::forward_waiting() {
    pool_.watch_again(now_, timeout());
    system_.watch_again(now_ + timeout());
    if (is_primary())
        return;
    for (const auto& pooled : pool_.watched()) {
        pooled->forwarded = Instant{INT64_MIN};
        forward(*pooled);
    }
    for (const message::SystemRequest& request : system_.watched())
        forward_system(request);
}

Timestamp Core::wall() const {
    return options_.wall_at_zero + static_cast<std::uint64_t>(std::max<std::int64_t>(now_.ns, 0));
}

// As primary: at once when nothing is in flight, else when a batch is full or has waited a moment
// (ZZ-3.1).
void Core::propose() {
    if (!may_vote() || !is_primary())
        return;
    next_ = std::max(next_, state_.n() + 1);
    while (next_ <= log_.high()) {
        const bool system = system_.has_unproposed();
        const bool clients = pool_.unproposed() > 0 && next_ <= client_high();
        if (!clients && !system)
            return;
        const std::uint64_t in_flight = next_ - 1 - state_.n();
        if (in_flight >= kPipelineMax)
            return;
        const bool full = pool_.unproposed() >= options_.limits.batch_requests_max ||
                          pool_.unproposed_bytes() >= options_.limits.batch_bytes_max;
        if (in_flight > 0 && !full && !system && now_ < pool_.oldest() + kGatherDelay)
            return;
        if (!propose_batch(clients))
            return;
    }
}

// False if what waited fits no batch.
bool Core::propose_batch(bool clients) {
    message::Batch batch;
    for (message::SystemRequest& request : system_.take(kSystemPerBatchMax))
        batch.system.push_back(std::move(request));
    if (clients)
        for (message::Bundle& bundle : pool_.take(options_.limits, state_.lanes()))
            batch.bundles.push_back(std::move(bundle));
    if (batch.bundles.empty() && batch.system.empty())
        return false;
    last_proposed_ = std::max({wall(), last_proposed_ + 1, state_.time() + 1});
    batch.proposed = last_proposed_;
    const SequenceNumber n = next_;
    next_ = next_ + 1;
    auto body = std::make_shared<message::BatchContent>(wire::content_of(std::move(batch)));
    const Vote vote_of{view_, auth::batch_digest(body->encoded.view())};
    accept(n, vote_of);
    log_.at(n).keep_body(vote_of.digest, body);
    vote(n); // Journals; so the send below comes after its record.
    send_others(message::PrePrepare{view_, n, vote_of.digest, *body});
    return true;
}

// Why a new proposal is not PREPAREd; empty if it is (A4: what is inside an operation is no
// reason).
std::string Core::refusal(const message::Batch& batch) const {
    Load load;
    for (const message::Bundle& bundle : batch.bundles) {
        if (!is_orderable(bundle))
            return "a request beyond its client's lanes or limits";
        load.add(bundle);
    }
    if (const std::string_view why = excess(load, options_.limits); !why.empty())
        return std::string(why);
    if (batch.system.size() > kSystemPerBatchMax ||
        !std::all_of(batch.system.begin(), batch.system.end(),
                     [&](const message::SystemRequest& r) { return is_orderable(r); }))
        return "a system request without proof";
    const auto bound = static_cast<std::uint64_t>(options_.limits.clock_bound.count());
    if (batch.proposed > wall() + bound || wall() > batch.proposed + bound)
        return "a time too far from our clock (ZZ-3.4)";
    return {};
}

} // namespace zz::agreement
