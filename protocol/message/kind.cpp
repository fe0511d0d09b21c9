// SPDX-License-Identifier: Apache-2.0
#include "protocol/message/kind.h"

#include <array>

namespace zz::message {

std::string_view name(Kind kind) {
    static constexpr std::array<std::string_view, 42> names = {"?",
                                                               "BUNDLE",
                                                               "PRE-PREPARE",
                                                               "PREPARE",
                                                               "COMMIT",
                                                               "VIEW-CHANGE",
                                                               "NEW-VIEW",
                                                               "CHECKPOINT",
                                                               "AGREEMENT-STATUS",
                                                               "FETCH",
                                                               "BATCH-BODY",
                                                               "STABLE-PROOF",
                                                               "AGREEMENT-STATE",
                                                               "ORDER",
                                                               "REPORT",
                                                               "REPLY",
                                                               "REPLY-AFFIDAVIT",
                                                               "REPLY-CERTIFICATE",
                                                               "REPLY-PROOF",
                                                               "REQUEST-AGAIN",
                                                               "EXECUTION-STATUS",
                                                               "SIGN-REQUEST",
                                                               "SIGNED-REPORT",
                                                               "COLUMN",
                                                               "MATCH-REQUEST",
                                                               "MATCH",
                                                               "DEMAND",
                                                               "NOSIGN",
                                                               "ACCUSE",
                                                               "COMPLETE",
                                                               "SETTLE",
                                                               "WAKE-UP-PROOF",
                                                               "CONFIG",
                                                               "CONFIG-REQUEST",
                                                               "CONFIG-ANSWER",
                                                               "ENROL",
                                                               "CONVICT",
                                                               "SETTLED",
                                                               "RECOVER",
                                                               "NODE-FETCH",
                                                               "NODES",
                                                               "CONTROLLER-STATUS"};
    const auto index = static_cast<std::size_t>(kind);
    return index < names.size() ? names[index] : names[0];
}

} // namespace zz::message
