// SPDX-License-Identifier: Apache-2.0
// Aim: the request parser understands every cut of valid input, and refuses bad input with bounded
// memory (K7, K8).
#include <QtTest>

#include <random>

#include "backend/gateway/resp/request_parser.h"

using zz::Bytes;
using zz::bytes_of;
using zz::ByteView;
using zz::gateway::resp::kInlineBytesMax;
using zz::gateway::resp::kRequestBytesMax;
using zz::gateway::resp::RequestParser;
using zz::gateway::resp::split_inline;

namespace {

struct Parsed {
    std::vector<std::vector<Bytes>> requests;
    std::string error;
    std::size_t kept_max = 0;
};

// Feeds `input` in pieces that end at `cuts` and its end.
Parsed parse(std::string_view input, const std::vector<std::size_t>& cuts = {}) {
    Parsed parsed;
    RequestParser parser;
    std::size_t start = 0;
    std::vector<std::size_t> ends = cuts;
    ends.push_back(input.size());
    for (const std::size_t end : ends) {
        ByteView rest = zz::view_of(input.substr(start, end - start));
        start = end;
        while (true) {
            const auto result = parser.parse(rest);
            parsed.kept_max = std::max(parsed.kept_max, parser.kept());
            if (result == RequestParser::Result::Request) {
                parsed.requests.push_back(parser.take_arguments());
                continue;
            }
            if (result == RequestParser::Result::Failed) {
                parsed.error = parser.error();
            }
            break;
        }
    }
    return parsed;
}

std::vector<Bytes> words(std::initializer_list<std::string_view> texts) {
    std::vector<Bytes> out;
    for (const auto text : texts) {
        out.push_back(bytes_of(text));
    }
    return out;
}

} // namespace

class RequestParserTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void arrays_inline_and_empty_requests() {
        const auto parsed =
            parse("*2\r\n$3\r\nGET\r\n$0\r\n\r\n\r\n*0\r\n*-1\r\n  \r\nPING\r\nping a\n");
        QCOMPARE(parsed.error, std::string());
        QCOMPARE(parsed.requests.size(), std::size_t{3});
        QVERIFY(parsed.requests[0] == words({"GET", ""}));
        QVERIFY(parsed.requests[1] == words({"PING"}));
        QVERIFY(parsed.requests[2] == words({"ping", "a"}));
    }

    void every_cut_gives_the_same_requests() {
        const std::string input = "*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$5\r\n*1\r\n$\r\nPING 'a b'\r\n"
                                  "*1\r\n$4\r\nQUIT\r\n";
        const auto whole = parse(input);
        QCOMPARE(whole.requests.size(), std::size_t{3});
        QCOMPARE(whole.error, std::string());
        for (std::size_t i = 0; i <= input.size(); ++i) {
            for (std::size_t j = i; j <= input.size(); ++j) {
                const auto cut = parse(input, {i, j});
                QVERIFY2(cut.requests == whole.requests && cut.error.empty(),
                         qPrintable(QString("cuts %1 %2").arg(i).arg(j)));
            }
        }
        std::vector<std::size_t> all;
        for (std::size_t i = 1; i < input.size(); ++i) {
            all.push_back(i);
        }
        QVERIFY(parse(input, all).requests == whole.requests);
    }

    void inline_quotes() {
        const auto words_of = [](std::string_view line) { return split_inline(zz::view_of(line)); };
        QVERIFY(words_of("set \"a b\" 'c d'") == words({"set", "a b", "c d"}));
        QVERIFY(words_of("\"\\x41\\n\\\"\\q\" '\\'\\n'") == words({"A\n\"q", "'\\n"}));
        QVERIFY(words_of("\"\" ''") == words({"", ""}));
        QVERIFY(words_of("\t a\t b ") == words({"a", "b"}));
        for (const char* bad : {"\"a", "'a", "\"a\"b", "'a'b", "\"\\", "'", "a\"b"}) {
            QVERIFY2(!words_of(bad), bad);
        }
    }

    void protocol_errors_data() {
        QTest::addColumn<QByteArray>("input");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* name, const QByteArray& input, const char* text) {
            QTest::newRow(name) << input << QString("Protocol error: ") + text;
        };
        row("count text", "*x\r\n", "invalid multibulk length");
        row("count empty", "*\r\n", "invalid multibulk length");
        row("count too large", "*1025\r\n", "invalid multibulk length");
        row("count 4G", "*4294967296\r\n", "invalid multibulk length");
        row("count beyond 64 bits", "*99999999999999999999\r\n", "invalid multibulk length");
        row("count without CR", "*1\n", "invalid multibulk length");
        row("count endless", "*" + QByteArray(100, '1'), "too big mbulk count string");
        row("no dollar", "*1\r\nGET\r\n", "expected '$', got 'G'");
        row("no dollar, unprintable", "*1\r\n\r\n", "expected '$', got '?'");
        row("bulk text", "*1\r\n$x\r\n", "invalid bulk length");
        row("bulk empty", "*1\r\n$\r\n", "invalid bulk length");
        row("bulk negative", "*1\r\n$-1\r\n", "invalid bulk length");
        row("bulk 512 KiB + 1", "*1\r\n$524289\r\n", "invalid bulk length");
        row("bulk 4 GB (K8)", "*1\r\n$4294967296\r\n", "invalid bulk length");
        row("bulk endless", "*1\r\n$" + QByteArray(100, '1'), "too big bulk count string");
        row("no CRLF behind", "*1\r\n$1\r\nabc", "expected CRLF after a bulk");
        row("no LF behind", "*1\r\n$1\r\na\rb", "expected CRLF after a bulk");
        row("inline endless", QByteArray(70'000, 'a'), "too big inline request");
        row("inline words", QByteArray("a ").repeated(1025) + "\n", "too big inline request");
        row("quotes", "GET \"a\r\n", "unbalanced quotes in request");
    }
    void protocol_errors() { // K7
        QFETCH(QByteArray, input);
        QFETCH(QString, text);
        const std::string_view bytes(input.data(), static_cast<std::size_t>(input.size()));
        const auto parsed = parse(bytes);
        QCOMPARE(QString::fromStdString(parsed.error), text);
        QVERIFY(parsed.requests.empty());
        QVERIFY(parsed.kept_max <= kInlineBytesMax);
        // The same, byte for byte; and nothing is understood after it.
        std::vector<std::size_t> cuts;
        for (std::size_t i = 1; i < bytes.size(); ++i) {
            cuts.push_back(i);
        }
        const std::string more = std::string(bytes) + "\r\nPING\r\n";
        const auto bytewise = parse(more, cuts);
        QCOMPARE(QString::fromStdString(bytewise.error), text);
        QVERIFY(bytewise.requests.empty());
    }

    void a_request_is_bounded_as_a_whole() { // K8
        std::string input = "*3\r\n$524288\r\n" + std::string(524288, 'a') + "\r\n";
        input += "$400000\r\n" + std::string(400000, 'b') + "\r\n";
        const auto fits = parse(input + "$1\r\nc\r\n");
        QCOMPARE(fits.requests.size(), std::size_t{1});
        const auto over = parse(input + "$524288\r\n");
        QVERIFY(over.requests.empty());
        QVERIFY(over.error.starts_with("Protocol error: too big request"));
        QVERIFY(over.kept_max <= kRequestBytesMax);
    }

    void a_length_that_was_only_announced_takes_no_memory() { // K8
        const auto parsed = parse("*1024\r\n$524288\r\nabc");
        QCOMPARE(parsed.error, std::string());
        QCOMPARE(parsed.kept_max, std::size_t{3});
    }

    void garbage_never_breaks_it() { // K7
        for (std::uint32_t seed = 0; seed < 400; ++seed) {
            std::mt19937 random(seed);
            const std::string alphabet = seed % 2 == 0 ? "*$\r\n0123-'\"\\x a" : std::string();
            std::string input;
            const std::size_t size = random() % 300;
            for (std::size_t i = 0; i < size; ++i) {
                input += alphabet.empty() ? static_cast<char>(random() % 256)
                                          : alphabet[random() % alphabet.size()];
            }
            const auto whole = parse(input);
            const auto cut = parse(input, {input.size() / 3, input.size() / 2});
            QVERIFY2(whole.requests == cut.requests && whole.error == cut.error,
                     qPrintable(QString("seed %1").arg(seed)));
            for (const auto& request : whole.requests) {
                QVERIFY(!request.empty());
            }
        }
    }
};

QTEST_APPLESS_MAIN(RequestParserTest)
#include "request_parser_test.moc"
