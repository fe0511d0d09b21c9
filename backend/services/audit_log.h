// SPDX-License-Identifier: Apache-2.0
// AuditLog: who asked what of this host and what came of it, one line an entry, appended only. Each
// line begins with its hash, which covers the hash of the line before it, so that a line that was
// edited, removed or put in is found, and named (O4):
//
//   line  = hash " " text LF
//   hash  = 64 hex digits: SHA-256 ("zz audit line" 0x00, hash of the line before or 32 zeros,
//   text) text  = JSON object: n, time, wall_ns, who, operator, role, key, command, reason, result,
//   times
//
// Lines that are cut off at the end leave a good chain: they are missed by whoever kept a later
// number and hash (heads travel in every answer of a zz-host; zzctl keeps the newest it saw).
//
// A plain value of one thread that owns its file.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/telemetry/operator.pb.h"

namespace zz::services {

inline constexpr std::string_view kAuditFile = "audit.log";   // in the data folder of zz-host
inline constexpr std::size_t kAuditFileBytesMax = 256u << 20; // then nothing harmful is taken
inline constexpr std::size_t kAuditLineBytesMax = 16u << 10;
inline constexpr std::size_t kAuditEntriesKept = 2048; // in memory, for AuditList

// The number and hash of an entry that is known to have been written.
struct AuditHead {
    std::uint64_t n = 0; // 0: the number is not known
    Digest hash;
};

struct AuditCheck {
    std::uint64_t entries = 0;  // good ones, up to the first bad line
    Digest head;                // of the last good one; zeros if there is none
    std::size_t good_bytes = 0; // of the text that the good ones take
    std::size_t bad_line = 0;   // from 1; 0: none
    bool torn = false;   // the bad line is the last and has no end: a write that was cut short
    std::string trouble; // empty: all is well
    std::deque<telemetry::AuditEntry> newest;
};
// Keeps the newest `keep` entries. Never fails otherwise, whatever the bytes. `known` must be in
// it.
AuditCheck check_audit(std::string_view text, std::size_t keep,
                       const std::optional<AuditHead>& known = std::nullopt);

class AuditLog {
  public:
    // Makes the file if there is none. A torn last line is cut off, a broken log is put aside under
    // another name and a new one begun: both are told by an entry.
    static Result<AuditLog> open(const std::string& file, const std::string& opened_by);
    AuditLog(AuditLog&& other) noexcept;
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;
    ~AuditLog();

    // Fills n, wall_ns and hash. `durable`: on the disk when it returns. On an Error the file is as
    // before.
    Status append(telemetry::AuditEntry entry, bool durable);

    AuditHead head() const { return head_; }
    telemetry::AuditEntries entries(std::uint64_t after, std::uint32_t count_max) const;

  private:
    AuditLog() = default;
    Status write_line(const std::string& line);

    std::string file_;
    int fd_ = -1;
    std::size_t size_ = 0;
    AuditHead head_;
    std::deque<telemetry::AuditEntry> newest_;
};

} // namespace zz::services
