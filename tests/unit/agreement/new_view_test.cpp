// SPDX-License-Identifier: Apache-2.0
// The choice of a new view (ZZ-3.3) as a pure function: what was committed is carried over,
// forgeries decide nothing.
#include <QTest>

#include <algorithm>

#include "backend/agreement/new_view.h"

namespace zz::agreement {

namespace {

constexpr Faults kOne{1};
constexpr std::uint64_t kWindow = 8;

Digest digest(std::uint8_t d) {
    Digest out;
    out.bytes[0] = d;
    return out;
}
const Digest kNull = digest(99);

struct Entry {
    std::uint64_t n;
    std::uint8_t d;
    std::uint64_t view;
};

SignedViewChange change(std::uint32_t signer, std::vector<Entry> p, std::vector<Entry> q,
                        std::uint64_t h = 0, std::uint64_t view = 5) {
    SignedViewChange c;
    c.signer = principal(AgreementId(signer));
    c.value.new_view = View(view);
    c.value.h = SequenceNumber(h);
    c.value.stable.checkpoint.n = SequenceNumber(h);
    if (h > 0)
        for (std::uint32_t i = 1; i <= 3; ++i)
            c.value.stable.signatures.push_back(
                {{}, c.value.stable.checkpoint, principal(AgreementId(i))});
    for (const Entry& e : p)
        c.value.prepared.push_back({SequenceNumber(e.n), digest(e.d), View(e.view)});
    for (const Entry& e : q)
        c.value.pre_prepared.push_back({SequenceNumber(e.n), digest(e.d), View(e.view)});
    return c;
}

bool chose(const std::optional<Choice>& c, std::vector<std::uint8_t> digests) {
    if (!c || c->chosen.size() != digests.size())
        return false;
    for (std::size_t i = 0; i < digests.size(); ++i)
        if (c->chosen[i].batch_digest != digest(digests[i]) ||
            c->chosen[i].n != c->stable.checkpoint.n + (i + 1))
            return false;
    return true;
}

} // namespace

class NewViewTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void nothing_prepared_chooses_nothing() {
        const std::vector<SignedViewChange> all{change(1, {}, {}), change(2, {}, {{1, 1, 0}}),
                                                change(3, {}, {})};
        QVERIFY(chose(choose(all, kOne, kNull), {}));
        QVERIFY(!choose(std::span(all).first(2), kOne, kNull));
    }

    // A6: prepared at f+1 correct replicas only, so possibly committed: carried over by every
    // quorum that holds one.
    void prepared_is_carried_over() {
        const auto a = change(2, {{1, 7, 0}}, {{1, 7, 0}});
        const auto b = change(3, {{1, 7, 0}}, {{1, 7, 0}});
        const auto c = change(4, {}, {{1, 7, 0}});
        QVERIFY(chose(choose(std::vector{a, b, c}, kOne, kNull), {7}));
        QVERIFY(chose(choose(std::vector{c, b, a}, kOne, kNull), {7}));
        QVERIFY(chose(choose(std::vector{change(1, {}, {}), b, c}, kOne, kNull), {7}));
    }

    // B3: of two prepared in different views the later one wins.
    void later_view_wins() {
        const auto a = change(1, {{1, 7, 0}}, {{1, 7, 0}, {1, 8, 2}});
        const auto b = change(2, {{1, 8, 2}}, {{1, 8, 2}});
        const auto c = change(3, {{1, 7, 0}}, {{1, 7, 0}});
        QVERIFY(chose(choose(std::vector{a, b, c}, kOne, kNull), {8}));
        std::vector<SignedViewChange> reversed{c, b, a};
        QVERIFY(chose(choose(reversed, kOne, kNull), {8}));
    }

    // A gap between prepared numbers is filled with null batches.
    void gaps_are_null() {
        const std::vector<SignedViewChange> all{change(1, {{3, 7, 0}}, {{3, 7, 0}}),
                                                change(2, {{3, 7, 0}}, {{3, 7, 0}}),
                                                change(3, {}, {})};
        QVERIFY(chose(choose(all, kOne, kNull), {99, 99, 7}));
    }

    // A7: a forged prepared entry decides nothing, masks nothing, and fills no window; one more
    // VIEW-CHANGE settles it.
    void forged_entry_is_powerless() {
        const auto forged = change(4, {{1, 66, 4}, {8, 66, 4}}, {{1, 66, 4}, {8, 66, 4}});
        const auto a = change(1, {{1, 7, 0}}, {{1, 7, 0}});
        const auto b = change(2, {{1, 7, 0}}, {{1, 7, 0}});
        const auto c = change(3, {}, {{1, 7, 0}});
        QVERIFY(!choose(std::vector{a, b, forged}, kOne, kNull));
        QVERIFY(chose(choose(std::vector{a, b, c, forged}, kOne, kNull), {7}));
    }

    // A8: the highest stable checkpoint counts; what lies below it does not.
    void highest_checkpoint_wins() {
        const auto a = change(1, {{3, 7, 0}, {5, 8, 0}}, {{3, 7, 0}, {5, 8, 0}});
        const auto b = change(2, {{5, 8, 0}}, {{5, 8, 0}}, 4);
        const auto c = change(3, {}, {}, 4);
        const auto choice = choose(std::vector{a, b, c}, kOne, kNull);
        QVERIFY(chose(choice, {8}));
        QCOMPARE(choice->stable.checkpoint.n, SequenceNumber(4));
    }

    // Shape: what no correct replica sends counts as not sent.
    void malformed_changes_are_invalid() {
        QVERIFY(is_valid(change(1, {{1, 7, 0}, {8, 7, 0}}, {{1, 7, 0}}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {}, {}), View(6), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {{9, 7, 0}}, {}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {{0, 7, 0}}, {}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {{1, 7, 5}}, {}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {{2, 7, 0}, {1, 7, 0}}, {}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {{1, 7, 0}, {1, 8, 0}}, {}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {}, {{1, 8, 0}, {1, 7, 0}}), View(5), kOne, kWindow));
        QVERIFY(!is_valid(change(1, {}, {{1, 1, 0}, {1, 2, 0}, {1, 3, 0}, {1, 4, 0}, {1, 5, 0}}),
                          View(5), kOne, kWindow));
        auto unproven = change(1, {}, {}, 4);
        QVERIFY(is_valid(unproven, View(5), kOne, kWindow));
        unproven.value.stable.signatures.pop_back();
        QVERIFY(!is_valid(unproven, View(5), kOne, kWindow));
        auto other_h = change(1, {}, {}, 4);
        other_h.value.h = SequenceNumber(3);
        QVERIFY(!is_valid(other_h, View(5), kOne, kWindow));
    }

    // A9, B6: a NEW-VIEW must be what its VIEW-CHANGEs give, all of them for this view, by distinct
    // replicas.
    void new_view_is_recomputed() {
        message::NewView m;
        m.view = View(5);
        m.view_changes = std::vector{change(1, {{1, 7, 0}}, {{1, 7, 0}}),
                                     change(2, {{1, 7, 0}}, {{1, 7, 0}}), change(3, {}, {})};
        m.chosen.push_back({SequenceNumber(1), digest(7)});
        QVERIFY(verify(m, kOne, kWindow, kNull));
        auto other = m;
        other.chosen[0].batch_digest = digest(8);
        QVERIFY(!verify(other, kOne, kWindow, kNull));
        other = m;
        other.chosen.clear();
        QVERIFY(!verify(other, kOne, kWindow, kNull));
        other = m;
        other.chosen.push_back({SequenceNumber(2), kNull});
        QVERIFY(!verify(other, kOne, kWindow, kNull));
        other = m;
        other.view_changes[2] = other.view_changes[1];
        QVERIFY(!verify(other, kOne, kWindow, kNull));
        other = m;
        other.view_changes[2] = change(3, {}, {}, 0, 4);
        QVERIFY(!verify(other, kOne, kWindow, kNull));
        other = m;
        other.view_changes.pop_back();
        QVERIFY(!verify(other, kOne, kWindow, kNull));
        other = m;
        other.h = SequenceNumber(1);
        QVERIFY(!verify(other, kOne, kWindow, kNull));
    }
};

} // namespace zz::agreement

QTEST_APPLESS_MAIN(zz::agreement::NewViewTest)
#include "new_view_test.moc"
