// SPDX-License-Identifier: Apache-2.0
// One real guest on a real libvirt: it boots the image of ./zz guest build, runs its program, and
// stands still, goes on, is saved, restored and ended by the driver; a libvirt that is killed and
// comes back still has it. The libvirt is the test's own; skipped where there is none or no image.
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <sstream>

#include "backend/services/private_libvirt.h"
#include "hv/libvirt/libvirt_hypervisor.h"

namespace zz::hv {

class GuestTest : public QObject {
    Q_OBJECT

    static constexpr int kBootMax = 150'000; // ms, translated code on a busy machine

    // A libvirt that ends with the test.
    struct Daemon {
        services::Layout layout;
        cluster::Host host;
        Status started = Ok{};

        explicit Daemon(const std::string& folder) : layout{folder + "/dc"} {
            host.name = "h1";
            const QString tag = QString::number(QCoreApplication::applicationPid(), 16);
            host.hypervisor_uri = services::private_uri("t" + tag.toStdString(), host.name);
            start();
        }
        ~Daemon() {
            for (const int signal : {SIGTERM, SIGKILL})
                for (int waited = 0; waited < 250 && signal_all(signal, waited == 0); ++waited)
                    QTest::qSleep(20);
            services::forget_private_place(host);
        }
        void start() { started = services::start_private_libvirt(layout, host); }
        void kill_it() { // the first one is the daemon
            ::kill(services::private_pids(layout, host).at(0), SIGKILL);
        }
        bool signal_all(int signal, bool send) {
            const auto pids = services::private_pids(layout, host);
            for (const int pid : pids)
                if (send)
                    ::kill(pid, signal);
            return !pids.empty();
        }
    };

    static std::string text_of(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    static bool done(const char* what, const Status& status) {
        qInfo("%s: %s", what, status ? "done" : status.error().text.c_str());
        return static_cast<bool>(status);
    }
    static MachineInfo only(LibvirtHypervisor& hypervisor) {
        const auto list = hypervisor.list();
        return list && list->size() == 1 ? list->front() : MachineInfo();
    }

    // Its machine runs on, nothing is claimed of it, and it is found again.
    static void daemon_dies(Daemon& daemon, LibvirtHypervisor& hv, const MachineName& name) {
        const std::string log = hv.log_file(name);
        const auto before = text_of(log).size();
        daemon.kill_it();
        QVERIFY(!hv.list());
        QVERIFY(!hv.suspend(name));
        QTRY_VERIFY_WITH_TIMEOUT(text_of(log).size() > before, kBootMax);
        daemon.start();
        QVERIFY2(daemon.started, daemon.started ? "" : daemon.started.error().text.c_str());
        QTRY_VERIFY_WITH_TIMEOUT(hv.list(), 30'000);
        QVERIFY(only(hv).state == MachineState::Running);
        QVERIFY(hv.poll_events().empty());
    }

  private Q_SLOTS:
    void one_guest() {
        const std::string image = ZZ_SOURCE_DIR "/build/guest";
        if (!QFile::exists(QString::fromStdString(image + "/guest.sha256"))) {
            QVERIFY2(!qEnvironmentVariableIsSet("CI"), "continuous integration makes an image");
            QSKIP("there is no guest image: ./zz guest build");
        }
        QTemporaryDir folder;
        Daemon daemon(folder.path().toStdString());
        QVERIFY2(daemon.started, daemon.started ? "" : daemon.started.error().text.c_str());
        LibvirtSettings settings;
        settings.uri = daemon.host.hypervisor_uri;
        settings.root = folder.path().toStdString() + "/machines";
        settings.template_file = ZZ_SOURCE_DIR "/resources/domains/execution.xml";
        settings.disk_mib = 64;
        auto opened = LibvirtHypervisor::open(settings);
        QVERIFY2(opened, opened ? "" : opened.error().text.c_str());
        std::unique_ptr<LibvirtHypervisor> hv = std::move(opened).value();
        const MachineName name = machine(ApplicationId(0), SlotId(1), Incarnation(7));
        // The service proves that its libraries are there; the ticks, that the guest lives.
        const std::string script = "/usr/bin/zz-execution --help; echo stored >/data/mark; "
                                   "while sleep 0.2; do echo tick $((i=i+1)); done";
        const MachineSpec spec{{"/bin/sh", "-c", script},     {{"i", "0"}},
                               image + "/initramfs",          image + "/vmlinuz",
                               "console=ttyS0 quiet panic=1", 192};
        QVERIFY(done("define", hv->define(name, spec)));
        qInfo("hypervisor: %s", hv->kind().c_str());
        const std::string log = hv->log_file(name);
        const auto has = [&](const std::string& part) {
            return text_of(log).find(part) != std::string::npos;
        };
        QVERIFY(done("start", hv->start(name)));
        QElapsedTimer boot;
        boot.start();
        QTRY_VERIFY_WITH_TIMEOUT(has("tick 3"), kBootMax);
        qInfo("first ticks after %lld ms", boot.elapsed());
        QVERIFY(has("An execution replica of ZZ"));
        QVERIFY(only(*hv).state == MachineState::Running && only(*hv).stats.cpu > Duration(0));

        QVERIFY(done("suspend", hv->suspend(name)));
        const auto still = text_of(log).size();
        QTest::qWait(1'000);
        QCOMPARE(text_of(log).size(), still);
        QVERIFY(only(*hv).state == MachineState::Paused);
        hv.reset(); // the controller restarts
        auto again = LibvirtHypervisor::open(settings);
        QVERIFY(again);
        hv = std::move(again).value();
        QVERIFY(only(*hv).state == MachineState::Paused);
        QVERIFY(done("resume", hv->resume(name)));
        QTRY_VERIFY_WITH_TIMEOUT(text_of(log).size() > still, kBootMax);

        QVERIFY(done("save", hv->save(name)));
        QVERIFY(only(*hv).state == MachineState::Saved);
        const auto saved = text_of(log).size();
        QVERIFY(done("restore", hv->restore(name)));
        QTRY_VERIFY_WITH_TIMEOUT(text_of(log).size() > saved, kBootMax);
        daemon_dies(daemon, *hv, name);
        if (QTest::currentTestFailed())
            return;
        QVERIFY(done("destroy", hv->destroy(name, Disk::Keep)));
        QVERIFY(only(*hv).state == MachineState::Stopped);
        QVERIFY(hv->poll_events().empty());
        QVERIFY(done("erase", hv->destroy(name, Disk::Erase)));
        QVERIFY(hv->list()->empty());
    }
};

} // namespace zz::hv

// Qt would keep GLib's main context for its thread, in which libvirt's loop wants to run.
int main(int argc, char** argv) {
    qputenv("QT_NO_GLIB", "1");
    const QCoreApplication application(argc, argv);
    zz::hv::GuestTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "guest_test.moc"
