// SPDX-License-Identifier: Apache-2.0
// A small data center as telemetry tells it: four hosts, application 0 with A1..A4 and E1..E3.
#pragma once

#include "protocol/telemetry/fold.h"

namespace zz::telemetry {

inline constexpr std::int64_t kSecond = 1'000'000'000, kStart = 1'700'000'000 * kSecond;

inline ClusterFacts small_cluster() {
    ClusterFacts c;
    c.set_name("lab");
    for (std::uint32_t id = 1; id <= 4; ++id) {
        auto& host = *c.add_hosts();
        host.set_id(id);
        host.set_name("host" + std::to_string(id));
    }
    auto& app = *c.add_applications();
    app.set_name("A");
    app.set_f(1);
    app.set_mode("zz");
    app.set_checkpoint_interval(128);
    for (std::uint32_t i = 1; i <= 4; ++i) {
        auto& replica = *app.add_agreement();
        replica.set_index(i);
        replica.set_host(i);
    }
    for (std::uint32_t i = 1; i <= 3; ++i) {
        auto& slot = *app.add_execution();
        slot.set_index(i);
        slot.set_host(i);
        slot.set_spare("paused");
    }
    auto& client = *app.add_clients();
    client.set_id(1);
    client.set_host(1);
    auto& load = *app.add_clients();
    load.set_id(2); // no host
    return c;
}

inline Source source_of(const PrincipalId& who, std::uint32_t host, std::uint64_t boot = 7) {
    Source s;
    s.set_host(host);
    s.set_application(who.role == Role::Controller || who.role == Role::Host ? 0 : 1);
    s.mutable_principal()->set_role(static_cast<std::uint32_t>(who.role));
    s.mutable_principal()->set_index(who.index);
    s.mutable_principal()->set_incarnation(who.incarnation);
    s.set_boot(boot);
    return s;
}

// A data center that tells; each host numbers its updates.
struct Teller {
    Fold fold{small_cluster()};
    std::map<std::uint32_t, std::uint64_t> numbers;
    std::map<SourceKey, std::uint64_t> events;
    std::int64_t now = kStart;

    bool facts(Facts f, std::uint32_t host) {
        f.set_wall_ns(now);
        Update u;
        u.set_host(host);
        u.set_host_number(++numbers[host]);
        *u.mutable_facts() = std::move(f);
        return fold.take(now, u);
    }
    bool event(Event e, const PrincipalId& who, std::uint32_t host) {
        *e.mutable_source() = source_of(who, host);
        e.set_number(++events[key_of(e.source())]);
        if (e.source().application() == 0)
            e.set_application(1);
        e.set_wall_ns(now);
        Update u;
        u.set_host(host);
        u.set_host_number(++numbers[host]);
        *u.mutable_event() = std::move(e);
        return fold.take(now, u);
    }
    void event(EventKind kind, const PrincipalId& who, std::uint32_t host, std::uint64_t n = 0,
               const std::string& text = {}) {
        Event e;
        e.set_kind(kind);
        e.set_n(n);
        e.set_vote(1);
        e.set_text(text);
        event(std::move(e), who, host);
    }
    // Ai as its host tells it.
    bool agreement(std::uint32_t i, AgreementFacts claims) {
        Facts f;
        *f.mutable_source() = source_of({Role::Agreement, i, 0}, i);
        *f.mutable_agreement() = std::move(claims);
        return facts(std::move(f), i);
    }
    ApplicationView view() const { return fold.view(0, now); }
};

inline AgreementFacts claims(std::uint64_t view, std::uint64_t settled = 10) {
    AgreementFacts f;
    f.set_view(view);
    f.set_settled(settled);
    f.set_committed(settled);
    f.set_requests(settled * 2);
    for (std::uint32_t slot = 1; slot <= 3; ++slot) {
        auto& s = *f.add_slots();
        s.set_slot(slot);
        s.set_state(slot <= 2 ? 1 : 2);
    }
    return f;
}

inline PrincipalId a(std::uint32_t index) {
    return {Role::Agreement, index, 0};
}

} // namespace zz::telemetry
