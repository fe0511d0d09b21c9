// SPDX-License-Identifier: Apache-2.0
// Shares: who takes how much of a bound that many share, so that whoever takes most gives way
// first. A plain value.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace zz::services {

template <class Key> class Shares {
  public:
    // Nothing is left of a key with 0 bytes.
    void set(const Key& key, std::size_t bytes) {
        const auto it = of_.find(key);
        if (it != of_.end()) {
            by_size_.erase({it->second, key});
            total_ -= it->second;
            of_.erase(it);
        }
        if (bytes == 0)
            return;
        of_.emplace(key, bytes);
        by_size_.emplace(bytes, key);
        total_ += bytes;
    }
    std::size_t of(const Key& key) const {
        const auto it = of_.find(key);
        return it == of_.end() ? 0 : it->second;
    }
    std::size_t total() const { return total_; }
    std::size_t count() const { return of_.size(); }
    // Precondition: total() > 0.
    const Key& largest() const { return by_size_.rbegin()->second; }

  private:
    std::map<Key, std::size_t> of_;
    std::set<std::pair<std::size_t, Key>> by_size_;
    std::size_t total_ = 0;
};

} // namespace zz::services
