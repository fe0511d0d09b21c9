// SPDX-License-Identifier: Apache-2.0
#include "hv/libvirt/machine_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/crypto/sha256.h"

namespace zz::hv {

namespace fs = std::filesystem;

namespace {

constexpr const char* kErased = ".erased";
constexpr std::size_t kTarBlock = 512;
constexpr mode_t kOwnerOnly = 0600;

Error failure(const std::string& what, int number) {
    return Error{fmt::format("{}: {}", what, std::strerror(number))};
}

Result<std::string> digest_of_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return Error{fmt::format("cannot read {}; ./zz guest build makes kernel and image", path)};
    crypto::Sha256 hash;
    std::string piece(1u << 20, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0)
        hash.update(view_of(piece).first(static_cast<std::size_t>(in.gcount())));
    if (in.bad())
        return Error{fmt::format("cannot read {} to its end", path)};
    return to_hex(hash.finish().view());
}

Result<std::string> text_of_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    if (!in || !(out << in.rdbuf() || in.peek() == std::ifstream::traits_type::eof()))
        return Error{fmt::format("cannot read {}", path)};
    return out.str();
}

// Whole or not at all.
Status write_whole(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
    if (file < 0)
        return failure(fmt::format("cannot write {}", fresh), errno);
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = write(file, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += static_cast<std::size_t>(n);
    }
    const bool good = done == text.size() && fsync(file) == 0;
    const int reason = errno;
    close(file);
    if (!good)
        return failure(fmt::format("cannot write {}", fresh), reason);
    if (std::rename(fresh.c_str(), path.c_str()) != 0)
        return failure(fmt::format("cannot write {}", path), errno);
    return Ok{};
}

// The digest that `path` has to have, from the list in its folder.
Result<std::string> recorded_digest(const std::string& path) {
    const fs::path file(path);
    const std::string list = (file.parent_path() / kDigestFile).string();
    const auto text = text_of_file(list);
    if (!text)
        return Error{fmt::format("{}, which records the digest of {}", text.error().text, path)};
    std::istringstream lines(*text);
    std::string digest, name;
    while (lines >> digest >> name)
        if (name == file.filename().string())
            return digest;
    return Error{fmt::format("{} has no digest of {}", list, file.filename().string())};
}

Status check_digest(const std::string& path, const std::string& wanted) {
    const auto digest = digest_of_file(path);
    if (!digest)
        return digest.error();
    if (*digest != wanted)
        return Error{fmt::format("{} is not what was recorded: its SHA-256 is {}, recorded is {}; "
                                 "it is not booted",
                                 path, *digest, wanted)};
    return Ok{};
}

Result<std::string> lines_of(const std::vector<std::string>& values, const char* what) {
    std::string out;
    for (const std::string& value : values) {
        if (value.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
            return Error{fmt::format("{} '{}' holds more than a line", what, value)};
        out += value + "\n";
    }
    return out;
}

void put(std::array<char, kTarBlock>& block, std::size_t at, const std::string& text) {
    std::copy(text.begin(), text.end(), block.begin() + static_cast<long>(at));
}

// One regular file of the format of POSIX 1003.1 (ustar), owned by root, without a time.
void append_to_tar(std::string& tar, const std::string& name, const std::string& text) {
    std::array<char, kTarBlock> head{};
    put(head, 0, name);
    put(head, 100, "0000600");
    put(head, 108, "0000000");
    put(head, 116, "0000000");
    put(head, 124, fmt::format("{:011o}", text.size()));
    put(head, 136, fmt::format("{:011o}", 0));
    put(head, 148, std::string(8, ' '));
    put(head, 156, "0");
    put(head, 257,
        std::string("ustar\0"
                    "00",
                    8));
    unsigned sum = 0;
    for (const char c : head)
        sum += static_cast<unsigned char>(c);
    put(head, 148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
    tar.append(head.data(), head.size());
    tar += text;
    tar.append((kTarBlock - text.size() % kTarBlock) % kTarBlock, '\0');
}

Result<std::string> tar_of(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> names;
    std::uint64_t bytes = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        if (!entry.is_regular_file(error))
            continue;
        names.push_back(entry.path().filename().string());
        bytes += entry.file_size(error);
    }
    if (error)
        return Error{fmt::format("cannot list {}: {}", folder, error.message())};
    if (bytes > kIdentityBytesMax)
        return Error{fmt::format("{} holds {} bytes, more than the {} that a guest is given",
                                 folder, bytes, kIdentityBytesMax)};
    std::sort(names.begin(), names.end());
    std::string tar;
    for (const std::string& name : names) {
        if (name.size() >= 100)
            return Error{fmt::format("{}/{}: the name is too long for a guest", folder, name)};
        const auto text = text_of_file(folder + "/" + name);
        if (!text)
            return text.error();
        append_to_tar(tar, name, *text);
    }
    tar.append(2 * kTarBlock, '\0');
    return tar;
}

Status make_disk(const std::string& path, std::uint32_t mib) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (file < 0)
        return failure(fmt::format("cannot make {}", path), errno);
    struct stat now {};
    const off_t wanted = static_cast<off_t>(mib) << 20;
    // One that is there already holds a node store: never made smaller.
    const bool good =
        fstat(file, &now) == 0 && (now.st_size >= wanted || ftruncate(file, wanted) == 0);
    const int reason = errno;
    close(file);
    if (!good)
        return failure(fmt::format("cannot make {} {} MiB long", path, mib), reason);
    return Ok{};
}

} // namespace

Status MachineFolder::make(const MachineSpec& spec, std::uint32_t disk_mib) const {
    std::string boot;
    for (const std::string& path : {spec.kernel, spec.image}) {
        const auto wanted = recorded_digest(path);
        if (!wanted)
            return wanted.error();
        if (const Status same = check_digest(path, *wanted); !same)
            return same;
        boot += *wanted + " " + path + "\n";
    }
    const auto arguments = lines_of(spec.program, "the argument");
    if (!arguments)
        return arguments.error();
    std::vector<std::string> pairs;
    for (const auto& [name, value] : spec.environment)
        pairs.push_back(name + "=" + value);
    const auto environment = lines_of(pairs, "the variable");
    if (!environment)
        return environment.error();
    std::error_code error;
    fs::create_directories(data(), error);
    // The emulator may be another user and has to reach its disks; the keys are not for it.
    if (!error)
        fs::permissions(path_, fs::perms(0711), error);
    if (!error)
        fs::permissions(data(), fs::perms(0700), error);
    if (error)
        return Error{fmt::format("cannot make {}: {}", path_, error.message())};
    for (const auto& [path, text] :
         {std::pair{data() + "/arguments", *arguments},
          std::pair{data() + "/environment", *environment}, std::pair{path_ + "/boot", boot}})
        if (const Status written = write_whole(path, text); !written)
            return written;
    // The emulator opens it when it is defined already, so that it has to exist.
    if (const Status written = write_whole(identity(), std::string(2 * kTarBlock, '\0')); !written)
        return written;
    return make_disk(disk(), disk_mib);
}

Status MachineFolder::prepare_boot() const {
    const auto boot = text_of_file(path_ + "/boot");
    if (!boot)
        return boot.error();
    std::istringstream lines(*boot);
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t space = line.find(' ');
        if (space == std::string::npos)
            return Error{fmt::format("{}/boot is damaged: erase the machine", path_)};
        if (const Status same = check_digest(line.substr(space + 1), line.substr(0, space)); !same)
            return same;
    }
    const auto tar = tar_of(data());
    if (!tar)
        return tar.error();
    return write_whole(identity(), *tar);
}

void MachineFolder::bound_log() const {
    constexpr std::uint64_t kBlock = 512; // of st_blocks
    struct stat at {};
    // What is on the disk: who goes on writing after a cut leaves a hole before it.
    if (stat(log().c_str(), &at) == 0 &&
        static_cast<std::uint64_t>(at.st_blocks) * kBlock > kConsoleBytesMax)
        (void)!truncate(log().c_str(), 0);
}

Status MachineFolder::erase() const {
    std::error_code error;
    if (!fs::exists(path_, error))
        return Ok{};
    const std::string gone = path_ + kErased;
    fs::remove_all(gone, error);
    if (!error)
        fs::rename(path_, gone, error);
    if (!error)
        fs::remove_all(gone, error);
    if (error)
        return Error{fmt::format("cannot erase {}: {}", path_, error.message())};
    return Ok{};
}

Status remove_erased(const std::string& root) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(root, error))
        if (entry.path().string().ends_with(kErased))
            fs::remove_all(entry.path(), error);
    if (error)
        return Error{fmt::format("cannot clear {}: {}", root, error.message())};
    return Ok{};
}

} // namespace zz::hv
