// SPDX-License-Identifier: Apache-2.0
// Wake-up proofs as every party checks them (ZZ-6.6), those made of COLUMNs among them, which need
// the matrix. Pure functions over embedded messages whose signatures were checked; used by
// detection, controller and execution.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "protocol/cluster/cluster.h"
#include "protocol/matrix/verdict.h"
#include "protocol/message/message.h"

namespace zz::proof {

// The newest COLUMN of each agreement replica, of one epoch, kind and number.
using Columns = std::map<AgreementId, message::Column>;

// The matrix with a row for each of `rows`, in that order; what a COLUMN does not list is pending.
// Precondition: faults.f >= 1, at most 2f+1 rows.
matrix::Matrix matrix_of(const Columns& columns, std::span<const ExecutionId> rows,
                         const Faults& faults);

// The active incarnations of a configuration, ascending by slot.
std::vector<ExecutionId> actives_of(const message::Config& config);

// COLUMNs of one (epoch, kind, number) of distinct agreement replicas, at least 2f+1, each with an
// entry for every active, whose verdict on the active rows is blocking. Rows of woken replicas are
// left out: the question is whether the actives suffice.
bool columns_block(const Columns& columns, const message::Config& config, const Faults& faults);

// Whether `proof` holds for `config`, the configuration of its epoch. COLUMNs count under policy
// `matrix` only.
bool proves_wake_up(const message::WakeUpProof& proof, const message::Config& config,
                    const Faults& faults, cluster::WakeupPolicy policy);

// Actives with f+1 entries other than `value` in `columns`: named as by f+1 NOSIGN (ZZ-6.6, policy
// `matrix`).
std::vector<ExecutionId> named_by_columns(const Columns& columns, const Digest& value,
                                          const message::Config& config, const Faults& faults);

// By sender; the highest revision of each counts.
Columns columns_of(const message::WakeUpProof& proof);

} // namespace zz::proof
