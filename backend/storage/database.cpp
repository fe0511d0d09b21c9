// SPDX-License-Identifier: Apache-2.0
#include "backend/storage/database.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace zz::storage {
namespace {

rocksdb::Options settings(const DatabaseOptions& options) {
    rocksdb::Options o;
    o.create_if_missing = true;
    o.paranoid_checks = true;
    // A torn last write is cut off, since no message followed it; damage anywhere else refuses to
    // open (S3, S4).
    o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    o.track_and_verify_wals_in_manifest = true;
    o.compression = rocksdb::kNoCompression; // digests and signatures do not shrink
    o.write_buffer_size = options.write_buffer_bytes;
    o.max_write_buffer_number = 3;
    o.max_background_jobs = 2;
    o.max_open_files = 256;
    o.keep_log_file_num = 2;
    o.info_log_level = rocksdb::WARN_LEVEL;
    o.stats_dump_period_sec = 0;
    o.stats_persist_period_sec = 0;
    if (options.env != nullptr)
        o.env = options.env;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return o;
}

std::string_view advice(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    if (status.IsNoSpace())
        return "; free space on its disk, then it goes on";
    if (status.IsCorruption())
        return "; its files are damaged: move the folder away and start again, the replica then "
               "counts "
               "as faulty until it has caught up";
    if (text.find("lock") != std::string::npos || text.find("LOCK") != std::string::npos)
        return "; another process uses this folder: end that one or give this one its own folder";
    return "; check the disk and the permissions of the folder, then start again";
}

} // namespace

Error error_of(const DatabaseOptions& options, std::string_view what,
               const rocksdb::Status& status) {
    return {fmt::format("cannot {} {} in {}: {}{}", what, options.what, options.folder,
                        status.ToString(), advice(status))};
}

Result<Database> open_database(const DatabaseOptions& options) {
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(settings(options), options.folder, &opened);
    if (!status.ok())
        return error_of(options, "open", status);
    return Database(opened);
}

} // namespace zz::storage
