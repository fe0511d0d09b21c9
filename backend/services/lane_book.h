// SPDX-License-Identifier: Apache-2.0
// LaneBook: the numbers that the lanes of a client may have used (ZZ-2.4), reserved in blocks in a
// small file, so that a restarted client starts above every number it may have sent, and each lane
// by at most one block above its own last one. The file is mapped: a reservation survives kill -9
// at once, and power loss once the kernel wrote it. One process a file. One thread.
#pragma once

#include <string>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/base/result.h"

namespace zz::services {

inline constexpr std::uint64_t kLaneBlock = 4096;

class LaneBook {
  public:
    static Result<LaneBook> open(const std::string& file, std::uint32_t lanes);
    LaneBook(LaneBook&& other) noexcept;
    LaneBook& operator=(const LaneBook&) = delete;
    LaneBook(const LaneBook&) = delete;
    ~LaneBook();

    // The first free number of each lane, as of the opening.
    const std::vector<RequestNumber>& first() const { return first_; }
    // Before `number` leaves. Precondition: lane < lanes.
    void reserve(LaneId lane, RequestNumber number) {
        if (number.value > reserved_[lane.value])
            extend(lane, number);
    }

  private:
    LaneBook() = default;
    void extend(LaneId lane, RequestNumber number);

    int fd_ = -1;
    std::uint64_t* reserved_ = nullptr;
    std::size_t bytes_ = 0;
    std::vector<RequestNumber> first_;
};

} // namespace zz::services
