// SPDX-License-Identifier: Apache-2.0
// A file system whose disk fails on purpose: an error at the k-th write or sync, a full disk, and
// power loss, after which of each file only what was synced is there.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <string>

namespace zz::storage::test {

enum class Failure { None, Error, Full };

// Shared with its open files; counts writes and syncs of all of them.
struct Disk {
    std::mutex mutex;
    Failure failure = Failure::None;
    long calls_until_failure = 0; // while failure is set: this many calls still succeed
    long calls = 0;
    std::map<std::string, std::uint64_t> synced;

    rocksdb::IOStatus call();
    void set(Failure kind, long after);
    long counted();
    // Precondition: no file is open.
    void lose_power();
};

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
  public:
    explicit FaultFileSystem(std::shared_ptr<Disk> disk)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}
    const char* Name() const override { return "FaultFileSystem"; }
    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;

  private:
    std::shared_ptr<Disk> disk_;
};

} // namespace zz::storage::test
