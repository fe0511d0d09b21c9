// SPDX-License-Identifier: Apache-2.0
// Bad peers: garbage, unknown keys, wrong keys, oversized and malformed messages, claimed
// identities (A18), stopped processes. Each is counted or ignored, and the good ones are served all
// the while.
#include <QTest>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.hpp>

#include "protocol/transport/frames.h"
#include "tests/unit/transport/transport_support.h"

namespace zz::transport {

namespace {

// A plain TCP connection to "tcp://127.0.0.1:PORT".
int raw_connect(const std::string& endpoint) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
        qFatal("cannot connect");
    return fd;
}

// A peer that speaks ZeroMQ by itself, so that it can do what a Transport never would.
struct RawPeer {
    RawPeer(const Node& server, const LinkKeys& keys, const std::string& routing_id = "")
        : socket(context, zmq::socket_type::dealer) {
        const auto bytes = [](ByteView v) { return zmq::buffer(v.data(), v.size()); };
        socket.set(zmq::sockopt::linger, 0);
        socket.set(zmq::sockopt::curve_publickey, bytes(keys.public_key.view()));
        socket.set(zmq::sockopt::curve_secretkey, bytes(keys.private_key.view()));
        socket.set(zmq::sockopt::curve_serverkey, bytes(server.keys.public_key.view()));
        if (!routing_id.empty())
            socket.set(zmq::sockopt::routing_id, routing_id);
        socket.connect(server.endpoint);
    }
    void send(const Bytes& bytes) {
        socket.send(zmq::buffer(bytes.data(), bytes.size()), zmq::send_flags::dontwait);
    }
    zmq::context_t context{1};
    zmq::socket_t socket;
};

Bytes greeting(std::uint64_t session) {
    Bytes out{kMessageVersion};
    append_hello(out, EntryType::Hello, session);
    return out;
}

Bytes one_frame(std::string_view text) {
    Bytes out{kMessageVersion};
    append_entry(out, EntryType::Frame, view_of(text));
    return out;
}

} // namespace

class HostileTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // First, while this process has no other threads: a stopped process keeps its link, costs the
    // others nothing, loses the oldest frames only, and gets the newest when it goes on.
    void stopped_process() {
        const LinkKeys server_keys = fresh_link_keys();
        const LinkKeys sleeper_keys = fresh_link_keys();
        int up[2];
        int down[2];
        QCOMPARE(pipe(up), 0);
        QCOMPARE(pipe(down), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(up[1]);
            run_sleeper(server_keys, sleeper_keys, up[0], down[1]);
        }
        close(up[0]);
        close(down[1]);
        Context context;
        Node server(context, agreement_peer(1));
        server.transport = Transport::make(context, server_keys).value();
        server.keys = server_keys;
        server.listen();
        const Peer sleeper = execution_peer(3, 0);
        server.transport->allow(sleeper_keys.public_key, sleeper);
        Node good(context, execution_peer(1, 0));
        good.dial(server);
        const std::string endpoint = server.endpoint + "\n";
        QCOMPARE(write(up[1], endpoint.data(), endpoint.size()), ssize_t(endpoint.size()));
        QVERIFY(until({&server, &good}, [&] {
            return server.transport->reachable(sleeper) && server.transport->reachable(good.name);
        }));
        QCOMPARE(kill(child, SIGSTOP), 0);
        const Bytes body(4096, 'x');
        std::size_t sent = 0;
        bool kept = true;
        // Far more than the queue and all buffers on the way hold.
        QVERIFY(until({&server, &good}, [&] {
            for (int i = 0; i < 200; ++i)
                kept = server.transport->send(sleeper, Blob(body)) && kept;
            server.transport->send(good.name, Blob(bytes_of("x")));
            ++sent;
            return server.transport->counters().dropped_full > 1000;
        }));
        QVERIFY(until({&server, &good}, [&] { return good.frames.size() == sent; }));
        QVERIFY2(kept, "the link was lost");
        QVERIFY(server.transport->queued(sleeper) <= kQueueFramesMax);
        server.transport->send(sleeper, Blob(bytes_of("last")));
        QCOMPARE(kill(child, SIGCONT), 0);
        char answer = 0;
        const int from_child[] = {down[0]};
        bool told = false;
        QVERIFY(until({&good}, [&] {
            told = !server.transport->poll(milliseconds(1), from_child).ready.empty();
            return told;
        }));
        QCOMPARE(read(down[0], &answer, 1), ssize_t(1));
        QCOMPARE(answer, 'L'); // it got the newest frame
        int status = -1;
        QCOMPARE(waitpid(child, &status, 0), child);
        close(up[1]);
        close(down[0]);
    }

    // Bytes that are no handshake, half handshakes, silence: good peers do not notice (K9).
    void garbage_on_the_port() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, agreement_peer(2));
        server.listen();
        std::mt19937 random(7);
        std::vector<int> open;
        for (int i = 0; i < 60; ++i) {
            const int fd = raw_connect(server.endpoint);
            Bytes bytes(random() % 300);
            for (std::uint8_t& b : bytes)
                b = static_cast<std::uint8_t>(random());
            if (i % 3 == 1 && bytes.size() > 64) { // a right ZMTP greeting, then garbage
                static constexpr std::string_view kGreeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01"
                                                            "CURVE",
                                                            17);
                std::fill(bytes.begin(), bytes.begin() + 64, std::uint8_t{0});
                std::copy(kGreeting.begin(), kGreeting.end(), bytes.begin());
            }
            if (!bytes.empty())
                QCOMPARE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                         ssize_t(bytes.size()));
            if (i % 2 == 0)
                close(fd);
            else
                open.push_back(fd); // and says no more
        }
        client.dial(server);
        client.transport->send(server.name, Blob(bytes_of("good")));
        QVERIFY(until({&server, &client}, [&] { return server.frames.size() == 1; }));
        QVERIFY(
            until({&server}, [&] { return server.transport->counters().failed_handshakes > 0; }));
        for (const int fd : open)
            close(fd);
    }

    // O1: a key that is not on the list is refused, and let in as soon as it is put there.
    void unknown_key_then_allowed() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, execution_peer(1, 1));
        server.listen();
        QVERIFY(client.transport->dial(server.name, server.endpoint, server.keys.public_key));
        client.transport->send(server.name, Blob(bytes_of("x")));
        QVERIFY(until({&server, &client}, [&] { return server.transport->counters().denied > 0; }));
        QVERIFY(server.frames.empty());
        QVERIFY(!client.transport->reachable(server.name));
        server.transport->allow(client.keys.public_key, client.name);
        QVERIFY(until({&server, &client}, [&] { return server.frames.size() == 1; }));
    }

    // ZZ-2.1: a removed incarnation is heard no more over the link it still has, and gets nothing.
    void revoked_key() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, execution_peer(1, 0));
        server.listen();
        client.dial(server);
        QVERIFY(
            until({&server, &client}, [&] { return client.saw(server.name, PeerChange::Seen); }));
        server.transport->revoke(client.keys.public_key);
        QVERIFY(!server.transport->send(client.name, Blob(bytes_of("x"))));
        client.transport->send(server.name, Blob(bytes_of("x")));
        QVERIFY(until({&server, &client},
                      [&] { return server.transport->counters().rejected_key > 0; }));
        QVERIFY(server.frames.empty());
        QVERIFY(server.saw(client.name, PeerChange::Lost));
    }

    // Telling a key again, as a controller does at each heartbeat, costs nobody its link.
    void allowed_again() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, execution_peer(1, 1));
        server.listen();
        client.dial(server);
        QVERIFY(
            until({&server, &client}, [&] { return client.saw(server.name, PeerChange::Seen); }));
        server.transport->allow(client.keys.public_key, client.name);
        QVERIFY(server.transport->reachable(client.name));
        QVERIFY(server.transport->send(client.name, Blob(bytes_of("x"))));
        QVERIFY(until({&server, &client}, [&] { return client.frames.size() == 1; }));
    }

    // Two programs of one operator hold one key: each gets the answer to its own question.
    void answers_go_where_the_question_came_from() {
        Context context;
        Node server(context, agreement_peer(1));
        Node one(context, execution_peer(1, 0));
        Node two(context, execution_peer(1, 0));
        two.keys = one.keys;
        auto again = Transport::make(context, two.keys);
        QVERIFY(bool(again));
        two.transport = std::move(again).value();
        server.listen();
        one.dial(server);
        two.dial(server);
        const auto both_see = [&] {
            return one.saw(server.name, PeerChange::Seen) && two.saw(server.name, PeerChange::Seen);
        };
        QVERIFY(until({&server, &one, &two}, both_see));
        one.transport->send(server.name, Blob(bytes_of("one")));
        two.transport->send(server.name, Blob(bytes_of("two")));
        QVERIFY(until({&server, &one, &two}, [&] { return server.frames.size() == 2; }));
        for (const Received& question : server.frames)
            QVERIFY(server.transport->answer(question, question.frame));
        QVERIFY(until({&server, &one, &two},
                      [&] { return one.frames.size() == 1 && two.frames.size() == 1; }));
        QVERIFY(one.frames[0].frame == Blob(bytes_of("one")));
        QVERIFY(two.frames[0].frame == Blob(bytes_of("two")));
        server.transport->revoke(one.keys.public_key);
        QVERIFY(!server.transport->answer(server.frames[0], Blob(bytes_of("x"))));
    }

    // A dialled port where somebody else listens: no frame goes there.
    void wrong_server_key() {
        Context context;
        Node impostor(context, agreement_peer(1));
        Node client(context, agreement_peer(2));
        impostor.listen();
        impostor.transport->allow(client.keys.public_key, client.name);
        QVERIFY(client.transport->dial(agreement_peer(1), impostor.endpoint,
                                       fresh_link_keys().public_key));
        client.transport->send(agreement_peer(1), Blob(bytes_of("secret")));
        QVERIFY(until({&impostor, &client},
                      [&] { return impostor.transport->counters().failed_handshakes > 1; }));
        QVERIFY(impostor.frames.empty());
        QVERIFY(!client.transport->reachable(agreement_peer(1)));
        QCOMPARE(client.transport->queued(agreement_peer(1)), std::size_t(1));
    }

    // A18: whatever routing id and session a peer claims, it is who its key says, and others keep
    // their link.
    void claimed_identity() {
        Context context;
        Node server(context, agreement_peer(1));
        Node victim(context, agreement_peer(2));
        server.listen();
        victim.dial(server);
        QVERIFY(
            until({&server, &victim}, [&] { return victim.saw(server.name, PeerChange::Seen); }));
        const std::uint64_t session = server.events.back().session;
        const LinkKeys keys = fresh_link_keys();
        server.transport->allow(keys.public_key, agreement_peer(3));
        RawPeer spoofer(server, keys, "0/A2");
        spoofer.send(greeting(session));
        spoofer.send(one_frame("I am A2"));
        QVERIFY(until({&server, &victim}, [&] { return !server.frames.empty(); }));
        QVERIFY(server.frames[0].from == agreement_peer(3));
        server.transport->send(agreement_peer(2), Blob(bytes_of("for A2")));
        QVERIFY(until({&server, &victim}, [&] { return !victim.frames.empty(); }));
        QCOMPARE(std::string(text_of(victim.frames[0].frame.view())), std::string("for A2"));
    }

    // Malformed messages of an admitted peer are counted; its good ones and others' go on.
    void malformed_messages() {
        Context context;
        Node server(context, agreement_peer(1));
        server.listen();
        const LinkKeys keys = fresh_link_keys();
        server.transport->allow(keys.public_key, agreement_peer(2));
        RawPeer bad(server, keys);
        bad.send({});
        bad.send({9, 9, 9});
        Bytes answer{kMessageVersion}; // an answer nobody asked for
        append_hello(answer, EntryType::HelloAnswer, 1);
        bad.send(answer);
        bad.socket.send(zmq::message_t(1), zmq::send_flags::sndmore);
        bad.socket.send(zmq::message_t(1), zmq::send_flags::sndmore);
        bad.socket.send(zmq::message_t(1), zmq::send_flags::none);
        bad.send(one_frame("good"));
        QVERIFY(until({&server}, [&] { return !server.frames.empty(); }));
        QCOMPARE(server.transport->counters().rejected_malformed, std::uint64_t(4));
        QCOMPARE(server.frames.size(), std::size_t(1));
        QVERIFY(!server.transport->reachable(agreement_peer(2))); // it never greeted
        for (std::uint64_t i = 1; i < 100; ++i)
            bad.send(greeting(i)); // greets without end
        bad.send(one_frame("done"));
        std::size_t seen = 0;
        bool one_a_turn = true;
        QVERIFY(until({&server}, [&] {
            one_a_turn = one_a_turn && server.events.size() <= seen + 1;
            seen = server.events.size();
            return server.frames.size() == 2;
        }));
        QVERIFY(one_a_turn);
    }

    // A message beyond every bound ends that connection, not the service.
    void oversized_message() {
        Context context;
        Node server(context, agreement_peer(1));
        Node client(context, agreement_peer(3));
        server.listen();
        const LinkKeys keys = fresh_link_keys();
        server.transport->allow(keys.public_key, agreement_peer(2));
        RawPeer bad(server, keys);
        bad.send(one_frame("before"));
        QVERIFY(until({&server}, [&] { return server.frames.size() == 1; }));
        bad.send(Bytes(kWireBytesMax + 1));
        client.dial(server);
        client.transport->send(server.name, Blob(bytes_of("good")));
        QVERIFY(until({&server, &client}, [&] { return server.frames.size() == 2; }));
        QVERIFY(server.frames[1].from == client.name);
        bad.send(one_frame("after")); // it may come back and be good
        QVERIFY(until({&server, &client}, [&] { return server.frames.size() == 3; }));
    }

  private:
    // The process that is stopped: reads frames until the last one.
    [[noreturn]] static void run_sleeper(const LinkKeys& server, const LinkKeys& own, int from,
                                         int to) {
        std::string endpoint;
        char c = 0;
        while (read(from, &c, 1) == 1 && c != '\n')
            endpoint += c;
        if (endpoint.empty())
            _exit(1);
        Context context;
        const auto transport = Transport::make(context, own).value();
        if (!transport->dial(agreement_peer(1), endpoint, server.public_key))
            _exit(1);
        for (;;) {
            const int fds[] = {from};
            const Turn turn = transport->poll(seconds(1), fds);
            for (const Received& r : turn.frames) {
                if (text_of(r.frame.view()) == "last") {
                    [[maybe_unused]] const ssize_t told = write(to, "L", 1);
                    _exit(0);
                }
            }
            if (!turn.ready.empty())
                _exit(1); // the test is gone
        }
    }
};

} // namespace zz::transport

QTEST_APPLESS_MAIN(zz::transport::HostileTest)
#include "hostile_test.moc"
