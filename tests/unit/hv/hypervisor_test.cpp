// SPDX-License-Identifier: Apache-2.0
// What all drivers share: names of machines and which call is right in which state.
#include <QTest>

#include "hv/hypervisor.h"

namespace zz::hv {

class HypervisorTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void names() {
        const MachineName e = machine(ApplicationId(0), SlotId(1), Incarnation(2));
        const MachineName a = machine(ApplicationId(3), AgreementId(4));
        const MachineName g{ApplicationId(65535), principal(ClientId(1))};
        QCOMPARE(to_string(e), std::string("0-E1.2"));
        QCOMPARE(to_string(a), std::string("3-A4"));
        for (const MachineName& name : {e, a, g})
            QVERIFY(*machine_from_text(to_string(name)) == name);
    }

    // Only the one spelling of a name is a name: else two folders could be one machine.
    void bad_names() {
        for (const char* text :
             {"", "0", "0-", "0-X1", "0-E1", "0-E1.", "0-E1.2x", " 0-E1.2", "00-E1.2", "0-E01.2",
              "0-A1.0", "0-A-1", "-1-A1", "65536-A1", "0-A4294967296", "0-E1.2/..", "lock"})
            QVERIFY2(!machine_from_text(text), text);
        QVERIFY(machine_from_text("x").error().text.find("'x'") != std::string::npos);
    }

    void steps() {
        using enum MachineState;
        const std::vector<MachineState> states{Absent, Defined, Running, Paused, Saved, Stopped};
        const auto row = [&](Call call) {
            std::string out;
            for (const MachineState state : states) {
                const Step step = step_for(call, state);
                out += step == Step::Act ? 'a' : step == Step::AlreadyDone ? 'd' : '-';
            }
            return out;
        };
        QCOMPARE(row(Call::Start), std::string("-ad--a"));
        QCOMPARE(row(Call::Suspend), std::string("--ad--"));
        QCOMPARE(row(Call::Resume), std::string("--da--"));
        QCOMPARE(row(Call::Save), std::string("--aad-"));
        QCOMPARE(row(Call::Restore), std::string("--d-a-"));
    }
};

} // namespace zz::hv

QTEST_APPLESS_MAIN(zz::hv::HypervisorTest)
#include "hypervisor_test.moc"
