// SPDX-License-Identifier: Apache-2.0
// Merkle proofs (ZZ-4.3 d): the encoded nodes from the root of a sealed state to the entry of a
// key, or to where it would be. Whoever knows the root, and nothing else, learns the value or that
// there is none. Pure functions.
#pragma once

#include <span>

#include "backend/state/view.h"

namespace zz::state {

// From the root down, then the chunks of a long value in order. Empty for the empty tree.
using Proof = std::vector<Blob>;

// Nothing, and needs, if a node is not held. Precondition: the view is of a sealed state.
std::optional<Proof> prove(const View& view, ByteView key, Needs& needs);

struct Proved {
    enum class Verdict : std::uint8_t { Bad, Absent, Present };
    Verdict verdict = Verdict::Bad;
    Bytes value; // when Present
};

// Total over all inputs. A proof with more nodes than needed is Bad.
Proved verify_proof(const Digest& root, ByteView key, std::span<const Blob> nodes);

} // namespace zz::state
