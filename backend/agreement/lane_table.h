// SPDX-License-Identifier: Apache-2.0
// LaneTable: the last ordered number of every lane (ZZ-2.4): part of the agreement state, changed
// at commit only. Its size is fixed by the cluster file; nothing is evicted (K3).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "backend/agreement/options.h"

namespace zz::agreement {

struct LaneEntry {
    ClientId client;
    LaneId lane;
    RequestNumber number;
    ZZ_FIELDS(client, lane, number)
    friend bool operator==(const LaneEntry&, const LaneEntry&) = default;
};

class LaneTable {
  public:
    explicit LaneTable(const std::vector<ClientLanes>& clients);

    // Nothing for a lane that does not exist.
    std::optional<RequestNumber> last(ClientId client, LaneId lane) const;
    // Whether this request executes if it is ordered next (message/lanes.h).
    bool executes(ClientId client, LaneId lane, RequestNumber number) const;
    // Notes it as ordered. Precondition: executes(...).
    void order(ClientId client, LaneId lane, RequestNumber number);
    std::size_t lanes_of(ClientId client) const;

    // Every lane that was used, ascending.
    std::vector<LaneEntry> entries() const;
    // All lanes fresh but these. False (and nothing changed) if one does not exist.
    bool assign(const std::vector<LaneEntry>& entries);

    friend bool operator==(const LaneTable&, const LaneTable&) = default;

  private:
    std::map<ClientId, std::vector<RequestNumber>> lanes_;
};

} // namespace zz::agreement
