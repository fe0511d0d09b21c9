// SPDX-License-Identifier: Apache-2.0
#include "protocol/telemetry/fold_matrix.h"

#include <algorithm>

namespace zz::telemetry {
namespace {

constexpr std::uint32_t kMissing = 1, kValue = 2; // ColumnEntry::state

std::optional<Digest> digest_of(const std::string& bytes) {
    if (bytes.size() != Digest::size)
        return std::nullopt;
    Digest digest;
    std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
    return digest;
}

// Rows of a matrix: of each slot the newest incarnation that was told, at most 2f+1.
std::vector<Row> rows_of(const std::map<std::uint32_t, ToldColumn>& columns, Faults faults) {
    std::map<std::uint32_t, std::uint32_t> newest;
    for (const auto& [whose, column] : columns)
        for (const auto& [row, entry] : column.entries) {
            auto& incarnation = newest[row.slot];
            incarnation = std::max(incarnation, row.incarnation);
        }
    std::vector<Row> rows;
    for (const auto& [slot, incarnation] : newest)
        if (rows.size() < faults.execution_slots())
            rows.push_back({slot, incarnation});
    return rows;
}

} // namespace

std::optional<Judged> Dispute::judged(Faults faults) const {
    if (faults.f == 0)
        return std::nullopt;
    const std::vector<Row> rows = rows_of(columns, faults);
    Judged out{rows, matrix::Matrix(faults, rows.size()), {}, newest_ns};
    for (const auto& [whose, column] : columns) {
        if (whose < 1 || whose > out.matrix.columns())
            continue;
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (const auto entry = column.entries.find(rows[row]); entry != column.entries.end())
                out.matrix.set(row, whose - 1, entry->second);
    }
    out.verdict = matrix::judge(out.matrix);
    return out;
}

std::optional<Judged> Dispute::judged(Faults faults, const RequestKey& request) const {
    const auto told = requests.find(request);
    auto out = judged(faults);
    if (told == requests.end() || !out)
        return std::nullopt;
    for (std::size_t column = 0; column < out->matrix.columns(); ++column)
        for (std::size_t row = 0; row < out->rows.size(); ++row) {
            if (!out->matrix.at(row, column).is_value())
                continue;
            const auto by = told->second.find(static_cast<std::uint32_t>(column) + 1);
            const Digest* digest = nullptr;
            if (by != told->second.end())
                if (const auto it = by->second.find(out->rows[row]); it != by->second.end())
                    digest = &it->second;
            // A reply that was not told is no entry.
            out->matrix.set(row, column,
                            digest ? matrix::Entry::of(*digest) : matrix::Entry::pending());
        }
    out->verdict = matrix::judge(out->matrix);
    return out;
}

std::optional<Digest> Dispute::truth(std::uint32_t needed) const {
    for (const auto& [digest, by] : settled)
        if (by.size() >= needed)
            return digest;
    return std::nullopt;
}

bool DisputeFold::take(const SourceKey& source, const Event& event) {
    if (source.principal.role != Role::Agreement)
        return false;
    const std::uint32_t reporter = source.principal.index;
    switch (event.kind()) {
    case COLUMN_OF:
        on_column(at(event), reporter, event);
        return true;
    case REQUESTS_OF:
        on_requests(at(event), reporter, event);
        return true;
    case SETTLED_BY_EVIDENCE:
        // Of numbers that nobody disputed it says nothing.
        if (const auto digest = digest_of(event.digest()); digest && find(event.n(), event.vote()))
            return at(event).settled[*digest].insert(reporter).second;
        return false;
    default:
        return false;
    }
}

const Dispute* DisputeFold::find(std::uint64_t n, std::uint32_t vote) const {
    const auto it = std::find_if(disputes_.rbegin(), disputes_.rend(),
                                 [&](const auto& d) { return d.n == n && d.vote == vote; });
    return it == disputes_.rend() ? nullptr : &*it;
}

Dispute& DisputeFold::at(const Event& event) {
    for (auto it = disputes_.rbegin(); it != disputes_.rend(); ++it)
        if (it->n == event.n() && it->vote == event.vote()) {
            it->newest_ns = std::max(it->newest_ns, event.wall_ns());
            return *it;
        }
    Dispute fresh;
    fresh.n = event.n();
    fresh.vote = event.vote();
    fresh.first_ns = fresh.newest_ns = event.wall_ns();
    disputes_.push_back(std::move(fresh));
    if (disputes_.size() > kDisputesMax)
        disputes_.pop_front();
    return disputes_.back();
}

void DisputeFold::on_column(Dispute& dispute, std::uint32_t reporter, const Event& event) {
    const std::uint32_t whose = event.subject().index();
    if (whose < 1 || whose > faults_.agreement_replicas())
        return;
    dispute.epoch = std::max(dispute.epoch, event.epoch());
    ToldColumn& held = dispute.columns[whose];
    const bool own = reporter == whose, held_own = held.reporter == whose;
    // Its own word first; else the newest revision of the newest epoch, else the newest.
    const bool older =
        std::pair(event.epoch(), event.value()) < std::pair(held.epoch, held.revision);
    if (held.reporter != 0 && (held_own != own ? held_own : older))
        return;
    ToldColumn told;
    told.reporter = reporter;
    told.wall_ns = event.wall_ns();
    told.epoch = event.epoch();
    told.revision = event.value();
    for (const ColumnEntry& entry : event.columns()) {
        if (told.entries.size() >= kDisputeRowsMax)
            break;
        const auto digest = digest_of(entry.digest());
        told.entries[{entry.slot(), entry.incarnation()}] =
            entry.state() == kValue && digest ? matrix::Entry::of(*digest)
            : entry.state() == kMissing       ? matrix::Entry::missing()
                                              : matrix::Entry::pending();
    }
    held = std::move(told);
    if (dispute.blocking)
        return;
    if (auto judged = dispute.judged(faults_);
        judged && judged->verdict.kind == matrix::Kind::Blocking)
        dispute.blocking = std::move(judged);
}

void DisputeFold::on_requests(Dispute& dispute, std::uint32_t reporter, const Event& event) {
    for (const RequestOf& request : event.requests()) {
        const RequestKey key{request.client(), request.lane(), request.number()};
        if (dispute.requests.size() >= kDisputedRequestsMax && !dispute.requests.contains(key))
            return;
        auto& replies = dispute.requests[key][reporter];
        for (const ReplyOf& reply : request.replies())
            if (const auto digest = digest_of(reply.digest());
                digest && replies.size() < kDisputeRowsMax)
                replies[{reply.slot(), reply.incarnation()}] = *digest;
    }
}

} // namespace zz::telemetry
