// SPDX-License-Identifier: Apache-2.0
#include "backend/storage/journal.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>

#include "backend/storage/database.h"
#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"

namespace zz::storage {
namespace {

// Keys: 'r' and the number, most significant byte first, so that they are in order; 'm' and the
// name of a mark.
constexpr std::size_t kRecordKeyBytes = 9;
constexpr std::size_t kChecksumBytes = 16;
constexpr std::string_view kBootMark = "m-boot";
constexpr std::string_view kCleanMark = "m-clean";
constexpr std::string_view kModeMark = "m-mode";
constexpr std::string_view kFirstMark = "m-first"; // lowest number that was not truncated

Bytes number_bytes(std::uint64_t v) {
    Bytes out(8);
    for (std::size_t i = 0; i < 8; ++i)
        out[i] = static_cast<std::uint8_t>(v >> (56 - 8 * i));
    return out;
}

std::uint64_t number_of(ByteView v) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 8; ++i)
        n = n << 8U | v[i];
    return n;
}

Bytes record_key(RecordIndex index) {
    Bytes key = number_bytes(index.value);
    key.insert(key.begin(), 'r');
    return key;
}

ByteView checksum(const Digest& digest) {
    return digest.view().first(kChecksumBytes);
}

Bytes record_value(const JournalRecord& record) {
    const Digest digest = crypto::sha256({number_bytes(record.index.value), record.data});
    Bytes value;
    value.reserve(kChecksumBytes + record.data.size());
    value.insert(value.end(), digest.bytes.begin(), digest.bytes.begin() + kChecksumBytes);
    value.insert(value.end(), record.data.begin(), record.data.end());
    return value;
}

// Nothing if the value is not that of this number.
std::optional<Bytes> record_data(RecordIndex index, ByteView value) {
    if (value.size() < kChecksumBytes)
        return std::nullopt;
    const ByteView data = value.subspan(kChecksumBytes);
    const Digest digest = crypto::sha256({number_bytes(index.value), data});
    if (!std::ranges::equal(checksum(digest), value.first(kChecksumBytes)))
        return std::nullopt;
    return Bytes(data.begin(), data.end());
}

rocksdb::Slice slice_of(std::string_view s) {
    return {s.data(), s.size()};
}

} // namespace

struct Journal::Impl {
    Options options;
    DatabaseOptions where;
    Database db; // null: memory only, or a full disk
    FirstError error;
    RecordIndex first{1}; // lowest number kept
    RecordIndex last;
    bool closed = false;
    bool begun = false; // the marks are ours

    Result<std::string> mark(std::string_view name);
    Status read_all(Restored& restored);
    Status read_records(std::vector<JournalRecord>& records, std::vector<RecordIndex>& damaged);
    void mark_run(rocksdb::WriteBatch& batch);
    Status write(rocksdb::WriteBatch& batch, bool durable);
    Status fail(std::string_view what, const rocksdb::Status& status);
};

Status Journal::Impl::fail(std::string_view what, const rocksdb::Status& status) {
    error.note(error_of(where, what, status), status.IsNoSpace());
    return error.status();
}

// Empty if there is none.
Result<std::string> Journal::Impl::mark(std::string_view name) {
    std::string value;
    const rocksdb::Status status = db->Get({}, slice_of(name), &value);
    if (!status.ok() && !status.IsNotFound())
        return error_of(where, "read", status);
    return value;
}

Status Journal::Impl::read_all(Restored& restored) {
    std::array<std::string, 4> marks;
    const std::array<std::string_view, 4> names{kBootMark, kCleanMark, kModeMark, kFirstMark};
    for (std::size_t i = 0; i < names.size(); ++i) {
        Result<std::string> value = mark(names[i]);
        if (!value)
            return value.error();
        marks[i] = *value;
    }
    restored.first_run = marks[0].empty();
    restored.same_boot = !marks[0].empty() && marks[0] == options.boot_id;
    restored.clean_stop = !marks[1].empty();
    restored.was_sync = marks[2] == "sync";
    if (marks[3].size() == 8)
        first = RecordIndex(number_of(view_of(marks[3])));
    last = first - 1;
    return read_records(restored.records, restored.damaged);
}

Status Journal::Impl::read_records(std::vector<JournalRecord>& records,
                                   std::vector<RecordIndex>& damaged) {
    rocksdb::ReadOptions read;
    read.verify_checksums = true;
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(read));
    const Bytes from = record_key(first);
    for (it->Seek(slice(from)); it->Valid() && it->key().starts_with("r"); it->Next()) {
        const ByteView key = view(it->key());
        if (key.size() != kRecordKeyBytes)
            return error_of(where, "read", rocksdb::Status::Corruption("a key of another size"));
        const RecordIndex index(number_of(key.subspan(1)));
        // Numbers have no gaps, so what is not there was lost. More than a few need not be told.
        for (RecordIndex lost = last + 1; lost < index && damaged.size() < 1000; ++lost)
            damaged.push_back(lost);
        if (auto data = record_data(index, view(it->value())))
            records.push_back({index, std::move(*data)});
        else
            damaged.push_back(index);
        last = index;
    }
    if (!it->status().ok())
        return error_of(where, "read", it->status());
    return Ok{};
}

// From here on the earlier run's marks say nothing about this one.
void Journal::Impl::mark_run(rocksdb::WriteBatch& batch) {
    if (begun)
        return;
    batch.Put(slice_of(kBootMark), options.boot_id);
    batch.Put(slice_of(kModeMark), options.durability == Durability::Sync ? "sync" : "async");
    batch.Delete(slice_of(kCleanMark));
    begun = true;
}

Status Journal::Impl::write(rocksdb::WriteBatch& batch, bool durable) {
    rocksdb::WriteOptions write;
    write.sync = durable;
    const rocksdb::Status status = db->Write(write, &batch);
    return status.ok() ? Status(Ok{}) : fail("write", status);
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::~Journal() = default;

Result<Journal::Opened> Journal::open(const Options& options) {
    ZZ_CHECK(!options.boot_id.empty(), "a journal needs the boot id of its host");
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    impl->where.what = "journal";
    impl->where.folder = options.folder;
    impl->where.env = options.env;
    Opened opened;
    if (options.durability != Durability::Memory) {
        Result<Database> db = open_database(impl->where);
        if (!db)
            return db.error();
        impl->db = std::move(*db);
        if (const Status status = impl->read_all(opened.restored); !status)
            return status.error();
        const Restored& found = opened.restored;
        if (found.shows_every_vote() || (found.first_run && options.fresh)) {
            rocksdb::WriteBatch batch;
            impl->mark_run(batch);
            if (const Status status = impl->write(batch, true); !status)
                return status.error();
        }
    }
    opened.journal.reset(new Journal(std::move(impl)));
    return opened;
}

Status Journal::append(const std::vector<JournalRecord>& records, RecordIndex truncate_below) {
    Impl& j = *impl_;
    ZZ_CHECK(!j.closed, "a record after the clean stop");
    if (const Status status = j.error.status(); !status)
        return status;
    RecordIndex next = j.last;
    rocksdb::WriteBatch batch;
    const bool first_of_run = !j.begun;
    if (!records.empty())
        j.mark_run(batch);
    for (const JournalRecord& record : records) {
        ++next;
        ZZ_CHECK(record.index == next, "record {} where {} was to come", record.index.value,
                 next.value);
        ZZ_CHECK(record.data.size() <= kRecordBytesMax, "a record of {} bytes", record.data.size());
        batch.Put(slice(record_key(record.index)), slice(record_value(record)));
    }
    const RecordIndex first = std::max(j.first, std::min(truncate_below, next + 1));
    if (first > j.first) {
        batch.DeleteRange(slice(record_key(j.first)), slice(record_key(first)));
        batch.Put(slice_of(kFirstMark), slice(number_bytes(first.value)));
    }
    if (batch.Count() > 0 && j.options.durability != Durability::Memory)
        if (const Status status =
                j.write(batch, first_of_run || j.options.durability == Durability::Sync);
            !status)
            return status;
    j.first = first;
    j.last = next;
    return Ok{};
}

Status Journal::sync() {
    Impl& j = *impl_;
    if (const Status status = j.error.status(); !status)
        return status;
    if (!j.db)
        return Ok{};
    const rocksdb::Status status = j.db->SyncWAL();
    return status.ok() ? Status(Ok{}) : j.fail("sync", status);
}

Status Journal::close_clean() {
    Impl& j = *impl_;
    if (const Status status = j.error.status(); !status)
        return status;
    if (j.db && !j.closed && j.begun) {
        rocksdb::WriteBatch batch;
        batch.Put(slice_of(kCleanMark), "1");
        if (const Status status = j.write(batch, true); !status)
            return status;
    }
    j.closed = true;
    return Ok{};
}

bool Journal::full() const {
    return impl_->error.full();
}

Status Journal::reopen() {
    Impl& j = *impl_;
    if (!j.error.full())
        return j.error.status();
    j.db.reset();
    Result<Database> db = open_database(j.where);
    if (!db)
        return db.error();
    j.db = std::move(*db);
    const RecordIndex acknowledged = j.last;
    Restored found;
    if (const Status status = j.read_all(found); !status)
        return status;
    if (!found.damaged.empty() || j.last < acknowledged) {
        j.error.clear();
        j.error.note(
            {fmt::format("journal in {} lost records when its disk was full: it ends at {} "
                         "and not at {}; restart the replica",
                         j.options.folder, j.last.value, acknowledged.value)},
            false);
        return j.error.status();
    }
    // What failed may be there all the same; it is removed, because it is appended again.
    if (j.last > acknowledged) {
        rocksdb::WriteBatch batch;
        batch.DeleteRange(slice(record_key(acknowledged + 1)), slice(record_key(j.last + 1)));
        rocksdb::WriteOptions durable;
        durable.sync = true;
        if (const rocksdb::Status status = j.db->Write(durable, &batch); !status.ok())
            return error_of(j.where, "write", status);
        j.last = acknowledged;
    }
    j.error.clear();
    return Ok{};
}

RecordIndex Journal::last() const {
    return impl_->last;
}

Result<std::string> boot_id() {
    const std::string path = "/proc/sys/kernel/random/boot_id";
    std::ifstream file(path);
    std::string id;
    if (!std::getline(file, id) || id.empty())
        return Error{"cannot read " + path +
                     ": without it an unclean stop counts as a fault of the "
                     "replica; mount /proc"};
    return id;
}

} // namespace zz::storage
