// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/view_state.h"

#include <QCoreApplication>
#include <QLocale>

#include "console/model/words.h"

namespace zz::console {
namespace {

QString age(std::int64_t ms) {
    const QLocale locale;
    return ms < 60'000 ? tr("%1 s").arg(locale.toString(static_cast<double>(ms) / 1000.0, 'f', 1))
                       : tr("%1 min").arg(locale.toString(static_cast<qlonglong>(ms / 60'000)));
}

StateWords waiting(const ViewState& state) {
    switch (state.condition) {
    case Condition::NoProfile:
        return {tr("Not connected"), tr("Connect to a data center, or open a recorded session."),
                tr("Connect…")};
    case Condition::NoData:
        return {tr("Nothing here yet"),
                state.detail.isEmpty() ? tr("This view fills when something happens that it shows.")
                                       : state.detail,
                {}};
    case Condition::Filtered:
        return {tr("Everything is filtered away"),
                state.detail.isEmpty()
                    ? tr("What is chosen has nothing that this view shows.")
                    : tr("The filter \"%1\" matches nothing in this view.").arg(state.detail),
                tr("Clear filter")};
    case Condition::Connecting: {
        QString sentence = tr("Attempt %1.").arg(state.attempt);
        if (state.retry_s > 0)
            sentence += u' ' + tr("The next one in %1 s.").arg(state.retry_s);
        if (!state.detail.isEmpty())
            sentence += u' ' + state.detail;
        return {tr("Connecting…"), sentence, tr("Cancel")};
    }
    case Condition::Incompatible:
        return {state.other_version ? tr("This data center speaks another version")
                                    : tr("The hosts refuse this console"),
                state.detail, tr("Details…")};
    case Condition::Error:
        return {tr("This view has failed; the others go on"), state.detail, tr("Reload view")};
    default:
        return {};
    }
}

} // namespace

bool covers(Condition condition) {
    switch (condition) {
    case Condition::NoProfile:
    case Condition::NoData:
    case Condition::Filtered:
    case Condition::Connecting:
    case Condition::Incompatible:
    case Condition::Error:
        return true;
    default:
        return false;
    }
}

bool hatches(Condition condition) {
    return condition == Condition::Stale || condition == Condition::Lost;
}

StateWords words(const ViewState& state) {
    const QString as_of = state.as_of.isEmpty() ? QString() : tr("As of %1.").arg(state.as_of);
    switch (state.condition) {
    case Condition::Live:
        return {tr("Live"), {}, {}};
    case Condition::Partial:
        return {tr("%1 of %2 sources").arg(state.sources_known).arg(state.sources_all),
                tr("What the others hold is not known and hatched."), tr("Connections")};
    case Condition::Stale:
        return {tr("Stale, %1").arg(age(state.age_ms)),
                as_of.isEmpty() ? tr("No heartbeat; values may have changed.")
                                : as_of + u' ' + tr("Values may have changed."),
                tr("Connections")};
    case Condition::Lost:
        return {tr("Connection lost, %1").arg(age(state.age_ms)),
                as_of.isEmpty() ? tr("History can still be read.")
                                : as_of + u' ' + tr("History can still be read."),
                tr("Retry now")};
    case Condition::Gap:
        return {QCoreApplication::translate("zz::console::condition", "%1 events missing")
                    .arg(QLocale().toString(static_cast<qulonglong>(state.missing))),
                tr("What happened in between is not known."), tr("Fetch again")};
    case Condition::Replay:
        return {tr("Replay"), as_of.isEmpty() ? tr("A recording, not the data center.") : as_of,
                tr("Connect…")};
    case Condition::Paused:
        return {tr("Paused"), as_of, tr("Return to live")};
    default:
        return waiting(state);
    }
}

} // namespace zz::console
