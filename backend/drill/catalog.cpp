// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "backend/drill/order.h"

namespace zz::drill {
namespace {

constexpr Parameter kFrom{"from", "first sequence number that is touched; 0: at once"};
constexpr Parameter kWrong{"wrong", "number of the wrong value; liars with the same one agree"};
constexpr Parameter kDelay{"delay-ms", "how much later everything is sent, in milliseconds"};
constexpr Parameter kInterval{"interval-ms", "time between two false messages, in milliseconds"};
constexpr Parameter kClient{"client", "number of the client whose requests are left out"};
constexpr Parameter kCopies{"copies", "how often each bundle is sent"};
constexpr Parameter kFile{"file", "CSV with the drawn response matrix"};
constexpr Parameter kTruth{"truth", "the right digest, if the matrix itself does not decide"};
constexpr Parameter kLiar{"liar", "a replica that lies, instead of the smallest set"};
constexpr Parameter kPeer{"peer",
                          "only the links to this one, E1 or A2 or a client; none: all links"};
constexpr Parameter kLoss{"loss-percent", "how many of a hundred frames are lost, each way"};
constexpr Parameter kSeed{"seed", "of the drawing of what is lost"};
constexpr Parameter kSign{"sign", "what a liar signs, E1=Q; E1=- for no signature"};

constexpr std::array kLieParameters = {kFrom, kWrong};
constexpr std::array kMatrixParameters = {kFile, kTruth, kLiar, kSign};
constexpr std::array kSlowParameters = {kDelay};
constexpr std::array kFromParameters = {kFrom};
constexpr std::array kLieReportsParameters = {kFrom, kWrong, kInterval};
constexpr std::array kIntervalParameters = {kInterval};
constexpr std::array kClientParameters = {kClient};
constexpr std::array kFloodParameters = {kCopies};
constexpr std::array kLinkDelayParameters = {kPeer, kDelay};
constexpr std::array kLinkLossParameters = {kPeer, kLoss, kSeed};
constexpr std::array kLinkCutParameters = {kPeer};

constexpr std::array kCatalog = {
    CatalogEntry{"wrong-reply", "Tells agreement and clients the same wrong results", true, false,
                 false, kLieParameters},
    CatalogEntry{"matrix", "Plays a drawn response matrix for one sequence number", true, true,
                 false, kMatrixParameters},
    CatalogEntry{"silent", "Sends nothing", true, true, false, {}},
    CatalogEntry{"slow", "Sends everything later", true, true, false, kSlowParameters},
    CatalogEntry{
        "crash", "Its process ends and stays down until the drill ends", true, true, false, {}},
    CatalogEntry{"wrong-checkpoint", "Signs a wrong root at each checkpoint; its replies are right",
                 true, false, false, kLieParameters},
    CatalogEntry{"corrupt-state",
                 "Its state is damaged: every checkpoint is wrong until the state is fetched anew",
                 true, false, false, kLieParameters},
    CatalogEntry{"refuse-sign", "Reports what is right, but never signs it when asked", true, false,
                 false, kFromParameters},
    CatalogEntry{"sign-two", "Signs two different reports of one batch", true, false, false,
                 kLieParameters},
    CatalogEntry{"lie-reports", "Claims in COLUMN and MATCH what nobody reported", false, true,
                 false, kLieReportsParameters},
    CatalogEntry{"equivocate-primary", "As primary proposes two batches for one number", false,
                 true, false, kFromParameters},
    CatalogEntry{"censor-primary", "As primary leaves out the requests of one client", false, true,
                 false, kClientParameters},
    CatalogEntry{"flood-demands", "Demands wake-ups and denies signatures without a cause", false,
                 true, false, kIntervalParameters},
    CatalogEntry{"false-accuse", "Accuses execution replicas that reported what is right", false,
                 true, false, kIntervalParameters},
    CatalogEntry{"bad-signature", "Sends bundles with a wrong signature", false, false, true, {}},
    CatalogEntry{"replay", "Sends old bundles again and again", false, false, true,
                 kIntervalParameters},
    CatalogEntry{"flood", "Sends each bundle many times to every agreement replica", false, false,
                 true, kFloodParameters},
    CatalogEntry{"host-stop",
                 "All replicas and gateways of a host end and stay down; its relay is shut",
                 false,
                 false,
                 false,
                 {},
                 true},
    CatalogEntry{"host-lie",
                 "Its execution replicas tell wrong results, its agreement replicas wrong columns, "
                 "its relay garbles what it passes on",
                 false, false, false, kLieReportsParameters, true},
    CatalogEntry{"link-delay", "What goes over its links comes later, each way", true, true, false,
                 kLinkDelayParameters},
    CatalogEntry{"link-loss", "A part of what goes over its links is lost", true, true, false,
                 kLinkLossParameters},
    CatalogEntry{"link-cut", "Nothing goes over its links", true, true, false, kLinkCutParameters},
};

std::string_view word(Role role) {
    switch (role) {
    case Role::Agreement:
        return "an agreement replica";
    case Role::Execution:
        return "an execution replica";
    case Role::Controller:
        return "a controller";
    case Role::Client:
        return "a client";
    case Role::Operator:
        return "an operator";
    case Role::Host:
        return "a host";
    }
    return "no principal";
}

std::string targets_of(const CatalogEntry& entry) {
    std::string text;
    for (const auto& [allowed, name] :
         {std::pair{entry.execution, "execution replicas"},
          std::pair{entry.agreement, "agreement replicas"}, std::pair{entry.client, "clients"},
          std::pair{entry.host, "hosts"}}) {
        if (allowed)
            text += (text.empty() ? "" : " and ") + std::string(name);
    }
    return text;
}

bool valid(const Saying& saying) {
    return saying.what == Saying::What::Wrong ? saying.wrong >= 1 && saying.wrong <= kWrongMax
                                              : saying.wrong == 0;
}

Error bad(const Order& order, const std::string& what) {
    return Error{fmt::format("drill '{}' for {}: {}", order.name, to_string(order.target), what)};
}

Status check_matrix(const Order& order, Faults faults) {
    if (order.from_n == SequenceNumber(0))
        return bad(order, "from_n is 0; the number at which all liars begin must be given");
    const std::string wrong = fmt::format("wrong digests are numbered from 1 to {}", kWrongMax);
    if (order.target.role == Role::Execution) {
        if (order.sends.size() != faults.agreement_replicas())
            return bad(order, fmt::format("it says what to send to {} agreement replicas, there "
                                          "are {}",
                                          order.sends.size(), faults.agreement_replicas()));
        const bool all = std::all_of(order.sends.begin(), order.sends.end(), valid);
        return all && valid(order.reply) && valid(order.signs) ? Status(Ok{}) : bad(order, wrong);
    }
    if (order.claims.empty())
        return bad(order, "it claims nothing; give an entry for each row of the matrix");
    const auto in_range = [&](SlotId slot) {
        return slot >= SlotId(1) && slot <= SlotId(faults.execution_slots());
    };
    for (const auto& [slot, saying] : order.claims) {
        if (!in_range(slot))
            return bad(order, fmt::format("it claims an entry of E{}; there are E1 to E{}",
                                          slot.value, faults.execution_slots()));
        if (!valid(saying))
            return bad(order, wrong);
    }
    if (!std::all_of(order.liars.begin(), order.liars.end(), in_range))
        return bad(order, fmt::format("a lying slot is not E1 to E{}", faults.execution_slots()));
    return Ok{};
}

} // namespace

bool CatalogEntry::allows(Role role) const {
    if (host)
        return role == Role::Execution || role == Role::Agreement || role == Role::Client;
    return (role == Role::Execution && execution) || (role == Role::Agreement && agreement) ||
           (role == Role::Client && client);
}

std::span<const CatalogEntry> catalog() {
    return kCatalog;
}

const CatalogEntry* find_drill(std::string_view name) {
    const auto found = std::find_if(kCatalog.begin(), kCatalog.end(),
                                    [&](const CatalogEntry& e) { return e.name == name; });
    return found == kCatalog.end() ? nullptr : &*found;
}

Status check(const Order& order, const auth::Identity& self) {
    const CatalogEntry* entry = find_drill(order.name);
    if (!entry)
        return Error{
            fmt::format("there is no drill '{}'; `zzctl drill catalog` lists them", order.name)};
    if (!entry->allows(order.target.role))
        return Error{fmt::format("drill '{}' is for {}; {} is {}", order.name, targets_of(*entry),
                                 to_string(order.target), word(order.target.role))};
    if (order.target != self.self)
        return Error{fmt::format("drill '{}' is for {}, but this is {}", order.name,
                                 to_string(order.target), to_string(self.self))};
    if (order.id.empty() || order.id.size() > kDrillIdMax)
        return bad(order, fmt::format("its id has {} bytes; 1 to {} are allowed", order.id.size(),
                                      kDrillIdMax));
    const auto ms = [](Duration d) { return std::chrono::duration_cast<milliseconds>(d).count(); };
    const auto outside = [&](std::string_view what, Duration is, Duration low, Duration high) {
        return bad(order, fmt::format("{} is {} ms; {} to {} ms are allowed", what, ms(is), ms(low),
                                      ms(high)));
    };
    if (order.lease < kLeaseMin || order.lease > kLeaseMax)
        return outside("the lease", order.lease, kLeaseMin, kLeaseMax);
    if (order.delay < milliseconds(1) || order.delay > kDelayMax)
        return outside("the delay", order.delay, milliseconds(1), kDelayMax);
    if (order.interval < kIntervalMin || order.interval > kIntervalMax)
        return outside("the interval", order.interval, kIntervalMin, kIntervalMax);
    if (order.wrong < 1 || order.wrong > kWrongMax)
        return bad(order, fmt::format("wrong value {}; they are numbered from 1 to {}", order.wrong,
                                      kWrongMax));
    if (order.copies < 1 || order.copies > kCopiesMax)
        return bad(order, fmt::format("{} copies; 1 to {} are allowed", order.copies, kCopiesMax));
    if (order.loss_percent < 1 || order.loss_percent > 100)
        return bad(order,
                   fmt::format("{} percent are lost; 1 to 100 are allowed", order.loss_percent));
    if (order.peers.size() > kPeersMax)
        return bad(order, fmt::format("links to {} peers; at most {} are allowed",
                                      order.peers.size(), kPeersMax));
    if (order.client == ClientId(0))
        return bad(order, "client 0; clients are numbered from 1");
    return order.name == "matrix" ? check_matrix(order, self.faults) : Status(Ok{});
}

} // namespace zz::drill
