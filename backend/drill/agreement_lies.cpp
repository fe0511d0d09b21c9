// SPDX-License-Identifier: Apache-2.0
// lie-reports, flood-demands, false-accuse: of agreement replicas.
#include <algorithm>
#include <deque>

#include "backend/drill/lies.h"
#include "backend/drill/parts.h"
#include "backend/drill/report_watch.h"

namespace zz::drill {
namespace {

// A behaviour that sends something false of its own at each interval.
class Periodic : public Behaviour {
  public:
    Periodic(const Order& order, const Surroundings& here)
        : order_(order), peers_(here.other_agreement()),
          peers_and_controllers_(here.other_agreement_and_controllers()),
          enough_(here.identity.faults.weak_quorum()), watch_(order.epoch) {}

    bool admits(Instant, const auth::Verified& m) override {
        watch_.received(m);
        return true;
    }
    void pass(Instant now, std::vector<core::Send>& sends) override {
        watch_.sent(sends);
        change(sends);
        if (now < due_)
            return;
        due_ = now + order_.interval;
        const std::optional<SequenceNumber> n = watch_.newest(enough_);
        if (n && *n >= order_.from_n)
            add(*n, sends);
    }
    Instant wake_at() const override { return due_; }

  protected:
    virtual void change(std::vector<core::Send>&) {}
    // n: the newest number that f+1 execution replicas reported.
    virtual void add(SequenceNumber n, std::vector<core::Send>& sends) = 0;

    void send(std::vector<core::Send>& sends, const std::vector<PrincipalId>& to,
              message::Message m) const {
        sends.push_back({to, std::move(m), Blob(), RecordIndex(0)});
    }

    Order order_;
    std::vector<PrincipalId> peers_, peers_and_controllers_;
    std::uint32_t enough_;
    ReportWatch watch_;

  private:
    Instant due_;
};

// Every entry and every MATCH is a digest that nobody reported. Since a correct replica sends no
// COLUMN at rest, it also sends some unasked.
class LieReports final : public Periodic {
  public:
    using Periodic::Periodic;

  private:
    void change(std::vector<core::Send>& sends) override {
        for (core::Send& send : sends) {
            if (auto* column = std::get_if<message::Column>(&send.message);
                column && column->n >= order_.from_n) {
                falsify(column->entries);
                // Those that were sent unasked came first: this one is newer.
                ++column->revision;
                send.frame = Blob();
            } else if (auto* match = std::get_if<message::Match>(&send.message);
                       match && match->n >= order_.from_n) {
                match->digest = wrong_digest(match->digest, order_.wrong);
                send.frame = Blob();
            }
        }
    }

    void add(SequenceNumber n, std::vector<core::Send>& sends) override {
        if (told_ && n <= *told_)
            return;
        told_ = n;
        message::Column column{watch_.epoch(), VoteKind::Reply, n, 1, watch_.entries(n)};
        falsify(column.entries);
        send(sends, peers_and_controllers_, std::move(column));
    }

    // A missing entry is claimed like the first that is not.
    void falsify(std::vector<message::ColumnEntry>& entries) const {
        const auto is_value = [](const message::ColumnEntry& entry) {
            return entry.state == message::EntryState::Value;
        };
        const auto first = std::find_if(entries.begin(), entries.end(), is_value);
        if (first == entries.end())
            return;
        const Digest base = first->digest;
        for (message::ColumnEntry& entry : entries) {
            entry.digest = wrong_digest(is_value(entry) ? entry.digest : base, order_.wrong);
            entry.state = message::EntryState::Value;
        }
    }

    std::optional<SequenceNumber> told_;
};

// NOSIGN for every execution replica, and DEMAND over two signed reports that are not unequal (C1).
class FloodDemands final : public Periodic {
  public:
    using Periodic::Periodic;

    bool admits(Instant now, const auth::Verified& m) override {
        if (const auto* report = std::get_if<message::SignedReport>(&m.message());
            report && m.sender().role == Role::Execution) {
            held_.push_back(m.embedded<message::SignedReport>());
            if (held_.size() > 2)
                held_.pop_front();
        }
        return Periodic::admits(now, m);
    }

  private:
    void add(SequenceNumber n, std::vector<core::Send>& sends) override {
        for (const message::ColumnEntry& entry : watch_.entries(n))
            send(
                sends, peers_and_controllers_,
                message::NoSign{watch_.epoch(), VoteKind::Reply, n, entry.slot, entry.incarnation});
        if (held_.size() == 2)
            send(sends, peers_and_controllers_,
                 message::Demand{watch_.epoch(), held_.back().value.vote, held_.back().value.n,
                                 held_.front(), held_.back()});
    }

    std::deque<message::Embedded<message::SignedReport>> held_; // the last two
};

class FalseAccuse final : public Periodic {
  public:
    using Periodic::Periodic;

  private:
    void add(SequenceNumber n, std::vector<core::Send>& sends) override {
        for (const message::ColumnEntry& entry : watch_.entries(n))
            send(sends, peers_, message::Accuse{VoteKind::Reply, n, entry.slot, entry.incarnation});
    }
};

} // namespace

Made make_lie_reports(const Order& order, const Surroundings& here) {
    return std::make_unique<LieReports>(order, here);
}
Made make_flood_demands(const Order& order, const Surroundings& here) {
    return std::make_unique<FloodDemands>(order, here);
}
Made make_false_accuse(const Order& order, const Surroundings& here) {
    return std::make_unique<FalseAccuse>(order, here);
}

} // namespace zz::drill
