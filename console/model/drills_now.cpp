// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/drills_now.h"

#include <QRegularExpression>
#include <QStringList>
#include <algorithm>

#include "console/model/cluster_view.h"
#include "console/model/words.h"

namespace zz::console {
namespace {

QString name_of_target(const DrillTarget& target) {
    switch (target.role) {
    case Role::Agreement:
        return QString("A%1").arg(target.index);
    case Role::Execution:
        return target.incarnation == 0
                   ? QString("E%1").arg(target.index)
                   : QString("E%1.%2").arg(target.index).arg(target.incarnation);
    default:
        return QString::fromStdString(
            zz::to_string(PrincipalId{target.role, target.index, target.incarnation}));
    }
}

// What f+1 agreement replicas say of it; empty: nothing that would end its part.
QString removal_of(const DrillTarget& target, const ApplicationNow& app) {
    if (target.role != Role::Execution)
        return {};
    const auto* slot = app.replica(Role::Execution, target.index);
    if (slot == nullptr ||
        (slot->incarnation <= target.incarnation &&
         !(slot->incarnation == target.incarnation && slot->state == ReplicaState::Convicted)))
        return {};
    const bool convicted =
        std::any_of(app.convictions.begin(), app.convictions.end(), [&](const ConvictionNow& one) {
            return one.slot == target.index && one.incarnation == target.incarnation;
        });
    return convicted || slot->state == ReplicaState::Convicted ? tr("convicted and removed")
                                                               : tr("removed");
}

void look_at_targets(DrillNow& drill, const std::vector<ApplicationNow>& applications,
                     const State& state) {
    const DrillEnds* ends = state.drill_ends(drill.id.toStdString());
    QStringList how;
    for (auto& target : drill.targets) {
        target.name = name_of_target(target);
        if (drill.application >= 0)
            target.ended =
                removal_of(target, applications[static_cast<std::size_t>(drill.application)]);
        if (target.ended.isEmpty() && ends != nullptr)
            if (const auto told =
                    ends->find({0, 0, static_cast<std::uint32_t>(target.role), target.index,
                                target.role == Role::Execution ? target.incarnation : 0});
                told != ends->end())
                target.ended =
                    told->second.empty() ? tr("ended") : QString::fromStdString(told->second);
        if (!target.ended.isEmpty())
            how << target.name + u' ' + target.ended;
    }
    drill.over = !drill.targets.empty() && how.size() == static_cast<int>(drill.targets.size());
    if (drill.over)
        drill.ended = how.join(", ");
}

} // namespace

std::vector<DrillTarget> targets_of(const std::string& parameters) {
    static const QRegularExpression kTarget(
        QStringLiteral("\"target\"\\s*:\\s*\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*\\]"));
    std::vector<DrillTarget> out;
    for (auto it = kTarget.globalMatch(QString::fromStdString(parameters)); it.hasNext();) {
        const auto match = it.next();
        DrillTarget one;
        const unsigned role = match.captured(1).toUInt();
        if (role < 1 || role > 6)
            continue;
        one.role = static_cast<Role>(role);
        one.index = match.captured(2).toUInt();
        one.incarnation = match.captured(3).toUInt();
        out.push_back(one);
    }
    return out;
}

std::vector<DrillNow> drills_now(const std::vector<HostNow>& hosts,
                                 const std::vector<ApplicationNow>& applications,
                                 const State& state) {
    std::vector<DrillNow> out;
    for (const auto& host : hosts)
        for (const auto& facts : host.drills) {
            const QString id = QString::fromStdString(facts.id());
            const std::int64_t left = std::max<std::int64_t>(
                0, facts.lease_ms() - std::max<std::int64_t>(host.age_ns, 0) / 1'000'000);
            const auto known = std::find_if(out.begin(), out.end(),
                                            [&](const DrillNow& one) { return one.id == id; });
            if (known != out.end()) {
                known->lease_ms = std::max(known->lease_ms, left);
                continue;
            }
            DrillNow one;
            one.id = id;
            one.name = QString::fromStdString(facts.name());
            if (facts.application() < applications.size())
                one.application = static_cast<int>(facts.application());
            one.started_ns = facts.started_wall_ns();
            one.lease_ms = left;
            one.targets = targets_of(facts.parameters());
            look_at_targets(one, applications, state);
            out.push_back(std::move(one));
        }
    std::stable_sort(out.begin(), out.end(), [](const DrillNow& a, const DrillNow& b) {
        return a.started_ns > b.started_ns;
    });
    return out;
}

void mark_drills(const std::vector<DrillNow>& drills, std::vector<ApplicationNow>& applications) {
    for (const auto& drill : drills) {
        if (drill.application < 0)
            continue;
        auto& app = applications[static_cast<std::size_t>(drill.application)];
        for (const auto& target : drill.targets)
            for (auto* list : {&app.agreement, &app.execution})
                for (auto& replica : *list)
                    if (target.ended.isEmpty() && replica.role == target.role &&
                        replica.index == target.index &&
                        (target.role != Role::Execution ||
                         replica.incarnation == target.incarnation))
                        replica.badges |= Badge::Drill;
    }
}

} // namespace zz::console
