// SPDX-License-Identifier: Apache-2.0
#include "tests/transcript/agreement/replicas_support.h"

#include <algorithm>

#include "protocol/auth/digests.h"
#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"
#include "protocol/wire/codec.h"

namespace zz::agreement::testing {

Replicas::Replicas(std::uint32_t f) : faults_{f} {
    options_.limits.checkpoint_interval = 4;
    options_.limits.batch_requests_max = 10;
    for (std::uint32_t i = 1; i <= faults_.execution_slots(); ++i) {
        const PrincipalId id{Role::Execution, i, 0};
        const PublicKeys keys = auth::PlainKeyring::keys_of(id, kSecret);
        options_.genesis.members.push_back(
            {SlotId(i), Incarnation(0),
             i <= f + 1 ? message::MemberState::Active : message::MemberState::Asleep, keys.signing,
             keys.exchange});
        options_.slot_hosts.push_back(HostId(i));
        options_.audience.push_back(controller_of(HostId(i)));
    }
    options_.clients.push_back({ClientId(1), 64});
    options_.audience.push_back(principal(ClientId(1)));
    client_keys_ = std::make_unique<auth::PlainKeyring>(principal(ClientId(1)), kSecret);
    options_.wall_at_zero = Timestamp(1'000'000'000'000);
}

auth::Identity Replicas::identity(const PrincipalId& self) const {
    return {ClusterId{}, ApplicationId(0), generation_, self, faults_};
}

Digest Replicas::root(SequenceNumber n) {
    return crypto::sha256(view_of("root " + std::to_string(n.value)));
}

void Replicas::make_core(Node& node) {
    node.core = std::make_unique<Core>(*node.sealer, options_);
}

void Replicas::start() {
    for (std::uint32_t i = 1; i <= faults_.agreement_replicas(); ++i) {
        auto node = std::make_unique<Node>();
        node->id = AgreementId(i);
        const PrincipalId self = principal(node->id);
        node->keyring = std::make_unique<auth::PlainKeyring>(self, kSecret);
        for (std::uint32_t s = 1; s <= faults_.execution_slots(); ++s)
            for (std::uint32_t k = 0; k < 3; ++k) {
                const PrincipalId e{Role::Execution, s, k};
                node->keyring->learn(e, auth::PlainKeyring::keys_of(e, kSecret));
            }
        node->sealer = std::make_unique<auth::Sealer>(identity(self), *node->keyring);
        node->opener = std::make_unique<auth::Opener>(identity(self), *node->keyring);
        make_core(*node);
        nodes_.push_back(std::move(node));
    }
    for (std::uint32_t i = 1; i <= size(); ++i)
        input(i, core::TimePassed{});
    run();
}

message::Bundle Replicas::bundle(const std::vector<message::LaneRequest>& requests,
                                 std::string_view text, std::uint32_t budget) {
    std::vector<message::Request> list;
    for (const message::LaneRequest& r : requests)
        list.push_back({r.lane, r.number, budget, Blob(bytes_of(text))});
    return auth::make_bundle(identity(principal(ClientId(1))), *client_keys_, list);
}

void Replicas::submit(std::uint32_t lane, std::uint64_t number,
                      const std::vector<std::uint32_t>& to) {
    const message::Bundle b = bundle({{LaneId(lane), RequestNumber(number)}});
    for (const std::uint32_t i : to)
        inject_from(principal(ClientId(1)), b, i);
}

void Replicas::inject(std::uint32_t from, const message::Message& m,
                      const std::vector<std::uint32_t>& to) {
    std::vector<PrincipalId> receivers;
    for (const std::uint32_t i : to)
        receivers.push_back(principal(AgreementId(i)));
    for (const auth::Sealed& s : node(from).sealer->seal(m, receivers))
        letters_.push_back({principal(AgreementId(from)), s.to, s.frame, message::kind_of(m)});
}

void Replicas::inject_from(const PrincipalId& from, const message::Message& m, std::uint32_t to) {
    const auth::PlainKeyring keys(from, kSecret);
    const auth::Sealer sealer(identity(from), keys);
    for (const auth::Sealed& s : sealer.seal(m, {principal(AgreementId(to))}))
        letters_.push_back({from, s.to, s.frame, message::kind_of(m)});
}

void Replicas::input(std::uint32_t i, const Input& in) {
    Node& n = node(i);
    if (!n.up)
        return;
    n.core->step(now_, in);
    n.core->invariants();
    collect(n);
}

void Replicas::collect(Node& node) {
    Output out = node.core->take_output();
    for (core::Record& r : out.records) {
        ZZ_CHECK(node.journal.empty() || node.journal.back().index < r.index,
                 "records out of order");
        node.journal.push_back(std::move(r));
    }
    std::erase_if(node.journal, [&](const auto& r) { return r.index < out.truncate_below; });
    for (const core::Send& s : out.sends) {
        // ZZ-3.2: a vote names a record, and that record was handed out.
        ZZ_CHECK(s.after <= (node.journal.empty() ? RecordIndex(0) : node.journal.back().index),
                 "a message after a record that does not exist");
        const message::Kind kind = message::kind_of(s.message);
        const bool is_vote = kind == message::Kind::PrePrepare || kind == message::Kind::Prepare ||
                             kind == message::Kind::Commit || kind == message::Kind::ViewChange ||
                             kind == message::Kind::NewView;
        ZZ_CHECK(!is_vote || s.after > RecordIndex(0), "a vote without its record");
        node.sent.push_back(s.message);
        if (!s.frame.empty())
            for (const PrincipalId& to : s.to)
                post({principal(node.id), to, s.frame, kind});
        else
            for (const auth::Sealed& sealed : node.sealer->seal(s.message, s.to))
                post({principal(node.id), sealed.to, sealed.frame, kind});
    }
    for (const Action& a : out.actions)
        perform(node, a);
    node.notices.insert(node.notices.end(), out.notices.begin(), out.notices.end());
}

void Replicas::perform(Node& node, const Action& action) {
    if (const auto* c = std::get_if<core::Committed>(&action)) {
        node.committed.push_back(*c);
        if (!settle)
            return;
        played_.push_back({node.id.value, core::SettledMark{c->n}});
        if (c->n.value % options_.limits.checkpoint_interval == 0)
            played_.push_back({node.id.value, core::CheckpointMatched{c->n, root(c->n)}});
    } else if (const auto* s = std::get_if<core::StableMoved>(&action)) {
        node.stable.push_back(*s);
    } else if (const auto* q = std::get_if<core::CommittedByQuorum>(&action)) {
        node.quorum_mark = q->mark;
    } else if (const auto* configured = std::get_if<core::Configured>(&action)) {
        node.configured.push_back(*configured);
    } else {
        node.asked.push_back(std::get<core::AskedAgain>(action));
    }
}

void Replicas::post(Letter letter) {
    if (letter.to.role != Role::Agreement)
        outside.push_back(std::move(letter));
    else
        letters_.push_back(std::move(letter));
}

void Replicas::deliver(const Letter& letter) {
    Node& to = node(letter.to.index);
    if (!to.up || (letter.from.role == Role::Agreement && !node(letter.from.index).up))
        return;
    auth::Opened opened = to.opener->open(letter.frame, letter.from);
    if (!std::holds_alternative<auth::Verified>(opened)) {
        ++rejected;
        return;
    }
    input(letter.to.index, core::Received{std::get<auth::Verified>(opened)});
}

void Replicas::run() {
    std::size_t steps = 0;
    while (!letters_.empty() || !played_.empty()) {
        ZZ_CHECK(++steps < 200'000, "the replicas never fall silent");
        if (!played_.empty()) {
            const auto [i, in] = played_.front();
            played_.pop_front();
            input(i, in);
            continue;
        }
        const Letter letter = letters_.front();
        letters_.pop_front();
        switch (fate ? fate(letter) : Fate::Deliver) {
        case Fate::Deliver:
            deliver(letter);
            break;
        case Fate::Hold:
            held_.push_back(letter);
            break;
        case Fate::Drop:
            break;
        }
    }
}

void Replicas::pass(Duration duration) {
    const Instant end = now_ + duration;
    while (now_ < end) {
        now_ = now_ + milliseconds(10);
        for (std::uint32_t i = 1; i <= size(); ++i)
            input(i, core::TimePassed{});
        run();
    }
}

void Replicas::release_held(bool backward) {
    if (backward)
        std::reverse(held_.begin(), held_.end());
    letters_.insert(letters_.end(), held_.begin(), held_.end());
    held_.clear();
}

void Replicas::restart(std::uint32_t i, bool proven, std::size_t keep) {
    Node& n = node(i);
    n.journal.resize(std::min(keep, n.journal.size()));
    n.committed.clear();
    n.sent.clear();
    n.up = true;
    make_core(n);
    const NewGeneration generation{&recover_, false};
    const Status restored =
        n.core->restore(n.journal, proven, generation_ > Generation(0) ? &generation : nullptr);
    ZZ_CHECK(bool(restored), "restore failed: {}", restored.error().text);
    std::erase_if(played_, [i](const auto& p) { return p.first == i; });
    input(i, core::TimePassed{});
}

SignedViewChange Replicas::forge(std::uint32_t from, const message::ViewChange& claim) {
    auth::Sealer sealer = *node(from).sealer;
    sealer.set_generation(generation_ + 1);
    return sealer.embed(claim);
}

message::Recover Replicas::recover(const std::vector<std::uint32_t>& claimants,
                                   const std::vector<SignedViewChange>& forged) {
    message::Recover r;
    r.application = ApplicationId(0);
    r.generation = generation_ + 1;
    for (const std::uint32_t i : claimants) {
        SignedViewChange claim = core(i).claim(r.generation);
        for (const SignedViewChange& f : forged)
            if (f.signer == claim.signer)
                claim = f;
        r.view = std::max(r.view, claim.value.new_view);
        if (claim.value.h > r.base.checkpoint.n) {
            r.base = claim.value.stable;
            r.state = core(i).stable_state();
        }
        r.claims.push_back(std::move(claim));
    }
    r.chosen = choose_above(r.claims, r.base.checkpoint.n, options_.limits.window(), faults_,
                            auth::batch_digest(wire::content_of({}).encoded.view()));
    return r;
}

void Replicas::begin(const message::Recover& recover) {
    const PrincipalId who{Role::Operator, 1, 0};
    const auth::PlainKeyring keys(who, kSecret);
    const Blob frame = auth::Sealer(identity(who), keys).sign(recover);
    std::vector<Digest> carried;
    for (const message::Chosen& c : recover.chosen)
        carried.push_back(c.batch_digest);
    for (const auto& n : nodes_)
        ZZ_CHECK(std::holds_alternative<auth::Verified>(n->opener->open(frame, who)),
                 "the RECOVER does not open");
    generation_ = recover.generation;
    recover_ = recover;
    std::erase_if(played_, [](const auto&) { return true; });
    for (const auto& n : nodes_) {
        n->sealer->set_generation(generation_);
        n->opener->set_generation(generation_, carried);
        n->committed.clear();
        n->sent.clear();
        n->up = true;
        make_core(*n);
        const NewGeneration generation{&recover_, true};
        const Status restored = n->core->restore(n->journal, false, &generation);
        ZZ_CHECK(bool(restored), "restore failed: {}", restored.error().text);
    }
    for (std::uint32_t i = 1; i <= size(); ++i)
        input(i, core::TimePassed{});
}

std::size_t Replicas::committed_everywhere() const {
    SequenceNumber lowest(UINT64_MAX);
    for (const auto& n : nodes_)
        if (n->up)
            lowest = std::min(lowest, n->core->committed_mark());
    return static_cast<std::size_t>(lowest.value);
}

bool Replicas::agree() const {
    std::map<SequenceNumber, std::pair<Digest, Timestamp>> seen;
    for (const auto& n : nodes_)
        for (const core::Committed& c : n->committed) {
            const auto [at, fresh] = seen.try_emplace(c.n, c.batch_digest, c.time);
            if (!fresh && at->second != std::pair(c.batch_digest, c.time))
                return false;
        }
    return true;
}

} // namespace zz::agreement::testing
