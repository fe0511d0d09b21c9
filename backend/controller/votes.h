// SPDX-License-Identifier: Apache-2.0
// Votes: signed DEMANDs, NOSIGNs or COLUMNs of one epoch by what they are about, bounded for each
// sender. Plain values inside the controller core.
#pragma once

#include <deque>
#include <map>

#include "backend/controller/bounds.h"
#include "protocol/message/fields.h"

namespace zz::controller {

template <class Key, class T> class Votes {
  public:
    using Group = std::map<AgreementId, message::Embedded<T>>;

    // Keeps the vote, in place of an older one of the same sender about the same thing; drops the
    // sender's oldest vote when it has too many. Gives the votes about that thing.
    const Group& add(const Key& key, AgreementId sender, const message::Embedded<T>& vote) {
        Group& group = groups_[key];
        if (group.insert_or_assign(sender, vote).second) {
            std::deque<Key>& order = order_[sender];
            order.push_back(key);
            if (order.size() > kVotesPerSender) {
                const Key oldest = order.front();
                order.pop_front();
                remove(oldest, sender);
            }
        }
        return groups_[key];
    }
    const Group* find(const Key& key) const {
        const auto at = groups_.find(key);
        return at == groups_.end() ? nullptr : &at->second;
    }
    void clear() {
        groups_.clear();
        order_.clear();
    }
    // All votes held.
    std::size_t size() const {
        std::size_t size = 0;
        for (const auto& [key, group] : groups_)
            size += group.size();
        return size;
    }

  private:
    void remove(const Key& key, AgreementId sender) {
        const auto at = groups_.find(key);
        if (at == groups_.end())
            return;
        at->second.erase(sender);
        if (at->second.empty())
            groups_.erase(at);
    }

    std::map<Key, Group> groups_;
    std::map<AgreementId, std::deque<Key>> order_; // oldest first
};

} // namespace zz::controller
