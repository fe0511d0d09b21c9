// SPDX-License-Identifier: Apache-2.0
#include "backend/storage/rocks_node_store.h"

#include <atomic>

#include "backend/storage/database.h"

namespace zz::storage {
namespace {

// Keys: 'n' and the digest of a node; 'x' and the name of a note.
std::string node_key(const Digest& digest) {
    std::string key = "n";
    key.append(text_of(digest.view()));
    return key;
}

std::string note_key(const std::string& name) {
    return "x" + name;
}

} // namespace

struct RocksNodeStore::Impl {
    DatabaseOptions where;
    Database db;
    FirstError error;
    std::atomic<std::uint64_t> failed_reads{0};
};

RocksNodeStore::RocksNodeStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksNodeStore::~RocksNodeStore() = default;

Result<std::unique_ptr<RocksNodeStore>> RocksNodeStore::open(const Options& options) {
    auto impl = std::make_unique<Impl>();
    impl->where.what = "node store";
    impl->where.folder = options.folder;
    impl->where.env = options.env;
    impl->where.write_buffer_bytes = std::size_t{32} << 20U;
    impl->where.cache_bytes = options.cache_bytes;
    Result<Database> db = open_database(impl->where);
    if (!db)
        return db.error();
    impl->db = std::move(*db);
    return std::unique_ptr<RocksNodeStore>(new RocksNodeStore(std::move(impl)));
}

std::optional<Blob> RocksNodeStore::get(const Digest& digest) {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        impl_->db->Get({}, impl_->db->DefaultColumnFamily(), node_key(digest), &value);
    if (status.ok()) {
        const ByteView bytes = view(value);
        return Blob(Bytes(bytes.begin(), bytes.end()));
    }
    if (!status.IsNotFound())
        ++impl_->failed_reads;
    return std::nullopt;
}

void RocksNodeStore::apply(const state::StoreBatch& batch) {
    if (!status())
        return; // After a failed write nothing may follow it.
    rocksdb::WriteBatch writes;
    for (const Digest& digest : batch.erase)
        writes.Delete(node_key(digest));
    for (const state::EncodedNode& node : batch.put)
        writes.Put(node_key(node.digest), slice(node.bytes.view()));
    for (const state::StoreBatch::Note& note : batch.notes) {
        if (note.content)
            writes.Put(note_key(note.name), slice(*note.content));
        else
            writes.Delete(note_key(note.name));
    }
    if (const rocksdb::Status status = impl_->db->Write({}, &writes); !status.ok())
        impl_->error.note(error_of(impl_->where, "write", status), status.IsNoSpace());
}

std::optional<Bytes> RocksNodeStore::note(const std::string& name) {
    std::string value;
    const rocksdb::Status status = impl_->db->Get({}, note_key(name), &value);
    if (status.ok())
        return bytes_of(value);
    if (!status.IsNotFound())
        ++impl_->failed_reads;
    return std::nullopt;
}

std::vector<std::string> RocksNodeStore::note_names(const std::string& prefix) {
    std::vector<std::string> names;
    const std::string from = note_key(prefix);
    const std::unique_ptr<rocksdb::Iterator> it(impl_->db->NewIterator({}));
    for (it->Seek(from); it->Valid() && it->key().starts_with(from); it->Next())
        names.push_back(it->key().ToString().substr(1));
    if (!it->status().ok())
        ++impl_->failed_reads;
    return names;
}

Status RocksNodeStore::sync() {
    if (Status before = status(); !before)
        return before;
    if (const rocksdb::Status status = impl_->db->SyncWAL(); !status.ok())
        impl_->error.note(error_of(impl_->where, "sync", status), status.IsNoSpace());
    return status();
}

Status RocksNodeStore::status() const {
    return impl_->error.status();
}

std::uint64_t RocksNodeStore::failed_reads() const {
    return impl_->failed_reads;
}

} // namespace zz::storage
