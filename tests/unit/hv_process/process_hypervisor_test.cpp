// SPDX-License-Identifier: Apache-2.0
// Local processes as machines: real ones, stopped, hibernated, killed, adopted; nothing else is
// ever touched.
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include "hv/process/process.h"
#include "hv/process/process_hypervisor.h"
#include "hv/process/record.h"

namespace zz::hv {

class ProcessHypervisorTest : public QObject {
    Q_OBJECT

    const MachineName one = machine(ApplicationId(0), SlotId(1), Incarnation(0));
    const MachineSpec sleeper{{"/bin/sleep", "600"}, {}, {}, {}, {}, 256};

    static MachineSpec shell(const std::string& script) {
        return {{"/bin/sh", "-c", script}, {{"ZZ_WORD", "a word"}}, {}, {}, {}, 256};
    }
    static std::unique_ptr<ProcessHypervisor> open(const QTemporaryDir& folder) {
        auto opened = ProcessHypervisor::open(folder.path().toStdString() + "/hv");
        if (!opened)
            qFatal("%s", opened.error().text.c_str());
        return std::move(opened).value();
    }
    static MachineInfo only(ProcessHypervisor& hypervisor) {
        const auto list = hypervisor.list();
        return list && list->size() == 1 ? list->front() : MachineInfo();
    }
    static bool wait_for_events(ProcessHypervisor& hypervisor, std::vector<MachineEvent>& events) {
        for (int i = 0; i < 30'000; ++i) {
            events = hypervisor.poll_events();
            if (!events.empty())
                return true;
            QTest::qSleep(1);
        }
        return false;
    }
    static bool lives(std::int64_t pid) {
        const auto look = look_at(static_cast<pid_t>(pid));
        return look && look->state != 'Z';
    }
    static std::string text_of_file(const std::string& path) {
        return read_file(path).value_or("");
    }

  private Q_SLOTS:
    void life() {
        QTemporaryDir folder;
        const auto hypervisor = open(folder);
        QVERIFY(hypervisor->define(one, sleeper));
        QVERIFY(only(*hypervisor).state == MachineState::Defined);
        QVERIFY(hypervisor->start(one));
        MachineInfo info = only(*hypervisor);
        QVERIFY(info.state == MachineState::Running);
        QVERIFY(lives(info.stats.pid));
        QTRY_VERIFY(only(*hypervisor).stats.rss_bytes > 0); // the kernel counts it late
        const std::int64_t first = info.stats.pid;
        QVERIFY(hypervisor->start(one)); // already: the same process
        QCOMPARE(only(*hypervisor).stats.pid, first);

        QVERIFY(hypervisor->suspend(one));
        QCOMPARE(look_at(static_cast<pid_t>(first))->state, 'T');
        QVERIFY(only(*hypervisor).state == MachineState::Paused);
        QVERIFY(hypervisor->resume(one));
        QVERIFY(look_at(static_cast<pid_t>(first))->state != 'T');

        QVERIFY(hypervisor->suspend(one));
        QVERIFY(hypervisor->save(one)); // also from standing still
        QVERIFY(!lives(first));
        info = only(*hypervisor);
        QVERIFY(info.state == MachineState::Saved && info.stats.pid == 0);
        QVERIFY(!hypervisor->start(one));
        QVERIFY(hypervisor->restore(one));
        QVERIFY(lives(only(*hypervisor).stats.pid));
        QVERIFY(hypervisor->destroy(one, Disk::Keep));
        QVERIFY(only(*hypervisor).state == MachineState::Stopped);
        QVERIFY(hypervisor->start(one));
        QVERIFY(hypervisor->destroy(one, Disk::Erase));
        QVERIFY(hypervisor->list()->empty());
        QVERIFY(!QFileInfo::exists(folder.path() + "/hv/0-E1.0"));
        QVERIFY(hypervisor->poll_events().empty());  // nothing happened that was not asked for
        QCOMPARE(waitpid(-1, nullptr, WNOHANG), -1); // no child is left, not even a zombie
    }

    // The program gets its arguments, environment and folder, and writes to the log.
    void program_and_log() {
        QTemporaryDir folder;
        const auto hypervisor = open(folder);
        QVERIFY(
            hypervisor->define(one, shell("echo \"$ZZ_WORD in $(pwd)\"; echo bad >&2; exit 7")));
        QVERIFY(hypervisor->start(one));
        std::vector<MachineEvent> events;
        QVERIFY(wait_for_events(*hypervisor, events));
        QVERIFY((events[0] == MachineEvent{one, EventKind::Exited, 7}));
        QVERIFY(only(*hypervisor).state == MachineState::Stopped);
        QCOMPARE(text_of_file(hypervisor->log_file(one)),
                 "a word in " + hypervisor->data_folder(one) + "\nbad\n");
        QVERIFY(hypervisor->start(one)); // a crashed one starts again
        QVERIFY(wait_for_events(*hypervisor, events));
        QCOMPARE(waitpid(-1, nullptr, WNOHANG), -1);
    }

    // Death from outside is told, also that of a stopped one.
    void killed_from_outside() {
        QTemporaryDir folder;
        const auto hypervisor = open(folder);
        QVERIFY(hypervisor->define(one, sleeper));
        QVERIFY(hypervisor->start(one));
        QVERIFY(hypervisor->suspend(one));
        QCOMPARE(kill(static_cast<pid_t>(only(*hypervisor).stats.pid), SIGKILL), 0);
        std::vector<MachineEvent> events;
        QVERIFY(wait_for_events(*hypervisor, events));
        QVERIFY((events[0] == MachineEvent{one, EventKind::Killed, SIGKILL}));
        QVERIFY(!hypervisor->resume(one));
        QVERIFY(hypervisor->start(one));
        // Stopped by another hand: seen as it is.
        QCOMPARE(kill(static_cast<pid_t>(only(*hypervisor).stats.pid), SIGSTOP), 0);
        QTRY_VERIFY(only(*hypervisor).state == MachineState::Paused);
        QVERIFY(hypervisor->destroy(one, Disk::Erase));
    }

    // Those that a machine started end with it.
    void children_end_too() {
        QTemporaryDir folder;
        const auto hypervisor = open(folder);
        QVERIFY(hypervisor->define(one, shell("sleep 600 & echo $! > child; wait")));
        QVERIFY(hypervisor->start(one));
        std::string text;
        QTRY_VERIFY((text = text_of_file(hypervisor->data_folder(one) + "/child"), !text.empty()));
        const int child = std::stoi(text);
        QVERIFY(lives(child));
        QVERIFY(hypervisor->destroy(one, Disk::Keep));
        QTRY_VERIFY(!lives(child));
    }

    // A controller dies; its machines live, are adopted by the next with their state, and can be
    // ended by it.
    void adoption() {
        QTemporaryDir folder;
        const MachineName two = machine(ApplicationId(0), AgreementId(1));
        const MachineName three = machine(ApplicationId(1), AgreementId(1));
        const pid_t controller = fork();
        if (controller == 0) {
            auto hypervisor = open(folder);
            bool good = bool(hypervisor->define(one, sleeper)) &&
                        bool(hypervisor->define(two, sleeper)) &&
                        bool(hypervisor->define(three, sleeper));
            good = good && bool(hypervisor->start(one)) && bool(hypervisor->start(two)) &&
                   bool(hypervisor->start(three)) && bool(hypervisor->suspend(one)) &&
                   bool(hypervisor->save(three));
            _exit(good ? 0 : 1);
        }
        int status = -1;
        QCOMPARE(waitpid(controller, &status, 0), controller);
        QCOMPARE(status, 0);
        const auto hypervisor = open(folder);
        const auto list = hypervisor->list();
        QCOMPARE(list->size(), std::size_t(3));
        QVERIFY((*list)[0].name == two && (*list)[0].state == MachineState::Running);
        QVERIFY((*list)[1].name == one && (*list)[1].state == MachineState::Paused);
        QVERIFY((*list)[2].name == three && (*list)[2].state == MachineState::Saved);
        const std::int64_t pid = (*list)[1].stats.pid;
        QVERIFY(lives(pid));
        QVERIFY(hypervisor->resume(one));
        QVERIFY(hypervisor->suspend(one));
        QVERIFY(hypervisor->destroy(one, Disk::Keep));
        QVERIFY(!lives(pid));
        // An adopted one that dies by itself: its status is nobody's to know.
        QCOMPARE(kill(static_cast<pid_t>((*list)[0].stats.pid), SIGKILL), 0);
        std::vector<MachineEvent> events;
        QVERIFY(wait_for_events(*hypervisor, events));
        QVERIFY((events[0] == MachineEvent{two, EventKind::Vanished, 0}));
    }

    // A process id that belongs to another process now is never touched.
    void recycled_process_id() {
        QTemporaryDir folder;
        auto hypervisor = open(folder);
        QVERIFY(hypervisor->define(one, sleeper));
        QVERIFY(hypervisor->start(one));
        const std::string pid_file = folder.path().toStdString() + "/hv/0-E1.0/pid";
        const auto identity = identity_from_text(text_of_file(pid_file));
        QVERIFY(identity);
        hypervisor.reset();
        ProcessIdentity earlier = *identity;
        earlier.start_ticks -= 1;
        ProcessIdentity other_boot = *identity;
        other_boot.boot = "00000000-0000-0000-0000-000000000000";
        for (const ProcessIdentity& wrong : {earlier, other_boot}) {
            QVERIFY(write_file(pid_file, to_text(wrong)));
            QVERIFY(write_file(folder.path().toStdString() + "/hv/0-E1.0/state", "running"));
            hypervisor = open(folder);
            QVERIFY(only(*hypervisor).state == MachineState::Stopped);
            QCOMPARE(hypervisor->poll_events().size(), std::size_t(1));
            QVERIFY(hypervisor->destroy(one, Disk::Keep));
            QVERIFY(lives(identity->pid));
            hypervisor.reset();
        }
        auto process = Process::adopt(*identity);
        QVERIFY(process);
        QVERIFY(process->kill());
    }

    // The controller died after it recorded "saved" and before the kill: the next one makes it
    // true.
    void cut_short() {
        QTemporaryDir folder;
        auto hypervisor = open(folder);
        QVERIFY(hypervisor->define(one, sleeper));
        QVERIFY(hypervisor->start(one));
        const std::int64_t pid = only(*hypervisor).stats.pid;
        hypervisor.reset();
        const std::string root = folder.path().toStdString() + "/hv";
        QVERIFY(write_file(root + "/0-E1.0/state", "saved"));
        QVERIFY(
            QDir(folder.path() + "/hv").mkpath("0-E2.0/data")); // a definition without its record
        hypervisor = open(folder);
        QVERIFY(!lives(pid));
        QVERIFY(only(*hypervisor).state == MachineState::Saved);
        QVERIFY(!QFileInfo::exists(folder.path() + "/hv/0-E2.0"));
    }

    void refusals() {
        QTemporaryDir folder;
        const auto hypervisor = open(folder);
        const std::string root = folder.path().toStdString() + "/hv";
        const auto second = ProcessHypervisor::open(root); // S7
        QVERIFY(!second);
        QVERIFY(second.error().text.find("another controller") != std::string::npos);
        QVERIFY(!ProcessHypervisor::open("/proc/nowhere"));
        QVERIFY(!hypervisor->start(one));
        QVERIFY(!hypervisor->define(one, {}));
        QVERIFY(hypervisor->define(one, {{"/nonexistent/program"}, {}, {}, {}, {}, 256}));
        const Status started = hypervisor->start(one);
        QVERIFY(!started);
        QVERIFY(started.error().text.find("/nonexistent/program") != std::string::npos);
        QVERIFY(only(*hypervisor).state == MachineState::Defined);
        QCOMPARE(waitpid(-1, nullptr, WNOHANG), -1);
        QVERIFY(!hypervisor->define(one, sleeper));
    }

    void records() {
        MachineRecord record{one, shell("a\nb \"c\" 12:x")};
        record.spec.program.push_back("");
        const std::string text = to_text(record);
        const auto back = record_from_text(text);
        QVERIFY(back);
        QVERIFY(back->name == one && back->spec == record.spec);
        for (std::size_t size = 0; size < text.size(); ++size)
            QVERIFY(!record_from_text(text.substr(0, size)));
        QVERIFY(!record_from_text(text + "x"));
        QVERIFY(!record_from_text("zz-machine 1\nname 999999999999999999999:0\nend\n"));
    }

    void damaged_record() {
        QTemporaryDir folder;
        auto hypervisor = open(folder);
        QVERIFY(hypervisor->define(one, sleeper));
        hypervisor.reset();
        const std::string root = folder.path().toStdString() + "/hv";
        std::ofstream(root + "/0-E1.0/machine") << "torn";
        QVERIFY(!ProcessHypervisor::open(root));
    }
};

} // namespace zz::hv

QTEST_APPLESS_MAIN(zz::hv::ProcessHypervisorTest)
#include "process_hypervisor_test.moc"
