// SPDX-License-Identifier: Apache-2.0
// Order: one replica's or client's part in a drill, as plain values: what an operator's side sends
// to each target, and what a behaviour is made of. The catalogue of the drills that can be ordered
// (ZZ-10.2). Pure, of no thread.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/drill/plan.h"
#include "protocol/auth/identity.h"

namespace zz::drill {

inline constexpr std::uint32_t kWrongMax = 64;    // wrong digests of one drill
inline constexpr std::uint32_t kCopiesMax = 1000; // of each bundle of a flooding client
inline constexpr std::size_t kDrillIdMax = 64;    // bytes of a drill's id
inline constexpr Duration kDelayMax = seconds(600);
inline constexpr Duration kIntervalMin = milliseconds(10);
inline constexpr Duration kIntervalMax = seconds(60);
inline constexpr std::size_t kPeersMax = 64; // far ends of a link drill
inline constexpr Duration kLeaseMin = seconds(1);
inline constexpr Duration kLeaseMax = seconds(3600);

struct Order {
    std::string id;   // of the drill; the same for all its targets
    std::string name; // ZZ-10.2
    PrincipalId target;
    // The first number that is touched; 0: at once. `matrix` touches one number only: the first one
    // from here on whose batch has replies, so that all liars of a drill take the same one.
    SequenceNumber from_n;
    Duration lease = seconds(60);

    Duration delay = seconds(5);            // slow, link-delay (each way)
    Duration interval = milliseconds(1000); // lie-reports, flood-demands, false-accuse, replay
    std::uint32_t wrong = 1;    // which wrong value: liars with the same number tell the same lie
    std::uint32_t copies = 100; // flood
    ClientId client{1};         // censor-primary: whose requests are left out
    std::uint32_t loss_percent = 10; // link-loss
    std::uint64_t seed = 1;          // link-loss: what is lost is drawn from it
    std::vector<PrincipalId> peers;  // link drills: the far ends; empty: all links
    Epoch epoch;                     // at the start: lie-reports, flood-demands

    // matrix, execution: what plan.h says of an ExecutionLie.
    std::vector<Saying> sends; // REPORT to A1, A2, ...
    Saying reply;
    Saying signs;
    // matrix, agreement: what it claims in its COLUMN; and the execution replicas that lie in this
    // drill: what any other one reports is true.
    std::map<SlotId, Saying> claims;
    std::vector<SlotId> liars;

    friend bool operator==(const Order&, const Order&) = default;
};

// Orders for the targets of a plan. `common` gives id, from_n, lease and parameters; `incarnations`
// those that live now (a slot that is not named has incarnation 0).
std::vector<Order> orders_for(const MatrixPlan& plan, const Order& common,
                              const std::map<SlotId, Incarnation>& incarnations);
std::vector<Order> orders_for(const PlainDrill& drill, const Order& common,
                              const std::map<SlotId, Incarnation>& incarnations);

struct Parameter {
    std::string_view name; // as of `zzctl drill start --NAME`
    std::string_view text;
};
struct CatalogEntry {
    std::string_view name;
    std::string_view text;                                     // one line
    bool execution = false, agreement = false, client = false; // what may be its target
    std::span<const Parameter> parameters;
    bool host = false; // its target is a host; the replicas and gateways of that host play it

    // Who may be given an order of it.
    bool allows(Role role) const;
};
// In the order of ZZ-10.2.
std::span<const CatalogEntry> catalog();
// Null if there is none of this name.
const CatalogEntry* find_drill(std::string_view name);

// Whether `order` can be played by `self`. The Error says which value is wrong and what it may be.
Status check(const Order& order, const auth::Identity& self);

} // namespace zz::drill
