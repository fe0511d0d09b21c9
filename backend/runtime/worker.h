// SPDX-License-Identifier: Apache-2.0
// Worker: runs jobs one after the other on a thread of its own, so that a slow one delays neither
// votes nor heartbeats (ZZ-4.5), and hands back their results in order. Generic over job and
// result. Whoever gives jobs bounds them: the execution core keeps at most execution::kQueueMax
// batches open, a controller one ask per machine.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

namespace zz::runtime {

template <class Job, class Result> class Worker {
  public:
    // `work` is called on the worker's thread, for each job; `wake` after results became available.
    Worker(std::function<std::vector<Result>(Job&)> work, std::function<void()> wake)
        : work_(std::move(work)), wake_(std::move(wake)),
          thread_([this](std::stop_token stop) { run(stop); }) {}
    ~Worker() {
        thread_.request_stop();
        changed_.notify_all();
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void give(Job job) {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
        changed_.notify_one();
    }
    // Results so far, oldest first.
    std::vector<Result> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(results_, {});
    }
    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return jobs_.size();
    }

  private:
    void run(std::stop_token stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [&] { return !jobs_.empty(); })) {
            Job job = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            std::vector<Result> results = work_(job);
            lock.lock();
            if (results.empty())
                continue;
            const bool first = results_.empty();
            std::move(results.begin(), results.end(), std::back_inserter(results_));
            if (first)
                wake_();
        }
    }

    const std::function<std::vector<Result>(Job&)> work_;
    const std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Job> jobs_;
    std::vector<Result> results_;
    std::jthread thread_;
};

} // namespace zz::runtime
