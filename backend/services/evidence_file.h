// SPDX-License-Identifier: Apache-2.0
// The file of `zzctl evidence export` (operator.proto, EvidenceFile) and what it proves, by public
// keys alone. Pure; any bytes do no harm.
#pragma once

#include "protocol/proof/misbehaviour.h"
#include "protocol/telemetry/operator.pb.h"

namespace zz::services {

inline constexpr std::size_t kEvidenceFileBytesMax = 64u << 20;

std::string evidence_bytes(const telemetry::EvidenceFile& file);
// An Error if it is not, byte for byte, what evidence_bytes made.
Result<telemetry::EvidenceFile> read_evidence(std::string_view bytes);
// An Error says why it does not prove what it says of itself.
Result<proof::Proven> verify_evidence(const cluster::Cluster& cluster,
                                      const telemetry::EvidenceFile& file);
// Of the frames: the name of a piece of evidence.
std::string evidence_id(const telemetry::EvidenceItem& item);

} // namespace zz::services
