// SPDX-License-Identifier: Apache-2.0
#include "backend/services/audit_log.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <utility>

#include "backend/runtime/clock.h"
#include "backend/runtime/process.h"
#include "protocol/crypto/sha256.h"

namespace zz::services {
namespace {

using nlohmann::json;
using telemetry::AuditEntry;

constexpr std::string_view kDomain{"zz audit line\0", 14};
constexpr std::size_t kHashDigits = 2 * sizeof(Digest::bytes);

Error fault(const std::string& file, const char* what) {
    return Error{fmt::format("{}: cannot {}: {}", file, what, std::strerror(errno))};
}

Digest hash_of(const Digest& before, std::string_view text) {
    return crypto::Sha256()
        .update(view_of(kDomain))
        .update(before.view())
        .update(view_of(text))
        .finish();
}

// For readers; wall_ns is the exact one.
std::string time_text(std::int64_t wall_ns) {
    const std::time_t seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    return fmt::format("{}.{:03}Z", text, wall_ns / 1'000'000 % 1000);
}

std::string text_of_entry(const AuditEntry& entry) {
    const json text{{"n", entry.n()},
                    {"time", time_text(entry.wall_ns())},
                    {"wall_ns", entry.wall_ns()},
                    {"who", entry.who()},
                    {"operator", entry.operator_()},
                    {"role", entry.role()},
                    {"key", entry.key()},
                    {"command", entry.command()},
                    {"reason", entry.reason()},
                    {"result", entry.result()},
                    {"times", entry.times()}};
    return text.dump(-1, ' ', true, json::error_handler_t::replace);
}

bool read_entry(std::string_view text, AuditEntry& out) {
    const json parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object())
        return false;
    const auto string = [&](const char* key, auto set) {
        const auto it = parsed.find(key);
        if (it == parsed.end() || !it->is_string())
            return false;
        set(it->template get<std::string>());
        return true;
    };
    const auto number = [&](const char* key, auto set) {
        const auto it = parsed.find(key);
        if (it == parsed.end() || !it->is_number_unsigned())
            return false;
        set(it->template get<std::uint64_t>());
        return true;
    };
    return number("n", [&](auto v) { out.set_n(v); }) &&
           number("wall_ns", [&](auto v) { out.set_wall_ns(static_cast<std::int64_t>(v)); }) &&
           number("operator", [&](auto v) { out.set_operator_(static_cast<std::uint32_t>(v)); }) &&
           number("times", [&](auto v) { out.set_times(static_cast<std::uint32_t>(v)); }) &&
           string("who", [&](auto v) { out.set_who(v); }) &&
           string("role", [&](auto v) { out.set_role(v); }) &&
           string("key", [&](auto v) { out.set_key(v); }) &&
           string("command", [&](auto v) { out.set_command(v); }) &&
           string("reason", [&](auto v) { out.set_reason(v); }) &&
           string("result", [&](auto v) { out.set_result(v); });
}

bool read_hash(std::string_view hex, Digest& out) {
    Bytes bytes;
    if (!from_hex(hex, bytes) || bytes.size() != out.bytes.size())
        return false;
    std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
    return true;
}

// What is wrong with the line that should follow `check`; empty: nothing, and `out` is its entry.
std::string line_fault(const AuditCheck& check, std::string_view line, AuditEntry& out) {
    Digest hash;
    if (line.size() < kHashDigits + 2 || line[kHashDigits] != ' ' ||
        !read_hash(line.substr(0, kHashDigits), hash))
        return "does not begin with a hash";
    const std::string_view text = line.substr(kHashDigits + 1);
    if (hash != hash_of(check.head, text))
        return check.entries == 0
                   ? "its hash is wrong: it was edited, or lines before it were removed"
                   : fmt::format("its hash does not follow from line {}: it was edited, or lines "
                                 "were removed or put in before it",
                                 check.entries);
    if (!read_entry(text, out))
        return "is no entry of this version";
    if (out.n() != check.entries + 1)
        return fmt::format("has number {}, and {} is due", out.n(), check.entries + 1);
    out.set_hash(std::string(text_of(hash.view())));
    return {};
}

} // namespace

AuditCheck check_audit(std::string_view text, std::size_t keep,
                       const std::optional<AuditHead>& known) {
    AuditCheck check;
    bool met = !known;
    std::size_t line_number = 0;
    while (check.good_bytes < text.size()) {
        ++line_number;
        const std::string_view rest = text.substr(check.good_bytes);
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) {
            check.torn = true;
            check.bad_line = line_number;
            check.trouble = "has no end: it was cut off";
            return check;
        }
        AuditEntry entry;
        check.trouble = line_fault(check, rest.substr(0, end), entry);
        if (!check.trouble.empty()) {
            check.bad_line = line_number;
            return check;
        }
        std::copy(entry.hash().begin(), entry.hash().end(), check.head.bytes.begin());
        ++check.entries;
        check.good_bytes += end + 1;
        if (known && check.head == known->hash && (known->n == 0 || known->n == check.entries))
            met = true;
        if (keep == 0)
            continue;
        check.newest.push_back(std::move(entry));
        if (check.newest.size() > keep)
            check.newest.pop_front();
    }
    if (!met) {
        // What is there is a good chain, so what is missing comes after it, or it is another chain.
        check.bad_line = line_number + 1;
        check.trouble = fmt::format(
            "the entry{} with the hash {} is known to have been written and is not there: the end "
            "was cut off, or this is another log",
            known->n == 0 ? "" : fmt::format(" number {}", known->n), to_hex(known->hash.view()));
    }
    return check;
}

Result<AuditLog> AuditLog::open(const std::string& file, const std::string& opened_by) {
    AuditLog log;
    log.file_ = file;
    std::string told = "audit log opened";
    if (access(file.c_str(), F_OK) == 0) {
        const auto text = runtime::read_file(file, kAuditFileBytesMax + kAuditLineBytesMax);
        if (!text)
            return text.error();
        AuditCheck check = check_audit(text.value(), kAuditEntriesKept);
        if (check.bad_line != 0 && !check.torn) {
            const std::string aside = fmt::format("{}.bad-{}", file, runtime::wall_ns() / 1000);
            if (std::rename(file.c_str(), aside.c_str()) != 0)
                return fault(file, "be put aside");
            told = fmt::format("audit log begun anew: line {} of the old one {}; it is kept as {}",
                               check.bad_line, check.trouble, aside);
            check = {};
        } else if (check.torn) {
            told += fmt::format("; a torn last line of {} bytes was cut off",
                                text->size() - check.good_bytes);
        }
        log.size_ = check.good_bytes;
        log.head_ = {check.entries, check.head};
        log.newest_ = std::move(check.newest);
    }
    log.fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (log.fd_ < 0)
        return fault(file, "open");
    if (ftruncate(log.fd_, static_cast<off_t>(log.size_)) != 0)
        return fault(file, "cut");
    AuditEntry entry;
    entry.set_who(opened_by);
    entry.set_command(told);
    entry.set_result("accepted");
    if (const Status appended = log.append(std::move(entry), true); !appended)
        return appended.error();
    return log;
}

AuditLog::AuditLog(AuditLog&& other) noexcept
    : file_(std::move(other.file_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_),
      head_(other.head_), newest_(std::move(other.newest_)) {}

AuditLog::~AuditLog() {
    if (fd_ >= 0)
        close(fd_);
}

Status AuditLog::append(AuditEntry entry, bool durable) {
    entry.set_n(head_.n + 1);
    entry.set_wall_ns(runtime::wall_ns());
    if (entry.times() == 0)
        entry.set_times(1);
    const std::string text = text_of_entry(entry);
    const Digest hash = hash_of(head_.hash, text);
    const std::string line = to_hex(hash.view()) + " " + text + "\n";
    if (line.size() > kAuditLineBytesMax)
        return Error{fmt::format("{}: an entry of {} bytes is too long", file_, line.size())};
    if (size_ + line.size() > kAuditFileBytesMax)
        return Error{fmt::format("{}: the audit log is full: stop zz-host, put the file into an "
                                 "archive, start it again",
                                 file_)};
    Status written = write_line(line);
    if (written && durable && fdatasync(fd_) != 0)
        written = fault(file_, "be made durable");
    if (!written) {
        // No part of it may stay: another line will be written here.
        (void)!ftruncate(fd_, static_cast<off_t>(size_));
        return written;
    }
    size_ += line.size();
    head_ = {entry.n(), hash};
    entry.set_hash(std::string(text_of(hash.view())));
    newest_.push_back(std::move(entry));
    if (newest_.size() > kAuditEntriesKept)
        newest_.pop_front();
    return Ok{};
}

Status AuditLog::write_line(const std::string& line) {
    std::size_t done = 0;
    while (done < line.size()) {
        const ssize_t n =
            pwrite(fd_, line.data() + done, line.size() - done, static_cast<off_t>(size_ + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fault(file_, "be written");
        done += static_cast<std::size_t>(n);
    }
    return Ok{};
}

telemetry::AuditEntries AuditLog::entries(std::uint64_t after, std::uint32_t count_max) const {
    telemetry::AuditEntries out;
    const std::size_t most = count_max == 0 ? 1024 : count_max;
    out.set_first_kept(newest_.empty() ? head_.n + 1 : newest_.front().n());
    out.set_newest(head_.n);
    out.set_head(std::string(text_of(head_.hash.view())));
    for (const auto& entry : newest_)
        if (entry.n() > after && static_cast<std::size_t>(out.entries_size()) < most)
            *out.add_entries() = entry;
    return out;
}

} // namespace zz::services
