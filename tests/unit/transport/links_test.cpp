// SPDX-License-Identifier: Apache-2.0
// Links between good peers: delivery, order, coalescing, reconnection, wake-up, telemetry.
#include <QTemporaryDir>
#include <QTest>

#include <thread>
#include <unistd.h>

#include "tests/unit/transport/transport_support.h"

namespace zz::transport {

class LinksTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // Both ways over one connection, over TCP and local sockets.
    void both_ways_data() {
        QTest::addColumn<bool>("local");
        QTest::newRow("tcp") << false;
        QTest::newRow("ipc") << true;
    }
    void both_ways() {
        QFETCH(bool, local);
        QTemporaryDir folder;
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, execution_peer(1, 0));
        server.listen(local ? "ipc://" + folder.path().toStdString() + "/s" : "tcp://127.0.0.1:*");
        client.dial(server);
        QVERIFY(client.transport->send(server.name, Blob(bytes_of("up")))); // waits for the link
        QVERIFY(!server.transport->send(client.name, Blob(bytes_of("too early"))));
        QCOMPARE(server.transport->counters().dropped_unreachable, std::uint64_t(1));
        QVERIFY(until({&server, &client}, [&] {
            return !server.frames.empty() && client.saw(server.name, PeerChange::Seen);
        }));
        QVERIFY(server.saw(client.name, PeerChange::Seen));
        QVERIFY(server.transport->reachable(client.name));
        QVERIFY(server.frames[0].from == client.name);
        QVERIFY(server.transport->send(client.name, Blob(bytes_of("down"))));
        QVERIFY(until({&server, &client}, [&] { return !client.frames.empty(); }));
        QVERIFY(client.frames[0].from == server.name);
        QCOMPARE(std::string(text_of(client.frames[0].frame.view())), std::string("down"));
    }

    // 10,000 frames arrive in order, each once, in far fewer messages.
    void throughput_and_order() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, agreement_peer(2));
        server.listen();
        client.dial(server);
        QVERIFY(
            until({&server, &client}, [&] { return client.saw(server.name, PeerChange::Seen); }));
        constexpr std::uint32_t kFrames = 10'000;
        std::uint32_t sent = 0;
        QVERIFY(until({&server, &client}, [&] {
            while (sent < kFrames && client.transport->queued(server.name) < 1000) {
                QByteArray text(200, 'x');
                text.prepend(QByteArray::number(sent++) + ":");
                client.transport->send(server.name, Blob(Bytes(text.begin(), text.end())));
            }
            return server.frames.size() == kFrames;
        }));
        for (std::uint32_t i = 0; i < kFrames; ++i)
            QVERIFY(text_of(server.frames[i].frame.view()).starts_with(std::to_string(i) + ":"));
        const Counters& counters = client.transport->counters();
        QCOMPARE(counters.dropped_full, std::uint64_t(0));
        QVERIFY(counters.messages_sent * 4 < kFrames);
    }

    void large_frames() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, agreement_peer(2));
        server.listen();
        client.dial(server);
        QVERIFY(!client.transport->send(server.name, Blob(Bytes(kFrameBytesMax + 1))));
        QCOMPARE(client.transport->counters().dropped_oversized, std::uint64_t(1));
        QVERIFY(client.transport->send(server.name, Blob(Bytes(kFrameBytesMax, 7))));
        QVERIFY(client.transport->send(server.name, Blob()));
        QVERIFY(until({&server, &client}, [&] { return server.frames.size() == 2; }));
        QCOMPARE(server.frames[0].frame.size(), kFrameBytesMax);
        QCOMPARE(server.frames[1].frame.size(), std::size_t(0));
    }

    // The listening side restarts at its port: the dialling side comes back by itself and both
    // notice.
    void listener_restarts() {
        Context context;
        Node client(context, execution_peer(1, 0));
        auto server = std::make_unique<Node>(context, agreement_peer(1));
        server->listen();
        client.dial(*server);
        QVERIFY(until({server.get(), &client},
                      [&] { return client.saw(server->name, PeerChange::Seen); }));
        const std::string endpoint = server->endpoint;
        const LinkKeys keys = server->keys;
        server.reset();
        QVERIFY(until({&client}, [&] { return client.saw(agreement_peer(1), PeerChange::Lost); }));
        QVERIFY(!client.transport->reachable(agreement_peer(1)));
        QVERIFY(client.transport->send(agreement_peer(1), Blob(bytes_of("kept"))));

        server = std::make_unique<Node>(context, agreement_peer(1));
        server->keys = keys;
        server->transport = Transport::make(context, keys).value();
        server->transport->allow(client.keys.public_key, client.name);
        client.events.clear();
        QVERIFY(until({&client}, [&] { return bool(server->transport->bind(endpoint)); }));
        QVERIFY(until({server.get(), &client}, [&] {
            return client.saw(agreement_peer(1), PeerChange::Seen) && !server->frames.empty();
        }));
        QCOMPARE(std::string(text_of(server->frames[0].frame.view())), std::string("kept"));
    }

    // The dialling side restarts: frames go to its new connection, and its new session shows.
    void dialler_restarts() {
        Context context;
        Node server(context, agreement_peer(1));
        server.listen();
        auto client = std::make_unique<Node>(context, execution_peer(1, 0));
        client->dial(server);
        QVERIFY(until({&server, client.get()},
                      [&] { return server.saw(client->name, PeerChange::Seen); }));
        const std::uint64_t first = server.events.back().session;
        client = std::make_unique<Node>(context, execution_peer(1, 0));
        client->dial(server); // with fresh keys, allowed for the same peer
        QVERIFY(
            until({&server, client.get()}, [&] { return server.events.back().session != first; }));
        QVERIFY(server.events.back().change == PeerChange::Seen);
        QVERIFY(server.transport->send(client->name, Blob(bytes_of("new"))));
        QVERIFY(until({&server, client.get()}, [&] { return !client->frames.empty(); }));
    }

    // A peer that dialled and went is noticed at the first send to it.
    void dialler_goes() {
        Context context;
        Node server(context, agreement_peer(1));
        server.listen();
        auto client = std::make_unique<Node>(context, execution_peer(1, 0));
        client->dial(server);
        QVERIFY(until({&server, client.get()},
                      [&] { return server.saw(client->name, PeerChange::Seen); }));
        client.reset();
        QVERIFY(until({&server}, [&] {
            server.transport->send(execution_peer(1, 0), Blob(bytes_of("x")));
            return server.saw(execution_peer(1, 0), PeerChange::Lost);
        }));
        QCOMPARE(server.transport->queued(execution_peer(1, 0)), std::size_t(0));
        QVERIFY(server.transport->reachable_peers().empty());
    }

    // Another thread and other descriptors end the wait.
    void waker_and_extra_descriptors() {
        Context context;
        Node node(context, agreement_peer(1));
        const Waker waker = node.transport->waker();
        std::thread other([&waker] { waker.wake(); });
        QVERIFY(node.transport->poll(seconds(60)).woken);
        other.join();
        QVERIFY(!node.transport->poll(milliseconds(1)).woken);
        int ends[2];
        QCOMPARE(pipe(ends), 0);
        QCOMPARE(write(ends[1], "x", 1), ssize_t(1));
        const Turn turn = node.transport->poll(seconds(60), std::span<const int>(ends, 1));
        QCOMPARE(turn.ready.size(), std::size_t(1));
        QCOMPARE(turn.ready[0], ends[0]);
        close(ends[0]);
        close(ends[1]);
    }

    void telemetry() {
        Context context;
        const LinkKeys keys = fresh_link_keys();
        const auto publisher = Publisher::make(context, keys).value();
        const Result<std::string> endpoint = publisher->bind("tcp://127.0.0.1:*");
        QVERIFY(endpoint);
        Node console(context, peer(principal(OperatorId(1))));
        Node stranger(context, peer(principal(OperatorId(2))));
        publisher->allow(console.keys.public_key);
        const Peer host = peer(principal(HostId(1)));
        for (Node* node : {&console, &stranger})
            QVERIFY(node->transport->subscribe(host, *endpoint, keys.public_key));
        QVERIFY(until({&console, &stranger}, [&] {
            publisher->publish(view_of("event"));
            return console.published.size() > 3 &&
                   stranger.transport->counters().failed_handshakes > 0;
        }));
        QVERIFY(console.published[0].from == host);
        QVERIFY(stranger.published.empty());
        QVERIFY(!publisher->publish(Bytes(kFrameBytesMax + 1)));
    }

    void world_refuses() {
        Context context;
        Node node(context, agreement_peer(1));
        QVERIFY(!node.transport->bind("tcp://1.2.3.4:1"));
        QVERIFY(!node.transport->bind("nonsense"));
        QVERIFY(!node.transport->dial(agreement_peer(2), "nonsense", node.keys.public_key));
        QVERIFY(!node.transport->subscribe(agreement_peer(2), "nonsense", node.keys.public_key));
        node.listen();
        Node second(context, agreement_peer(2));
        const Result<std::string> taken = second.transport->bind(node.endpoint);
        QVERIFY(!taken);
        QVERIFY(taken.error().text.find(node.endpoint) != std::string::npos);
    }
};

} // namespace zz::transport

QTEST_APPLESS_MAIN(zz::transport::LinksTest)
#include "links_test.moc"
