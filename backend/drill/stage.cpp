// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/stage.h"

#include <algorithm>
#include <charconv>

#include "protocol/base/check.h"

namespace zz::drill {

Result<std::vector<SlotId>> actives_of(const Stage& stage) {
    if (stage.faults.f == 0)
        return Error{"the application is unreplicated: it bears no fault, and the rules promise "
                     "nothing; choose one of another mode"};
    std::vector<SlotId> actives = stage.actives;
    for (std::uint32_t k = 1; stage.actives.empty() && k <= stage.faults.active_replicas(); ++k)
        actives.push_back(SlotId(k));
    std::sort(actives.begin(), actives.end());
    const bool distinct = std::adjacent_find(actives.begin(), actives.end()) == actives.end();
    if (!distinct || actives.size() != stage.faults.active_replicas() ||
        actives.front() < SlotId(1) || actives.back() > SlotId(stage.faults.execution_slots()))
        return Error{fmt::format("the application is not at rest: {} active replicas are known, "
                                 "but a drill is planned for {} of E1 to E{}; wait until it "
                                 "is at rest",
                                 actives.size(), stage.faults.active_replicas(),
                                 stage.faults.execution_slots())};
    return actives;
}

Play honest_play(Faults faults, const std::vector<SlotId>& first) {
    std::vector<SlotId> slots = first;
    for (std::uint32_t k = 1; k <= faults.execution_slots(); ++k) {
        if (std::find(first.begin(), first.end(), SlotId(k)) == first.end())
            slots.push_back(SlotId(k));
    }
    Play play;
    play.faults = faults;
    play.claims.resize(faults.agreement_replicas());
    for (const SlotId slot : slots) {
        PlayedReplica replica;
        replica.slot = slot;
        replica.active = play.replicas.size() < faults.active_replicas();
        replica.sends.assign(faults.agreement_replicas(), Saying::truth());
        play.replicas.push_back(std::move(replica));
    }
    return play;
}

Saying most_frequent(const std::vector<Saying>& sends) {
    Saying best = Saying::nothing();
    std::ptrdiff_t most = 0;
    for (const Saying& saying : sends) {
        if (saying.what == Saying::What::Nothing)
            continue;
        const std::ptrdiff_t count = std::count(sends.begin(), sends.end(), saying);
        if (count > most) {
            most = count;
            best = saying;
        }
    }
    return best;
}

Result<PrincipalId> parse_replica(std::string_view text, Faults faults) {
    const bool execution = text.starts_with('E');
    const std::uint32_t highest =
        execution ? faults.execution_slots() : faults.agreement_replicas();
    std::uint32_t index = 0;
    if (execution || text.starts_with('A')) {
        const auto [end, error] =
            std::from_chars(text.data() + 1, text.data() + text.size(), index);
        // No sign, no leading zero, nothing after the number.
        if (error == std::errc{} && end == text.data() + text.size() && index >= 1 &&
            index <= highest && text[1] != '0')
            return PrincipalId{execution ? Role::Execution : Role::Agreement, index, 0};
    }
    return Error{fmt::format("'{}' is no replica; there are A1 to A{} and E1 to E{}", text,
                             faults.agreement_replicas(), faults.execution_slots())};
}

} // namespace zz::drill
