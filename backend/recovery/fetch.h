// SPDX-License-Identifier: Apache-2.0
// Fetch: which tree nodes are wanted, from whom they are asked, and what came (ZZ-7.2, ZZ-7.3,
// ZZ-7.5). What a request waits for goes first; the background walk shares what is left within a
// bandwidth limit. A source that is late or sent bytes that nobody asked for is used last; every
// node is named by its hash, so no source is trusted. A plain value inside the execution core.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "protocol/base/instant.h"
#include "protocol/message/execution.h"

namespace zz::recovery {

inline constexpr std::size_t kHashesPerAsk = 128;
inline constexpr std::size_t kAsksPerSource = 2; // unanswered at a time
inline constexpr std::size_t kWantedMax =
    65'536; // background ones beyond it are left to the next walk
inline constexpr std::size_t kRecentMax = 32'768; // hashes that came: a second copy is no fault
inline constexpr Duration kSourceDeadline =
    milliseconds(100); // doubles with each miss, up to 16 times
// A source may cut an answer that has so many bytes; one that is shorter answers all it was asked.
inline constexpr std::size_t kCutAnswerBytes = 1u << 20;
// So many bytes of an answer may be what hangs below the nodes that were asked for, parents first:
// a leaf is then few rounds away. More is left.
inline constexpr std::size_t kBelowBytesMax = 32u << 10;
inline constexpr std::uint32_t kLateLeft = 2;      // misses after which a source is left alone
inline constexpr Duration kLatePause = seconds(5); // for so long, while there is a better one
inline constexpr Duration kUnavailablePause = milliseconds(500);

enum class Urgency : std::uint8_t { Background, Blocking };

struct Ask {
    PrincipalId to;
    message::NodeFetch fetch;
};

class Fetch {
  public:
    explicit Fetch(std::uint64_t background_bytes_per_second)
        : background_rate_(background_bytes_per_second) {}

    // Whom to ask: `last` only when none of `first` can serve. Asks to sources that are gone are
    // made again.
    void set_sources(const std::vector<PrincipalId>& first, const std::vector<PrincipalId>& last);
    void want(Urgency urgency, std::span<const Digest> hashes);
    void forget_all();

    // The nodes in it that are wanted, or hang below such a one. Other bytes count against their
    // sender.
    // So does an answer that is neither whole nor so long that it may be cut.
    std::vector<Blob> on_nodes(Instant now, const PrincipalId& from, const message::Nodes& nodes);
    // What to send now; also moves what is late to other sources.
    std::vector<Ask> asks(Instant now);
    // When asks() has something to do next.
    Instant wake_at(Instant now) const;

    // True once after every source said that it does not hold a wanted node: the checkpoint is gone
    // (R10).
    bool take_unavailable() { return std::exchange(unavailable_, false); }
    bool wants_blocking() const { return !blocking_.empty(); }
    std::size_t wanted() const { return wanted_.size(); }
    std::uint64_t nodes_fetched() const { return nodes_fetched_; }
    std::uint64_t bytes_fetched() const { return bytes_fetched_; }
    // Bad answers and missed deadlines of a source, for people (ZZ-6.10).
    std::uint64_t faults_of(const PrincipalId& source) const;

  private:
    struct Wanted {
        bool blocking = false;
        bool in_flight = false;
        std::set<PrincipalId> not_held_by;
    };
    struct Asked {
        std::set<Digest> hashes;
        Instant deadline;
    };
    struct Source {
        bool last_resort = false;
        std::uint32_t bad = 0;
        std::uint32_t late = 0; // recent; halves with each timely answer
        std::uint64_t faults = 0;
        Instant last_late{INT64_MIN / 2};
        std::deque<Asked> asked; // at most kAsksPerSource
    };

    struct Answered {
        std::set<Digest> hashes; // sent, or said not to be held
        std::size_t bytes = 0;
    };

    void requeue(const Digest& hash);
    void on_late(Instant now);
    void settle_answer(Instant now, const PrincipalId& from, const Answered& answer);
    bool sound(const Source& source, Instant now) const;
    std::vector<PrincipalId> ranked() const;
    // `refused_by`: only what all of these do not hold.
    message::NodeFetch pick(const PrincipalId& source, bool background,
                            const std::set<PrincipalId>& refused_by);
    void pick_from(std::deque<Digest>& queue, const PrincipalId& source,
                   const std::set<PrincipalId>& refused_by, message::NodeFetch& out);
    void remember(const Digest& hash);
    void refill(Instant now);

    std::map<PrincipalId, Source> sources_;
    std::map<Digest, Wanted> wanted_;
    std::deque<Digest> blocking_, background_; // wanted and not in flight, in the order to be asked
    std::set<Digest> recent_;
    std::deque<Digest> recent_order_;
    std::uint64_t background_rate_;
    double tokens_ = 0; // bytes the background may still ask for
    Instant refilled_{};
    bool refilled_once_ = false;
    bool unavailable_ = false;
    Instant paused_until_{INT64_MIN / 2};
    std::uint64_t nodes_fetched_ = 0, bytes_fetched_ = 0;
};

} // namespace zz::recovery
