// SPDX-License-Identifier: Apache-2.0
// `zzctl classify`: the exact answers of its contract, and the place of every error.
#include <QtTest>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <random>

#include "protocol/matrix/classify.h"

using zz::Faults;
using zz::Result;
using zz::matrix::NamedMatrix;

namespace {

std::string answer(const std::string& text, std::uint32_t f = 1) {
    const Result<NamedMatrix> parsed = zz::matrix::parse_csv(text, Faults{f}, "t.csv");
    if (!parsed)
        return parsed.error().text;
    return classify_json(parsed->matrix, judge(parsed->matrix), parsed->names);
}

std::string without_text(const std::string& json) {
    return json.substr(0, json.find(",\"text\""));
}

const std::string kHeader = ",A1,A2,A3,A4\n";

} // namespace

class ClassifyTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void contract_examples();
    void blanks_and_carriage_returns_are_trimmed();
    void pending_column_and_missing();
    void names_are_shown_as_given();
    void errors_name_the_place_data();
    void errors_name_the_place();
    void bounds();
    void sentences_are_for_people();
    void text_form_round_trips();
    void no_input_breaks_it();
};

void ClassifyTest::contract_examples() {
    QCOMPARE(without_text(answer(kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q\n")),
             std::string(R"({"verdict":"blocking","rule":"ZZ-6.2.3","value":null,)"
                         R"("support":{"P":1,"Q":1},"convicted":[],"unresponsive":[])"));
    QCOMPARE(without_text(answer(kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q\nE3,P,P,P,Q\n")),
             std::string(R"({"verdict":"non-blocking","rule":"ZZ-6.2.2","value":"P",)"
                         R"("support":{"P":3,"Q":1},"convicted":["E1"],"unresponsive":[])"));
}

void ClassifyTest::blanks_and_carriage_returns_are_trimmed() {
    const std::string plain = answer(kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q\n");
    QCOMPARE(answer(" , A1,A2\t,A3 ,A4 \r\n E1 , P,Q,\tQ,Q\r\nE2,P,P,P,Q \r\n"), plain);
    QCOMPARE(answer(kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q"), plain); // no line feed at the end
    QCOMPARE(answer(kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q\n\r\n  \n"), plain);
}

void ClassifyTest::pending_column_and_missing() {
    QCOMPARE(without_text(answer(kHeader + "E1,P,P,?,?\nE2,P,P,?,?\n")),
             std::string(R"({"verdict":"undecided","rule":"ZZ-6.2.2","value":"P",)"
                         R"("support":{"P":2},"convicted":[],"unresponsive":[])"));
    QCOMPARE(without_text(answer(kHeader + "E1,-,-,P,P\nE2,P,P,P,P\n")),
             std::string(R"({"verdict":"non-blocking","rule":"ZZ-6.2.2","value":"P",)"
                         R"("support":{"P":2},"convicted":[],"unresponsive":["E1"])"));
}

void ClassifyTest::names_are_shown_as_given() {
    const std::string json = answer(",a \"1\",b\\2,\xC3\xA9,d\nx<b>,0f,00,00,00\n"
                                    "y,0f,0f,0f,00\nz,0f,0f,0f,00\n");
    const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(json)).object();
    QCOMPARE(object["verdict"].toString(), QString("non-blocking"));
    QCOMPARE(object["value"].toString(), QString("0f"));
    QCOMPARE(object["convicted"].toArray().at(0).toString(), QString("x<b>"));
    QVERIFY(object["text"].toString().contains("a \"1\""));
    QVERIFY(object["text"].toString().contains("b\\2"));
}

void ClassifyTest::errors_name_the_place_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("place");
    const QByteArray head = QByteArray::fromStdString(kHeader);
    const auto row = [](const char* name, const QByteArray& text, const char* place) {
        QTest::newRow(name) << text << QString("t.csv:%1").arg(place);
    };
    row("empty file", "", "1: the file is empty");
    row("blank file", " \r\n\n", "1: the file is empty");
    row("first cell not empty", "X,A1,A2,A3,A4\nE1,P,P,P,P\nE2,P,P,P,P", "1: column 1:");
    row("empty first line", "\n" + head, "1: column 1:");
    row("byte order mark", "\xEF\xBB\xBF" + head, "1: column 1:");
    row("too few columns", ",A1,A2,A3\nE1,P,P,P\nE2,P,P,P", "1: column 4: 3 cells");
    row("too many columns", ",A1,A2,A3,A4,A5\nE1,P,P,P,P,P", "1: column 6: 5 cells");
    row("header of one cell", " \nE1", "1: column 1: 0 cells");
    row("name missing", ",A1,,A3,A4\nE1,P,P,P,P\nE2,P,P,P,P", "1: column 3: a replica's name");
    row("name twice", ",A1,A2,A1,A4\nE1,P,P,P,P\nE2,P,P,P,P", "1: column 4: the name 'A1'");
    row("name with a control character", ",A1,A\x01,A3,A4\nE1,P,P,P,P", "1: column 3:");
    row("row name missing", head + ",P,P,P,P\nE2,P,P,P,P", "2: column 1: a replica's name");
    row("row name twice", head + "E1,P,P,P,P\nE1,P,P,P,P", "3: column 1: the name 'E1'");
    row("row named like a column", head + "A4,P,P,P,P\nE2,P,P,P,P", "2: column 1: the name 'A4'");
    row("short row", head + "E1,P,P,P\nE2,P,P,P,P", "2: column 4: 3 cells");
    row("long row", head + "E1,P,P,P,P\nE2,P,P,P,P,P", "3: column 6: 5 cells");
    row("comma at the end", head + "E1,P,P,P,P,\nE2,P,P,P,P", "2: column 6: 5 cells");
    row("empty cell", head + "E1,P,,P,P\nE2,P,P,P,P", "2: column 3: an empty cell");
    row("not a token", head + "E1,P,P,P,P\nE2,P,P,P!,P", "3: column 4: 'P!'");
    row("two marks", head + "E1,P,P,P,P\nE2,P,P,--,P", "3: column 4: '--'");
    row("quoted", head + "E1,\"P\",P,P,P\nE2,P,P,P,P", "2: column 2: '\"P\"'");
    row("blank inside", head + "E1,P P,P,P,P\nE2,P,P,P,P", "2: column 2: 'P P'");
    row("letter beyond ASCII", head + "E1,\xC3\xA9,P,P,P\nE2,P,P,P,P", "2: column 2:");
    row("semicolons", ";A1;A2;A3;A4\nE1;P;P;P;P\nE2;P;P;P;P", "1: column 1:");
    row("empty line between rows", head + "E1,P,P,P,P\n\nE2,P,P,P,P", "3: column 1: an empty line");
    row("one row", head + "E1,P,P,P,P\n", "2: 1 row of");
    row("no row", head, "1: 0 rows of");
    row("four rows", head + "E1,P,P,P,P\nE2,P,P,P,P\nE3,P,P,P,P\nE4,P,P,P,P",
        "5: column 1: more than 2F+1 = 3 rows");
    row("carriage return inside", head + "E1,P\rQ,P,P,P\nE2,P,P,P,P", "2: column 2: 'P?Q'");
}

void ClassifyTest::errors_name_the_place() {
    QFETCH(QByteArray, text);
    QFETCH(QString, place);
    const QString error = QString::fromStdString(answer(text.toStdString()));
    QVERIFY2(error.startsWith(place), qPrintable(error));
}

void ClassifyTest::bounds() {
    QVERIFY(answer(kHeader, 0).starts_with("t.csv: F = 0"));
    QVERIFY(answer(kHeader, zz::matrix::kFaultsMax + 1).starts_with("t.csv: F = 1001"));
    QVERIFY(answer(kHeader, 2).starts_with("t.csv:1: column 5: 4 cells"));
    const std::string longest(zz::matrix::kNameSizeMax, 'n');
    QVERIFY(answer("," + longest + ",b,c,d\nx,P,P,P,P\ny,P,P,P,P\n").starts_with("{"));
    QVERIFY(answer("," + longest + "n,b,c,d\nx,P,P,P,P\ny,P,P,P,P\n")
                .starts_with("t.csv:1: column 2: a name of 257 bytes"));
    const std::string token(5000, 'P');
    QVERIFY(answer(kHeader + "x," + token + ",P,P,P\ny,P,P,P,P\n").starts_with("{"));
}

void ClassifyTest::sentences_are_for_people() {
    // One sentence a verdict: it names values and replicas, ends once, and has no line break.
    for (const char* rows : {"P,P,P,P\nE2,P,P,P,P", "P,?,?,?\nE2,P,?,?,?", "P,P,?,?\nE2,P,P,?,?",
                             "P,Q,Q,Q\nE2,P,P,P,Q", "P,P,Q,Q\nE2,Q,Q,Q,Q", "P,P,Q,Q\nE2,P,P,Q,Q",
                             "-,-,-,P\nE2,P,P,P,P\nE3,P,P,P,P", "-,-,-,-\nE2,-,-,-,-"}) {
        const std::string json = answer(kHeader + "E1," + rows + "\n");
        const QString text =
            QJsonDocument::fromJson(QByteArray::fromStdString(json)).object()["text"].toString();
        QVERIFY2(text.size() > 40 && text.endsWith('.'), json.c_str());
        QCOMPARE(text.count(". "), 0);
        QVERIFY(!text.contains('\n'));
    }
    QVERIFY(answer(kHeader + "E1,P,P,Q,Q\nE2,Q,Q,Q,Q\n").find("E1 is convicted") !=
            std::string::npos);
    QVERIFY(answer(kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q\n").find("P by A1 and Q by A4") !=
            std::string::npos);
}

void ClassifyTest::text_form_round_trips() {
    std::mt19937 random(66);
    for (int i = 0; i < 500; ++i) {
        const std::uint32_t f = 1 + static_cast<std::uint32_t>(i % 3);
        std::string text;
        for (std::uint32_t c = 1; c <= 3 * f + 1; ++c)
            text += ",A" + std::to_string(c);
        for (std::uint32_t r = 1; r <= f + 1; ++r) {
            text += "\nE" + std::to_string(r);
            for (std::uint32_t c = 1; c <= 3 * f + 1; ++c)
                text += std::string(",") + "PQx9-?"[random() % 6];
        }
        text += "\n";
        const Result<NamedMatrix> parsed = zz::matrix::parse_csv(text, Faults{f}, "t");
        QVERIFY(bool(parsed));
        QCOMPARE(to_csv(*parsed), text);
    }
}

void ClassifyTest::no_input_breaks_it() {
    // Any bytes give an error with a place or a document that is JSON (K7 in small).
    std::mt19937 random(67);
    const std::string good = kHeader + "E1,P,Q,Q,Q\nE2,P,P,P,Q\n";
    int accepted = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string text = good;
        for (std::size_t k = 0; k < 1 + random() % 3; ++k)
            text[random() % text.size()] = static_cast<char>(random() % 256);
        if (random() % 4 == 0)
            text.resize(random() % text.size());
        const std::string result = answer(text);
        if (result.front() != '{') {
            QVERIFY2(result.starts_with("t.csv:"), result.c_str());
            continue;
        }
        ++accepted;
        QVERIFY2(QJsonDocument::fromJson(QByteArray::fromStdString(result)).isObject(),
                 result.c_str());
    }
    QVERIFY(accepted > 100);
}

QTEST_APPLESS_MAIN(ClassifyTest)
#include "classify_test.moc"
