// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "protocol/telemetry/session_file.h"
#include "protocol/telemetry/session_format.h"
#include "protocol/telemetry/version.h"

namespace zz::telemetry {
namespace {

using session::Type;

constexpr std::uint8_t number(Type type) {
    return static_cast<std::uint8_t>(type);
}

} // namespace

Result<SessionWriter> SessionWriter::create(const std::string& path, const SessionHeader& header) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return Error{errno == EEXIST
                         ? fmt::format("{} exists already: choose another name", path)
                         : fmt::format("cannot make {}: {}", path, std::strerror(errno))};
    SessionWriter writer;
    writer.path_ = path;
    writer.file_.reset(fdopen(fd, "wb"));
    if (!writer.file_) {
        ::close(fd);
        return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
    }
    writer.newest_ns_ = writer.keyframe_ns_ = header.started_wall_ns();
    if (std::fwrite(session::kMagic.data(), 1, session::kMagic.size(), writer.file_.get()) !=
        session::kMagic.size())
        return Error{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
    writer.offset_ = session::kMagic.size();
    if (const Status put = writer.put(number(Type::Header), header.SerializeAsString()); !put)
        return put.error();
    writer.keyframe_bytes_ = writer.offset_;
    return writer;
}

Status SessionWriter::add(std::int64_t received_wall_ns, const Update& update) {
    SessionEntry entry;
    entry.set_received_wall_ns(received_wall_ns);
    *entry.mutable_update() = update;
    return add(std::move(entry));
}

Status SessionWriter::add(SessionEntry entry) {
    newest_ns_ = std::max(newest_ns_, entry.received_wall_ns());
    if (entries_ > 0 && (newest_ns_ - keyframe_ns_ >= kSessionKeyframeEvery.count() ||
                         offset_ - keyframe_bytes_ >= kSessionKeyframeBytes))
        if (const Status put = write_keyframe(); !put)
            return put;
    entry.set_received_wall_ns(newest_ns_);
    if (entry.update().has_event())
        entry.mutable_update()->mutable_event()->clear_frames();
    if (const Status put = this->put(number(Type::Entry), entry.SerializeAsString()); !put)
        return put;
    ++entries_;
    know(entry.update());
    return Ok{};
}

Status SessionWriter::note(const SessionNote& note) {
    return put(number(Type::Note), note.SerializeAsString());
}

Status SessionWriter::flush() {
    if (!file_)
        return Error{fmt::format("{} is closed", path_)};
    if (std::fflush(file_.get()) != 0)
        return Error{fmt::format("cannot write {}: {}", path_, std::strerror(errno))};
    return Ok{};
}

Status SessionWriter::close(std::int64_t ended_wall_ns, std::uint64_t lost) {
    if (const Status put = write_index(); !put)
        return put;
    SessionEnd end;
    end.set_ended_wall_ns(std::max(newest_ns_, ended_wall_ns));
    end.set_entries(entries_);
    end.set_lost(lost);
    end.set_index_offset(index_offset_);
    const std::uint64_t at = offset_;
    if (const Status put = this->put(number(Type::End), end.SerializeAsString()); !put)
        return put;
    const std::string tail = session::tail(at);
    const bool written = std::fwrite(tail.data(), 1, tail.size(), file_.get()) == tail.size() &&
                         std::fflush(file_.get()) == 0 && fsync(fileno(file_.get())) == 0;
    file_.reset();
    if (!written)
        return Error{fmt::format("cannot write {}: {}", path_, std::strerror(errno))};
    return Ok{};
}

// The state that a keyframe tells: the newest facts of each source of each host.
void SessionWriter::know(const Update& update) {
    if (update.has_snapshot()) {
        HostState& host = hosts_[update.snapshot().host()];
        host.frame = update.snapshot();
        host.frame.clear_sources();
        host.sources.clear();
        for (const Facts& facts : update.snapshot().sources()) {
            const auto& who = facts.source().principal();
            host.sources[{facts.source().application(), who.role(), who.index(),
                          who.incarnation()}] = facts;
        }
        return;
    }
    if (update.host_number() != 0) {
        HostState& host = hosts_[update.host()];
        host.frame.set_host(update.host());
        host.frame.set_host_number(std::max(host.frame.host_number(), update.host_number()));
    }
    if (update.has_heartbeat() && update.heartbeat().host_boot() != 0)
        hosts_[update.host()].frame.set_host_boot(update.heartbeat().host_boot());
    if (!update.has_facts())
        return;
    const auto& source = update.facts().source();
    const SourceKey key{source.application(), source.principal().role(), source.principal().index(),
                        source.principal().incarnation()};
    auto& sources = hosts_[update.host()].sources;
    if (sources.size() < kSourcesMax || sources.contains(key))
        sources[key] = update.facts();
}

Status SessionWriter::write_keyframe() {
    keyframe_ns_ = newest_ns_;
    SessionKeyframe keyframe;
    keyframe.set_received_wall_ns(newest_ns_);
    keyframe.set_entries(entries_);
    for (const auto& [id, host] : hosts_) {
        Snapshot& snapshot = *keyframe.add_snapshots();
        snapshot = host.frame;
        snapshot.set_host(id);
        for (const auto& [key, facts] : host.sources)
            *snapshot.add_sources() = facts;
    }
    const std::string bytes = keyframe.SerializeAsString();
    keyframe_bytes_ = offset_;
    if (bytes.size() > kSessionRecordBytesMax)
        return Ok{}; // Readers start from an earlier one.
    SessionIndexPoint point;
    point.set_offset(offset_);
    point.set_received_wall_ns(newest_ns_);
    point.set_entries(entries_);
    if (const Status put = this->put(number(Type::Keyframe), bytes); !put)
        return put;
    keyframe_bytes_ = offset_;
    points_.push_back(std::move(point));
    return points_.size() >= kSessionIndexEvery ? write_index() : Ok{};
}

Status SessionWriter::write_index() {
    SessionIndex index;
    index.set_previous_offset(index_offset_);
    for (const auto& point : points_)
        *index.add_points() = point;
    points_.clear();
    const std::uint64_t at = offset_;
    if (const Status put = this->put(number(Type::Index), index.SerializeAsString()); !put)
        return put;
    index_offset_ = at;
    return Ok{};
}

Status SessionWriter::put(std::uint8_t type, const std::string& payload) {
    if (!file_)
        return Error{fmt::format("{} is closed, or was not writable before", path_)};
    if (payload.size() > kSessionRecordBytesMax)
        return Error{fmt::format("a record of {} bytes is too long", payload.size())};
    const std::string head = session::head(static_cast<std::uint32_t>(payload.size()), type);
    const std::string record = head + payload + session::check(offset_, head, payload);
    if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size()) {
        const Error error{fmt::format("cannot write {}: {}", path_, std::strerror(errno))};
        file_.reset(); // A part of a record may be there: nothing can follow it.
        return error;
    }
    offset_ += record.size();
    return Ok{};
}

} // namespace zz::telemetry
