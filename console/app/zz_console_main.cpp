// SPDX-License-Identifier: GPL-3.0-or-later
// zz-console: the window on a data center. Exit 0 done, 1 it failed, 2 bad usage or input.
#include <CLI/CLI.hpp>
#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "console/app/incident.h"
#include "console/app/list_panes.h"
#include "console/app/main_window.h"
#include "console/app/pane.h"
#include "console/app/screenshots.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

struct Options {
    std::string dir, session, as, view = "overview", theme, screenshots, guide, at, all, report;
    std::vector<std::string> exports;
    int seconds = 30;
    bool tour = false;

    bool exports_any() const { return !exports.empty() || !all.empty() || !report.empty(); }
    bool takes_pictures() const { return !screenshots.empty() || !guide.empty(); }
};

int bad(const std::string& text) {
    std::fprintf(stderr, "zz-console: %s\n", text.c_str());
    return 2;
}

int failed(const std::string& text) {
    std::fprintf(stderr, "zz-console: %s\n", text.c_str());
    return 1;
}

void add_options(CLI::App& app, Options& o) {
    auto* dir =
        app.add_option("--dir", o.dir, "folder of the data center, with cluster.toml and keys");
    app.add_option("--session", o.session, "session file to replay")->excludes(dir);
    app.add_option("--operator", o.as, "as whom, default: who may change most");
    app.add_option("--view", o.view, "view that is shown or exported")->capture_default_str();
    app.add_option("--theme", o.theme, "system, light, dark or high-contrast");
    app.add_option("--at", o.at,
                   "with --session: the moment that is shown, as UTC time "
                   "(2026-11-25T12:04:31.482Z) or in seconds since the recording began; default: "
                   "its end");
    app.add_option("--export", o.exports,
                   "writes the view to this file and ends: .png .svg .pdf .csv .tsv .json; again "
                   "for more. Needs no display");
    app.add_option(
        "--export-all", o.all,
        "writes every view into this folder, as .png .svg .pdf .csv and .json, and ends. "
        "Needs no display");
    app.add_option("--report", o.report,
                   "writes the report of the last fault that blocked as PDF and ends. Needs no "
                   "display");
    app.add_option("--screenshots", o.screenshots,
                   "pictures of every view into this folder, during and after the next fault that "
                   "blocks, then ends; meanwhile it records. Needs no display");
    app.add_option("--guide", o.guide,
                   "the pictures of the user guide into this folder, after the next fault that "
                   "blocks, then ends; meanwhile it records. Needs no display");
    app.add_option("--seconds", o.seconds, "how long a fault is waited for")->capture_default_str();
    app.add_flag("--tour", o.tour, "begins the guided tour");
}

int parse(int argc, char** argv, Options& o) {
    CLI::App app("The window on a ZZ data center: live, or a session file.", "zz-console");
    add_options(app, o);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? -1 : 2;
    }
    if ((o.exports_any() || o.takes_pictures()) && o.dir.empty() && o.session.empty())
        return bad("exports and pictures need --dir or --session: there is nothing to show");
    if (!o.at.empty() && o.session.empty())
        return bad("--at needs --session: only a recording has a past");
    return 0;
}

// Wall nanoseconds; none: it is no time.
std::optional<std::int64_t> time_of(const std::string& text, const Session& session) {
    bool number = false;
    const QString word = QString::fromStdString(text);
    const double seconds = word.toDouble(&number);
    if (number)
        return session.startNs() + static_cast<std::int64_t>(seconds * 1e9);
    const auto time = QDateTime::fromString(word, Qt::ISODateWithMs);
    return time.isValid() ? std::optional(time.toMSecsSinceEpoch() * 1'000'000) : std::nullopt;
}

Status export_pane(MainWindow& window, Pane& pane, const std::vector<std::string>& paths) {
    window.showPane(pane.name());
    QApplication::processEvents(QEventLoop::AllEvents, 50);
    const Session::Still still(window.session());
    for (const auto& path : paths)
        if (Status written =
                export_to(QString::fromStdString(path), pane.exportable(), pane.header());
            !written)
            return written;
    return Ok{};
}

Status export_all(MainWindow& window, const QString& folder) {
    if (!QDir().mkpath(folder))
        return Error{folder.toStdString() + ": cannot be made"};
    for (Pane* pane : window.panes()) {
        const bool drawn = static_cast<bool>(pane->exportable().draw);
        std::vector<std::string> paths;
        for (const char* ending : {"png", "svg", "pdf", "csv", "json"})
            if (drawn || (QLatin1String(ending) != "png" && QLatin1String(ending) != "svg"))
                paths.push_back(
                    QString("%1/%2.%3").arg(folder, pane->name(), ending).toStdString());
        if (Status written = export_pane(window, *pane, paths); !written)
            return written;
    }
    return Ok{};
}

// A live data center needs a moment until it is heard, and until what hosts keep of the time before
// has come from each: a report of half of it would be another verdict.
void wait_for_all(const Session& session) {
    constexpr std::int64_t kLeastNs = 2 * kNs, kQuietNs = kNs, kPatienceNs = 20 * kNs;
    const std::int64_t begun = session.cursor();
    std::int64_t changed = begun;
    std::uint64_t count = 0;
    while (!session.isReplay() && session.cursor() - begun < kPatienceNs) {
        QApplication::processEvents(QEventLoop::AllEvents, 50);
        if (session.log().newest_serial() != count)
            changed = session.cursor();
        count = session.log().newest_serial();
        const auto& hosts = session.now().hosts;
        const bool all = std::all_of(hosts.begin(), hosts.end(),
                                     [](const HostNow& host) { return host.link.events > 0; });
        if (view_state_of(session).condition == Condition::Live && all &&
            session.cursor() - begun > kLeastNs && session.cursor() - changed > kQuietNs)
            break;
    }
}

int export_views(MainWindow& window, const Options& o) {
    Session& session = window.session();
    window.resize(1280, 800);
    window.show();
    wait_for_all(session);
    if (!session.isReplay() && session.now().hosts_heard == 0)
        return failed(o.dir + ": no host answers; is the data center up (`zzctl status`)?");
    Status written = export_pane(window, *window.pane(QString::fromStdString(o.view)), o.exports);
    if (written && !o.all.empty())
        written = export_all(window, QString::fromStdString(o.all));
    if (written && !o.report.empty()) {
        const auto incident = incident_of(window);
        if (!incident)
            return failed(incident.error().text);
        written =
            write_report(QString::fromStdString(o.report), incident->report, incident->header);
    }
    return written ? 0 : failed(written.error().text);
}

int take_pictures(QApplication& application, MainWindow& window, const Options& o) {
    const bool guide = !o.guide.empty();
    const std::string& folder = guide ? o.guide : o.screenshots;
    Screenshots pictures(window, QFileInfo(QString::fromStdString(folder)).absoluteFilePath(),
                         o.seconds, guide ? Screenshots::For::Guide : Screenshots::For::Eyes);
    QObject::connect(&pictures, &Screenshots::finished, &application, &QApplication::quit,
                     Qt::QueuedConnection);
    // What is told meanwhile is recorded: the list of recordings has something to show.
    if (window.session().link() != nullptr)
        static_cast<SessionsPane*>(window.pane("sessions"))->toggleRecording();
    // Who waits for them sees that they come.
    QObject::connect(&pictures, &Screenshots::saved, &pictures, [&pictures](const QString& path) {
        std::printf("picture %d: %s\n", pictures.taken(), qPrintable(QFileInfo(path).fileName()));
        std::fflush(stdout);
    });
    QApplication::exec();
    if (!pictures.error().isEmpty())
        return failed(pictures.error().toStdString());
    std::printf("%d pictures in %s\n", pictures.taken(), folder.c_str());
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
    if (!o.at.empty()) {
        const auto at = time_of(o.at, session);
        if (!at)
            return bad("--at " + o.at + ": neither a UTC time nor a number of seconds");
        session.seek(*at);
    }
    if (o.exports_any())
        return export_views(window, o);
    if (!o.takes_pictures())
        window.keepLayout();
    window.show();
    window.showPane(QString::fromStdString(o.view));
    if (o.takes_pictures())
        return take_pictures(application, window, o);
    if (o.tour)
        QTimer::singleShot(std::chrono::seconds(4), &window, &MainWindow::startTour);
    return QApplication::exec();
}

} // namespace

int console_main(int argc, char** argv) {
    Options options;
    if (const int code = parse(argc, argv, options); code != 0)
        return code < 0 ? 0 : code;
    const bool no_window = options.exports_any() || options.takes_pictures();
    if (no_window && qEnvironmentVariableIsEmpty("DISPLAY") &&
        qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
        qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    // What is exported must look the same everywhere.
    if (options.exports_any())
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
