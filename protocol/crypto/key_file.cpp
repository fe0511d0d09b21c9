// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/key_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/crypto/constant_time.h"
#include "protocol/crypto/ed25519.h"
#include "protocol/crypto/random.h"
#include "protocol/crypto/x25519.h"

namespace zz::crypto {
namespace {

constexpr std::string_view kTitle = "zz-key-file 1\n";
constexpr std::array<std::string_view, 4> kNames{"signing-seed ", "exchange-private ",
                                                 "signing-public ", "exchange-public "};
constexpr std::size_t kHexDigits = 2 * Secret::size;
constexpr std::size_t kFileSize = kTitle.size() + kNames[0].size() + kNames[1].size() +
                                  kNames[2].size() + kNames[3].size() +
                                  kNames.size() * (kHexDigits + 1);

class File {
  public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    int get() const { return descriptor_; }

  private:
    int descriptor_;
};

// A buffer of key text on the stack of its user, wiped when it dies.
struct KeyText {
    std::array<std::uint8_t, kFileSize + 1> bytes{};
    std::size_t size = 0;

    KeyText() = default;
    KeyText(const KeyText&) = delete;
    KeyText& operator=(const KeyText&) = delete;
    ~KeyText() { wipe(bytes); }
    void append(std::string_view text) {
        std::memcpy(bytes.data() + size, text.data(), text.size());
        size += text.size();
    }
};

Error failed(std::string_view what, const std::string& path) {
    return {fmt::format("cannot {} key file {}: {}", what, path, std::strerror(errno))};
}

// What is wrong with the file as the operating system sees it (G3).
std::optional<Error> refusal(const struct stat& s, const std::string& path) {
    if (!S_ISREG(s.st_mode))
        return Error{fmt::format("key file {} is not a regular file", path)};
    if (s.st_uid != ::geteuid())
        return Error{fmt::format("key file {} belongs to user id {}, but this process runs as user "
                                 "id {}: chown it, or make new keys with 'zzctl keygen'",
                                 path, s.st_uid, ::geteuid())};
    if ((s.st_mode & 077U) != 0)
        return Error{fmt::format("key file {} has mode {:04o}: group or others could read or write "
                                 "it; after 'chmod 600 {}' regard the keys as known to them",
                                 path, s.st_mode & 07777U, path)};
    if (s.st_size != static_cast<off_t>(kFileSize))
        return Error{fmt::format("key file {} has {} bytes, a key file has {}: restore it or make "
                                 "new keys with 'zzctl keygen'",
                                 path, s.st_size, kFileSize)};
    return std::nullopt;
}

int digit_of(std::uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool parse_hex(ByteView text, std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

void append_hex(KeyText& text, ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::uint8_t b : bytes) {
        text.bytes[text.size++] = static_cast<std::uint8_t>(digits[b >> 4U]);
        text.bytes[text.size++] = static_cast<std::uint8_t>(digits[b & 15U]);
    }
}

// The number of the first bad line, or 0.
int parse(ByteView text, std::array<Secret, 4>& fields) {
    if (text_of(text.first(kTitle.size())) != kTitle)
        return 1;
    std::size_t at = kTitle.size();
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        const int line = static_cast<int>(i) + 2;
        if (text_of(text.subspan(at, kNames[i].size())) != kNames[i])
            return line;
        at += kNames[i].size();
        if (!parse_hex(text.subspan(at, kHexDigits), fields[i].writable()))
            return line;
        at += kHexDigits;
        if (text[at++] != '\n')
            return line;
    }
    return 0;
}

bool write_all(int descriptor, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

bool read_up_to(int descriptor, KeyText& text) {
    while (text.size < text.bytes.size()) {
        const ssize_t n =
            ::read(descriptor, text.bytes.data() + text.size, text.bytes.size() - text.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            return true;
        text.size += static_cast<std::size_t>(n);
    }
    return true;
}

} // namespace

KeyPair keys_from(const Secret& signing_seed, const Secret& exchange_private) {
    return {signing_seed, exchange_private,
            PublicKeys{SigningKeyPair::from_seed(signing_seed).public_key(),
                       ExchangeKeyPair::from_private(exchange_private).public_key()}};
}

KeyPair generate_keys() {
    return keys_from(random_secret(), random_secret());
}

Result<KeyPair> read_key_file(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.get() < 0)
        return failed("open", path);
    struct stat s {};
    if (::fstat(file.get(), &s) != 0)
        return failed("examine", path);
    if (auto error = refusal(s, path))
        return *error;
    KeyText text;
    if (!read_up_to(file.get(), text))
        return failed("read", path);
    std::array<Secret, 4> fields;
    const int bad_line =
        text.size == kFileSize ? parse(ByteView(text.bytes).first(kFileSize), fields) : 1;
    if (bad_line != 0)
        return Error{fmt::format("key file {} is malformed at line {}: restore it or make new keys "
                                 "with 'zzctl keygen'",
                                 path, bad_line)};
    KeyPair keys = keys_from(fields[0], fields[1]);
    if (!equal(keys.publics.signing.view(), fields[2].view()) ||
        !equal(keys.publics.exchange.view(), fields[3].view()))
        return Error{fmt::format("key file {} is damaged: its public keys do not belong to its "
                                 "private keys; restore it or make new keys with 'zzctl keygen'",
                                 path)};
    return keys;
}

Status write_key_file(const std::string& path, const KeyPair& keys) {
    KeyText text;
    text.append(kTitle);
    const std::array<ByteView, 4> fields{keys.signing_seed.view(), keys.exchange_private.view(),
                                         keys.publics.signing.view(), keys.publics.exchange.view()};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        text.append(kNames[i]);
        append_hex(text, fields[i]);
        text.append("\n");
    }
    // Written aside with mode 0600 and linked into place: link() fails if the name exists.
    std::string aside = path + ".XXXXXX";
    const File file(::mkostemp(aside.data(), O_CLOEXEC));
    if (file.get() < 0)
        return failed("create", path);
    const bool placed = write_all(file.get(), ByteView(text.bytes).first(text.size)) &&
                        ::fsync(file.get()) == 0 && ::link(aside.c_str(), path.c_str()) == 0;
    const int reason = errno;
    ::unlink(aside.c_str());
    if (!placed && reason == EEXIST)
        return Error{
            fmt::format("key file {} exists and is never overwritten: move it away first", path)};
    errno = reason;
    if (!placed)
        return failed("write", path);
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0)
        return failed("make durable the", path);
    return Ok{};
}

} // namespace zz::crypto
