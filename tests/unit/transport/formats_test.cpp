// SPDX-License-Identifier: Apache-2.0
// The transport's own formats and its queue, without a socket.
#include <QTest>

#include <random>

#include "protocol/transport/frames.h"
#include "protocol/transport/queue.h"
#include "protocol/transport/routed.h"

namespace zz::transport {

class FormatsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void message_round_trip() {
        Bytes message{kMessageVersion};
        append_hello(message, EntryType::Hello, 0x0123456789abcdefu);
        append_entry(message, EntryType::Frame, view_of("abc"));
        append_entry(message, EntryType::Frame, {});
        const auto entries = unpack(message);
        QVERIFY(entries);
        QCOMPARE(entries->size(), std::size_t(3));
        QCOMPARE(session_of((*entries)[0]), std::uint64_t(0x0123456789abcdefu));
        QCOMPARE(std::string(text_of((*entries)[1].bytes)), std::string("abc"));
        QVERIFY((*entries)[2].bytes.empty());
    }

    // ZZ-2.6: a message that is not exactly right is dropped whole.
    void malformed_messages() {
        Bytes message{kMessageVersion};
        append_entry(message, EntryType::Frame, view_of("abcdef"));
        for (std::size_t size = 0; size < message.size(); ++size) {
            if (size != kMessageHeaderBytes) // a message of no entries is right
                QVERIFY(!unpack(ByteView(message).first(size)));
        }
        Bytes longer = message;
        longer.push_back(0);
        QVERIFY(!unpack(longer));
        Bytes version = message;
        version[0] = 2;
        QVERIFY(!unpack(version));
        Bytes type = message;
        type[1] = 3;
        QVERIFY(!unpack(type));
        Bytes greeting = message;
        greeting[1] = static_cast<std::uint8_t>(EntryType::Hello); // of 6 bytes
        QVERIFY(!unpack(greeting));
        Bytes length = message; // K8: a length of 4 GB costs nothing
        length[2] = length[3] = length[4] = length[5] = 0xff;
        QVERIFY(!unpack(length));
        Bytes many{kMessageVersion};
        for (std::size_t i = 0; i < kFramesPerMessageMax + 2; ++i)
            append_entry(many, EntryType::Frame, {});
        QVERIFY(!unpack(many));
    }

    void garbage_never_crashes() {
        std::mt19937 random(1);
        int accepted = 0;
        for (int i = 0; i < 20'000; ++i) {
            Bytes bytes(random() % 64);
            for (std::uint8_t& b : bytes)
                b = static_cast<std::uint8_t>(random() % (i % 2 ? 256 : 4));
            accepted += unpack(bytes).has_value() ? 1 : 0;
            const auto routed = decode_routed(bytes);
            if (routed)
                QVERIFY(std::ranges::equal(encode(*routed).view(), bytes));
        }
        QVERIFY(accepted > 0 && accepted < 20'000);
    }

    void routed_round_trip() {
        const Routed routed{ApplicationId(7), principal(ExecutionId{SlotId(2), Incarnation(3)}),
                            principal(AgreementId(4)), Blob(bytes_of("frame"))};
        const Blob encoded = encode(routed);
        const auto back = decode_routed(encoded.view());
        QVERIFY(back);
        QVERIFY(*back == routed);
        for (std::size_t size = 0; size < kRoutedHeaderBytes; ++size)
            QVERIFY(!decode_routed(encoded.view().first(size)));
        Bytes wrong(encoded.view().begin(), encoded.view().end());
        wrong[3] = 9; // no such role
        QVERIFY(!decode_routed(wrong));
        wrong[3] = static_cast<std::uint8_t>(Role::Agreement); // has no incarnation 3
        QVERIFY(!decode_routed(wrong));
    }

    // A18: a link speaks for its own principal; a host for those behind it.
    void routed_source() {
        Routed routed{ApplicationId(1), principal(AgreementId(1)), principal(AgreementId(2)), {}};
        QVERIFY(may_come_from(routed, peer(ApplicationId(1), principal(AgreementId(1)))));
        QVERIFY(!may_come_from(routed, peer(ApplicationId(1), principal(AgreementId(3)))));
        QVERIFY(!may_come_from(routed, peer(ApplicationId(2), principal(AgreementId(1)))));
        QVERIFY(may_come_from(routed, peer(principal(HostId(1)))));
        routed.source = controller_of(HostId(2));
        QVERIFY(may_come_from(routed, peer(controller_of(HostId(2)))));
        QVERIFY(!may_come_from(routed, peer(controller_of(HostId(1)))));
    }

    // The newest frames win, by number and by size.
    void queue_drops_oldest() {
        FrameQueue queue;
        std::uint64_t dropped = 0;
        for (std::size_t i = 0; i < kQueueFramesMax + 10; ++i)
            dropped += queue.push(Blob(bytes_of(std::to_string(i))));
        QCOMPARE(dropped, std::uint64_t(10));
        QCOMPARE(queue.size(), kQueueFramesMax);
        Bytes message{kMessageVersion};
        QCOMPARE(queue.peek_into(message), kFramesPerMessageMax);
        QCOMPARE(std::string(text_of(unpack(message)->front().bytes)), std::string("10"));
        queue.clear();
        QVERIFY(queue.empty());
        QCOMPARE(queue.bytes(), std::size_t(0));
        const Blob large{Bytes(kFrameBytesMax)};
        for (std::uint64_t i = 0; i < 5; ++i)
            dropped += queue.push(large);
        QVERIFY(queue.bytes() <= kQueueBytesMax);
        QCOMPARE(dropped, std::uint64_t(13));
        Bytes alone{kMessageVersion};
        QCOMPARE(queue.peek_into(alone), std::size_t(1));
    }

    void peers() {
        QCOMPARE(to_string(peer(ApplicationId(3), principal(AgreementId(2)))), std::string("3/A2"));
        QVERIFY(peer(ApplicationId(3), principal(HostId(2))) == peer(principal(HostId(2))));
    }
};

} // namespace zz::transport

QTEST_APPLESS_MAIN(zz::transport::FormatsTest)
#include "formats_test.moc"
