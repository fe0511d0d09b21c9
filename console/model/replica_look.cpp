// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/replica_look.h"

#include <QStringList>

#include "console/model/placement_data.h"
#include "console/model/words.h"

namespace zz::console {
bool is_asleep(ReplicaState state) {
    return state == ReplicaState::Paused || state == ReplicaState::Hibernated ||
           state == ReplicaState::Cold;
}

QString words(ReplicaState state) {
    switch (state) {
    case ReplicaState::Unknown:
        return tr("unknown");
    case ReplicaState::Active:
        return tr("active");
    case ReplicaState::Paused:
        return tr("asleep in memory");
    case ReplicaState::Hibernated:
        return tr("asleep on disk");
    case ReplicaState::Cold:
        return tr("asleep, cold");
    case ReplicaState::Waking:
        return tr("waking");
    case ReplicaState::Recovering:
        return tr("recovering");
    case ReplicaState::Reimaging:
        return tr("re-imaging");
    case ReplicaState::Unresponsive:
        return tr("unresponsive");
    case ReplicaState::Stopped:
        return tr("stopped");
    case ReplicaState::Convicted:
        return tr("convicted");
    }
    return {};
}

QString status_word(ReplicaState state) {
    constexpr const char* kWords[] = {"unknown",      "active",  "paused",     "hibernated",
                                      "cold",         "waking",  "recovering", "reimaging",
                                      "unresponsive", "stopped", "convicted"};
    static_assert(std::size(kWords) == kReplicaStates);
    return QLatin1String(kWords[static_cast<std::size_t>(state)]);
}

QString words(Badge badge) {
    switch (badge) {
    case Badge::None:
        return {};
    case Badge::Suspected:
        return tr("suspected");
    case Badge::Blocking:
        return tr("blocking");
    case Badge::Convicted:
        return tr("convicted");
    case Badge::Drill:
        return tr("drill");
    }
    return {};
}

QString words(ReplicaState state, Badges badges) {
    QStringList parts{words(state)};
    for (const Badge badge : {Badge::Suspected, Badge::Blocking, Badge::Convicted, Badge::Drill}) {
        const bool said = badge == Badge::Convicted && state == ReplicaState::Convicted;
        if (badges.testFlag(badge) && !said)
            parts << words(badge);
    }
    return parts.join(QStringLiteral(", "));
}

QString name_of(const PlacedReplica& replica) {
    const QString letter =
        replica.role == Role::Agreement ? QStringLiteral("A") : QStringLiteral("E");
    const QString name = letter + QString::number(replica.index);
    return replica.incarnation == 0 ? name : name + u'.' + QString::number(replica.incarnation);
}

} // namespace zz::console
