// SPDX-License-Identifier: Apache-2.0
// What f+1 agreement replicas of an application say, from what each of them told last: a fact. What
// fewer say is none, however often one of them says it. For whoever folds telemetry. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/telemetry/principal.h"

namespace zz::telemetry {

using Known = std::optional<std::uint64_t>;             // none: fewer than f+1 say so
using Member = std::pair<std::uint32_t, std::uint32_t>; // slot, incarnation

// The newest claims of one application that are fresh, by agreement replica.
struct AgreementClaims {
    std::map<std::uint32_t, const AgreementFacts*> of;
    std::uint32_t needed = 2; // f+1
};

// What f+1 say the same; the highest, if that holds of several values.
template <class Read> auto agreed(const AgreementClaims& claims, Read read) {
    using Value = decltype(read(std::declval<const AgreementFacts&>()));
    std::map<Value, std::uint32_t> count;
    std::optional<Value> out;
    for (const auto& [id, facts] : claims.of) {
        Value value = read(*facts);
        if (++count[value] >= claims.needed && (!out || *out < value))
            out = std::move(value);
    }
    return out;
}

// The highest value that f+1 have reached: of marks that only grow.
template <class Read> Known reached(const AgreementClaims& claims, Read read) {
    std::vector<std::uint64_t> values;
    for (const auto& [id, facts] : claims.of)
        values.push_back(read(*facts));
    std::sort(values.rbegin(), values.rend());
    return values.size() < claims.needed ? Known() : Known(values[claims.needed - 1]);
}

// f+1 name this member in a list of theirs.
template <class List> bool listed(const AgreementClaims& claims, const Member& member, List list) {
    const auto names = [&](const auto& entry) {
        const auto& members = list(*entry.second);
        return std::any_of(members.begin(), members.end(), [&](const SlotFacts& one) {
            return Member(one.slot(), one.incarnation()) == member;
        });
    };
    return std::count_if(claims.of.begin(), claims.of.end(), names) >=
           static_cast<std::ptrdiff_t>(claims.needed);
}
bool listed_unresponsive(const AgreementClaims& claims, const Member& member);
bool listed_awake(const AgreementClaims& claims, const Member& member);

Known suspicion_of(const AgreementClaims& claims, const PrincipalId& who);

// Slot -> incarnation and message::MemberState.
using Slots = std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>;
struct Configuration {
    std::uint64_t number = 0;
    Slots slots;
    friend auto operator<=>(const Configuration&, const Configuration&) = default;
};
// The newest one that f+1 have executed, also those that are further by now. While some are a
// change ahead of what the others last told, f+1 may tell each of two.
std::optional<Configuration> configuration_of(const AgreementClaims& claims);

struct ConvictionView {
    std::uint32_t slot = 0, incarnation = 0;
    std::uint64_t n = 0;
    std::string proof; // "signed reports" or "accusations"
};
std::vector<ConvictionView> convictions_of(const AgreementClaims& claims);

} // namespace zz::telemetry
