// SPDX-License-Identifier: Apache-2.0
// Session files: a recording of what the hosts of a data center told (session.proto; the bytes:
// PROTOCOL.md 14). Parts: SessionWriter appends, SessionReader reads in order and seeks by time.
//
// A file that was cut or damaged anywhere opens up to the first byte that is not whole: each record
// has a check over its place and its bytes. Both hold a C file, belong to one thread and buffer no
// more than one record.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/instant.h"
#include "protocol/base/result.h"
#include "protocol/telemetry/session.pb.h"

namespace zz::telemetry {

inline constexpr std::size_t kSessionRecordBytesMax = 64u << 20;
inline constexpr Duration kSessionKeyframeEvery = seconds(10);   // of receive time
inline constexpr std::uint64_t kSessionKeyframeBytes = 8u << 20; // or so many bytes, if sooner
inline constexpr std::size_t kSessionIndexEvery = 64;            // keyframes of an index record
inline constexpr std::size_t kSessionKeyframesMax = 1u << 20;    // a reader knows of

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

class SessionWriter {
  public:
    // Makes the file, mode 0600; refuses one that exists.
    static Result<SessionWriter> create(const std::string& path, const SessionHeader& header);
    SessionWriter(SessionWriter&&) noexcept = default;
    SessionWriter& operator=(SessionWriter&&) noexcept = default;

    // What arrived, in the order of arrival. A time before the one before counts as that one.
    // After an error nothing more is written; what was written stays readable.
    Status add(std::int64_t received_wall_ns, const Update& update);
    Status add(SessionEntry entry);
    Status note(const SessionNote& note);
    // What is buffered goes to the operating system: a reader sees it.
    Status flush();
    // Index and end. `lost`: updates that are known to be missing.
    Status close(std::int64_t ended_wall_ns, std::uint64_t lost);

    std::uint64_t entries() const { return entries_; }
    std::uint64_t bytes() const { return offset_; }

  private:
    SessionWriter() = default;
    void know(const Update& update);
    Status write_keyframe();
    Status write_index();
    Status put(std::uint8_t type, const std::string& payload);

    using SourceKey = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
    struct HostState {
        Snapshot frame; // without sources
        std::map<SourceKey, Facts> sources;
    };

    std::unique_ptr<std::FILE, CloseFile> file_;
    std::string path_;
    std::uint64_t offset_ = 0, entries_ = 0, index_offset_ = 0;
    std::int64_t newest_ns_ = 0, keyframe_ns_ = 0;
    std::uint64_t keyframe_bytes_ = 0; // offset of the newest keyframe
    std::map<std::uint32_t, HostState> hosts_;
    std::vector<SessionIndexPoint> points_; // not in an index record yet
};

// What is known of a file after opening it.
struct SessionSummary {
    std::uint64_t bytes = 0;       // of the file
    std::uint64_t bytes_valid = 0; // up to the first byte that is not whole
    bool closed = false;           // it ends as SessionWriter::close left it
    bool damaged = false;          // not closed, and more than a cut: a check did not fit
    std::uint64_t entries = 0, lost = 0;
    std::int64_t started_wall_ns = 0, ended_wall_ns = 0; // of the newest entry, if not closed
    std::size_t keyframes = 0;
};

using SessionItem = std::variant<SessionEntry, SessionKeyframe, SessionNote>;

class SessionReader {
  public:
    // An Error if it is no session file or was cut within its header. Reads the whole file once if
    // it was not closed, else its index alone.
    static Result<SessionReader> open(const std::string& path);
    SessionReader(SessionReader&&) noexcept = default;
    SessionReader& operator=(SessionReader&&) noexcept = default;

    const SessionHeader& header() const { return header_; }
    const SessionSummary& summary() const { return summary_; }

    // The next record; none at the end. Keyframes repeat what the entries before said: a fold may
    // take or skip them.
    std::optional<SessionItem> next();
    // To the begin.
    void rewind();
    // next() gives the last keyframe at or before this time, or the begin if there is none.
    void seek(std::int64_t wall_ns);
    // Bytes read of bytes_valid: 0 to 1.
    double progress() const;

  private:
    struct Record {
        std::uint8_t type = 0;
        std::string payload;
        std::uint64_t end = 0; // offset of what follows
    };
    enum class Fault : std::uint8_t { None, Cut, Damaged };

    SessionReader() = default;
    Record read_at(std::uint64_t offset, Fault& fault);
    bool read_closed();
    void scan();

    std::unique_ptr<std::FILE, CloseFile> file_;
    SessionHeader header_;
    SessionSummary summary_;
    std::vector<SessionIndexPoint> keyframes_; // ascending
    std::uint64_t begin_ = 0, offset_ = 0;
};

} // namespace zz::telemetry
