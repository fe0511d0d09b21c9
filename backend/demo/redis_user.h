// SPDX-License-Identifier: Apache-2.0
// RedisUser: a user of a Redis front as the demonstration needs one while a gateway misbehaves: one
// connection that writes and reads the same key by turns, slowly, and checks each answer. Never
// blocks; dials again when the connection ends. Of one thread; call tick() often.
#pragma once

#include <cstdint>
#include <string>

#include "backend/demo/ctl.h"

namespace zz::demo {

class RedisUser {
  public:
    // "127.0.0.1:PORT".
    explicit RedisUser(std::string address) : address_(std::move(address)) {}
    ~RedisUser() { hang_up(); }
    RedisUser(const RedisUser&) = delete;
    RedisUser& operator=(const RedisUser&) = delete;

    void tick();
    // No further request; true once none is unanswered.
    bool rested();

    std::uint64_t checked() const { return checked_; }
    std::uint64_t wrong() const { return wrong_; }
    const std::string& first_wrong() const { return first_wrong_; }

  private:
    void dial();
    void hang_up();
    void ask();
    void take_in();
    void judge(const std::string& reply);

    std::string address_;
    int fd_ = -1;
    bool asked_ = false, ends_ = false;
    std::uint64_t number_ = 0, checked_ = 0, wrong_ = 0;
    std::string expected_, in_, first_wrong_;
    Clock::time_point next_{};
};

} // namespace zz::demo
