// SPDX-License-Identifier: Apache-2.0
// The libvirt driver on libvirt's own test driver: every state and refusal, deaths that nobody
// asked for, adoption, and a libvirt that hangs, fails or goes away (C4, C5).
#include "tests/unit/hv_libvirt/faulty_domains_support.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <functional>

#include "hv/libvirt/libvirt_hypervisor.h"

namespace zz::hv {

namespace {

constexpr const char* kKernelText = "kernel";
constexpr const char* kImageText = "image";
// A host with two domains that are none of ours, one of them with a name of ours.
constexpr const char* kHost = R"(<node>
  <domain type='test'><name>web</name><memory>65536</memory><os><type>hvm</type></os></domain>
  <domain type='test'><name>zz-5-E1.0</name><memory>65536</memory><os><type>hvm</type></os></domain>
  <cpu><mhz>6000</mhz><model>i986</model><active>50</active><nodes>1</nodes><sockets>1</sockets>
    <cores>8</cores><threads>1</threads></cpu>
  <memory>8192000</memory>
</node>)";

} // namespace

class LibvirtHypervisorTest : public QObject {
    Q_OBJECT

    const MachineName one = machine(ApplicationId(0), SlotId(1), Incarnation(2));
    const MachineName two = machine(ApplicationId(0), SlotId(2), Incarnation(0));

    static void write(const std::string& path, const std::string& text) {
        std::ofstream(path, std::ios::binary) << text;
    }
    static bool has(const std::string& text, const std::string& part) {
        if (text.find(part) != std::string::npos)
            return true;
        qWarning("'%s' is not in '%s'", part.c_str(), text.c_str());
        return false;
    }
    static bool says(const Status& status, const std::string& part) {
        return !status && has(status.error().text, part);
    }

    // A host with its controller.
    struct Site {
        QTemporaryDir folder;
        std::string path = folder.path().toStdString();
        std::unique_ptr<FaultyHost> host;
        LibvirtSettings settings;
        std::unique_ptr<LibvirtHypervisor> hypervisor;

        Site() {
            write(path + "/host.xml", kHost);
            write(path + "/vmlinuz", kKernelText);
            write(path + "/initramfs", kImageText);
            QProcess sums;
            sums.setWorkingDirectory(folder.path());
            sums.setStandardOutputFile(folder.path() + "/guest.sha256");
            sums.start("sha256sum", {"vmlinuz", "initramfs"});
            sums.waitForFinished();
            host = std::make_unique<FaultyHost>("test://" + path + "/host.xml");
            settings.uri = "test://" + path + "/host.xml";
            settings.root = path + "/machines";
            settings.template_file = ZZ_SOURCE_DIR "/resources/domains/execution.xml";
            settings.disk_mib = 8;
            settings.limits.reopen = Duration(0);
            settings.connect = host->connect();
            restart();
        }
        void restart() {
            hypervisor.reset();
            auto opened = LibvirtHypervisor::open(settings);
            if (!opened)
                qFatal("%s", opened.error().text.c_str());
            hypervisor = std::move(opened).value();
        }
        MachineSpec spec() const {
            return {{"/usr/bin/zz-execution", "--slot", "E1"},
                    {{"ZZ_WORD", "<a> & 'b'"}},
                    path + "/initramfs",
                    path + "/vmlinuz",
                    "console=ttyS0 quiet",
                    192};
        }
        bool run(const MachineName& name) {
            const Status defined = hypervisor->define(name, spec());
            const Status started = defined ? hypervisor->start(name) : defined;
            if (!started)
                qWarning("%s", started.error().text.c_str());
            return static_cast<bool>(started);
        }
        MachineState state(const MachineName& name) {
            const auto list = hypervisor->list();
            if (!list)
                qWarning("%s", list.error().text.c_str());
            else
                for (const MachineInfo& info : *list)
                    if (info.name == name)
                        return info.state;
            return MachineState::Absent;
        }
        std::vector<MachineEvent> wait_for_events() {
            for (int i = 0; i < 3'000; ++i) {
                if (auto events = hypervisor->poll_events(); !events.empty())
                    return events;
                QTest::qSleep(1);
            }
            return {};
        }
    };

  private Q_SLOTS:
    void life() {
        Site site;
        LibvirtHypervisor& hv = *site.hypervisor;
        const Status defined = hv.define(one, site.spec());
        QVERIFY2(defined, defined ? "" : defined.error().text.c_str());
        QCOMPARE(QString::fromStdString(hv.kind()), QString("test"));
        QVERIFY(site.state(one) == MachineState::Defined);
        QVERIFY(!hv.suspend(one) && !hv.resume(one) && !hv.save(one) && !hv.restore(one));
        QVERIFY(hv.start(one));
        QVERIFY(hv.start(one)); // already
        QVERIFY(site.state(one) == MachineState::Running);
        QVERIFY(hv.suspend(one) && hv.suspend(one));
        QVERIFY(site.state(one) == MachineState::Paused);
        QVERIFY(hv.resume(one) && hv.resume(one));
        QVERIFY(site.state(one) == MachineState::Running);
        QVERIFY(hv.save(one) && hv.save(one));
        QVERIFY(site.state(one) == MachineState::Saved);
        QVERIFY(says(hv.start(one), "cannot start machine 0-E1.2: it is saved"));
        QVERIFY(hv.restore(one) && hv.restore(one));
        QVERIFY(site.state(one) == MachineState::Running);
        QVERIFY(hv.suspend(one) && hv.save(one)); // from standing still
        QVERIFY(hv.destroy(one, Disk::Keep));     // drops the saved image
        QVERIFY(site.state(one) == MachineState::Stopped);
        QVERIFY(hv.start(one) && hv.destroy(one, Disk::Erase));
        QVERIFY(hv.list()->empty());
        QVERIFY(hv.destroy(one, Disk::Erase)); // already
        QVERIFY(says(hv.destroy(one, Disk::Keep), "it is absent"));
        QVERIFY(!QFileInfo::exists(site.folder.path() + "/machines/0-E1.2"));
        QTest::qWait(20);                  // for libvirt's thread to tell all
        QVERIFY(hv.poll_events().empty()); // nothing happened that was not asked for
    }

    // What a guest boots is what was recorded, at definition and before each boot (C7).
    void digests() {
        Site site;
        LibvirtHypervisor& hv = *site.hypervisor;
        write(site.path + "/vmlinuz", "another kernel");
        QVERIFY(says(hv.define(one, site.spec()), "vmlinuz is not what was recorded"));
        QVERIFY(hv.list()->empty());
        write(site.path + "/vmlinuz", kKernelText);
        QVERIFY(hv.define(one, site.spec()));
        write(site.path + "/initramfs", "another image");
        QVERIFY(says(hv.start(one), "initramfs is not what was recorded"));
        QVERIFY(site.state(one) == MachineState::Defined);
        write(site.path + "/initramfs", kImageText);
        QVERIFY(hv.start(one));
        QFile::remove(site.folder.path() + "/guest.sha256");
        QVERIFY(says(hv.define(two, site.spec()), "guest.sha256"));
    }

    void define_again() {
        Site site;
        MachineSpec other = site.spec();
        other.memory_mib = 256;
        QVERIFY(site.hypervisor->define(one, site.spec()));
        QVERIFY(site.hypervisor->define(one, site.spec()));
        QVERIFY(says(site.hypervisor->define(one, other), "it is defined"));
        QVERIFY(site.hypervisor->start(one));
        QVERIFY(says(site.hypervisor->define(one, site.spec()), "it is running"));
        MachineSpec lines = site.spec();
        lines.program.push_back("two\nlines");
        QVERIFY(says(site.hypervisor->define(two, lines), "holds more than a line"));
    }

    // Keys that are put into the data folder between definition and start reach the guest.
    void identity() {
        Site site;
        QVERIFY(site.hypervisor->define(one, site.spec()));
        write(site.hypervisor->data_folder(one) + "/incarnation.key", "secret\n");
        QVERIFY(site.hypervisor->start(one));
        const std::string tar = MachineFolder(site.path + "/machines/0-E1.2").identity();
        QVERIFY(QFileInfo(QString::fromStdString(tar)).size() % 512 == 0);
        QProcess reader;
        reader.start("tar", {"-xOf", QString::fromStdString(tar)});
        QVERIFY(reader.waitForFinished());
        QCOMPARE(reader.readAllStandardOutput(), QByteArray("/usr/bin/zz-execution\n--slot\nE1\n"
                                                            "ZZ_WORD=<a> & 'b'\nsecret\n"));
        QCOMPARE(reader.readAllStandardError(), QByteArray());
    }

    // A guest that writes to its console without end fills no disk of its host.
    void a_console_is_bounded() {
        Site site;
        QVERIFY(site.run(one));
        QFile log(QString::fromStdString(site.path + "/machines/0-E1.2/log"));
        QVERIFY(log.open(QIODevice::WriteOnly));
        log.write(QByteArray(static_cast<qsizetype>(kConsoleBytesMax / 2), 'x'));
        log.flush();
        QVERIFY(site.state(one) == MachineState::Running);
        QCOMPARE(QFileInfo(log).size(), static_cast<qint64>(kConsoleBytesMax / 2));
        log.write(QByteArray(static_cast<qsizetype>(kConsoleBytesMax), 'x'));
        log.flush();
        QVERIFY(site.state(one) == MachineState::Running);
        QCOMPARE(QFileInfo(log).size(), qint64{0});
    }

    // A death from outside is told once, by an event or by a look, whichever comes first.
    void killed_from_outside() {
        Site site;
        QVERIFY(site.run(one) && site.run(two));
        QVERIFY(site.hypervisor->suspend(two));
        QVERIFY(site.state(one) == MachineState::Running);
        QTest::qWait(20);
        QVERIFY(site.hypervisor->poll_events().empty());
        QVERIFY(site.host->real().destroy("zz-0-E1.2"));
        QCOMPARE(site.wait_for_events(),
                 (std::vector<MachineEvent>{{one, EventKind::Killed, SIGKILL}}));
        QVERIFY(site.state(one) == MachineState::Stopped);
        QVERIFY(site.host->real().destroy("zz-0-E2.0"));
        QVERIFY(site.state(two) == MachineState::Stopped);
        QTest::qWait(20);
        QCOMPARE(site.hypervisor->poll_events().size(), std::size_t(1));
        QVERIFY(site.hypervisor->start(one));
        // Told late, of the run before: the new run has not ended.
        site.host->tell({"zz-0-E1.2", DomainChange::Kind::Started, {}});
        QVERIFY(site.hypervisor->poll_events().empty());
        site.host->tell({"zz-0-E1.2", DomainChange::Kind::Stopped, OffReason::Shutdown});
        QCOMPARE(site.hypervisor->poll_events(),
                 (std::vector<MachineEvent>{{one, EventKind::Exited, 0}}));
        QVERIFY(site.state(one) == MachineState::Running); // what libvirt says counts
    }

    void changed_from_outside() {
        Site site;
        QVERIFY(site.run(one));
        Domains& outside = site.host->real();
        QVERIFY(outside.suspend("zz-0-E1.2"));
        QVERIFY(site.state(one) == MachineState::Paused);
        QVERIFY(outside.resume("zz-0-E1.2"));
        QVERIFY(site.hypervisor->resume(one)); // it is already
        QVERIFY(outside.save("zz-0-E1.2"));
        QVERIFY(site.state(one) == MachineState::Saved);
        QVERIFY(outside.create("zz-0-E1.2"));
        QVERIFY(site.state(one) == MachineState::Running);
        QVERIFY(outside.destroy("zz-0-E1.2"));
        QVERIFY(outside.undefine("zz-0-E1.2"));
        QVERIFY(site.hypervisor->list()->empty());
        QCOMPARE(site.wait_for_events().size(), std::size_t(1));
    }

    // Domains without our note are never listed, replaced or ended.
    void strangers() {
        Site site;
        const MachineName stranger = machine(ApplicationId(5), SlotId(1), Incarnation(0));
        QVERIFY(site.hypervisor->list()->empty());
        QVERIFY(says(site.hypervisor->define(stranger, site.spec()), "libvirt says"));
        QVERIFY(site.hypervisor->destroy(stranger, Disk::Erase)); // of ours there is none
        QVERIFY(says(site.hypervisor->start(stranger), "it is absent"));
        const auto looks = site.host->real().look("");
        QCOMPARE(looks->size(), std::size_t(2));
        for (const DomainLook& look : *looks)
            QVERIFY(look.state == DomainState::Running);
    }

    // A controller dies; the next one finds every machine as it is and can go on with it.
    void adoption() {
        Site site;
        std::vector<MachineName> names;
        for (std::uint32_t slot = 1; slot <= 5; ++slot)
            names.push_back(machine(ApplicationId(1), SlotId(slot), Incarnation(0)));
        for (const MachineName& name : names)
            QVERIFY(site.run(name));
        QVERIFY(site.hypervisor->define(one, site.spec()));
        QVERIFY(site.hypervisor->suspend(names[1]));
        QVERIFY(site.hypervisor->save(names[2]));
        QVERIFY(site.hypervisor->destroy(names[3], Disk::Keep));
        site.hypervisor.reset();
        QVERIFY(site.host->real().destroy("zz-1-E5.0"));
        site.restart();
        QVERIFY(site.state(names[0]) == MachineState::Running);
        QVERIFY(site.state(names[1]) == MachineState::Paused);
        QVERIFY(site.state(names[2]) == MachineState::Saved);
        QVERIFY(site.state(names[3]) == MachineState::Stopped);
        QVERIFY(site.state(names[4]) == MachineState::Stopped);
        QVERIFY(site.state(one) == MachineState::Defined);
        QCOMPARE(site.hypervisor->poll_events(),
                 (std::vector<MachineEvent>{{names[4], EventKind::Killed, SIGKILL}}));
        QVERIFY(site.hypervisor->resume(names[1]) && site.hypervisor->restore(names[2]));
        QVERIFY(site.hypervisor->start(names[3]) && site.hypervisor->start(one));
        site.restart();
        QVERIFY(site.state(names[4]) == MachineState::Stopped);
        QVERIFY(site.hypervisor->poll_events().empty()); // told before
        // It died between the note of the end and the end.
        site.hypervisor.reset();
        const auto note = site.host->real().note("zz-1-E1.0");
        QVERIFY(note);
        std::string stopped = *note;
        stopped.replace(stopped.find("ran"), 3, "stopped");
        QVERIFY(site.host->real().set_note("zz-1-E1.0", stopped));
        site.restart();
        QVERIFY(site.state(names[0]) == MachineState::Stopped);
        QVERIFY(site.hypervisor->poll_events().empty());
    }

    void one_controller_a_root() {
        Site site;
        const auto second = LibvirtHypervisor::open(site.settings);
        QVERIFY(!second && has(second.error().text, "held by another controller"));
    }

    // libvirt does not answer: the caller is free again, other machines go on, the same machine is
    // refused, and what the call did is seen once it returns.
    void hanging_call() {
        Site site;
        site.settings.limits.pause = milliseconds(30);
        site.restart();
        QVERIFY(site.run(one) && site.run(two));
        site.host->hang("suspend");
        QVERIFY(says(site.hypervisor->suspend(one), "did not answer within 30 ms"));
        QVERIFY(site.state(one) == MachineState::Running);
        QVERIFY(says(site.hypervisor->save(one), "libvirt has not answered 'suspend'"));
        QVERIFY(says(site.hypervisor->destroy(one, Disk::Keep), "has not answered 'suspend'"));
        QVERIFY(site.hypervisor->destroy(two, Disk::Keep));
        site.host->release();
        QTRY_VERIFY(site.state(one) == MachineState::Paused);
        QTRY_VERIFY(site.hypervisor->resume(one));
        QVERIFY(site.hypervisor->poll_events().empty());
    }

    // An end that was asked for and came late is no death.
    void hanging_destroy() {
        Site site;
        site.settings.limits.destroy = milliseconds(30);
        site.restart();
        QVERIFY(site.run(one));
        site.host->hang("destroy");
        QVERIFY(says(site.hypervisor->destroy(one, Disk::Keep), "did not answer"));
        site.host->release();
        QTRY_VERIFY(site.state(one) == MachineState::Stopped);
        QTest::qWait(20);
        QVERIFY(site.hypervisor->poll_events().empty());
        QVERIFY(site.hypervisor->start(one));
    }

    void every_thread_hangs() {
        Site site;
        site.settings.limits.start = milliseconds(1);
        site.restart();
        std::vector<MachineName> names;
        for (std::uint32_t slot = 1; slot <= kCallThreadsMax; ++slot) {
            names.push_back(machine(ApplicationId(2), SlotId(slot), Incarnation(0)));
            QVERIFY(site.hypervisor->define(names.back(), site.spec()));
        }
        site.host->hang("create");
        for (const MachineName& name : names)
            QVERIFY(!site.hypervisor->start(name));
        const auto list = site.hypervisor->list();
        QVERIFY(!list && has(list.error().text, "all 8 calls to the hypervisor"));
        site.host->release();
        for (const MachineName& name : names)
            QTRY_VERIFY(site.state(name) == MachineState::Running);
        QVERIFY(site.hypervisor->poll_events().empty());
    }

    // A daemon that lost its voice is left after some looks, and found again (another connection).
    void silent_daemon() {
        Site site;
        site.settings.limits.look = milliseconds(20);
        site.restart();
        QTRY_VERIFY(site.hypervisor->list());
        const int before = site.host->connections();
        site.host->hang("look");
        for (int i = 0; i < kSilentLooksMax; ++i)
            QVERIFY(!site.hypervisor->list());
        QVERIFY(!site.hypervisor->list());
        QCOMPARE(site.host->connections(), before + 1);
        site.host->release();
        QTRY_VERIFY(site.hypervisor->list());
    }

    // While the connection is lost nothing is known; afterwards everything is, and what died
    // meanwhile is told.
    void lost_connection() {
        Site site;
        QVERIFY(site.run(one) && site.run(two));
        site.host->cut();
        const auto lost = site.hypervisor->list();
        QVERIFY(!lost && has(lost.error().text, "Connection reset by peer"));
        const auto again = site.hypervisor->list();
        QVERIFY(!again && has(again.error().text, "Connection refused"));
        QVERIFY(says(site.hypervisor->suspend(two), "Connection refused"));
        QVERIFY(says(site.hypervisor->destroy(two, Disk::Keep), "Connection refused"));
        QVERIFY(site.hypervisor->poll_events().empty());
        QVERIFY(site.host->real().destroy("zz-0-E1.2"));
        site.host->mend();
        QVERIFY(site.state(one) == MachineState::Stopped);
        QVERIFY(site.state(two) == MachineState::Running);
        QCOMPARE(site.hypervisor->poll_events(),
                 (std::vector<MachineEvent>{{one, EventKind::Killed, SIGKILL}}));
        QVERIFY(site.hypervisor->suspend(two));
    }

    // Not opened more often than settled, whoever asks.
    void reopens_seldom() {
        Site site;
        site.settings.limits.reopen = seconds(3'600);
        site.host->cut();
        site.restart();
        const int before = site.host->connections();
        for (int i = 0; i < 5; ++i)
            QVERIFY(!site.hypervisor->list());
        QCOMPARE(site.host->connections(), before + 1);
    }

    void opening_hangs() {
        Site site;
        site.settings.limits.connect = milliseconds(20);
        site.host->hang("connect");
        site.restart();
        const auto list = site.hypervisor->list();
        QVERIFY(!list && has(list.error().text, "while it was opened"));
        site.host->release();
        QTRY_VERIFY(site.hypervisor->list());
    }

    // What libvirt said is in the error; nothing is taken for done that is not.
    void failing_calls() {
        Site site;
        QVERIFY(site.hypervisor->define(one, site.spec()));
        site.host->fail("create", "out of memory");
        QVERIFY(says(site.hypervisor->start(one), "libvirt says: out of memory"));
        QVERIFY(site.state(one) == MachineState::Stopped);
        site.host->fail("create", "the answer was lost", true);
        QVERIFY(site.hypervisor->start(one)); // it runs: that is what counts
        site.host->fail("suspend", "no");
        QVERIFY(says(site.hypervisor->save(one), "libvirt says: no"));
        site.host->fail("save", "disk full");
        QVERIFY(says(site.hypervisor->save(one), "disk full"));
        QVERIFY(site.state(one) == MachineState::Paused); // as it was left
        QVERIFY(site.hypervisor->save(one));
        site.host->fail("drop_saved", "no");
        QVERIFY(!site.hypervisor->destroy(one, Disk::Erase));
        QVERIFY(site.state(one) == MachineState::Saved);
        site.host->fail("undefine", "no");
        QVERIFY(!site.hypervisor->destroy(one, Disk::Erase));
        QVERIFY(site.state(one) == MachineState::Stopped);
        QVERIFY(site.hypervisor->destroy(one, Disk::Erase));
        site.host->fail("define", "no");
        QVERIFY(!site.hypervisor->define(one, site.spec()));
        QVERIFY(site.hypervisor->list()->empty());
        site.host->fail("define", "the answer was lost", true);
        QVERIFY(!site.hypervisor->define(one, site.spec()));
        QVERIFY(site.hypervisor->define(one, site.spec())); // as for every caller that looks again
        site.host->fail("look", "busy");
        const auto list = site.hypervisor->list();
        QVERIFY(!list && has(list.error().text, "libvirt says: busy"));
        QVERIFY(site.hypervisor->poll_events().empty());
    }

    void wrong_uri_and_template() {
        Site site;
        site.settings.connect = connect_to_libvirt;
        site.settings.uri = "test:///no/such/file.xml";
        site.restart();
        const auto list = site.hypervisor->list();
        QVERIFY(!list && has(list.error().text, "libvirt says: "));
        QVERIFY(is_tried_uri(site.settings.uri) && !is_tried_uri("xen:///"));
        site.hypervisor.reset();
        site.settings.template_file = site.path + "/bad.xml";
        write(site.settings.template_file, "<domain>\n<name>@NAM@</name>");
        const auto opened = LibvirtHypervisor::open(site.settings);
        QVERIFY(!opened && has(opened.error().text, "bad.xml: line 2: @NAM@"));
    }

    void templates_and_notes() {
        QVERIFY(*fill_template("a@b @X@", {{"X", "<'&\">"}}) == "a@b &lt;&apos;&amp;&quot;&gt;");
        QVERIFY(has(fill_template("@X@", {{"X", ""}, {"Y", ""}}).error().text, "@Y@"));
        QVERIFY(*fill_template("@X@", {}, {{"X", "<cpu/>"}}) == "<cpu/>");
        QVERIFY(has(fill_template("@X@", {{"X", ""}}, {{"Y", ""}}).error().text, "@Y@"));
        QVERIFY(has(fill_template("@X@", {{"X", "a\nb"}}).error().text, "control characters"));
        const Note note{one, NoteState::Ran, std::string(64, 'a')};
        QVERIFY(*note_from_text(to_text(note)) == note);
        for (const char* bad : {"", "0-E1.2", "0-E1.2 flew", "0-E1.2 ran", "0-E1.2 ran XY"})
            QVERIFY(!note_from_text(bad));
    }
};

} // namespace zz::hv

// Qt would keep GLib's main context for its thread, in which libvirt's loop wants to run.
int main(int argc, char** argv) {
    qputenv("QT_NO_GLIB", "1");
    const QCoreApplication application(argc, argv);
    zz::hv::LibvirtHypervisorTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "libvirt_hypervisor_test.moc"
