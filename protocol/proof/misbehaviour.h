// SPDX-License-Identifier: Apache-2.0
// Proofs of misbehaviour as a third party checks them, offline: signed frames against the public
// keys of the cluster file. Keys of later incarnations come from configuration certificates, f+1
// equal signed CONFIGs (ZZ-2.1). Pure; never fails otherwise than by an Error, whatever the bytes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/cluster/cluster.h"

namespace zz::proof {

inline constexpr std::size_t kEvidenceFramesMax = 64;
inline constexpr std::size_t kConfigurationFramesMax = 4096;

enum class Misbehaviour : std::uint8_t {
    // It signed two different values for one number: absolute, nobody else's word is needed.
    TwoSignatures,
    // f+1 agreement replicas hold another value from it than the settled one. It rests on at most f
    // of them being faulty.
    Accusations,
    // Two replicas signed different values for one number: one of them lied, it does not say which.
    Disagreement,
};
std::string_view to_string(Misbehaviour kind); // "two-signatures", "accusations", "disagreement"

struct Proven {
    Misbehaviour kind = Misbehaviour::Disagreement;
    std::vector<ExecutionId> subjects; // whom it convicts; of a Disagreement the two suspects
    VoteKind vote = VoteKind::Reply;
    SequenceNumber n;
    std::vector<PrincipalId> signers; // of the frames
    std::string text;                 // what it proves, in a sentence or two
};

// An Error says why it proves nothing. `frames`: two SIGNED-REPORTs or f+1 ACCUSEs.
Result<Proven> prove(const cluster::Cluster& cluster, const cluster::Application& application,
                     std::span<const Blob> frames, std::span<const Blob> configurations);

// Later incarnations among those who sent these frames, whoever they are: whose keys prove() needs
// besides those of the cluster file.
std::vector<ExecutionId> later_incarnations(std::span<const Blob> frames);
// The f+1 of `configurations` that certify the keys of `id`, or none: enough for prove().
std::vector<Blob> certificate_for(const cluster::Cluster& cluster,
                                  const cluster::Application& application, const ExecutionId& id,
                                  std::span<const Blob> configurations);

} // namespace zz::proof
