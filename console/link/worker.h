// SPDX-License-Identifier: GPL-3.0-or-later
// The thread of a Link: see there. `orders` is the one thing that two threads touch.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "console/link/host_stream.h"
#include "console/link/link.h"
#include "protocol/crypto/ed25519.h"
#include "protocol/telemetry/session_file.h"
#include "protocol/transport/transport.h"

namespace zz::console {

struct Link::Worker {
    Worker(const Credentials& with, Inbox& to);
    Status start(); // dials and subscribes; before the thread runs
    void run();
    void order(std::function<void(Worker&)> what); // any thread
    void stop();                                   // any thread

    // The rest is of the thread.
    struct Waiting { // for the answer of one host
        std::uint64_t request = 0;
        std::uint32_t host = 0;
        std::int64_t until_ns = 0;
        std::uint64_t nonce = 0; // 0: not sent yet
        telemetry::CommandBody body;
        bool own = false; // asked by the worker for its stream
    };
    struct HostEntry {
        explicit HostEntry(std::uint32_t id) : stream(id) {}
        HostStream stream;
        bool enabled = true;
    };
    void connect(const cluster::Host& host);
    void ask(std::uint64_t request, telemetry::CommandBody body,
             const std::vector<std::uint32_t>& hosts, bool own);
    void enable(std::uint32_t host, bool yes);
    void begin_recording(const std::string& path);
    void tick(std::int64_t now_ns);
    void send(Waiting& waiting, std::int64_t now_ns);
    void take_published(std::int64_t now_ns, const transport::Received& received);
    void take_answer(std::int64_t now_ns, const transport::Received& received);
    void put(std::vector<Arrival> arrivals);
    void record(const Arrival& arrival);

    const Credentials& credentials;
    Inbox& inbox;
    const telemetry::ClusterFacts cluster_facts;
    crypto::SigningKeyPair signing;
    transport::Context context;
    std::unique_ptr<transport::Transport> transport;
    transport::Waker waker;
    std::map<std::uint32_t, HostEntry> hosts;
    std::vector<Waiting> waiting; // at most kWaitingMax
    std::uint64_t last_nonce = 0;
    std::optional<telemetry::SessionWriter> writer;
    std::int64_t flushed_ns = 0, newest_ns = 0;

    mutable std::mutex mutex; // of what follows
    std::vector<std::function<void(Worker&)>> orders;
    bool stopping = false;
    Recording recording;
};

} // namespace zz::console
