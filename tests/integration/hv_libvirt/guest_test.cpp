// SPDX-License-Identifier: Apache-2.0
// One real guest on a real libvirt: it boots the image of ./zz guest build, runs its program, and
// stands still, goes on, is saved, restored and ended by the driver. Wants ZZ_LIBVIRT_URI, a
// hypervisor that this user may use (resources/docs/libvirt.md), and build/guest or ZZ_GUEST.
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <sstream>

#include "hv/libvirt/libvirt_hypervisor.h"

namespace zz::hv {

class GuestTest : public QObject {
    Q_OBJECT

    static constexpr int kBootMax = 150'000; // ms, translated code on a busy machine

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

  private slots:
    void one_guest() {
        const QByteArray uri = qgetenv("ZZ_LIBVIRT_URI");
        if (uri.isEmpty())
            QSKIP("set ZZ_LIBVIRT_URI to a hypervisor, see resources/docs/libvirt.md");
        const std::string image =
            qEnvironmentVariable("ZZ_GUEST", ZZ_SOURCE_DIR "/build/guest").toStdString();
        QTemporaryDir folder;
        LibvirtSettings settings;
        settings.uri = uri.toStdString();
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
