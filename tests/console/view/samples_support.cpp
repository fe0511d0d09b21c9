// SPDX-License-Identifier: Apache-2.0
#include "tests/console/view/samples_support.h"

#include <cmath>

namespace zz::samples {

using console::Badge;
using console::BarKind;
using console::MarkKind;
using console::Phase;
using console::ReplicaState;

Digest digest(char letter) {
    Digest out;
    for (std::size_t i = 0; i < out.bytes.size(); ++i)
        out.bytes[i] = static_cast<std::uint8_t>(letter * 7 + static_cast<int>(i) * 13);
    return out;
}

matrix::Matrix matrix_of(Faults faults, const std::vector<std::string>& rows) {
    matrix::Matrix out(faults, rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t c = 0; c < out.columns(); ++c) {
            const char letter = rows[r][c];
            out.set(r, c,
                    letter == '-'   ? matrix::Entry::missing()
                    : letter == '?' ? matrix::Entry::pending()
                                    : matrix::Entry::of(digest(letter)));
        }
    }
    return out;
}

namespace {

console::MatrixData shown(Faults faults, const std::vector<std::string>& rows) {
    console::MatrixData out;
    out.application = QStringLiteral("B");
    out.application_position = 1;
    out.n = 4711;
    out.epoch = 3;
    out.policy = QStringLiteral("matrix");
    out.wall_ns = kNoon;
    out.matrix = matrix_of(faults, rows);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        console::MatrixRow row;
        row.name = QStringLiteral("E%1").arg(r + 1);
        row.state = ReplicaState::Active;
        row.host = QStringLiteral("host-%1").arg(r + 1);
        out.rows.push_back(row);
    }
    for (std::size_t c = 0; c < out.matrix.columns(); ++c) {
        console::MatrixColumn column;
        column.name = QStringLiteral("A%1").arg(c + 1);
        column.primary = c == 0;
        column.in_ms = 1.2 + static_cast<double>(c) * 0.7;
        out.columns.push_back(column);
    }
    out.position = 3;
    out.disagreements = 7;
    return out;
}

console::BlameStep step(double ms, const char* who, const char* what, const char* rule,
                        bool is_signed, const char* evidence = "") {
    return {kNoon + static_cast<std::int64_t>(ms * 1e6),
            QString::fromLatin1(who),
            QString::fromLatin1(what),
            QString::fromLatin1(rule),
            is_signed,
            QString::fromLatin1(evidence)};
}

} // namespace

console::MatrixData non_blocking() {
    console::MatrixData out = shown(Faults{1}, {"QQQQ", "PQQQ"});
    out.n = 4098;
    out.rows[1].badges = Badge::Suspected;
    out.chain = {step(0, "E2", "reported P to A1", "", false),
                 step(1.8, "A1", "found no match", "ZZ-6.2.2", false)};
    out.observed = QStringLiteral("Three columns matched; the client was served, E3 sleeps on.");
    out.resolved_ms = 2.1;
    return out;
}

console::MatrixData blocking() {
    console::MatrixData out = shown(Faults{1}, {"PQQQ", "PPPQ"});
    out.rows[0].badges = Badge::Blocking | Badge::Drill;
    out.rows[1].badges = Badge::Blocking;
    out.chain = {step(0, "E1", "reported Q to A2, A3, A4", "", false),
                 step(1.9, "A2", "asked for signed reports", "ZZ-6.5", true),
                 step(3.4, "E1", "signed Q", "ZZ-6.5", true, "ev-17"),
                 step(3.6, "E2", "signed P", "ZZ-6.5", true, "ev-18")};
    return out;
}

console::MatrixData resolved() {
    console::MatrixData out = shown(Faults{1}, {"PQQQ", "PPPQ", "PPPQ"});
    out.rows[0].state = ReplicaState::Convicted;
    out.rows[0].badges = Badge::Convicted | Badge::Drill;
    out.rows[2].woken = true;
    out.rows[2].state = ReplicaState::Recovering;
    out.columns[3].suspicion = 2;
    out.resolved_ms = 61;
    out.chain = {step(0, "E1", "reported Q to A2, A3, A4", "", false),
                 step(1.9, "A2", "asked for signed reports", "ZZ-6.5", true),
                 step(3.4, "E1", "signed Q", "ZZ-6.5", true, "ev-17"),
                 step(3.6, "E2", "signed P", "ZZ-6.5", true, "ev-18"),
                 step(6.2, "A1, A3", "demanded a wake-up", "ZZ-6.6", true, "ev-19"),
                 step(9.0, "controller 4", "resumed E3", "ZZ-6.8", false),
                 step(38.5, "E3", "reported P", "", false),
                 step(47.7, "A1, A2, A3", "accused E1", "ZZ-6.7", true, "ev-21"),
                 step(61.0, "A2", "E1 convicted and removed", "ZZ-6.7", true, "ev-22")};
    out.observed = QStringLiteral("E3 was woken and served after 38 ms; E1 was convicted, removed "
                                  "and re-imaged as E1.1.");
    return out;
}

console::MatrixData many(std::uint32_t f) {
    const Faults faults{f};
    std::vector<std::string> rows;
    for (std::uint32_t r = 0; r < faults.execution_slots(); ++r) {
        std::string row;
        for (std::uint32_t c = 0; c < faults.agreement_replicas(); ++c)
            row += r < f && (r + c) % 3 == 0 ? 'Q'
                   : r == 2 && c % 4 == 1    ? 'R'
                   : r == f && c > 2 * f     ? '-'
                   : r > f + 2 && c == 5     ? '?'
                                             : 'P';
        rows.push_back(row);
    }
    return shown(faults, rows);
}

console::TimelineData recovery() {
    console::TimelineData out;
    out.title = QStringLiteral("application B, around n = 4711");
    const auto at = [](double ms) { return kNoon + static_cast<std::int64_t>(ms * 1e6); };
    out.origin_ns = kNoon;
    out.from_ns = at(-400);
    out.to_ns = at(900);
    const auto lane = [](const char* name, const char* detail) {
        console::TimelineLane one;
        one.name = QString::fromLatin1(name);
        one.group = QStringLiteral("B kv");
        one.detail = QString::fromLatin1(detail);
        return one;
    };
    const auto bar = [&](double from, double to, BarKind kind) {
        return console::TimelineBar{at(from), to > 5000 ? console::kOpenEnd : at(to), kind, {}};
    };
    auto agreement = lane("A1-A4", "agreement");
    agreement.bars = {bar(-400, 6.4, BarKind::Ordering),    bar(6.4, 15.4, BarKind::Detecting),
                      bar(15.4, 21.3, BarKind::Deciding),   bar(21.3, 47.7, BarKind::Ordering),
                      bar(47.7, 55.9, BarKind::Convicting), bar(55.9, 9999, BarKind::Ordering)};
    agreement.marks = {{at(6.4), MarkKind::Deviation, QStringLiteral("first deviation")},
                       {at(15.4), MarkKind::Blocking, QStringLiteral("blocking")}};
    auto liar = lane("E1", "host-1");
    liar.bars = {bar(-400, 56, BarKind::Executing), bar(56, 71, BarKind::Removing),
                 bar(71, 480, BarKind::Reimaging), bar(480, 9999, BarKind::Asleep)};
    liar.marks = {{at(0), MarkKind::Drill, QStringLiteral("drill")},
                  {at(56), MarkKind::Conviction, QStringLiteral("E1 convicted")}};
    auto honest = lane("E2", "host-2");
    honest.bars = {bar(-400, 9999, BarKind::Executing)};
    auto spare = lane("E3", "spare, host-4");
    spare.bars = {bar(-400, 21.3, BarKind::Asleep),      bar(21.3, 25.1, BarKind::Resuming),
                  bar(25.1, 31.9, BarKind::FetchingLog), bar(31.9, 45.3, BarKind::Replaying),
                  bar(45.3, 210, BarKind::Completing),   bar(210, 9999, BarKind::Executing)};
    spare.marks = {{at(21.3), MarkKind::Wake, QStringLiteral("wake-up decided")}};
    spare.marks.push_back({at(46.2), MarkKind::FirstReply, QStringLiteral("first reply")});
    out.lanes = {agreement, liar, honest, spare};
    out.drills = {{at(0), at(300), QStringLiteral("matrix"), QStringLiteral("d-9")}};
    out.gaps = {{at(330), at(380), 12, -1}};
    for (int run = 0; run < 12; ++run) {
        console::PhaseRun one;
        one.id = QStringLiteral("d-%1").arg(run);
        one.name = QStringLiteral("matrix");
        one.application = QStringLiteral("B");
        one.injected_ns = kNoon - (11 - run) * 60'000'000'000LL;
        const double points[] = {0,    6.4,  15.4, 17.9, 21.3, 22.0, 25.1,
                                 31.9, 45.3, 46.2, 55.9, 71.0, 480,  210};
        for (std::size_t p = 0; p < one.ms.size(); ++p)
            one.ms[p] = points[p] * (1 + 0.05 * std::sin(run * 1.7 + static_cast<double>(p)) *
                                             (run == 11 ? 0 : 1));
        out.runs.push_back(one);
    }
    return out;
}

namespace {

void place(console::PlacementData& data, std::uint32_t host, std::uint32_t application, Role role,
           std::uint32_t index, ReplicaState state, bool primary = false) {
    console::PlacedReplica replica;
    replica.role = role;
    replica.index = index;
    replica.state = state;
    replica.primary = primary;
    data.placed.push_back({host, application, replica});
}

} // namespace

console::PlacementData four_hosts() {
    console::PlacementData out;
    for (std::uint32_t h = 0; h < 4; ++h)
        out.hosts.push_back({QStringLiteral("host-%1").arg(h + 1), h + 1, 0.28 + 0.12 * h,
                             (400ULL + 100 * h) << 20, false, false, 300});
    const char* const kinds[] = {"kv", "kv", "web", "compute"};
    for (std::uint32_t a = 0; a < 4; ++a) {
        console::PlacementApplication app;
        app.name = QString(QChar(u'A' + static_cast<char16_t>(a)));
        app.kind = QString::fromLatin1(kinds[a]);
        app.mode = QStringLiteral("zz");
        app.position = static_cast<int>(a);
        app.agreement_left = 1;
        app.execution_left = a == 1 ? 0 : 1;
        out.applications.push_back(app);
        for (std::uint32_t h = 0; h < 4; ++h)
            place(out, h, a, Role::Agreement, h + 1, ReplicaState::Active, h == a);
        place(out, a % 4, a, Role::Execution, 1, ReplicaState::Active);
        place(out, (a + 1) % 4, a, Role::Execution, 2, ReplicaState::Active);
        place(out, (a + 2) % 4, a, Role::Execution, 3, ReplicaState::Paused);
    }
    for (auto& placed : out.placed) {
        if (placed.application != 1 || placed.replica.role != Role::Execution)
            continue;
        if (placed.replica.index == 1) {
            placed.replica.state = ReplicaState::Convicted;
            placed.replica.counted = true;
            placed.replica.badges = Badge::Drill;
        } else if (placed.replica.index == 3) {
            placed.replica.state = ReplicaState::Recovering;
        }
    }
    return out;
}

console::PlacementData many_hosts(std::uint32_t hosts, std::uint32_t applications) {
    console::PlacementData out;
    for (std::uint32_t h = 0; h < hosts; ++h)
        out.hosts.push_back({QStringLiteral("host-%1").arg(h + 1), h + 1,
                             0.1 + 0.85 * (h % 17) / 17.0, 500ULL << 20, h % 29 == 7, false, 400});
    for (std::uint32_t a = 0; a < applications; ++a) {
        console::PlacementApplication app;
        app.name = QStringLiteral("app-%1").arg(a + 1);
        app.kind = QStringLiteral("kv");
        app.position = static_cast<int>(a);
        app.faults = Faults{1 + a % 2};
        app.agreement_left = app.execution_left = static_cast<int>(app.faults.f);
        out.applications.push_back(app);
        for (std::uint32_t i = 0; i < app.faults.agreement_replicas(); ++i)
            place(out, (a * 4 + i * 3) % hosts, a, Role::Agreement, i + 1, ReplicaState::Active,
                  i == 0);
        for (std::uint32_t i = 0; i < app.faults.execution_slots(); ++i)
            place(out, (a * 4 + i * 3 + 1) % hosts, a, Role::Execution, i + 1,
                  i <= app.faults.f ? ReplicaState::Active : ReplicaState::Paused);
    }
    return out;
}

console::ThroughputData two_minutes() {
    console::ThroughputData out;
    out.to_ms = kNoon / 1'000'000;
    out.from_ms = out.to_ms - 120'000;
    const char* const modes[] = {"zz", "zz", "sep", "base"};
    for (int a = 0; a < 4; ++a) {
        console::ThroughputSeries one;
        one.application = QString(QChar(u'A' + static_cast<char16_t>(a)));
        one.mode = QString::fromLatin1(modes[a]);
        if (a == 0)
            one.target = 5000;
        for (int s = 0; s <= 480; ++s) {
            const double x = static_cast<double>(out.from_ms) + s * 250.0;
            const bool hit = a == 1 && s >= 300 && s < 302;
            const double wave = std::sin(s * 0.13 + a) * 180 + std::sin(s * 0.71 + a * 2) * 90;
            const double rate = hit ? 600 : 5200 - 900.0 * a + wave;
            one.rate.push_back({x, rate});
            one.p50.push_back({x, hit ? 41 : 2.6 + a * 0.5 + wave / 900});
            one.p99.push_back({x, hit ? 64 : 6.5 + a + wave / 120});
            one.active.push_back({x, modes[a][0] == 's'              ? 3.0
                                     : modes[a][0] == 'b'            ? 4.0
                                     : a == 1 && s >= 300 && s < 360 ? 3.0
                                                                     : 2.0});
            one.wakeups.push_back({x, a == 1 && s >= 300 ? 1.0 : 0.0});
            one.bytes.push_back({x, a == 1 && s > 300 ? std::min(2.4e6, (s - 300) * 4e4) : 0.0});
        }
        out.series.push_back(one);
    }
    const std::int64_t fault = out.from_ms + 75'000;
    out.marks = {
        {fault, MarkKind::Drill, QStringLiteral("B"), QStringLiteral("drill matrix")},
        {fault + 4000, MarkKind::Wake, QStringLiteral("B"), QStringLiteral("E3 woken")},
        {fault + 9000, MarkKind::Conviction, QStringLiteral("B"), QStringLiteral("E1 convicted")}};
    return out;
}

} // namespace zz::samples
