// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/queue.h"

#include "protocol/base/check.h"
#include "protocol/transport/frames.h"

namespace zz::transport {

std::uint64_t FrameQueue::push(Blob frame) {
    bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    std::uint64_t dropped = 0;
    while (frames_.size() > kQueueFramesMax || (bytes_ > kQueueBytesMax && frames_.size() > 1)) {
        drop_front(1);
        ++dropped;
    }
    return dropped;
}

std::size_t FrameQueue::peek_into(Bytes& message) const {
    std::size_t count = 0;
    for (const Blob& frame : frames_) {
        const std::size_t after = message.size() + kEntryHeaderBytes + frame.size();
        if (count == kFramesPerMessageMax || (count > 0 && after > kMessageBytesMax))
            break;
        append_entry(message, EntryType::Frame, frame.view());
        ++count;
    }
    return count;
}

void FrameQueue::drop_front(std::size_t count) {
    ZZ_CHECK(count <= frames_.size(), "{} of {} frames", count, frames_.size());
    for (; count > 0; --count) {
        bytes_ -= frames_.front().size();
        frames_.pop_front();
    }
}

void FrameQueue::clear() {
    drop_front(frames_.size());
}

} // namespace zz::transport
