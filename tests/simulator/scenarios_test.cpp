// SPDX-License-Identifier: Apache-2.0
// Scenarios by name, each on many seeds with the production cores: what a drill or a trick of one
// principal leads to, and that nobody else is harmed. The checker watches safety, exactly-once and
// blame all the while.
#include "protocol/auth/bundle.h"
#include "tests/simulator/site.h"

#include <QtTest/QTest>

#include <algorithm>

namespace zz::simulator {
namespace {

constexpr std::uint64_t kSeeds = 8;

PrincipalId execution(std::uint32_t slot) {
    return principal(ExecutionId{SlotId(slot), Incarnation(0)});
}
PrincipalId agreement(std::uint32_t id) {
    return principal(AgreementId(id));
}
PrincipalId client(std::uint32_t id) {
    return principal(ClientId(id));
}

// Tells one client something else than everybody (E4).
class LiesToOne final : public core::Wrapper {
  public:
    explicit LiesToOne(PrincipalId victim) : victim_(victim) {}
    void pass(Instant, std::vector<core::Send>& sends) override {
        for (core::Send& send : sends) {
            auto* reply = std::get_if<message::Reply>(&send.message);
            if (!reply || std::count(send.to.begin(), send.to.end(), victim_) == 0)
                continue;
            for (message::ReplyEntry& entry : reply->entries) {
                entry.digest.bytes[0] ^= 1U;
                entry.result = Blob(bytes_of("a lie"));
            }
            send.frame = Blob();
            ++lies_;
        }
    }
    std::uint64_t lies() const { return lies_; }

  private:
    PrincipalId victim_;
    std::uint64_t lies_ = 0;
};

// Reports of every tenth number what it reported of the one before (repeats it), or leaves the
// number out altogether (skips it) (E9).
class LosesCount final : public core::Wrapper {
  public:
    explicit LosesCount(bool skips) : skips_(skips) {}
    void pass(Instant, std::vector<core::Send>& sends) override {
        for (core::Send& send : sends) {
            auto* report = std::get_if<message::Report>(&send.message);
            if (!report)
                continue;
            const message::Report before = std::exchange(last_, *report);
            if (report->n.value % 10 != 0 || skips_)
                continue;
            report->digest = before.digest;
            report->reply_digests = before.reply_digests;
            send.frame = Blob();
        }
        if (skips_)
            std::erase_if(sends, [](const core::Send& send) {
                const auto tenth = [](SequenceNumber n) { return n.value % 10 == 0; };
                if (const auto* report = std::get_if<message::Report>(&send.message))
                    return tenth(report->n);
                if (const auto* own = std::get_if<message::SignedReport>(&send.message))
                    return own->vote == VoteKind::Reply && tenth(own->n);
                const auto* reply = std::get_if<message::Reply>(&send.message);
                return reply && tenth(reply->n);
            });
    }

  private:
    bool skips_;
    message::Report last_;
};

// A primary that overhears each request until it is just not yet replaced by a timer (A17).
class OverhearsForLong final : public core::Wrapper {
  public:
    void pass(Instant, std::vector<core::Send>&) override {}
    bool admits(Instant now, const auth::Verified& v) override {
        const auto* bundle = std::get_if<message::Bundle>(&v.message());
        if (!bundle || bundle->leaves.empty())
            return true;
        const message::Request& first = bundle->leaves.front().request;
        const std::tuple request{bundle->client, first.lane, first.number};
        const auto heard = heard_.try_emplace(request, now);
        return now - heard.first->second >= milliseconds(1800);
    }

  private:
    std::map<std::tuple<ClientId, LaneId, RequestNumber>, Instant> heard_;
};

// Sends one half of the agreement replicas another body for each of its requests, both signed as
// they must be (K2).
class TwoBodies final : public core::Wrapper {
  public:
    explicit TwoBodies(ClientNode& node) : node_(&node) {}
    void pass(Instant, std::vector<core::Send>& sends) override {
        std::vector<core::Send> out;
        for (core::Send& send : sends) {
            const auto* bundle = std::get_if<message::Bundle>(&send.message);
            if (!bundle || !bundle->siblings.empty()) {
                out.push_back(std::move(send));
                continue;
            }
            std::vector<message::Request> others;
            for (const message::BundleLeaf& leaf : bundle->leaves) {
                others.push_back(leaf.request);
                others.back().budget += 1; // the same id, another body
            }
            const auto other =
                auth::make_bundle(node_->identity(), node_->keyring(), std::move(others));
            out.push_back({{agreement(1), agreement(2)}, *bundle, Blob(), send.after});
            out.push_back({{agreement(3), agreement(4)}, other, Blob(), send.after});
            ++tricks_;
        }
        sends = std::move(out);
    }
    std::uint64_t tricks() const { return tricks_; }

  private:
    ClientNode* node_;
    std::uint64_t tricks_ = 0;
};

} // namespace

class ScenariosTest : public QObject {
    Q_OBJECT

    // On each seed: from rest, `bad` for a while, back to rest, then `judge`.
    void on_seeds(const std::function<void(Site&)>& bad, const std::function<void(Site&)>& judge,
                  std::uint64_t seeds = kSeeds) {
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            Site site(seed);
            if (site.begin()) {
                bad(site);
                if (site.come_to_rest())
                    judge(site);
            }
            QVERIFY2(site.checker.violations().empty(),
                     ("seed " + std::to_string(seed) + ": " +
                      (site.checker.violations().empty() ? "" : site.checker.violations().front()))
                         .c_str());
        }
    }
    static void expect(Site& site, bool holds, const std::string& what) {
        if (!holds)
            site.checker.fail(what);
    }
    static void expect_nobody_woke(Site& site) {
        expect(site, site.checker.wakeups() == 0, "somebody woke");
        expect(site, site.checker.convicted().empty(), "somebody was convicted");
    }

  private Q_SLOTS:
    void e4_a_lie_to_one_client_wakes_nobody() {
        LiesToOne liar(client(1));
        std::uint64_t lies = 0;
        on_seeds(
            [&](Site& site) {
                const std::uint64_t before = site.accepted(0);
                site.wrap(execution(1), &liar);
                site.run(seconds(5));
                site.wrap(execution(1), nullptr);
                expect(site, site.accepted(0) > before, "the client that is lied to is not served");
                expect(site, liar.lies() > lies, "no lie was told");
                lies = liar.lies();
            },
            expect_nobody_woke);
    }

    void e8_a_slow_active_is_replaced_and_never_convicted() {
        on_seeds(
            [](Site& site) {
                site.play(execution(1), "slow", [](drill::Order& o) { o.delay = seconds(5); });
                site.run(seconds(8));
            },
            [](Site& site) {
                expect(site, site.checker.convicted().empty(), "a slow replica was convicted");
                expect(site, site.checker.wakeups() >= 1, "no spare woke");
                expect(site, site.incarnation(SlotId(1)) == Incarnation(1), "E1 was not replaced");
            });
    }

    void e8_below_the_floor_nothing_happens() {
        on_seeds(
            [](Site& site) {
                site.play(execution(1), "slow",
                          [](drill::Order& o) { o.delay = milliseconds(150); });
                site.run(seconds(3));
            },
            expect_nobody_woke);
    }

    void e9_a_number_that_is_repeated_convicts() {
        LosesCount repeats(false);
        on_seeds(
            [&](Site& site) {
                site.wrap(execution(1), &repeats);
                site.run(seconds(5));
            },
            [](Site& site) {
                expect(site, site.checker.convicted().contains(execution(1)),
                       "E1 repeats numbers and is not convicted");
            });
    }

    void e9_a_number_that_is_skipped_replaces() {
        LosesCount skips(true);
        on_seeds(
            [&](Site& site) {
                site.wrap(execution(1), &skips);
                site.run(seconds(8));
            },
            [](Site& site) {
                expect(site, site.checker.convicted().empty(), "silence was convicted");
                expect(site, site.incarnation(SlotId(1)) == Incarnation(1),
                       "E1 skips numbers and was not replaced");
            });
    }

    // A primary that lets every request wait for just less than the timeout loses its view, and
    // what is served in all is at least half of what it would have been.
    void a17_a_late_primary_is_replaced() {
        OverhearsForLong late;
        on_seeds(
            [&](Site& site) {
                const auto served = [&](Duration time) {
                    const std::uint64_t before = site.accepted(0) + site.accepted(1);
                    site.run(time);
                    return site.accepted(0) + site.accepted(1) - before;
                };
                const std::uint64_t calm = served(seconds(4));
                late = {};
                site.wrap(agreement(1), &late);
                const std::uint64_t in_all = served(seconds(40));
                site.wrap(agreement(1), nullptr);
                expect(site, site.checker.view_changes() >= 1, "the view did not change");
                expect(site, in_all * 2 >= calm * 10,
                       "served: " + std::to_string(in_all) + " in 40 s, " + std::to_string(calm) +
                           " in 4 calm s before");
            },
            expect_nobody_woke, 2);
    }

    // K1: what is signed is valid everywhere or nowhere; a client that signs badly harms itself.
    void k1_bad_signatures_change_no_view() {
        on_seeds(
            [](Site& site) {
                const std::uint64_t calm = site.accepted(1);
                site.play(client(1), "bad-signature");
                const std::uint64_t bad = site.accepted(0);
                site.run(seconds(1));
                expect(site, site.accepted(0) <= bad + 2, "unsigned requests were served");
                expect(site, (site.accepted(1) - calm) * 10 >= calm * 8,
                       "the other client has less than 80 % of its rate");
                site.run(seconds(3));
            },
            [](Site& site) {
                expect_nobody_woke(site);
                expect(site, site.checker.view_changes() == 0, "the view changed");
            });
    }

    void k2_of_two_bodies_of_one_request_one_is_executed() {
        std::uint64_t tricks = 0;
        on_seeds(
            [&](Site& site) {
                TwoBodies trick(site.center.client(0));
                site.wrap(client(1), &trick);
                const std::uint64_t before = site.accepted(1);
                site.run(seconds(4));
                site.wrap(client(1), nullptr);
                tricks += trick.tricks();
                expect(site, site.accepted(1) > before, "the other client is not served");
            },
            expect_nobody_woke);
        QVERIFY(tricks >= kSeeds);
    }

    void k3_replayed_requests_are_not_executed_again() {
        on_seeds(
            [](Site& site) {
                site.play(client(1), "replay",
                          [](drill::Order& o) { o.interval = milliseconds(20); });
                const std::uint64_t before = site.accepted(1), own = site.accepted(0);
                site.run(seconds(3));
                expect(site, site.accepted(1) > before && site.accepted(0) > own, "not served");
            },
            [](Site& site) {
                expect_nobody_woke(site);
                expect(site, site.checker.view_changes() == 0, "the view changed");
            });
    }

    void k6_a_flood_leaves_the_others_their_rate() {
        on_seeds(
            [](Site& site) {
                const std::uint64_t calm = site.accepted(1);
                site.play(client(1), "flood", [](drill::Order& o) { o.copies = 30; });
                site.run(seconds(1));
                expect(site, (site.accepted(1) - calm) * 10 >= calm * 8,
                       "the other client has less than 80 % of its rate");
            },
            [](Site& site) {
                expect_nobody_woke(site);
                expect(site, site.checker.view_changes() == 0, "the view changed");
            });
    }

    // C3: wake-ups whose cause convicts nobody, one after the other: at once only so many, then one
    // in an interval; the requests are answered all the same.
    void c3_wake_ups_without_conviction_are_rationed() {
        on_seeds(
            [](Site& site) {
                const Instant begin = site.world.now();
                for (std::uint32_t round = 0; round < controller::kWakeUpsAtOnce + 2; ++round) {
                    const auto actives = site.actives();
                    if (actives.empty())
                        return site.checker.fail("who is active is not known");
                    const std::uint64_t wakes = site.checker.wakeups();
                    site.play(principal(actives.front()), "silent");
                    site.world.run(site.world.now() + seconds(200),
                                   [&] { return site.checker.wakeups() > wakes; });
                    expect(site, site.checker.wakeups() == wakes + 1, "no wake-up came");
                    const std::string missing = "not back at rest between two wake-ups";
                    if (!site.come_to_rest())
                        return site.checker.fail(missing);
                    site.center.start_clients();
                    site.run(milliseconds(500));
                }
                expect(site, site.checker.convicted().empty(), "silence was convicted");
                expect(site, site.world.now() - begin >= controller::kWakeUpInterval,
                       "more wake-ups than the ration allows");
            },
            [](Site&) {}, 3);
    }

    // ZZ-7.7: whatever the kind of spare, it takes the place of a silent active.
    void spares_of_every_kind_serve() {
        for (const auto spare : {cluster::SpareKind::Paused, cluster::SpareKind::Hibernated,
                                 cluster::SpareKind::Cold}) {
            for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
                Site site(seed, 1, spare);
                QVERIFY(site.begin());
                site.play(execution(2), "wrong-reply");
                site.run(seconds(3));
                QVERIFY(site.come_to_rest());
                QVERIFY(site.checker.convicted().contains(execution(2)));
                QVERIFY2(site.checker.violations().empty(),
                         site.checker.violations().empty()
                             ? ""
                             : site.checker.violations().front().c_str());
            }
        }
    }
};

} // namespace zz::simulator

QTEST_APPLESS_MAIN(zz::simulator::ScenariosTest)
#include "scenarios_test.moc"
