// SPDX-License-Identifier: Apache-2.0
// What the journal and the node store share of RocksDB: opening with settings that detect damage,
// and texts of errors. For the sources of this room only.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace zz::storage {

using Database = std::unique_ptr<rocksdb::DB>;

struct DatabaseOptions {
    std::string what; // "journal", "node store": for texts
    std::string folder;
    rocksdb::Env* env = nullptr;
    std::size_t write_buffer_bytes = std::size_t{16} << 20U;
    std::size_t cache_bytes = std::size_t{8} << 20U;
};

Result<Database> open_database(const DatabaseOptions& options);

// Says what to do about the common causes.
Error error_of(const DatabaseOptions& options, std::string_view what,
               const rocksdb::Status& status);

inline rocksdb::Slice slice(ByteView v) {
    return {reinterpret_cast<const char*>(v.data()), v.size()};
}
inline ByteView view(const rocksdb::Slice& s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

// The first error of a database; kept, because after it nothing may be taken for durable (S2).
class FirstError {
  public:
    void note(Error error, bool full) {
        const std::lock_guard lock(mutex_);
        if (!error_) {
            error_ = std::move(error);
            full_ = full;
        }
    }
    Status status() const {
        const std::lock_guard lock(mutex_);
        return error_ ? Status(*error_) : Status(Ok{});
    }
    bool full() const {
        const std::lock_guard lock(mutex_);
        return error_ && full_;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        error_.reset();
    }

  private:
    mutable std::mutex mutex_;
    std::optional<Error> error_;
    bool full_ = false;
};

} // namespace zz::storage
