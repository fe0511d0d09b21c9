// SPDX-License-Identifier: Apache-2.0
// The choice of a new view (ZZ-3.3; PBFT, TOCS 2002, section 4.4) as a pure function of signed
// VIEW-CHANGEs: the primary computes it, every backup recomputes it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "protocol/base/quorum.h"
#include "protocol/message/view_change.h"

namespace zz::agreement {

using SignedViewChange = message::Embedded<message::ViewChange>;

// Shape, bounds and stable certificate. One that fails is as if it had not been sent (A7): its
// signer is faulty. `base`: where the generation starts (auth::is_stable).
bool is_valid(const SignedViewChange& change, View view, const Faults& faults, std::uint64_t window,
              const message::Checkpoint& base = {});
// All of it but the stable certificate.
bool has_right_shape(const message::ViewChange& change, std::uint64_t window);

struct Choice {
    message::StableCertificate stable; // the highest (A8)
    std::vector<message::Chosen> chosen;
    friend bool operator==(const Choice&, const Choice&) = default;
};

// Nothing: these VIEW-CHANGEs do not decide yet; more must come. Precondition: each is_valid for
// one view, signers are distinct. The order of `changes` does not matter.
std::optional<Choice> choose(std::span<const SignedViewChange> changes, const Faults& faults,
                             const Digest& null_batch);

// The choice that a NEW-VIEW proves; nothing if it proves none or another than it says (A9).
std::optional<Choice> verify(const message::NewView& new_view, const Faults& faults,
                             std::uint64_t window, const Digest& null_batch,
                             const message::Checkpoint& base = {});

// What claims still prove above `base`, at most `window` numbers (ZZ-8.4): the choice of a new
// view, but a number that it leaves open is null, and claims count as if their h were the base.
std::vector<message::Chosen> choose_above(std::span<const SignedViewChange> claims,
                                          SequenceNumber base, std::uint64_t window,
                                          const Faults& faults, const Digest& null_batch);

} // namespace zz::agreement
