// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "backend/drill/plan.h"
#include "backend/drill/stage.h"
#include "protocol/base/check.h"

namespace zz::drill {
namespace {

// What a drill does to the reports of its targets.
enum class Effect : std::uint8_t {
    None,       // no column changes: ordering, clients, links within their bounds
    WrongReply, // another digest to everybody, signed as sent
    WrongRoot,  // the same for checkpoints only
    Silent,     // no report, no signature; an agreement replica is not heard of
    Slow,       // as silent once it is later than the deadlines
    RefuseSign, // right reports, no signature
    SignTwo,    // right reports, two signatures
    LieReports, // an agreement replica claims wrong digests
};

struct Known {
    std::string_view name;
    Effect execution; // on a target of the execution cluster
    Effect agreement; // on one of the agreement cluster
    bool on_execution;
    bool on_agreement;
    bool on_client = false;
};

// ZZ-10.2, but `matrix`, which has a plan of its own.
constexpr std::array kKnown = {
    Known{"wrong-reply", Effect::WrongReply, Effect::None, true, false},
    Known{"silent", Effect::Silent, Effect::Silent, true, true},
    Known{"slow", Effect::Slow, Effect::Slow, true, true},
    Known{"crash", Effect::Silent, Effect::Silent, true, true},
    Known{"wrong-checkpoint", Effect::WrongRoot, Effect::None, true, false},
    Known{"corrupt-state", Effect::WrongRoot, Effect::None, true, false},
    Known{"refuse-sign", Effect::RefuseSign, Effect::None, true, false},
    Known{"sign-two", Effect::SignTwo, Effect::None, true, false},
    Known{"lie-reports", Effect::None, Effect::LieReports, false, true},
    Known{"equivocate-primary", Effect::None, Effect::None, false, true},
    Known{"censor-primary", Effect::None, Effect::None, false, true},
    Known{"flood-demands", Effect::None, Effect::None, false, true},
    Known{"false-accuse", Effect::None, Effect::None, false, true},
    Known{"bad-signature", Effect::None, Effect::None, false, false, true},
    Known{"replay", Effect::None, Effect::None, false, false, true},
    Known{"flood", Effect::None, Effect::None, false, false, true},
    Known{"host-stop", Effect::Silent, Effect::Silent, true, true},
    Known{"host-lie", Effect::WrongReply, Effect::LieReports, true, true},
    Known{"link-delay", Effect::Slow, Effect::Slow, true, true},
    Known{"link-loss", Effect::None, Effect::None, true, true},
    Known{"link-cut", Effect::Silent, Effect::Silent, true, true},
};

bool is_link(const PlainDrill& drill) {
    return drill.name.starts_with("link-");
}

void play_execution(Play& play, PlayedReplica& replica, Effect effect) {
    replica.liar = true;
    const auto say = [&](Saying sends, Saying signs) {
        std::fill(replica.sends.begin(), replica.sends.end(), sends);
        replica.signs = signs;
    };
    switch (effect) {
    case Effect::WrongRoot:
        play.kind = VoteKind::Checkpoint;
        return say(Saying::lie(1), Saying::lie(1));
    case Effect::WrongReply:
        return say(Saying::lie(1), Saying::lie(1));
    case Effect::Silent:
        return say(Saying::nothing(), Saying::nothing());
    case Effect::RefuseSign:
        return say(Saying::truth(), Saying::nothing());
    case Effect::SignTwo:
        // Two signatures are proof only once they are out: a sleeping replica signs nothing.
        replica.signs_twice = replica.active;
        return say(Saying::truth(), replica.active ? Saying::lie(1) : Saying::truth());
    case Effect::None:
    case Effect::Slow:
    case Effect::LieReports:
        return;
    }
}

void play_agreement(Play& play, std::size_t column, Effect effect) {
    std::vector<Saying> claims;
    for (const PlayedReplica& replica : play.replicas)
        claims.push_back(effect == Effect::LieReports ? Saying::lie(1) : replica.sends[column]);
    if (effect == Effect::Silent)
        claims.clear();
    play.claims[column] = std::move(claims);
}

// Only the links between `target` and the peers fail: reports are missing one by one, and whoever
// gets a signature passes it on (ZZ-6.5).
void play_links(Play& play, const PlainDrill& drill, const PrincipalId& target, bool fails) {
    const auto cut = [&](PlayedReplica& replica, std::uint32_t agreement) {
        if (fails && agreement >= 1 && agreement <= replica.sends.size())
            replica.sends[agreement - 1] = Saying::nothing();
    };
    for (PlayedReplica& replica : play.replicas) {
        const bool own = target.role == Role::Execution && replica.slot == SlotId(target.index);
        replica.liar = replica.liar || own;
        for (const PrincipalId& peer : drill.peers) {
            if (own && peer.role == Role::Agreement)
                cut(replica, peer.index);
            if (target.role == Role::Agreement && peer.role == Role::Execution &&
                replica.slot == SlotId(peer.index))
                cut(replica, target.index);
        }
        const bool unheard = std::all_of(replica.sends.begin(), replica.sends.end(),
                                         [](const Saying& s) { return s == Saying::nothing(); });
        if (unheard)
            replica.signs = Saying::nothing();
    }
    if (target.role == Role::Agreement)
        play_agreement(play, target.index - 1, Effect::None);
}

// Whether what a slow replica, or one behind slow links, reports comes too late. A report that
// misses its deadline still settles the batch before the second one (ZZ-6.5).
bool is_late(const PlainDrill& drill, const Stage& stage) {
    const Duration late_by = is_link(drill) ? 2 * drill.delay : drill.delay;
    return late_by >= 2 * stage.deadline_floor;
}

Status check_target(const PlainDrill& drill, const Known& known, const PrincipalId& target,
                    Faults faults) {
    const bool execution = target.role == Role::Execution;
    if (execution ? !known.on_execution : target.role != Role::Agreement || !known.on_agreement)
        return Error{fmt::format("--target {}: drill '{}' is not for this kind of replica",
                                 to_string(target), drill.name)};
    const std::uint32_t highest =
        execution ? faults.execution_slots() : faults.agreement_replicas();
    if (target.index < 1 || target.index > highest)
        return Error{fmt::format("--target {}: the highest one is {}{}", to_string(target),
                                 execution ? 'E' : 'A', highest)};
    return Ok{};
}

} // namespace

Result<Prediction> predict_plain(const PlainDrill& drill, const Stage& stage) {
    const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                    [&](const Known& k) { return k.name == drill.name; });
    if (known == kKnown.end())
        return Error{
            fmt::format("there is no drill '{}'; `zzctl drill catalog` lists them", drill.name)};
    const Result<std::vector<SlotId>> actives = actives_of(stage);
    if (!actives)
        return actives.error();
    const bool late = is_late(drill, stage);
    const auto settle = [&](Effect effect) {
        return effect != Effect::Slow ? effect : late ? Effect::Silent : Effect::None;
    };
    Play play = honest_play(stage.faults, *actives);
    std::vector<std::size_t> columns;
    for (const PrincipalId& target : drill.targets) {
        if (target.role == Role::Client && (known->on_client || drill.name.starts_with("host-")))
            continue;
        if (const Status good = check_target(drill, *known, target, stage.faults); !good)
            return good.error();
        if (!drill.peers.empty()) {
            play_links(play, drill, target, settle(known->execution) == Effect::Silent);
            continue;
        }
        if (target.role == Role::Agreement) {
            columns.push_back(target.index - 1);
            continue;
        }
        for (PlayedReplica& replica : play.replicas) {
            if (replica.slot != SlotId(target.index))
                continue;
            play_execution(play, replica, settle(known->execution));
            replica.gone = drill.name == "host-stop";
        }
    }
    for (const std::size_t column : columns)
        play_agreement(play, column, settle(known->agreement));
    return predict(play, stage.policy);
}

} // namespace zz::drill
