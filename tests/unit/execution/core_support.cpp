// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/execution/core_support.h"

#include "protocol/auth/digests.h"

namespace zz::execution::testing {

message::Config first_configuration() {
    message::Config config;
    for (std::uint32_t slot = 1; slot <= 3; ++slot) {
        const PublicKeys keys =
            auth::PlainKeyring::keys_of(principal(ExecutionId{SlotId(slot), {}}), kSecret);
        config.members.push_back(
            {SlotId(slot), Incarnation(0),
             slot <= 2 ? message::MemberState::Active : message::MemberState::Asleep, keys.signing,
             keys.exchange});
    }
    return config;
}

Bench::Bench(std::uint32_t slot, std::uint32_t interval)
    : self(principal(ExecutionId{SlotId(slot), {}})) {
    settings_.faults = Faults{1};
    settings_.limits.checkpoint_interval = interval;
    settings_.configuration = first_configuration();
    restart();
}

void Bench::restart() {
    engine = std::make_unique<Engine>(store, notebook);
    core = std::make_unique<Core>(settings_, self.sealer);
    step(core::TimePassed{});
}

void Bench::settle() {
    for (;;) {
        Output out = core->take_output();
        wake_at_ = out.wake_at;
        for (core::Send& s : out.sends) {
            if (const auto* ask = std::get_if<message::ConfigRequest>(&s.message))
                nonce = ask->nonce;
            sends.push_back(std::move(s));
        }
        notices.insert(notices.end(), out.notices.begin(), out.notices.end());
        if (out.actions.empty())
            return;
        for (const Action& action : out.actions)
            if (const Job* job = std::get_if<Job>(&action)) {
                if (std::holds_alternative<Install>(*job) && during_install)
                    std::exchange(during_install, {})();
                jobs_dropped += std::holds_alternative<DropState>(*job) ? 1U : 0U;
                installs += std::holds_alternative<Install>(*job) ? 1U : 0U;
                for (const Result& result : engine->run(*job))
                    core->step(now, result);
            }
    }
}

void Bench::step(const Input& input) {
    core->step(now, input);
    settle();
}

void Bench::pass(Duration time) {
    const Instant end = now + time;
    while (now < end) {
        now = std::min({end, now + milliseconds(100), std::max(wake_at_, now + milliseconds(1))});
        step(core::TimePassed{});
    }
}

void Bench::jump(Duration time) {
    now = now + time;
    step(core::TimePassed{});
}

void Bench::from(const PrincipalId& who, const message::Message& m) {
    Party party(who);
    step(core::Received{party.sealer.own(m)});
}

void Bench::from_agreement(std::uint32_t replica, const message::Message& m) {
    from(principal(AgreementId(replica)), m);
}

void Bench::learn(const message::Config& config) {
    for (std::uint32_t i = 1; i <= 3; ++i) {
        Party party(principal(AgreementId(i)));
        from_agreement(i, message::ConfigAnswer{nonce, party.sealer.embed(config), View(0)});
    }
}

void Bench::order_only(std::uint64_t n, const message::BatchContent& content,
                       std::uint32_t replica) {
    from_agreement(replica,
                   message::Order{SequenceNumber(n), auth::batch_digest(content.encoded.view()),
                                  Timestamp(1000 + n)});
}

void Bench::body(std::uint64_t n, const message::BatchContent& content, std::uint32_t replica) {
    from_agreement(replica,
                   message::BatchBody{SequenceNumber(n), auth::batch_digest(content.encoded.view()),
                                      true, content});
}

void Bench::order(std::uint64_t n, const message::BatchContent& content,
                  std::vector<std::uint32_t> replicas) {
    for (const std::uint32_t replica : replicas)
        order_only(n, content, replica);
    body(n, content, replicas.front());
}

void Bench::stable(std::uint64_t n, const Digest& root) {
    for (std::uint32_t i = 1; i <= 3; ++i)
        from_agreement(i, message::Checkpoint{SequenceNumber(n), root, Digest{}});
}

void Bench::wake_up(std::uint64_t epoch, std::uint64_t n) {
    message::WakeUpProof proof;
    proof.epoch = Epoch(epoch);
    for (std::uint32_t i = 1; i <= 2; ++i) {
        Party party(principal(AgreementId(i)));
        proof.no_signs.push_back(party.sealer.embed(message::NoSign{
            Epoch(epoch), VoteKind::Reply, SequenceNumber(n), SlotId(1), Incarnation(0)}));
    }
    from_agreement(1, proof);
}

bool Bench::noticed(core::NoticeKind kind) const {
    return std::any_of(notices.begin(), notices.end(),
                       [kind](const core::Notice& n) { return n.kind == kind; });
}

} // namespace zz::execution::testing
