// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/matrix_reading.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

#include "backend/drill/plan.h"
#include "console/model/words.h"
#include "protocol/matrix/classify.h"

namespace zz::console {
namespace {

using matrix::Entry;
using matrix::Kind;
using matrix::Matrix;

QString text_of(const std::string& text) {
    return QString::fromStdString(text);
}

// Most frequent first; of equals the one that columns show first.
std::vector<DigestClass> classes_of(const Matrix& m) {
    std::vector<std::pair<Digest, int>> counted;
    for (std::size_t c = 0; c < m.columns(); ++c) {
        for (const Entry& entry : m.column(c)) {
            if (!entry.is_value())
                continue;
            const auto known = std::find_if(counted.begin(), counted.end(), [&](const auto& one) {
                return one.first == entry.value();
            });
            if (known == counted.end())
                counted.emplace_back(entry.value(), 1);
            else
                ++known->second;
        }
    }
    std::stable_sort(counted.begin(), counted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    constexpr int kLetters = 'Z' - 'P' + 1;
    std::vector<DigestClass> out;
    for (const auto& [digest, count] : counted) {
        const int rank = static_cast<int>(out.size());
        const QString letter =
            rank < kLetters ? QString(QChar(u'P' + rank)) : text_of(short_hex(digest));
        out.push_back({digest, rank, letter, 0});
    }
    return out;
}

matrix::Names names_of(const MatrixData& data, const std::vector<DigestClass>& classes) {
    matrix::Names names;
    for (const MatrixRow& row : data.rows)
        names.execution.push_back(row.name.toStdString());
    for (const MatrixColumn& column : data.columns)
        names.agreement.push_back(column.name.toStdString());
    for (const DigestClass& one : classes)
        names.values[one.digest] = one.letter.toStdString();
    return names;
}

// The rows that were awake from the start, which is what the replicas judged first.
Matrix before_waking(const MatrixData& data, matrix::Names& names) {
    std::vector<std::size_t> kept;
    for (std::size_t row = 0; row < data.matrix.rows(); ++row) {
        if (row >= data.rows.size() || !data.rows[row].woken)
            kept.push_back(row);
    }
    Matrix out(data.matrix.faults(), kept.size());
    const std::vector<std::string> all = names.execution;
    names.execution.clear();
    for (std::size_t to = 0; to < kept.size(); ++to) {
        if (kept[to] < all.size())
            names.execution.push_back(all[kept[to]]);
        for (std::size_t c = 0; c < out.columns(); ++c)
            out.set(to, c, data.matrix.at(kept[to], c));
    }
    return out;
}

QString row_note(const MatrixData& data, const MatrixReading& reading, std::size_t row) {
    const Matrix& m = data.matrix;
    std::map<Digest, QStringList> where;
    QStringList missing;
    std::size_t pending = 0;
    for (std::size_t c = 0; c < m.columns(); ++c) {
        const Entry& entry = m.at(row, c);
        const QString name = text_of(reading.names.column(c));
        if (entry.is_value())
            where[entry.value()] << name;
        else if (entry.is_missing())
            missing << name;
        else
            ++pending;
    }
    if (where.empty())
        return missing.isEmpty() ? tr("nothing yet") : tr("silent");
    QString note;
    if (where.size() == 1) {
        note = tr("consistent");
    } else {
        auto most = where.begin();
        for (auto it = where.begin(); it != where.end(); ++it) {
            if (it->second.size() > most->second.size())
                most = it;
        }
        QStringList others;
        for (auto it = where.begin(); it != where.end(); ++it) {
            if (it != most)
                others += it->second;
        }
        const bool convicted =
            std::find(reading.now.blame.convicted.begin(), reading.now.blame.convicted.end(),
                      row) != reading.now.blame.convicted.end();
        const bool one_off = !convicted && others.size() <= static_cast<int>(m.faults().f);
        note = one_off ? tr("differs at %1").arg(others.join(QStringLiteral(", ")))
                       : tr("equivocates");
    }
    if (!missing.isEmpty())
        note += tr(", missing at %1").arg(missing.join(QStringLiteral(", ")));
    if (pending > 0)
        note += tr(", %1 pending").arg(pending);
    return note;
}

QString liars_text(const drill::Liars& liars, const matrix::Names& names) {
    QStringList who;
    for (const std::size_t row : liars.rows)
        who << text_of(names.row(row));
    for (const std::size_t column : liars.columns)
        who << text_of(names.column(column));
    return who.join(QStringLiteral(", "));
}

// Who would have to lie for each value to be right: several answers mean that nothing is proven.
QStringList candidates_of(const Matrix& m, const MatrixReading& reading) {
    QStringList out;
    if (m.faults().f > drill::kPlanFaultsMax)
        return out;
    for (const DigestClass& one : reading.classes) {
        const auto liars = drill::smallest_liars(m, one.digest);
        if (!liars) {
            out << tr("%1 is right: impossible with f or fewer faults").arg(one.letter);
        } else {
            const QString who = liars_text(*liars, reading.names);
            out << (who.isEmpty() ? tr("%1 is right: nobody lies").arg(one.letter)
                                  : tr("%1 is right: then %2 lied").arg(one.letter, who));
        }
    }
    return out;
}

QString value_text(const MatrixReading& reading, const Digest& value) {
    const auto known = reading.rank.find(value);
    return known == reading.rank.end()
               ? text_of(short_hex(value))
               : reading.classes[static_cast<std::size_t>(known->second)].letter;
}

QString headline_of(const MatrixData& data, const MatrixReading& reading) {
    QString text = words(reading.first.kind);
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    text = tr("%1 at n = %2").arg(text).arg(data.n);
    text += tr(" · rule %1")
                .arg(QString::fromUtf8(reading.first.rule.data(),
                                       static_cast<int>(reading.first.rule.size())));
    if (data.kind == VoteKind::Checkpoint)
        text += tr(" · checkpoint");
    if (data.resolved_ms)
        text += tr(" · settled after %1 ms").arg(QLocale().toString(*data.resolved_ms, 'f', 0));
    return text;
}

} // namespace

QString words(Kind kind) {
    switch (kind) {
    case Kind::Agreed:
        return tr("agreed");
    case Kind::Undecided:
        return tr("undecided");
    case Kind::NonBlocking:
        return tr("non-blocking");
    case Kind::Blocking:
        return tr("blocking");
    case Kind::AssumptionViolated:
        return tr("assumption violated");
    }
    return {};
}

QString entry_letter(const MatrixReading& reading, const Entry& entry) {
    if (entry.is_pending())
        return QStringLiteral("·");
    if (entry.is_missing())
        return QStringLiteral("–");
    return text_of(reading.names.value(entry.value()));
}

QString entry_words(const MatrixReading& reading, const Entry& entry) {
    if (entry.is_pending())
        return tr("pending");
    if (entry.is_missing())
        return tr("missing: reported late or not at all");
    return tr("%1, digest %2")
        .arg(text_of(reading.names.value(entry.value())), text_of(to_hex(entry.value().view())));
}

namespace {

struct Change {
    std::size_t row, column;
    Digest value;
    matrix::Verdict verdict;
};

// "A2", "A2 or A3", "A2, A3 or A4".
QString any_of_names(QStringList names) {
    const QString last = names.takeLast();
    return names.isEmpty() ? last : tr("%1 or %2").arg(names.join(QStringLiteral(", ")), last);
}

// What is the same but for who was told stands in one sentence.
QStringList sentences_of(const std::vector<Change>& found, const matrix::Names& names,
                         std::size_t most) {
    std::vector<std::pair<std::pair<QString, QString>, QStringList>> said; // around the columns
    for (const Change& change : found) {
        const QString what =
            tr("Had %1 sent %2 to ")
                .arg(text_of(names.row(change.row)), text_of(names.value(change.value)));
        QString why = QStringLiteral(": ") + words(change.verdict.kind);
        if (change.verdict.value)
            why += tr(", %1 with %2 matching columns, nobody woken")
                       .arg(text_of(names.value(*change.verdict.value)))
                       .arg(change.verdict.support.at(*change.verdict.value));
        const std::pair around(what, why + u'.');
        auto place = std::find_if(said.begin(), said.end(),
                                  [&](const auto& one) { return one.first == around; });
        if (place == said.end())
            place = said.insert(place, {around, {}});
        place->second << text_of(names.column(change.column));
    }
    QStringList out;
    for (const auto& [around, columns] : said)
        if (out.size() < static_cast<qsizetype>(most))
            out << around.first + any_of_names(columns) + around.second;
    return out;
}

} // namespace

QStringList changes(const Matrix& m, const matrix::Names& names, std::size_t most) {
    const Kind actual = matrix::judge(m).kind;
    std::vector<Digest> values;
    for (const auto& [digest, letter] : names.values)
        values.push_back(digest);
    std::vector<Change> found;
    Matrix tried = m;
    for (std::size_t row = 0; row < m.rows() && found.size() < 64; ++row) {
        for (std::size_t c = 0; c < m.columns(); ++c) {
            for (const Digest& value : values) {
                if (m.at(row, c).equals(value))
                    continue;
                tried.set(row, c, Entry::of(value));
                matrix::Verdict verdict = matrix::judge(tried);
                if (verdict.kind != actual && verdict.kind != Kind::AssumptionViolated)
                    found.push_back({row, c, value, std::move(verdict)});
            }
            tried.set(row, c, m.at(row, c));
        }
    }
    // A row that says different things is the likelier liar: its changes explain most.
    const auto spread = [&m](std::size_t row) {
        std::map<Digest, int> seen;
        for (std::size_t c = 0; c < m.columns(); ++c) {
            if (m.at(row, c).is_value())
                ++seen[m.at(row, c).value()];
        }
        return seen.size();
    };
    std::stable_sort(found.begin(), found.end(), [&](const Change& a, const Change& b) {
        return spread(a.row) > spread(b.row);
    });
    return sentences_of(found, names, most);
}

MatrixReading read(const MatrixData& data) {
    MatrixReading out;
    const Matrix& m = data.matrix;
    out.classes = classes_of(m);
    out.names = names_of(data, out.classes);
    matrix::Names early_names = out.names;
    const Matrix early = before_waking(data, early_names);
    out.grown = early.rows() != m.rows();
    out.first = matrix::judge(early);
    out.now = out.grown ? matrix::judge(m) : out.first;
    for (DigestClass& one : out.classes) {
        out.rank[one.digest] = one.rank;
        const auto support = out.now.support.find(one.digest);
        one.support = support == out.now.support.end() ? 0 : support->second;
    }
    for (std::size_t c = 0; c < m.columns(); ++c) {
        const auto value = matrix::column_match(m.faults(), m.column(c));
        out.match.push_back(value ? std::optional(out.rank.at(*value)) : std::nullopt);
    }
    for (std::size_t row = 0; row < m.rows(); ++row)
        out.row_notes.push_back(row_note(data, out, row));
    out.headline = headline_of(data, out);
    out.sentence = text_of(matrix::sentence(early, out.first, early_names));
    if (out.grown)
        out.afterwards = tr("After the wake-up: %1.")
                             .arg(text_of(matrix::sentence(m, out.now, out.names)))
                             .replace(QStringLiteral(".."), QStringLiteral("."));
    out.proven = out.now.value ? out.now.value : data.settled;
    if (data.settled && !out.now.value)
        out.afterwards =
            tr("Settled on %1 by what the replicas signed.").arg(value_text(out, *data.settled));
    if (out.first.kind == Kind::Blocking || out.first.kind == Kind::NonBlocking)
        out.would_change = changes(early, early_names, 3);
    const bool convicted =
        std::any_of(data.rows.begin(), data.rows.end(),
                    [](const MatrixRow& row) { return row.badges.testFlag(Badge::Convicted); });
    const bool blamed = convicted || data.settled || !out.now.blame.convicted.empty() ||
                        !out.now.blame.unresponsive.empty();
    if (out.classes.size() > 1 && !blamed)
        out.candidates = candidates_of(m, out);
    return out;
}

std::vector<Table> tables_of(const MatrixData& data, const MatrixReading& reading) {
    Table cells;
    cells.caption = tr("Response matrix of %1, n = %2").arg(data.application).arg(data.n);
    cells.columns = {{tr("Replica"), QStringLiteral("replica"), {}},
                     {tr("State"), QStringLiteral("state"), {}}};
    for (std::size_t c = 0; c < data.matrix.columns(); ++c) {
        const QString name = text_of(reading.names.column(c));
        cells.columns.push_back({name, name, {}});
    }
    cells.columns.push_back({tr("Row"), QStringLiteral("row"), {}});
    for (std::size_t r = 0; r < data.matrix.rows(); ++r) {
        const MatrixRow row = r < data.rows.size() ? data.rows[r] : MatrixRow{};
        std::vector<QVariant> line{row.name, words(row.state, row.badges) +
                                                 (row.stale ? tr(", stale") : QString())};
        for (std::size_t c = 0; c < data.matrix.columns(); ++c)
            line.push_back(entry_letter(reading, data.matrix.at(r, c)));
        line.push_back(reading.row_notes[r]);
        cells.rows.push_back(std::move(line));
    }
    std::vector<QVariant> foot{tr("column matches on"), QVariant()};
    for (const auto& match : reading.match)
        foot.push_back(match ? reading.classes[static_cast<std::size_t>(*match)].letter
                             : QVariant());
    foot.emplace_back();
    cells.rows.push_back(std::move(foot));

    Table chain;
    chain.caption = tr("Blame: from the first report to the verdict");
    chain.columns = {{tr("Time"), QStringLiteral("at"), {}},
                     {tr("After"), QStringLiteral("after_ms"), QStringLiteral("ms")},
                     {tr("Who"), QStringLiteral("who"), {}},
                     {tr("What"), QStringLiteral("what"), {}},
                     {tr("Rule"), QStringLiteral("rule"), {}},
                     {tr("Proof"), QStringLiteral("proof"), {}},
                     {tr("Evidence"), QStringLiteral("evidence"), {}}};
    for (const BlameStep& step : data.chain) {
        const std::int64_t ms = step.wall_ns / 1'000'000;
        chain.rows.push_back(
            {QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(QStringLiteral("HH:mm:ss.zzz")),
             static_cast<double>(step.wall_ns - data.wall_ns) / 1e6, step.who, step.what, step.rule,
             step.is_signed ? tr("signed") : tr("MAC only"), step.evidence});
    }
    return {cells, chain};
}

QString classify_csv(const MatrixData& data, const MatrixReading& reading) {
    return text_of(matrix::to_csv({data.matrix, reading.names}));
}

QString plain_text(const MatrixData& data, const MatrixReading& reading) {
    QString out = reading.headline + u'\n' + reading.sentence + u'\n';
    if (!reading.afterwards.isEmpty())
        out += reading.afterwards + u'\n';
    out += u'\n' + classify_csv(data, reading) + u'\n';
    for (const QString& line : reading.would_change + reading.candidates)
        out += line + u'\n';
    return out;
}

} // namespace zz::console
