// SPDX-License-Identifier: Apache-2.0
#include "protocol/proof/wake_up.h"

#include <algorithm>

#include "protocol/auth/certificates.h"

namespace zz::proof {
namespace {

matrix::Entry entry_of(const message::ColumnEntry& entry) {
    switch (entry.state) {
    case message::EntryState::Missing:
        return matrix::Entry::missing();
    case message::EntryState::Value:
        return matrix::Entry::of(entry.digest);
    case message::EntryState::Pending:
        break;
    }
    return matrix::Entry::pending();
}

// Not of an unreplicated application.
bool has_matrix(std::size_t rows, const Faults& faults) {
    return faults.f >= 1 && rows <= faults.execution_slots();
}

} // namespace

matrix::Matrix matrix_of(const Columns& columns, std::span<const ExecutionId> rows,
                         const Faults& faults) {
    matrix::Matrix matrix(faults, rows.size());
    for (const auto& [sender, column] : columns) {
        if (sender.value < 1 || sender.value > faults.agreement_replicas())
            continue;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const auto entry = std::find_if(
                column.entries.begin(), column.entries.end(), [&](const message::ColumnEntry& e) {
                    return e.slot == rows[row].slot && e.incarnation == rows[row].incarnation;
                });
            if (entry != column.entries.end())
                matrix.set(row, sender.value - 1, entry_of(*entry));
        }
    }
    return matrix;
}

std::vector<ExecutionId> actives_of(const message::Config& config) {
    std::vector<ExecutionId> out;
    for (const message::SlotEntry& slot : config.members)
        if (slot.state == message::MemberState::Active)
            out.push_back({slot.slot, slot.incarnation});
    return out;
}

bool columns_block(const Columns& columns, const message::Config& config, const Faults& faults) {
    const std::vector<ExecutionId> rows = actives_of(config);
    if (rows.empty() || !has_matrix(rows.size(), faults))
        return false;
    const matrix::Verdict verdict = matrix::judge(matrix_of(columns, rows, faults));
    return verdict.kind == matrix::Kind::Blocking && verdict.columns_in >= faults.quorum();
}

Columns columns_of(const message::WakeUpProof& proof) {
    Columns out;
    for (const message::Embedded<message::Column>& column : proof.columns) {
        if (column.signer.role != Role::Agreement)
            continue;
        const auto [held, fresh] = out.try_emplace(agreement_id(column.signer), column.value);
        if (!fresh && held->second.revision < column.value.revision)
            held->second = column.value;
    }
    return out;
}

bool proves_wake_up(const message::WakeUpProof& proof, const message::Config& config,
                    const Faults& faults, cluster::WakeupPolicy policy) {
    if (proof.columns.empty())
        return auth::proves_wake_up(proof, config, faults);
    if (!faults.replaces() || policy != cluster::WakeupPolicy::Matrix ||
        proof.epoch != config.epoch || !proof.demands.empty() || !proof.no_signs.empty() ||
        !proof.configs.empty())
        return false;
    const message::Column& head = proof.columns.front().value;
    for (const message::Embedded<message::Column>& column : proof.columns)
        if (column.value.epoch != config.epoch || column.value.vote != head.vote ||
            column.value.n != head.n)
            return false;
    return columns_block(columns_of(proof), config, faults);
}

std::vector<ExecutionId> named_by_columns(const Columns& columns, const Digest& value,
                                          const message::Config& config, const Faults& faults) {
    std::vector<ExecutionId> out;
    const std::vector<ExecutionId> rows = actives_of(config);
    if (!has_matrix(rows.size(), faults))
        return out;
    const matrix::Blame blame = matrix::blame(matrix_of(columns, rows, faults), value);
    for (std::size_t row = 0; row < rows.size(); ++row)
        if (std::ranges::count(blame.convicted, row) + std::ranges::count(blame.unresponsive, row))
            out.push_back(rows[row]);
    return out;
}

} // namespace zz::proof
