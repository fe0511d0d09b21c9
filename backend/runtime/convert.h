// SPDX-License-Identifier: Apache-2.0
// Plain values of the protocol as telemetry messages. Pure.
#pragma once

#include "protocol/core/facts.h"
#include "protocol/core/notice.h"
#include "protocol/telemetry/telemetry.pb.h"

namespace zz::runtime {

void to_proto(const PrincipalId& from, telemetry::Principal& to);
PrincipalId from_proto(const telemetry::Principal& from);

// Fills kind, n, vote, epoch, subject, digest, value, text (cut at its bound), columns, frames.
void to_proto(const core::Notice& from, telemetry::Event& to);
void to_proto(const core::AgreementFacts& from, telemetry::AgreementFacts& to);
void to_proto(const core::ExecutionFacts& from, telemetry::ExecutionFacts& to);

// Text from anywhere as UTF-8 of at most telemetry::kTextBytesMax bytes: what is not UTF-8 becomes
// '?'.
std::string safe_text(std::string_view text);

} // namespace zz::runtime
