// SPDX-License-Identifier: Apache-2.0
// Journal: the records of an agreement replica's core (ZZ-3.2, ZZ-8.3) in a RocksDB of its own.
// Records are opaque bytes numbered upward without gaps; each carries a checksum over its number
// and bytes, so that one that is damaged or at another's place is found (S3, S4). RocksDB's LOCK
// file refuses a second process (S7).
//
// An error of the disk is a Result, and it stays: after it, every call fails with the same text.
// Only a full disk (S5) can be left, by `reopen`; after any other error the process has to stop
// (S2), since what the disk holds is unknown. Not thread-safe but for `sync`; owned by the journal
// thread of the runtime.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/base/result.h"

namespace rocksdb {
class Env;
}

namespace zz::storage {

// What a message waits for after its record was appended (ZZ-8.3).
enum class Durability : std::uint8_t {
    Sync = 1,   // on the disk when `append` returns: survives power loss
    Async = 2,  // with the operating system when `append` returns: survives kill -9; `sync` from
                // time to time
    Memory = 3, // kept nowhere; no file is touched
};

inline constexpr std::size_t kRecordBytesMax = std::size_t{64} << 20U;

struct JournalRecord {
    RecordIndex index;
    Bytes data;
    friend bool operator==(const JournalRecord&, const JournalRecord&) = default;
};

// What an earlier run left.
struct Restored {
    std::vector<JournalRecord> records; // in order, without damaged ones
    std::vector<RecordIndex>
        damaged;             // numbers of records that are missing or do not match their checksum
    bool first_run = true;   // there was no journal
    bool clean_stop = false; // the earlier run ended with close_clean
    bool same_boot = false;  // the host has not been restarted since
    bool was_sync = false;   // all records were made durable before they were used

    // ZZ-8.4: the journal holds every vote that was sent. Not so on a first run in place of a lost
    // journal: whether there was one before, the caller must know.
    bool shows_every_vote() const {
        return damaged.empty() && (clean_stop || same_boot || was_sync);
    }
};

class Journal {
  public:
    struct Options {
        std::string folder; // made if missing; its parent must exist
        Durability durability = Durability::Async;
        std::string boot_id; // of the host, see boot_id()
        rocksdb::Env* env =
            nullptr;       // another file system than the real one, as for fault injection
        bool fresh = true; // false: there was a journal once, so that none is a lost one
    };
    struct Opened {
        std::unique_ptr<Journal> journal;
        Restored restored;
    };
    static Result<Opened> open(const Options& options);

    // Without a clean-stop mark, unless close_clean was called.
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    // All records and the truncation, or nothing. Where the earlier run does not show every vote,
    // its marks go with the first append, so that a crash before it hides nothing (ZZ-8.4). 0
    // truncates nothing; a lower mark than an earlier one is ignored. Precondition: numbers go on
    // where they ended.
    Status append(const std::vector<JournalRecord>& records, RecordIndex truncate_below);
    // What was appended is on the disk when it returns. Any thread.
    Status sync();
    // Durable, and marked as complete. Nothing may be appended afterwards.
    Status close_clean();

    // The last error was a full disk.
    bool full() const;
    // After a full disk: opens the files again; on success appending goes on with the record that
    // failed.
    Status reopen();

    // Highest number appended; 0 if none.
    RecordIndex last() const;

  private:
    struct Impl;
    explicit Journal(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Of this host's kernel; an error where there is none.
Result<std::string> boot_id();

} // namespace zz::storage
