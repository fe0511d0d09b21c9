// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/journal_writer.h"

#include <chrono>

namespace zz::runtime {
namespace {

constexpr std::chrono::seconds kSyncLater{1};

} // namespace

JournalWriter::JournalWriter(std::unique_ptr<storage::Journal> journal,
                             storage::Durability durability, std::function<void()> wake)
    : journal_(std::move(journal)),
      durability_(journal_ ? durability : storage::Durability::Memory), wake_(std::move(wake)) {
    if (journal_)
        durable_ = journal_->last();
    if (durability_ == storage::Durability::Sync)
        thread_ = std::jthread([this](std::stop_token stop) { run_sync(stop); });
    else if (durability_ == storage::Durability::Async)
        thread_ = std::jthread([this](std::stop_token stop) { run_async(stop); });
}

JournalWriter::~JournalWriter() {
    thread_.request_stop();
    changed_.notify_all();
}

void JournalWriter::submit(std::vector<core::Record> records, RecordIndex truncate_below) {
    if (records.empty() && truncate_below == RecordIndex(0))
        return;
    records_ += records.size();
    std::vector<storage::JournalRecord> items;
    items.reserve(records.size());
    for (auto& record : records)
        items.push_back({record.index, std::move(record.data)});
    if (durability_ == storage::Durability::Sync) {
        const std::lock_guard lock(mutex_);
        std::move(items.begin(), items.end(), std::back_inserter(waiting_));
        truncate_below_ = std::max(truncate_below_, truncate_below);
        changed_.notify_one();
        return;
    }
    if (durability_ == storage::Durability::Async) {
        const Status written = journal_->append(items, truncate_below);
        if (!written) {
            note(written);
            return;
        }
    }
    const std::lock_guard lock(mutex_);
    if (!items.empty())
        durable_ = items.back().index;
    if (!dirty_ && durability_ == storage::Durability::Async) {
        dirty_ = true;
        changed_.notify_one();
    }
}

RecordIndex JournalWriter::durable() const {
    const std::lock_guard lock(mutex_);
    return durable_;
}

Status JournalWriter::status() const {
    const std::lock_guard lock(mutex_);
    return error_ ? Status(*error_) : Status(Ok{});
}

void JournalWriter::note(const Status& status) {
    const std::lock_guard lock(mutex_);
    if (!status && !error_)
        error_ = status.error();
}

void JournalWriter::run_sync(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, stop,
                      [&] { return !waiting_.empty() || truncate_below_ > RecordIndex(0); });
        if (waiting_.empty() && truncate_below_ == RecordIndex(0))
            return; // stopped, and nothing is left
        const auto items = std::exchange(waiting_, {});
        const RecordIndex below = std::exchange(truncate_below_, RecordIndex(0));
        lock.unlock();
        const Status written = journal_->append(items, below);
        lock.lock();
        if (!written) {
            error_ = error_ ? error_ : written.error();
            wake_();
            return;
        }
        if (!items.empty()) {
            durable_ = items.back().index;
            wake_();
        }
    }
}

void JournalWriter::run_async(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return dirty_; })) {
        changed_.wait_for(lock, stop, kSyncLater, [] { return false; });
        dirty_ = false;
        lock.unlock();
        const Status synced = journal_->sync();
        lock.lock();
        if (!synced && !error_) {
            error_ = synced.error();
            wake_();
        }
    }
}

Status JournalWriter::close_clean() {
    thread_.request_stop();
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
    if (const Status good = status(); !good)
        return good;
    return journal_ ? journal_->close_clean() : Status(Ok{});
}

} // namespace zz::runtime
