// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/new_view.h"

#include <algorithm>
#include <map>
#include <set>

#include "backend/agreement/bounds.h"
#include "backend/agreement/quorums.h"
#include "protocol/auth/certificates.h"

namespace zz::agreement {

namespace {

using message::ViewChange;
using message::ViewEntry;

bool in_window(const ViewEntry& e, const ViewChange& c, std::uint64_t window) {
    return e.n > c.h && e.n <= c.h + window && e.view < c.new_view;
}

const ViewEntry* prepared_at(const ViewChange& c, SequenceNumber n) {
    const auto at = std::lower_bound(c.prepared.begin(), c.prepared.end(), n,
                                     [](const ViewEntry& e, SequenceNumber m) { return e.n < m; });
    return at == c.prepared.end() || at->n != n ? nullptr : &*at;
}

// A2: `c` voted for this batch in the view of `e` or later.
bool vouches(const ViewChange& c, const ViewEntry& e) {
    const auto at =
        std::lower_bound(c.pre_prepared.begin(), c.pre_prepared.end(), e,
                         [](const ViewEntry& a, const ViewEntry& b) {
                             return std::tie(a.n, a.batch_digest) < std::tie(b.n, b.batch_digest);
                         });
    return at != c.pre_prepared.end() && at->n == e.n && at->batch_digest == e.batch_digest &&
           at->view >= e.view;
}

// A1: nothing in `c` speaks against this batch.
bool allows(const ViewChange& c, const ViewEntry& e) {
    if (c.h >= e.n)
        return false;
    const ViewEntry* other = prepared_at(c, e.n);
    return !other || other->view < e.view ||
           (other->view == e.view && other->batch_digest == e.batch_digest);
}

// What a number gets. `free`: nothing can have committed there.
struct ChosenAt {
    Digest digest;
    bool free = false;
};

std::optional<ChosenAt> choose_at(std::span<const SignedViewChange> changes, SequenceNumber n,
                                  const Faults& faults, const Digest& null_batch) {
    std::vector<ViewEntry> candidates;
    std::size_t without = 0;
    for (const SignedViewChange& c : changes) {
        if (const ViewEntry* e = prepared_at(c.value, n))
            candidates.push_back(*e);
        else if (c.value.h < n)
            ++without;
    }
    // The highest view first: where two qualify, the later one can contradict no committed batch.
    std::sort(candidates.begin(), candidates.end(), [](const ViewEntry& a, const ViewEntry& b) {
        return std::tie(b.view, a.batch_digest) < std::tie(a.view, b.batch_digest);
    });
    for (const ViewEntry& e : candidates) {
        const auto allowing = std::count_if(changes.begin(), changes.end(),
                                            [&](const auto& c) { return allows(c.value, e); });
        const auto vouching = std::count_if(changes.begin(), changes.end(),
                                            [&](const auto& c) { return vouches(c.value, e); });
        if (static_cast<std::size_t>(allowing) >= strong_quorum(faults) &&
            static_cast<std::size_t>(vouching) >= weak_quorum(faults))
            return ChosenAt{e.batch_digest, false};
    }
    if (without >= strong_quorum(faults))
        return ChosenAt{null_batch, true};
    return std::nullopt;
}

} // namespace

bool is_valid(const SignedViewChange& change, View view, const Faults& faults, std::uint64_t window,
              const message::Checkpoint& base) {
    const ViewChange& c = change.value;
    return change.signer.role == Role::Agreement && c.new_view == view &&
           auth::is_stable(c.stable, faults, base) && has_right_shape(c, window);
}

bool has_right_shape(const ViewChange& c, std::uint64_t window) {
    if (c.new_view == View(0) || c.stable.checkpoint.n != c.h)
        return false;
    for (std::size_t i = 0; i < c.prepared.size(); ++i)
        if (!in_window(c.prepared[i], c, window) ||
            (i > 0 && c.prepared[i - 1].n >= c.prepared[i].n))
            return false;
    std::map<SequenceNumber, std::size_t> per_number;
    for (std::size_t i = 0; i < c.pre_prepared.size(); ++i) {
        const ViewEntry& e = c.pre_prepared[i];
        if (!in_window(e, c, window) || ++per_number[e.n] > kDigestsPerNumberMax)
            return false;
        if (i > 0 && std::tie(c.pre_prepared[i - 1].n, c.pre_prepared[i - 1].batch_digest) >=
                         std::tie(e.n, e.batch_digest))
            return false;
    }
    return true;
}

std::optional<Choice> choose(std::span<const SignedViewChange> changes, const Faults& faults,
                             const Digest& null_batch) {
    if (changes.size() < strong_quorum(faults))
        return std::nullopt;
    Choice choice;
    SequenceNumber top;
    for (const SignedViewChange& c : changes) {
        // Certificates of one n differ in their signers only; the checkpoint decides, not who
        // signed it.
        if (c.value.h > choice.stable.checkpoint.n)
            choice.stable = c.value.stable;
        if (!c.value.prepared.empty())
            top = std::max(top, c.value.prepared.back().n);
    }
    std::size_t used = 0;
    for (SequenceNumber n = choice.stable.checkpoint.n + 1; n <= top; ++n) {
        const auto at = choose_at(changes, n, faults, null_batch);
        if (!at)
            return std::nullopt;
        choice.chosen.push_back({n, at->digest});
        if (!at->free)
            used = choice.chosen.size();
    }
    // Null batches fill gaps only: a forged entry high in the window must not use it up (A7, A14).
    choice.chosen.resize(used);
    return choice;
}

std::optional<Choice> verify(const message::NewView& new_view, const Faults& faults,
                             std::uint64_t window, const Digest& null_batch,
                             const message::Checkpoint& base) {
    std::set<PrincipalId> signers;
    for (const SignedViewChange& c : new_view.view_changes)
        if (!is_valid(c, new_view.view, faults, window, base) || !signers.insert(c.signer).second)
            return std::nullopt;
    auto choice = choose(new_view.view_changes, faults, null_batch);
    if (!choice || choice->stable.checkpoint.n != new_view.h ||
        !std::equal(choice->chosen.begin(), choice->chosen.end(), new_view.chosen.begin(),
                    new_view.chosen.end()))
        return std::nullopt;
    return choice;
}

std::vector<message::Chosen> choose_above(std::span<const SignedViewChange> claims,
                                          SequenceNumber base, std::uint64_t window,
                                          const Faults& faults, const Digest& null_batch) {
    std::vector<SignedViewChange> cut(claims.begin(), claims.end());
    SequenceNumber top = base;
    for (SignedViewChange& c : cut) {
        c.value.h = base;
        if (!c.value.prepared.empty())
            top = std::max(top, c.value.prepared.back().n);
    }
    std::vector<message::Chosen> chosen;
    std::size_t used = 0;
    for (SequenceNumber n = base + 1; n <= std::min(top, base + window); ++n) {
        const auto at = choose_at(cut, n, faults, null_batch);
        chosen.push_back({n, at ? at->digest : null_batch});
        if (at && !at->free)
            used = chosen.size();
    }
    chosen.resize(used);
    return chosen;
}

} // namespace zz::agreement
