// SPDX-License-Identifier: Apache-2.0
// The checkers can see: with the agreement room's quorum one too small (2f), some seed violates
// safety.
#include <QtTest/QTest>

#include "tests/simulator/scenario.h"

class OffByOneTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void a_quorum_one_too_small_is_caught() {
        constexpr std::uint64_t kSeedsMax = 150;
        for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
            zz::simulator::Request request;
            request.seed = seed;
            const zz::simulator::Outcome outcome = zz::simulator::run(request);
            if (!outcome.violations.empty()) {
                qInfo("seed %llu: %s", static_cast<unsigned long long>(seed),
                      outcome.violations.front().c_str());
                return;
            }
        }
        QFAIL("no seed noticed that the quorum is one too small");
    }
};

QTEST_APPLESS_MAIN(OffByOneTest)
#include "off_by_one_test.moc"
