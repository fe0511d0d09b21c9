// SPDX-License-Identifier: Apache-2.0
#include "backend/services/lane_book.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace zz::services {

Result<LaneBook> LaneBook::open(const std::string& file, std::uint32_t lanes) {
    LaneBook book;
    const auto fault = [&](const char* what) {
        return Error{fmt::format("{}: cannot {}: {}", file, what, std::strerror(errno))};
    };
    book.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (book.fd_ < 0)
        return fault("open");
    if (flock(book.fd_, LOCK_EX | LOCK_NB) != 0)
        return Error{fmt::format("{}: another process uses this client: wait for it", file)};
    const std::size_t bytes = lanes * sizeof(std::uint64_t);
    if (ftruncate(book.fd_, static_cast<off_t>(bytes)) != 0)
        return fault("size");
    void* map = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, book.fd_, 0);
    if (map == MAP_FAILED)
        return fault("map");
    book.reserved_ = static_cast<std::uint64_t*>(map);
    book.bytes_ = bytes;
    for (std::uint32_t lane = 0; lane < lanes; ++lane)
        book.first_.push_back(RequestNumber(book.reserved_[lane] + 1));
    return book;
}

LaneBook::LaneBook(LaneBook&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), reserved_(std::exchange(other.reserved_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)), first_(std::move(other.first_)) {}

LaneBook::~LaneBook() {
    if (reserved_ != nullptr)
        munmap(reserved_, bytes_);
    if (fd_ >= 0)
        close(fd_);
}

void LaneBook::extend(LaneId lane, RequestNumber number) {
    reserved_[lane.value] = (number + (kLaneBlock - 1)).value;
    msync(reserved_, bytes_, MS_ASYNC);
}

} // namespace zz::services
