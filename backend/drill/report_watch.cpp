// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/report_watch.h"

#include <algorithm>

namespace zz::drill {

void ReportWatch::received(const auth::Verified& m) {
    const auto* report = std::get_if<message::Report>(&m.message());
    if (!report || m.sender().role != Role::Execution)
        return;
    const ExecutionId id = execution_id(m.sender());
    Slot& slot = slots_[id.slot];
    if (id.incarnation < slot.incarnation)
        return;
    if (id.incarnation > slot.incarnation)
        slot = Slot{id.incarnation, {}};
    slot.reported.try_emplace(report->n, report->digest);
    if (slot.reported.size() > kWatchedNumbers)
        slot.reported.erase(slot.reported.begin());
}

void ReportWatch::sent(const std::vector<core::Send>& sends) {
    for (const core::Send& send : sends) {
        if (const auto* column = std::get_if<message::Column>(&send.message))
            epoch_ = std::max(epoch_, column->epoch);
        else if (const auto* config = std::get_if<message::Config>(&send.message))
            epoch_ = std::max(epoch_, config->epoch);
    }
}

std::optional<SequenceNumber> ReportWatch::newest(std::uint32_t count) const {
    std::map<SequenceNumber, std::uint32_t> reporters;
    for (const auto& [id, slot] : slots_) {
        for (const auto& [n, digest] : slot.reported)
            ++reporters[n];
    }
    for (auto at = reporters.rbegin(); at != reporters.rend(); ++at) {
        if (at->second >= count)
            return at->first;
    }
    return std::nullopt;
}

std::vector<message::ColumnEntry> ReportWatch::entries(SequenceNumber n) const {
    std::vector<message::ColumnEntry> out;
    for (const auto& [id, slot] : slots_) {
        const auto reported = slot.reported.find(n);
        if (reported != slot.reported.end())
            out.push_back({id, slot.incarnation, message::EntryState::Value, reported->second});
    }
    return out;
}

} // namespace zz::drill
