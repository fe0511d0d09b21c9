// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/storage/fault_file_system_support.h"

#include <unistd.h>

namespace zz::storage::test {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    FaultFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name,
              std::shared_ptr<Disk> disk)
        : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)),
          disk_(std::move(disk)) {}

    using FSWritableFileOwnerWrapper::Append;
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    IODebugContext* debug) override {
        if (IOStatus s = disk_->call(); !s.ok())
            return s;
        const IOStatus s = FSWritableFileOwnerWrapper::Append(data, options, debug);
        if (s.ok())
            size_ += data.size();
        return s;
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
        if (IOStatus s = disk_->call(); !s.ok())
            return s;
        const IOStatus s = FSWritableFileOwnerWrapper::Append(data, options, info, debug);
        if (s.ok())
            size_ += data.size();
        return s;
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus s = disk_->call(); !s.ok())
            return s;
        const IOStatus s = FSWritableFileOwnerWrapper::Sync(options, debug);
        if (s.ok()) {
            const std::lock_guard lock(disk_->mutex);
            disk_->synced[name_] = size_;
        }
        return s;
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        return Sync(options, debug);
    }

  private:
    std::string name_;
    std::shared_ptr<Disk> disk_;
    std::uint64_t size_ = 0;
};

} // namespace

IOStatus Disk::call() {
    const std::lock_guard lock(mutex);
    ++calls;
    if (failure == Failure::None || calls_until_failure-- > 0)
        return IOStatus::OK();
    return failure == Failure::Full ? IOStatus::NoSpace("injected: no space left on device")
                                    : IOStatus::IOError("injected: input/output error");
}

void Disk::set(Failure kind, long after) {
    const std::lock_guard lock(mutex);
    failure = kind;
    calls_until_failure = after;
}

long Disk::counted() {
    const std::lock_guard lock(mutex);
    return calls;
}

void Disk::lose_power() {
    const std::lock_guard lock(mutex);
    for (const auto& [name, size] : synced)
        if (::access(name.c_str(), F_OK) == 0 && ::truncate(name.c_str(), static_cast<off_t>(size)))
            ::perror(name.c_str());
}

rocksdb::IOStatus FaultFileSystem::NewWritableFile(const std::string& name,
                                                   const rocksdb::FileOptions& options,
                                                   std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                   rocksdb::IODebugContext* debug) {
    if (IOStatus s = disk_->call(); !s.ok())
        return s;
    const IOStatus s = FileSystemWrapper::NewWritableFile(name, options, result, debug);
    if (s.ok()) {
        {
            const std::lock_guard lock(disk_->mutex);
            disk_->synced[name] = 0;
        }
        *result = std::make_unique<FaultFile>(std::move(*result), name, disk_);
    }
    return s;
}

} // namespace zz::storage::test
