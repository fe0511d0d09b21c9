// SPDX-License-Identifier: GPL-3.0-or-later
// AlertBook: what needs somebody: alarms and warnings counted together where they are about one
// thing. What led to a conviction is one disagreement, not twenty warnings. Live it takes what came
// since the last time; elsewhere in time it is made anew. GUI thread.
#pragma once

#include <QString>
#include <map>
#include <set>
#include <vector>

#include "console/model/event_words.h"
#include "console/model/session.h"

namespace zz::console {

inline constexpr std::size_t kAlertsMax = 1000; // different ones; further ones are not kept

struct Alert {
    QString key; // of its acknowledgement: what, application, about whom
    Severity severity = Severity::Warning;
    QString text;
    QString application;
    std::int64_t first_ns = 0, last_ns = 0;
    int count = 0;
    QString acknowledged; // by whom and why; empty: open
};

// Of what had happened until then: what comes later is open again.
struct Acknowledgement {
    std::int64_t until_ns = 0; // Alert::last_ns
    QString words;             // by whom and why
};

class AlertBook {
  public:
    explicit AlertBook(const Session& session) : session_(session) {}

    void refresh();
    void reset();
    // Open ones first, the worst of them first, the newest of those. A conviction is one once f+1
    // agreement replicas have told of it.
    std::vector<Alert> alerts(const std::map<QString, Acknowledgement>& acknowledged) const;

  private:
    struct Key { // kind 0: a disagreement of the application
        std::uint32_t kind = 0, application = 0, role = 0, index = 0, incarnation = 0;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Entry {
        Severity severity = Severity::Warning;
        std::int64_t first_ns = 0, last_ns = 0;
        int count = 0;
        std::shared_ptr<const telemetry::Update> last;
        std::set<std::uint32_t> tellers; // agreement replicas
    };
    void take(const EventRecord& record);
    bool is_fact(const Key& key, const Entry& entry) const;

    const Session& session_;
    std::map<Key, Entry> entries_;
    std::uint64_t newest_ = 0; // serial number
    TimeMode mode_ = TimeMode::Live;
};

} // namespace zz::console
