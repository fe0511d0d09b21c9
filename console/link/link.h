// SPDX-License-Identifier: GPL-3.0-or-later
// Link: the console's connection to the hosts of a data center. A thread of its own owns all
// sockets: it subscribes to telemetry, asks for snapshots and for what is missing, signs and sends
// commands, records a session. The window's thread takes what arrived from the inbox in portions;
// no call of this class blocks but the destructor, which waits for the thread.
#pragma once

#include <memory>
#include <thread>

#include "console/link/inbox.h"
#include "console/link/profile.h"

namespace zz::console {

inline constexpr std::int64_t kReplyPatienceNs = 5 * kNs;

struct Recording {
    bool on = false;
    std::string path;
    std::string session;         // its id
    std::int64_t started_ns = 0; // wall clock
    std::uint64_t entries = 0, bytes = 0;
    std::string error; // why it ended; what was written stays readable
};

class Link {
  public:
    static Result<std::unique_ptr<Link>> open(Credentials credentials);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    const cluster::Cluster& cluster() const { return credentials_.cluster; }
    const cluster::Operator& self() const { return credentials_.self; }
    const Profile& profile() const { return credentials_.profile; }
    const Credentials& credentials() const { return credentials_; }
    bool may_change() const { return self().role == cluster::OperatorRole::Operator; }

    Inbox& inbox() { return inbox_; }
    // To these hosts, empty: to all. One Reply a host comes into the inbox, under this number.
    std::uint64_t ask(telemetry::CommandBody body, std::vector<std::uint32_t> hosts = {});
    // Asks all hosts for a snapshot now.
    void refetch();
    // A host that is not looked at any more, until it is enabled again.
    void enable(std::uint32_t host, bool yes);

    // From now on everything that arrives goes into this new file too. Empty: ends it.
    void record(const std::string& path);
    Recording recording() const;

  private:
    struct Worker;
    explicit Link(Credentials credentials);

    Credentials credentials_;
    Inbox inbox_;
    std::unique_ptr<Worker> worker_;
    std::thread thread_;
    std::uint64_t last_request_ = 0;
};

} // namespace zz::console
