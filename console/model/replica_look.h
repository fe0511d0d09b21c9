// SPDX-License-Identifier: GPL-3.0-or-later
// What a replica is (its state) and what is said about it (badges): two things that are drawn
// apart. Plain values for every view.
#pragma once

#include <QFlags>
#include <QString>
#include <cstdint>

#include "protocol/base/ids.h"

namespace zz::console {

// The states of `zzctl status`, plus Unknown: nobody has said anything yet.
enum class ReplicaState : std::uint8_t {
    Unknown,
    Active,
    Paused,     // asleep in memory
    Hibernated, // asleep on disk
    Cold,       // asleep without a machine
    Waking,
    Recovering,
    Reimaging,
    Unresponsive,
    Stopped,
    Convicted,
};
inline constexpr int kReplicaStates = 11;

enum class Badge : std::uint8_t {
    None = 0,
    Suspected = 1, // a deviation that blocked nothing
    Blocking = 2,  // part of a dispute that blocks
    Convicted = 4,
    Drill = 8, // the fault is ours
};
Q_DECLARE_FLAGS(Badges, Badge)
Q_DECLARE_OPERATORS_FOR_FLAGS(Badges)

bool is_asleep(ReplicaState state);
// One or two words for people, translated: "active", "asleep (in memory)".
QString words(ReplicaState state);
// The word of `zzctl status --json`, for exports, not translated.
QString status_word(ReplicaState state);
QString words(Badge badge);
// "active, suspected, drill": state and badges as one accessible text.
QString words(ReplicaState state, Badges badges);

} // namespace zz::console
