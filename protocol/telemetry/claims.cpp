// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/claims.h"

#include <set>
#include <tuple>

namespace zz::telemetry {
namespace {

template <class List> Slots slots_of(const List& list) {
    Slots out;
    for (const auto& slot : list)
        out[slot.slot()] = {slot.incarnation(), slot.state()};
    return out;
}

bool has_executed(const AgreementFacts& facts, const Configuration& it) {
    return (facts.configuration() == it.number && slots_of(facts.slots()) == it.slots) ||
           std::any_of(facts.history().begin(), facts.history().end(), [&](const auto& change) {
               return change.number() == it.number && slots_of(change.members()) == it.slots;
           });
}

} // namespace

bool listed_unresponsive(const AgreementClaims& claims, const Member& member) {
    return listed(
        claims, member, [](const auto& facts) -> const auto& { return facts.unresponsive(); });
}

bool listed_awake(const AgreementClaims& claims, const Member& member) {
    return listed(
        claims, member, [](const auto& facts) -> const auto& { return facts.awake(); });
}

Known suspicion_of(const AgreementClaims& claims, const PrincipalId& who) {
    return reached(claims, [&](const AgreementFacts& facts) {
        std::uint64_t count = 0;
        for (const auto& entry : facts.suspicion())
            if (principal_of(entry.subject()) == who)
                count = entry.count();
        return count;
    });
}

std::optional<Configuration> configuration_of(const AgreementClaims& claims) {
    std::set<Configuration> newest;
    for (const auto& [id, facts] : claims.of)
        newest.insert({facts->configuration(), slots_of(facts->slots())});
    for (auto it = newest.rbegin(); it != newest.rend(); ++it) {
        const auto count =
            std::count_if(claims.of.begin(), claims.of.end(),
                          [&](const auto& entry) { return has_executed(*entry.second, *it); });
        if (count >= static_cast<std::ptrdiff_t>(claims.needed))
            return *it;
    }
    return std::nullopt;
}

std::vector<ConvictionView> convictions_of(const AgreementClaims& claims) {
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;
    std::map<Key, std::pair<std::set<std::uint32_t>, std::string>> told;
    for (const auto& [id, facts] : claims.of)
        for (const auto& c : facts->convictions()) {
            auto& entry = told[{c.slot(), c.incarnation(), c.n()}];
            entry.first.insert(id);
            entry.second = c.proof();
        }
    std::vector<ConvictionView> out;
    for (const auto& [key, entry] : told)
        if (entry.first.size() >= claims.needed)
            out.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), entry.second});
    return out;
}

} // namespace zz::telemetry
