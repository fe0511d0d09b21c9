// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/redis_user.h"

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace zz::demo {
namespace {

constexpr auto kPace = std::chrono::milliseconds(20);
constexpr auto kDialAgain = std::chrono::milliseconds(500);
constexpr std::size_t kReplyMax = 4096;

} // namespace

void RedisUser::tick() {
    if (fd_ >= 0)
        take_in();
    if (ends_ || asked_ || Clock::now() < next_)
        return;
    if (fd_ < 0)
        dial();
    if (fd_ >= 0)
        ask();
}

bool RedisUser::rested() {
    ends_ = true;
    tick();
    return !asked_;
}

void RedisUser::dial() {
    next_ = Clock::now() + kDialAgain;
    const auto colon = address_.rfind(':');
    if (colon == std::string::npos)
        return;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::strtoul(address_.c_str() + colon + 1, nullptr, 10)));
    if (inet_pton(AF_INET, address_.substr(0, colon).c_str(), &to.sin_addr) != 1)
        return;
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // On loopback it is there at once or refused.
    if (fd_ >= 0 && connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
        fcntl(fd_, F_SETFL, O_NONBLOCK) == 0)
        return;
    hang_up();
}

// What was asked and not answered may have happened or not: the next write decides.
void RedisUser::hang_up() {
    if (fd_ >= 0)
        close(fd_);
    fd_ = -1;
    asked_ = false;
    in_.clear();
    number_ += number_ % 2;
}

void RedisUser::ask() {
    const bool writes = number_ % 2 == 0;
    const std::string request =
        writes ? fmt::format("SET demo:user {}\r\n", number_) : std::string("GET demo:user\r\n");
    const std::string value = fmt::format("{}", number_ - (writes ? 0 : 1));
    expected_ = writes ? "+OK\r\n" : fmt::format("${}\r\n{}\r\n", value.size(), value);
    if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
        return hang_up();
    asked_ = true;
    ++number_;
}

void RedisUser::take_in() {
    char bytes[512];
    for (;;) {
        const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got <= 0 || in_.size() + static_cast<std::size_t>(got) > kReplyMax)
            return hang_up();
        in_.append(bytes, static_cast<std::size_t>(got));
    }
    const std::size_t line = in_.find("\r\n");
    if (!asked_ || line == std::string::npos ||
        (in_[0] == '$' && in_[1] != '-' && in_.find("\r\n", line + 2) == std::string::npos))
        return;
    asked_ = false;
    next_ = Clock::now() + kPace;
    judge(std::exchange(in_, {}));
}

void RedisUser::judge(const std::string& reply) {
    ++checked_;
    if (reply == expected_)
        return;
    ++wrong_;
    if (first_wrong_.empty())
        first_wrong_ = reply.substr(0, 100);
}

} // namespace zz::demo
