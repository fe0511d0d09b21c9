// SPDX-License-Identifier: Apache-2.0
#include "protocol/transport/link_faults.h"

#include <algorithm>
#include <utility>

#include "protocol/transport/routed.h"

namespace zz::transport {
namespace {

// An incarnation that replaces another is at the same end.
Peer end_of(Peer peer) {
    peer.principal.incarnation = 0;
    return peer;
}

// Who stands at the far end; nobody: the frame is between us and our host.
std::optional<Peer> far_end(const Peer& link, ByteView frame, bool outward) {
    if (link.principal.role == Role::Operator)
        return std::nullopt;
    if (link.principal.role != Role::Host)
        return link;
    const auto routed = decode_routed(frame);
    if (!routed)
        return std::nullopt;
    const Peer far = outward ? routed->destination_peer() : routed->source_peer();
    return far == link ? std::nullopt : std::optional(far);
}

std::size_t bytes_of(const LinkFaults::Out& out) {
    return out.frame.size();
}
std::size_t bytes_of(const Received& received) {
    return received.frame.size();
}

} // namespace

void LinkFaults::set(LinkFault fault) {
    clear();
    random_.seed(fault.seed);
    std::set<Peer> ends;
    for (const Peer& peer : fault.far)
        ends.insert(end_of(peer));
    fault.far = std::move(ends);
    fault_ = std::move(fault);
}

void LinkFaults::clear() {
    fault_.reset();
    for (auto& held : out_.frames)
        held.due = Instant{};
    for (auto& held : in_.frames)
        held.due = Instant{};
}

LinkFaults::Fate LinkFaults::fate(const std::optional<Peer>& far) {
    if (!fault_ || !far || (!fault_->far.empty() && !fault_->far.contains(end_of(*far))))
        return Fate::Passes;
    if (fault_->cut)
        return Fate::Lost;
    if (fault_->loss_percent > 0 && random_() % 100 < fault_->loss_percent)
        return Fate::Lost;
    return fault_->delay > Duration(0) ? Fate::Late : Fate::Passes;
}

template <class T> void LinkFaults::hold(Line<T>& line, Instant due, T frame) {
    line.bytes += bytes_of(frame);
    line.frames.push_back({due, std::move(frame)});
    std::size_t over = line.bytes;
    for (std::size_t i = 0; i < line.frames.size() &&
                            (over > kDelayedBytesMax || line.frames.size() - i > kDelayedFramesMax);
         ++i) {
        over -= bytes_of(line.frames[i].frame);
        line.frames[i].due = Instant{};
    }
}

template <class T> std::vector<T> LinkFaults::take(Line<T>& line, Instant now) {
    std::vector<T> due;
    while (!line.frames.empty() && line.frames.front().due <= now) {
        line.bytes -= bytes_of(line.frames.front().frame);
        due.push_back(std::move(line.frames.front().frame));
        line.frames.pop_front();
    }
    return due;
}

bool LinkFaults::passes_out(Instant now, const Peer& link, Blob& frame) {
    switch (fate(far_end(link, frame.view(), true))) {
    case Fate::Passes:
        return true;
    case Fate::Lost:
        ++lost_;
        return false;
    case Fate::Late:
        hold(out_, now + fault_->delay, Out{link, std::move(frame)});
        return false;
    }
    return true;
}

bool LinkFaults::passes_in(Instant now, Received& received) {
    switch (fate(far_end(received.from, received.frame.view(), false))) {
    case Fate::Passes:
        return true;
    case Fate::Lost:
        ++lost_;
        return false;
    case Fate::Late:
        hold(in_, now + fault_->delay, std::move(received));
        return false;
    }
    return true;
}

std::vector<LinkFaults::Out> LinkFaults::take_out(Instant now) {
    return take(out_, now);
}
std::vector<Received> LinkFaults::take_in(Instant now) {
    return take(in_, now);
}

Instant LinkFaults::wake_at() const {
    const Instant out = out_.frames.empty() ? kNever : out_.frames.front().due;
    const Instant in = in_.frames.empty() ? kNever : in_.frames.front().due;
    return std::min(out, in);
}

} // namespace zz::transport
