// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/screenshots.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QElapsedTimer>

#include "console/app/main_window.h"
#include "console/app/pane.h"
#include "console/model/adapters.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kFirstMs = 700; // another theme or size: all is laid out anew
constexpr std::int64_t kRestPatienceNs = 45 * kNs;

void settle(int ms = 60) {
    QElapsedTimer since;
    since.start();
    do
        QApplication::processEvents(QEventLoop::AllEvents, 20);
    while (since.elapsed() < ms);
}

void trigger(const MainWindow& window, const char* key) {
    for (QAction* action : window.actions())
        if (action->shortcut() == QKeySequence(key))
            action->trigger();
}

} // namespace

Screenshots::Screenshots(MainWindow& window, const QString& folder, int patience_s, For whom)
    : window_(window), folder_(folder), whom_(whom), timer_(this), patience_s_(patience_s) {
    QDir().mkpath(folder_);
    begun_ns_ = window.session().cursor();
    connect(&timer_, &QTimer::timeout, this, &Screenshots::tick);
    timer_.start(100);
}

bool Screenshots::save(const QString& name, const QString& path) {
    window_.showPane(name);
    settle();
    if (!window_.grab().save(path)) {
        error_ = tr("%1 cannot be written").arg(path);
        return false;
    }
    ++taken_;
    Q_EMIT saved(path);
    return true;
}

bool Screenshots::take_for_guide() {
    apply_theme(*qApp, ThemeKind::Light);
    window_.resize(1280, 800);
    settle(kFirstMs);
    for (const auto* pane : window_.panes())
        if (!save(pane->name(), QString("%1/%2.png").arg(folder_, pane->name())))
            return false;
    return true;
}

bool Screenshots::take(const QString& when) {
    if (whom_ == For::Guide)
        return when == "during" || take_for_guide();
    timer_.stop();
    // What is going on first, in all its views.
    const QStringList names{"matrix", "placement",  "timeline",    "overview", "drills",
                            "events", "throughput", "connections", "sessions", "audit"};
    for (const auto kind : {ThemeKind::Light, ThemeKind::Dark}) {
        if (theme_kind() != kind)
            apply_theme(*qApp, kind);
        for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
            window_.resize(size);
            settle(kFirstMs);
            const auto path = [&](const QString& name) {
                return QString("%1/%2-%3-%4-%5x%6.png")
                    .arg(folder_, when, name, theme_word(kind))
                    .arg(size.width())
                    .arg(size.height());
            };
            for (const QString& name : names)
                if (!save(name, path(name)))
                    return false;
            trigger(window_, "Ctrl+W");
            settle(400);
            if (!save("four views", path("watch")))
                return false;
            trigger(window_, "Ctrl+Shift+W");
        }
    }
    timer_.start(100);
    return true;
}

void Screenshots::tick() {
    Session& session = window_.session();
    const std::int64_t past = session.cursor() - begun_ns_;
    bool good = true;
    switch (wait_) {
    case Wait::Fault:
        if (session.isReplay()) {
            good = take("replay");
            wait_ = Wait::Done;
            break;
        }
        for (const auto& dispute : session.disputes().all()) {
            const auto& app =
                session.now().applications[static_cast<std::size_t>(dispute.key.application)];
            if (dispute.first_ns > begun_ns_ - 2 * kNs &&
                dispute.first_verdict(app.faults).kind == matrix::Kind::Blocking)
                application_ = dispute.key.application;
        }
        if (application_ >= 0) {
            good = take("during");
            rest_ns_ = session.cursor();
            wait_ = Wait::Rest;
        } else if (past > patience_s_ * kNs) {
            good = take("now");
            wait_ = Wait::Done;
        }
        break;
    case Wait::Rest:
        if (session.now().applications[static_cast<std::size_t>(application_)].at_rest ||
            session.cursor() - rest_ns_ > kRestPatienceNs) {
            good = take("after");
            wait_ = Wait::Done;
        }
        break;
    case Wait::Done:
        break;
    }
    if (!good || wait_ == Wait::Done) {
        timer_.stop();
        Q_EMIT finished();
    }
}

} // namespace zz::console
