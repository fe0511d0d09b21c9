// SPDX-License-Identifier: Apache-2.0
// FaultyHost: libvirt's test driver as a host with faults: calls that hang or fail before or after
// their effect, a connection that is cut. The host outlives its connections, as a real one does.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "hv/libvirt/domains.h"

namespace zz::hv {

class FaultyHost {
  public:
    // `uri` is opened once; every connection of `connect()` is another wrapper around it.
    explicit FaultyHost(const std::string& uri);
    ~FaultyHost();

    Connect connect();
    Domains& real() { return *real_; }

    // Calls of these names ("look", "suspend", ...) block until released.
    void hang(const std::string& call);
    void release();
    // The next call of this name fails with `text`; after its effect if `late`.
    void fail(const std::string& call, const std::string& text, bool late = false);
    // Every connection fails from now on, until one is opened after mend().
    void cut();
    void mend();
    void tell(const DomainChange& change);
    int calls(const std::string& call);
    int connections();

  private:
    friend class FaultyDomains;
    struct Rule {
        std::string text;
        bool late = false;
    };

    std::shared_ptr<Domains> real_;
    std::mutex mutex_;
    std::condition_variable released_;
    std::set<std::string> hanging_;
    std::map<std::string, Rule> rules_;
    std::map<std::string, int> calls_;
    std::vector<DomainChange> told_;
    bool cut_ = false;
    int generation_ = 0; // connections of an older one are dead
    int connections_ = 0;
};

} // namespace zz::hv
