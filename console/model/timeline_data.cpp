// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/timeline_data.h"

#include <QCoreApplication>

namespace zz::console {
namespace {

constexpr const char* kContext = "zz::console::timeline";

// Word for people, word for exports. Words for people pass through tr below.
struct PhaseWords {
    const char* people;
    const char* data;
};
constexpr PhaseWords kPhaseWords[] = {
    {QT_TRANSLATE_NOOP("zz::console::timeline", "injected"), "injected"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "first deviation"), "first_deviation"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "detected"), "detected"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "evidence"), "evidence"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "decided"), "decided"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "resume asked"), "resume_asked"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "resumed"), "resumed"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "log received"), "log_received"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "replayed"), "replayed"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "first match"), "first_match"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "convicted"), "convicted"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "removed"), "removed"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "spare ready"), "spare_ready"},
    {QT_TRANSLATE_NOOP("zz::console::timeline", "complete"), "complete"},
};
static_assert(std::size(kPhaseWords) == kPhases);

constexpr const char* kBarWords[] = {
    QT_TRANSLATE_NOOP("zz::console::timeline", "executing"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "asleep"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "detect"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "decide"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "resume"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "fetch log"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "replay on demand"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "completing state"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "convict"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "remove"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "re-image"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "ordering"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "view change"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "silent"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "stopped"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "unknown"),
};
static_assert(std::size(kBarWords) == kBarKinds);

constexpr const char* kMarkWords[] = {
    QT_TRANSLATE_NOOP("zz::console::timeline", "deviation"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "suspicion"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "blocking"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "wake-up"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "first reply"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "conviction"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "drill"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "note"),
    QT_TRANSLATE_NOOP("zz::console::timeline", "pin"),
};

} // namespace

QString words(Phase phase) {
    return QCoreApplication::translate(kContext,
                                       kPhaseWords[static_cast<std::size_t>(phase)].people);
}

QString phase_word(Phase phase) {
    return QLatin1String(kPhaseWords[static_cast<std::size_t>(phase)].data);
}

QString words(BarKind kind) {
    return QCoreApplication::translate(kContext, kBarWords[static_cast<std::size_t>(kind)]);
}

QString words(MarkKind kind) {
    return QCoreApplication::translate(kContext, kMarkWords[static_cast<std::size_t>(kind)]);
}

} // namespace zz::console
