// SPDX-License-Identifier: Apache-2.0
// CallThreads: threads for calls that may hang. Whoever asks gets an Answer to wait for as long as
// it likes and no longer; a call that hangs keeps its thread, others go on beside it, and when all
// kCallThreadsMax hang, nothing more is taken until one returns (C4). Inside of hv/libvirt; asked
// from one thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "protocol/base/instant.h"

namespace zz::hv {

inline constexpr std::size_t kCallThreadsMax = 8;
// How long the end of a CallThreads waits for its threads; those that hang are left alone.
inline constexpr Duration kFarewellMax = seconds(2);

// What a call returned, once it did. Shared by the thread that waits and the one that works.
template <class T> class Answer {
  public:
    void put(T value) {
        {
            const std::lock_guard guard(mutex_);
            value_.emplace(std::move(value));
        }
        there_.notify_all();
    }
    // False if it is not there after `limit`; zero only looks.
    bool wait(Duration limit) {
        std::unique_lock lock(mutex_);
        return there_.wait_for(lock, limit, [this] { return value_.has_value(); });
    }
    // Precondition: wait() said true. Once.
    T take() {
        const std::lock_guard guard(mutex_);
        return std::move(*value_);
    }

  private:
    std::mutex mutex_;
    std::condition_variable there_;
    std::optional<T> value_;
};

class CallThreads {
  public:
    CallThreads();
    ~CallThreads();
    CallThreads(const CallThreads&) = delete;
    CallThreads& operator=(const CallThreads&) = delete;

    // Null if every thread hangs.
    template <class T> std::shared_ptr<Answer<T>> ask(std::function<T()> call) {
        auto answer = std::make_shared<Answer<T>>();
        const bool taken = give([call = std::move(call), answer]() -> std::function<void()> {
            auto value = std::make_shared<T>(call());
            return [value, answer] { answer->put(std::move(*value)); };
        });
        return taken ? answer : nullptr;
    }
    // Threads that work on a call now.
    std::size_t busy() const;

  private:
    struct Shared;
    // What a call returns is done when its thread is free again, so that whoever got the answer
    // finds a thread.
    bool give(std::function<std::function<void()>()> call);
    static void work(const std::shared_ptr<Shared>& shared);

    std::shared_ptr<Shared> shared_;
};

} // namespace zz::hv
