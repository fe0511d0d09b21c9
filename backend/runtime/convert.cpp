// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/convert.h"

#include <algorithm>

#include "protocol/telemetry/version.h"

namespace zz::runtime {
namespace {

std::string raw(ByteView bytes) {
    return std::string(text_of(bytes));
}

// Length of the UTF-8 sequence that starts at `s`, 0 if it is none.
std::size_t sequence(std::string_view s) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned char c = at(0);
    if (c < 0x80)
        return 1;
    const std::size_t n = c >= 0xf0 && c < 0xf5   ? 4
                          : c >= 0xe0 && c < 0xf0 ? 3
                          : c >= 0xc2 && c < 0xe0 ? 2
                                                  : 0;
    if (n == 0 || s.size() < n)
        return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((at(i) & 0xc0) != 0x80)
            return 0;
    const bool overlong = (c == 0xe0 && at(1) < 0xa0) || (c == 0xf0 && at(1) < 0x90);
    const bool surrogate = (c == 0xed && at(1) > 0x9f) || (c == 0xf4 && at(1) > 0x8f);
    return overlong || surrogate ? 0 : n;
}

void slot_facts(const ExecutionId& id, telemetry::SlotFacts& to) {
    to.set_slot(id.slot.value);
    to.set_incarnation(id.incarnation.value);
}

void member_facts(const message::SlotEntry& entry, telemetry::SlotFacts& to) {
    slot_facts({entry.slot, entry.incarnation}, to);
    to.set_state(static_cast<std::uint32_t>(entry.state));
}

void replies_of(const core::RepliesOf& from, telemetry::RequestOf& to) {
    to.set_client(from.client.value);
    to.set_lane(from.lane.value);
    to.set_number(from.number.value);
    for (const auto& [id, digest] : from.replies) {
        if (static_cast<std::size_t>(to.replies_size()) >= telemetry::kColumnsMax)
            break;
        auto& reply = *to.add_replies();
        reply.set_slot(id.slot.value);
        reply.set_incarnation(id.incarnation.value);
        reply.set_digest(raw(digest.view()));
    }
}

} // namespace

std::string safe_text(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t n = sequence(text);
        if (out.size() + std::max<std::size_t>(n, 1) > telemetry::kTextBytesMax)
            break;
        if (n == 0)
            out += '?';
        else
            out.append(text.substr(0, n));
        text.remove_prefix(std::max<std::size_t>(n, 1));
    }
    return out;
}

void to_proto(const PrincipalId& from, telemetry::Principal& to) {
    to.set_role(static_cast<std::uint32_t>(from.role));
    to.set_index(from.index);
    to.set_incarnation(from.incarnation);
}

PrincipalId from_proto(const telemetry::Principal& from) {
    return {static_cast<Role>(from.role()), from.index(), from.incarnation()};
}

void to_proto(const core::Notice& from, telemetry::Event& to) {
    to.set_kind(static_cast<telemetry::EventKind>(from.kind));
    to.set_n(from.n.value);
    to.set_vote(static_cast<std::uint32_t>(from.vote));
    to.set_epoch(from.epoch.value);
    if (from.subject.index != 0)
        to_proto(from.subject, *to.mutable_subject());
    if (from.digest != Digest{})
        to.set_digest(raw(from.digest.view()));
    to.set_value(from.value);
    to.set_text(safe_text(from.text));
    for (const auto& entry : from.columns) {
        if (static_cast<std::size_t>(to.columns_size()) >= telemetry::kColumnsMax)
            break;
        auto& column = *to.add_columns();
        column.set_slot(entry.slot.value);
        column.set_incarnation(entry.incarnation.value);
        column.set_state(static_cast<std::uint32_t>(entry.state));
        if (entry.state == message::EntryState::Value)
            column.set_digest(raw(entry.digest.view()));
    }
    for (const auto& member : from.members)
        if (static_cast<std::size_t>(to.members_size()) < telemetry::kMembersMax)
            member_facts(member, *to.add_members());
    for (const auto& request : from.requests)
        if (static_cast<std::size_t>(to.requests_size()) < telemetry::kRequestsMax)
            replies_of(request, *to.add_requests());
    for (const auto& frame : from.frames)
        if (static_cast<std::size_t>(to.frames_size()) < telemetry::kFramesMax)
            to.add_frames(raw(frame.view()));
}

void to_proto(const core::AgreementFacts& from, telemetry::AgreementFacts& to) {
    to.set_view(from.view.value);
    to.set_view_active(from.view_active);
    to.set_mute(from.mute);
    to.set_configuration(from.configuration.number.value);
    to.set_epoch(from.configuration.epoch.value);
    to.set_generation(from.configuration.generation.value);
    for (const auto& slot : from.configuration.members)
        member_facts(slot, *to.add_slots());
    to.set_committed(from.committed.value);
    to.set_settled(from.settled.value);
    to.set_stable(from.stable.value);
    for (const auto& id : from.awake)
        slot_facts(id, *to.add_awake());
    for (const auto& id : from.complete)
        slot_facts(id, *to.add_complete());
    for (const auto& id : from.unresponsive)
        slot_facts(id, *to.add_unresponsive());
    for (const auto& conviction : from.convictions) {
        auto& out = *to.add_convictions();
        out.set_slot(conviction.id.slot.value);
        out.set_incarnation(conviction.id.incarnation.value);
        out.set_n(conviction.n.value);
        out.set_proof(safe_text(conviction.proof));
    }
    to.set_requests(from.requests);
    to.set_wakeups(from.wakeups);
    to.set_removals(from.removals);
    to.set_nonblocking(from.nonblocking);
    to.set_blocking(from.blocking);
    to.set_view_changes(from.view_changes);
    to.set_evidence_rounds(from.evidence_rounds);
    for (const auto& [subject, count] : from.suspicion) {
        auto& out = *to.add_suspicion();
        to_proto(subject, *out.mutable_subject());
        out.set_count(count);
    }
    for (const auto& change : from.history) {
        auto& out = *to.add_history();
        out.set_number(change.config.number.value);
        out.set_epoch(change.config.epoch.value);
        out.set_n(change.n.value);
        out.set_time_ns(change.time.value);
        for (const auto& member : change.config.members)
            member_facts(member, *out.add_members());
    }
}

void to_proto(const core::ExecutionFacts& from, telemetry::ExecutionFacts& to) {
    to.set_slot(from.id.slot.value);
    to.set_incarnation(from.id.incarnation.value);
    to.set_configuration(from.configuration.value);
    to.set_epoch(from.epoch.value);
    to.set_executed(from.executed.value);
    to.set_stable(from.stable.value);
    to.set_recovering(from.recovering);
    to.set_complete(from.complete);
    to.set_nodes_fetched(from.nodes_fetched);
    to.set_bytes_fetched(from.bytes_fetched);
}

} // namespace zz::runtime
