// SPDX-License-Identifier: Apache-2.0
#include "hv/libvirt/call_threads.h"

#include <deque>
#include <thread>

namespace zz::hv {

// Outlives the CallThreads as long as a thread hangs.
struct CallThreads::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<std::function<void()>()>> calls; // given and not yet begun
    std::size_t threads = 0;
    std::size_t busy = 0;
    bool ends = false;
};

CallThreads::CallThreads() : shared_(std::make_shared<Shared>()) {}

CallThreads::~CallThreads() {
    std::unique_lock lock(shared_->mutex);
    shared_->ends = true;
    shared_->changed.notify_all();
    shared_->changed.wait_for(lock, kFarewellMax, [this] { return shared_->threads == 0; });
}

std::size_t CallThreads::busy() const {
    const std::lock_guard guard(shared_->mutex);
    return shared_->busy;
}

bool CallThreads::give(std::function<std::function<void()>()> call) {
    const std::lock_guard guard(shared_->mutex);
    const std::size_t free = shared_->threads - shared_->busy;
    if (free <= shared_->calls.size()) {
        if (shared_->threads == kCallThreadsMax)
            return false;
        ++shared_->threads;
        std::thread([shared = shared_] { work(shared); }).detach();
    }
    shared_->calls.push_back(std::move(call));
    shared_->changed.notify_all();
    return true;
}

void CallThreads::work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    for (;;) {
        shared->changed.wait(lock, [&] { return shared->ends || !shared->calls.empty(); });
        if (shared->calls.empty())
            break;
        auto call = std::move(shared->calls.front());
        shared->calls.pop_front();
        ++shared->busy;
        lock.unlock();
        const auto deliver = call();
        call = nullptr; // what it holds ends here, while nobody waits
        lock.lock();
        --shared->busy;
        lock.unlock();
        deliver();
        lock.lock();
    }
    --shared->threads;
    shared->changed.notify_all();
}

} // namespace zz::hv
