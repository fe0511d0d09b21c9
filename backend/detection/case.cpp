// SPDX-License-Identifier: Apache-2.0
#include "backend/detection/case.h"

#include <algorithm>

#include "protocol/auth/certificates.h"
#include "protocol/crypto/sha256.h"

namespace zz::detection {
namespace {

Digest value_of(const Digest& ours, const Digest& batch_digest, const Digest& digest) {
    if (batch_digest == ours)
        return digest;
    return crypto::sha256({view_of("zz1 other batch\n"), batch_digest.view(), digest.view()});
}

} // namespace

Digest value_of(const Case& c, const Held& held) {
    return value_of(c.batch_digest, held.batch_digest, held.digest);
}

Digest value_of(const Case& c, const message::SignedReport& report) {
    return value_of(c.batch_digest, report.batch_digest, report.digest);
}

bool signed_two(const Held& held) {
    return held.signed_reports.size() >= 2;
}

std::pair<const Signed<message::SignedReport>*, const Signed<message::SignedReport>*>
unequal_pair(const Case& c, const std::vector<ExecutionId>& of) {
    const Signed<message::SignedReport>* first = nullptr;
    for (const auto& [id, held] : c.held) {
        if (!std::ranges::count(of, id))
            continue;
        for (const Signed<message::SignedReport>& report : held.signed_reports) {
            if (!first)
                first = &report;
            else if (auth::unequal(first->value, report.value))
                return {first, &report};
        }
    }
    return {nullptr, nullptr};
}

std::vector<const Signed<message::SignedReport>*> signed_for(const Case& c, const Digest& value) {
    std::vector<const Signed<message::SignedReport>*> out;
    for (const auto& [id, held] : c.held)
        for (const Signed<message::SignedReport>& report : held.signed_reports)
            if (value_of(c, report.value) == value) {
                out.push_back(&report);
                break;
            }
    return out;
}

void enter_epoch(Case& c) {
    c.deadline_passed = false;
    c.due_at = kNever;
    c.reports_asked = false;
    c.asked_at = kNever;
    c.columns.clear();
    c.revision = 0;
    c.column_wanted = false;
    c.column_told.clear();
    c.demands.clear();
    c.no_signs.clear();
    c.no_signed = false;
    c.verdict_counted = false;
}

} // namespace zz::detection
