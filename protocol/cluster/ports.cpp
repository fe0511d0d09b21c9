// SPDX-License-Identifier: Apache-2.0
#include "protocol/cluster/ports.h"

#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/crypto/random.h"

namespace zz::cluster {

namespace {

// Below 32768, where Linux by default begins to hand out ports by itself.
constexpr std::uint32_t kFirst = 20'000;
constexpr std::uint32_t kEnd = 32'000;

std::uint32_t random_start() {
    std::array<std::uint8_t, 2> bytes{};
    crypto::fill_random(bytes);
    return kFirst + (static_cast<std::uint32_t>(bytes[0]) * 256 + bytes[1]) % (kEnd - kFirst);
}

bool is_free(const std::string& address, std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    if (inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1)
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const int on = 1; // A connection in TIME_WAIT does not make a port taken.
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
    close(fd);
    return bound;
}

} // namespace

Ports::Ports(std::string address, std::uint16_t base)
    : address_(std::move(address)), probe_(base == 0), next_(probe_ ? random_start() : base),
      left_(probe_ ? kEnd - kFirst : 65'536u - base) {}

Result<std::uint16_t> Ports::next() {
    while (left_ > 0) {
        const auto port = static_cast<std::uint16_t>(next_);
        --left_;
        ++next_;
        if (!probe_)
            return port;
        if (next_ == kEnd)
            next_ = kFirst;
        if (is_free(address_, port))
            return port;
    }
    if (probe_)
        return Error{
            fmt::format("no free port is left on {} between {} and {}: stop what uses them",
                        address_, kFirst, kEnd)};
    return Error{"the ports end at 65535: choose a lower base port"};
}

} // namespace zz::cluster
