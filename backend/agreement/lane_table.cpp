// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/lane_table.h"

#include "protocol/base/check.h"
#include "protocol/message/lanes.h"

namespace zz::agreement {

LaneTable::LaneTable(const std::vector<ClientLanes>& clients) {
    for (const ClientLanes& c : clients)
        lanes_[c.client].resize(c.lanes);
}

std::optional<RequestNumber> LaneTable::last(ClientId client, LaneId lane) const {
    const auto found = lanes_.find(client);
    if (found == lanes_.end() || lane.value >= found->second.size())
        return std::nullopt;
    return found->second[lane.value];
}

bool LaneTable::executes(ClientId client, LaneId lane, RequestNumber number) const {
    const auto before = last(client, lane);
    return before && message::executes(*before, number);
}

void LaneTable::order(ClientId client, LaneId lane, RequestNumber number) {
    ZZ_CHECK(executes(client, lane, number), "client {} lane {} number {} does not follow",
             client.value, lane.value, number.value);
    lanes_[client][lane.value] = number;
}

std::size_t LaneTable::lanes_of(ClientId client) const {
    const auto found = lanes_.find(client);
    return found == lanes_.end() ? 0 : found->second.size();
}

std::vector<LaneEntry> LaneTable::entries() const {
    std::vector<LaneEntry> out;
    for (const auto& [client, numbers] : lanes_)
        for (std::uint32_t i = 0; i < numbers.size(); ++i)
            if (numbers[i] != RequestNumber())
                out.push_back({client, LaneId(i), numbers[i]});
    return out;
}

bool LaneTable::assign(const std::vector<LaneEntry>& entries) {
    for (const LaneEntry& e : entries)
        if (!last(e.client, e.lane))
            return false;
    for (auto& [client, numbers] : lanes_)
        numbers.assign(numbers.size(), RequestNumber());
    for (const LaneEntry& e : entries)
        lanes_[e.client][e.lane.value] = e.number;
    return true;
}

} // namespace zz::agreement
