// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>

#include "protocol/telemetry/session_file.h"
#include "protocol/telemetry/session_format.h"
#include "protocol/telemetry/version.h"

namespace zz::telemetry {
namespace {

using session::Type;

constexpr bool is(std::uint8_t type, Type wanted) {
    return type == static_cast<std::uint8_t>(wanted);
}

bool read_exactly(std::FILE* file, std::uint64_t offset, std::string& out, std::size_t size) {
    out.resize(size);
    // A seek throws the buffer away: none where reading goes on.
    const auto at = static_cast<off_t>(offset);
    return (ftello(file) == at || fseeko(file, at, SEEK_SET) == 0) &&
           std::fread(out.data(), 1, size, file) == size;
}

SessionIndexPoint point_of(std::uint64_t offset, const SessionKeyframe& keyframe) {
    SessionIndexPoint point;
    point.set_offset(offset);
    point.set_received_wall_ns(keyframe.received_wall_ns());
    point.set_entries(keyframe.entries());
    return point;
}

} // namespace

Result<SessionReader> SessionReader::open(const std::string& path) {
    SessionReader reader;
    reader.file_.reset(std::fopen(path.c_str(), "rbe"));
    struct stat about {};
    if (!reader.file_ || fstat(fileno(reader.file_.get()), &about) != 0)
        return Error{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
    if (!S_ISREG(about.st_mode))
        return Error{fmt::format("{} is not a file", path)};
    reader.summary_.bytes = static_cast<std::uint64_t>(about.st_size);
    std::string magic;
    if (!read_exactly(reader.file_.get(), 0, magic, session::kMagic.size()) ||
        magic.substr(0, 7) != session::kMagic.substr(0, 7))
        return Error{fmt::format("{} is not a session file of ZZ", path)};
    if (magic != session::kMagic)
        return Error{fmt::format("{} has format {}, this program reads format {}", path,
                                 static_cast<int>(static_cast<unsigned char>(magic.back())),
                                 static_cast<int>(session::kMagic.back()))};
    Fault fault = Fault::None;
    const Record first = reader.read_at(session::kMagic.size(), fault);
    if (fault != Fault::None || !is(first.type, Type::Header) ||
        !reader.header_.ParseFromString(first.payload))
        return Error{fmt::format("{} was cut or damaged within its header: nothing of it can be "
                                 "read",
                                 path)};
    if (reader.header_.protocol() != kTelemetryVersion)
        return Error{fmt::format("{} was recorded with telemetry version {}, this program reads {}",
                                 path, reader.header_.protocol(), kTelemetryVersion)};
    reader.begin_ = first.end;
    reader.summary_.started_wall_ns = reader.header_.started_wall_ns();
    if (!reader.read_closed())
        reader.scan();
    reader.summary_.keyframes = reader.keyframes_.size();
    reader.rewind();
    return reader;
}

SessionReader::Record SessionReader::read_at(std::uint64_t offset, Fault& fault) {
    Record record;
    const auto cut = [&](std::uint64_t bytes) { return offset + bytes > summary_.bytes; };
    fault = Fault::Cut;
    std::string head, check;
    if (cut(session::kHeadBytes) || !read_exactly(file_.get(), offset, head, session::kHeadBytes))
        return record;
    const std::uint32_t length = session::length_of(head);
    if (length > kSessionRecordBytesMax) {
        fault = Fault::Damaged;
        return record;
    }
    const std::uint64_t payload = offset + session::kHeadBytes;
    if (cut(session::kHeadBytes + length + session::kCheckBytes) ||
        !read_exactly(file_.get(), payload, record.payload, length) ||
        !read_exactly(file_.get(), payload + length, check, session::kCheckBytes))
        return record;
    if (check != session::check(offset, head, record.payload)) {
        fault = Fault::Damaged;
        return record;
    }
    fault = Fault::None;
    record.type = static_cast<std::uint8_t>(head[4]);
    record.end = payload + length + session::kCheckBytes;
    return record;
}

// By the tail, the end record and the chain of index records. False: it was not closed, or what
// the tail says does not hold.
bool SessionReader::read_closed() {
    std::string tail;
    if (summary_.bytes < begin_ + session::kTailBytes ||
        !read_exactly(file_.get(), summary_.bytes - session::kTailBytes, tail, session::kTailBytes))
        return false;
    const std::uint64_t at = session::end_offset_of(tail);
    Fault fault = Fault::None;
    if (at < begin_ || at > summary_.bytes)
        return false;
    const Record last = read_at(at, fault);
    SessionEnd end;
    if (fault != Fault::None || !is(last.type, Type::End) || !end.ParseFromString(last.payload) ||
        last.end + session::kTailBytes != summary_.bytes)
        return false;
    std::vector<SessionIndexPoint> points;
    std::uint64_t next = end.index_offset(), before = at;
    while (next != 0) {
        SessionIndex index;
        if (next >= before || next < begin_ || points.size() > kSessionKeyframesMax)
            return false; // A chain goes back, so that it ends.
        const Record record = read_at(next, fault);
        if (fault != Fault::None || !is(record.type, Type::Index) ||
            !index.ParseFromString(record.payload))
            return false;
        for (auto it = index.points().rbegin(); it != index.points().rend(); ++it)
            points.push_back(*it);
        before = next;
        next = index.previous_offset();
    }
    std::reverse(points.begin(), points.end());
    keyframes_ = std::move(points);
    summary_.closed = true;
    summary_.bytes_valid = at;
    summary_.entries = end.entries();
    summary_.lost = end.lost();
    summary_.ended_wall_ns = end.ended_wall_ns();
    return true;
}

void SessionReader::scan() {
    keyframes_.clear();
    summary_.ended_wall_ns = summary_.started_wall_ns;
    std::uint64_t at = begin_;
    for (;;) {
        Fault fault = Fault::None;
        const Record record = read_at(at, fault);
        if (fault != Fault::None) {
            summary_.damaged = fault == Fault::Damaged;
            break;
        }
        if (is(record.type, Type::Entry)) {
            SessionEntry entry;
            if (!entry.ParseFromString(record.payload)) {
                summary_.damaged = true;
                break;
            }
            ++summary_.entries;
            summary_.ended_wall_ns = entry.received_wall_ns();
        } else if (is(record.type, Type::Keyframe)) {
            SessionKeyframe keyframe;
            if (keyframes_.size() < kSessionKeyframesMax &&
                keyframe.ParseFromString(record.payload))
                keyframes_.push_back(point_of(at, keyframe));
        } else if (is(record.type, Type::End)) {
            SessionEnd end;
            if (end.ParseFromString(record.payload)) {
                summary_.lost = end.lost();
                summary_.ended_wall_ns = end.ended_wall_ns();
            }
            break;
        }
        at = record.end;
    }
    summary_.bytes_valid = at;
}

std::optional<SessionItem> SessionReader::next() {
    while (offset_ < summary_.bytes_valid) {
        Fault fault = Fault::None;
        const Record record = read_at(offset_, fault);
        if (fault != Fault::None) {
            // The index of a closed file promised more than is whole.
            summary_.damaged = true;
            summary_.bytes_valid = offset_;
            return std::nullopt;
        }
        offset_ = record.end;
        if (is(record.type, Type::Entry)) {
            SessionEntry entry;
            if (entry.ParseFromString(record.payload))
                return entry;
        } else if (is(record.type, Type::Keyframe)) {
            SessionKeyframe keyframe;
            if (keyframe.ParseFromString(record.payload))
                return keyframe;
        } else if (is(record.type, Type::Note)) {
            SessionNote note;
            if (note.ParseFromString(record.payload))
                return note;
        }
    }
    return std::nullopt;
}

void SessionReader::rewind() {
    offset_ = begin_;
}

void SessionReader::seek(std::int64_t wall_ns) {
    const auto after = std::upper_bound(
        keyframes_.begin(), keyframes_.end(), wall_ns,
        [](std::int64_t at, const auto& point) { return at < point.received_wall_ns(); });
    offset_ = after == keyframes_.begin() ? begin_ : std::prev(after)->offset();
}

double SessionReader::progress() const {
    if (summary_.bytes_valid <= begin_)
        return 1;
    return static_cast<double>(offset_ - begin_) /
           static_cast<double>(summary_.bytes_valid - begin_);
}

} // namespace zz::telemetry
