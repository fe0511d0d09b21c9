// SPDX-License-Identifier: GPL-3.0-or-later
// Disputes: the fold over events that makes response matrices: for each batch about which columns
// were told, what every agreement replica holds, and the chain of what followed. Nothing of it
// comes from a drill's file (ZZ-10.3). A value in one thread; bounded.
#pragma once

#include <QString>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "console/core/event_log.h"
#include "protocol/cluster/cluster.h"
#include "protocol/matrix/verdict.h"

namespace zz::console {

inline constexpr std::size_t kDisputesMax = 512;       // the oldest goes
inline constexpr std::size_t kChainMax = 400;          // events of one dispute
inline constexpr std::size_t kEntriesMax = 64;         // of one column
inline constexpr std::int64_t kAftermathNs = 60 * kNs; // what belongs to a dispute comes within

struct DisputeKey {
    int application = 0;
    std::uint32_t vote = 1;
    std::uint64_t n = 0;
    friend auto operator<=>(const DisputeKey&, const DisputeKey&) = default;
};

struct Dispute {
    using Member = std::pair<std::uint32_t, std::uint32_t>; // slot, incarnation
    struct Column {
        std::map<Member, matrix::Entry> entries;
        std::int64_t wall_ns = 0;
        bool own = false; // told by the replica itself
        std::uint64_t revision = 0;
    };

    DisputeKey key;
    std::int64_t first_ns = 0; // of the first word about it
    std::uint64_t epoch = 0;
    std::map<std::uint32_t, Column> columns;                // by agreement replica
    std::set<Member> woken;                                 // rows that came after a wake-up
    std::map<std::string, std::set<std::uint32_t>> settled; // digest -> who settled on it
    std::map<Member, std::set<std::uint32_t>> convicted, accused, unsigned_by;
    std::set<std::uint32_t> removed_by; // agreement replicas that executed the next epoch
    // Once f+1 have told it; the wake-up, of which a controller tells, at once.
    std::optional<std::int64_t> settled_ns, convicted_ns, woken_ns, removed_ns;
    std::vector<std::shared_ptr<const telemetry::Update>> chain;

    std::vector<Member> rows() const;
    // Rows as in rows(); a column that was not told is pending.
    matrix::Matrix matrix(Faults faults) const;
    matrix::Verdict verdict(Faults faults) const;
    // As it stood before anybody woke: only rows of those that were active.
    matrix::Verdict first_verdict(Faults faults) const;
    bool is_settled(Faults faults) const;
};

Digest digest_of(const std::string& bytes);

class DisputeBook {
  public:
    explicit DisputeBook(const cluster::Cluster* cluster = nullptr) : cluster_(cluster) {}

    void take(const EventRecord& record);
    // Oldest first.
    const std::vector<Dispute>& all() const { return disputes_; }
    const Dispute* find(const DisputeKey& key) const;
    std::uint64_t version() const { return version_; } // grows with every change

  private:
    Dispute& open(const DisputeKey& key, std::int64_t wall_ns);
    Dispute* newest_of(int application, std::int64_t wall_ns);
    Dispute* concerned(const telemetry::Event& event);
    void fold(Dispute& dispute, const telemetry::Event& event);
    void fold_column(Dispute& dispute, const telemetry::Event& event);

    const cluster::Cluster* cluster_;
    std::vector<Dispute> disputes_;
    std::uint64_t version_ = 0;
};

} // namespace zz::console
