// SPDX-License-Identifier: GPL-3.0-or-later
// zz-console: the window on a data center. Exit 0 done, 1 it failed, 2 bad usage or input.
#include <CLI/CLI.hpp>
#include <QApplication>
#include <QFileInfo>
#include <QSettings>
#include <QTimer>
#include <cstdio>

#include "console/app/main_window.h"
#include "console/app/pane.h"
#include "console/app/screenshots.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

struct Options {
    std::string dir, session, as, view = "overview", theme, screenshots;
    std::vector<std::string> exports;
    int seconds = 30;
    bool tour = false;
};

int bad(const std::string& text) {
    std::fprintf(stderr, "zz-console: %s\n", text.c_str());
    return 2;
}

int parse(int argc, char** argv, Options& o) {
    CLI::App app("The window on a ZZ data center: live, or a session file.", "zz-console");
    auto* dir =
        app.add_option("--dir", o.dir, "folder of the data center, with cluster.toml and keys");
    app.add_option("--session", o.session, "session file to replay")->excludes(dir);
    app.add_option("--operator", o.as, "as whom, default: who may change most");
    app.add_option("--view", o.view, "view that is shown or exported")->capture_default_str();
    app.add_option("--theme", o.theme, "system, light, dark or high-contrast");
    app.add_option("--export", o.exports,
                   "writes the view to this file and ends: .png .svg .pdf .csv .tsv .json; again "
                   "for more. Needs no display");
    app.add_option("--screenshots", o.screenshots,
                   "pictures of every view into this folder, during and after the next fault that "
                   "blocks, then ends. Needs no display");
    app.add_option("--seconds", o.seconds, "how long a fault is waited for")->capture_default_str();
    app.add_flag("--tour", o.tour, "begins the guided tour");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? -1 : 2;
    }
    if (!o.exports.empty() && o.dir.empty() && o.session.empty())
        return bad("--export needs --dir or --session: there is nothing to export");
    if (!o.screenshots.empty() && o.dir.empty() && o.session.empty())
        return bad("--screenshots needs --dir or --session");
    return 0;
}

// A live data center needs a moment until it is heard.
int export_views(MainWindow& window, const Options& o) {
    Session& session = window.session();
    const std::int64_t begun = session.cursor();
    while (!session.isReplay() && session.cursor() - begun < 10 * kNs) {
        QApplication::processEvents(QEventLoop::AllEvents, 50);
        if (view_state_of(session).condition == Condition::Live &&
            session.cursor() - begun > 2 * kNs)
            break;
    }
    Pane* pane = window.pane(QString::fromStdString(o.view));
    for (const auto& path : o.exports) {
        const Status written =
            export_to(QString::fromStdString(path), pane->exportable(), pane->header());
        if (!written) {
            std::fprintf(stderr, "zz-console: %s\n", written.error().text.c_str());
            return 1;
        }
    }
    return 0;
}

int run(QApplication& application, const Options& o) {
    const QString theme = o.theme.empty() ? QSettings().value("theme", "system").toString()
                                          : QString::fromStdString(o.theme);
    apply_theme(application, theme_from_word(theme));
    Session session;
    MainWindow window(session);
    if (window.pane(QString::fromStdString(o.view)) == nullptr) {
        QString names;
        for (const auto* pane : window.panes())
            names += " " + pane->name();
        return bad("--view " + o.view +
                   ": there is no such view; there are:" + names.toStdString());
    }
    Status opened = Ok{};
    if (!o.session.empty())
        opened = session.openFile(QString::fromStdString(o.session));
    else if (!o.dir.empty())
        opened = session.connectTo({{}, o.dir, o.as});
    if (!opened)
        return bad(opened.error().text);
    if (!o.exports.empty())
        return export_views(window, o);
    QSettings settings;
    if (o.screenshots.empty())
        window.restoreGeometry(settings.value("window/geometry").toByteArray());
    window.show();
    window.showPane(QString::fromStdString(o.view));
    if (o.screenshots.empty()) {
        if (o.tour)
            QTimer::singleShot(std::chrono::seconds(4), &window, &MainWindow::startTour);
        return QApplication::exec();
    }
    Screenshots pictures(
        window, QFileInfo(QString::fromStdString(o.screenshots)).absoluteFilePath(), o.seconds);
    QObject::connect(&pictures, &Screenshots::finished, &application, &QApplication::quit,
                     Qt::QueuedConnection);
    QApplication::exec();
    if (!pictures.error().isEmpty()) {
        std::fprintf(stderr, "zz-console: %s\n", pictures.error().toStdString().c_str());
        return 1;
    }
    std::printf("%d pictures in %s\n", pictures.taken(), o.screenshots.c_str());
    return 0;
}

} // namespace

int console_main(int argc, char** argv) {
    Options options;
    if (const int code = parse(argc, argv, options); code != 0)
        return code < 0 ? 0 : code;
    const bool no_window = !options.exports.empty() || !options.screenshots.empty();
    if (no_window && qEnvironmentVariableIsEmpty("DISPLAY") &&
        qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
        qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    // What is exported must look the same everywhere.
    if (!options.exports.empty())
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    QApplication::setOrganizationName("zz");
    QApplication::setApplicationName("zz-console");
    return run(application, options);
}

} // namespace zz::console

int main(int argc, char** argv) {
    return zz::console::console_main(argc, argv);
}
