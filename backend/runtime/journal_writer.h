// SPDX-License-Identifier: Apache-2.0
// JournalWriter: takes a core's records and tells when they are as durable as the mode asks
// (ZZ-8.3).
//   sync    a thread of its own appends what has gathered since its last write (group commit) and
//   wakes the loop async   appended by the caller in one write per turn, so that the operating
//   system has them when submit() returns;
//           the thread makes them durable a second later
//   memory  nothing is kept; durable at once
// An error of the disk stays (S2); the owner looks at status() each turn and stops the process. The
// loop's thread calls everything here.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "backend/storage/journal.h"
#include "protocol/core/io.h"

namespace zz::runtime {

class JournalWriter {
  public:
    // `wake` is called on the journal thread when durable() moved. `journal` may be null: memory.
    JournalWriter(std::unique_ptr<storage::Journal> journal, storage::Durability durability,
                  std::function<void()> wake);
    ~JournalWriter();
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;

    void submit(std::vector<core::Record> records, RecordIndex truncate_below);
    RecordIndex durable() const;
    Status status() const;
    std::uint64_t records() const { return records_; }
    // Everything submitted is durable and the journal is marked as complete. Nothing may be
    // submitted afterwards.
    Status close_clean();

  private:
    void run_sync(std::stop_token stop);
    void run_async(std::stop_token stop);
    void note(const Status& status);

    std::unique_ptr<storage::Journal> journal_;
    const storage::Durability durability_;
    const std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<storage::JournalRecord> waiting_;
    RecordIndex truncate_below_, durable_;
    bool dirty_ = false;
    std::optional<Error> error_;
    std::uint64_t records_ = 0;
    std::jthread thread_;
};

} // namespace zz::runtime
