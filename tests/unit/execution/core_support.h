// SPDX-License-Identifier: Apache-2.0
// A bench for the execution core: its engine in line, agreement replicas whose messages are made by
// hand (f = 1).
#pragma once

#include <functional>

#include "backend/execution/core.h"
#include "backend/execution/engine.h"
#include "protocol/auth/plain_keyring.h"
#include "tests/unit/execution/engine_support.h"

namespace zz::execution::testing {

inline constexpr std::uint64_t kSecret = 11;

// Signs and seals as one principal.
struct Party {
    explicit Party(PrincipalId id)
        : keyring(id, kSecret),
          sealer({{}, ApplicationId(0), Generation(0), id, Faults{1}}, keyring) {}
    Party(const Party&) = delete;
    auth::PlainKeyring keyring;
    auth::Sealer sealer;
};

// E1, E2 active, E3 asleep, all of incarnation 0.
message::Config first_configuration();

class Bench {
  public:
    // The execution replica of `slot`; `interval` = C.
    explicit Bench(std::uint32_t slot, std::uint32_t interval = 4);

    void step(const Input& input);
    // Time passes in steps of at most 100 ms, and the core is woken when it asks.
    void pass(Duration time);
    // `time` at once, as after SIGCONT.
    void jump(Duration time);
    void from_agreement(std::uint32_t replica, const message::Message& m);
    void from(const PrincipalId& who, const message::Message& m);
    // Answers the newest nonce as three agreement replicas with `config`.
    void learn(const message::Config& config);
    // ORDERs of `replicas` for n, and its body from the first of them.
    void order(std::uint64_t n, const message::BatchContent& content,
               std::vector<std::uint32_t> replicas = {1, 2});
    void order_only(std::uint64_t n, const message::BatchContent& content, std::uint32_t replica);
    void body(std::uint64_t n, const message::BatchContent& content, std::uint32_t replica);
    void stable(std::uint64_t n, const Digest& root);
    // Two NOSIGN for n against E1 of that epoch, passed on by A1.
    void wake_up(std::uint64_t epoch, std::uint64_t n = 1);

    // What was sent since the last call, of one kind.
    template <class T> std::vector<T> sent() {
        std::vector<T> out;
        for (const core::Send& s : sends)
            if (const T* m = std::get_if<T>(&s.message))
                out.push_back(*m);
        std::erase_if(sends,
                      [](const core::Send& s) { return std::holds_alternative<T>(s.message); });
        return out;
    }
    bool noticed(core::NoticeKind kind) const;

    state::MemoryNodeStore store;
    Notebook notebook;
    std::unique_ptr<Engine> engine;
    Party self;
    std::unique_ptr<Core> core;
    std::vector<core::Send> sends;
    std::vector<core::Notice> notices;
    std::uint64_t jobs_dropped = 0; // DropState
    std::uint64_t installs = 0;
    std::function<void()> during_install; // called once, before the engine has installed anything
    bool hold_nodes = false; // nodes others ask for are not answered by the bench anyway
    Instant now{1'000'000'000};
    std::uint64_t nonce = 0;
    // The same replica after a kill: same store, new core and engine.
    void restart();

  private:
    void settle();
    Settings settings_;
    Instant wake_at_{};
};

} // namespace zz::execution::testing
