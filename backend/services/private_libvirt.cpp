// SPDX-License-Identifier: Apache-2.0
#include "backend/services/private_libvirt.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/runtime/process.h"

namespace zz::services {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUriStart = "qemu+unix:///session?socket=";
constexpr const char* kPlaceStart = "/tmp/zz-";
constexpr const char* kSocketEnd = "/run/libvirt/libvirt-sock";
constexpr const char* kDaemon = "libvirtd";
constexpr const char* kEmulator = "qemu-system";
constexpr int kListenPatienceMs = 20'000;
constexpr int kListenStepMs = 20;
constexpr unsigned kSeenAs = 65534; // nobody, who has an entry everywhere

Error failed(const std::string& what) {
    return Error{fmt::format("{}: {}", what, std::strerror(errno))};
}

std::string real_folder(const Layout& layout, const cluster::Host& host) {
    std::error_code error;
    return fs::absolute(layout.host(host) + "/libvirt", error).lexically_normal().string();
}

// Others may write to /tmp: the folder must be ours alone.
Status make_place(const std::string& place, const std::string& real) {
    const std::string base = fs::path(place).parent_path().string();
    if (mkdir(base.c_str(), 0700) != 0 && errno != EEXIST)
        return failed(fmt::format("cannot make {}", base));
    struct stat seen {};
    if (lstat(base.c_str(), &seen) != 0 || !S_ISDIR(seen.st_mode) || seen.st_uid != geteuid() ||
        (seen.st_mode & 077) != 0)
        return Error{fmt::format("{} is not a folder of this user alone: remove it", base)};
    std::error_code error;
    fs::remove(place, error);
    fs::create_symlink(real, place, error);
    if (error)
        return Error{fmt::format("cannot link {} to {}: {}", place, real, error.message())};
    return Ok{};
}

Status make_folders(const std::string& real) {
    std::error_code error;
    for (const char* part : {"/home", "/run", "/cfg/libvirt", "/cache"})
        fs::create_directories(real + part, error);
    if (!error)
        fs::permissions(real, fs::perms::owner_all, error);
    if (!error)
        fs::permissions(real + "/run", fs::perms::owner_all, error);
    if (error)
        return Error{fmt::format("cannot make {}: {}", real, error.message())};
    // Consoles go to files at once; there is no virtlogd.
    std::ofstream conf(real + "/cfg/libvirt/qemu.conf", std::ios::trunc);
    conf << "stdio_handler = \"file\"\n";
    conf.close();
    if (!conf)
        return Error{fmt::format("cannot write {}/cfg/libvirt/qemu.conf", real)};
    return Ok{};
}

// The number in a pid file if a program of that name still has it; else 0.
int pid_of(const std::string& file, std::string_view program) {
    int pid = 0;
    std::ifstream(file) >> pid;
    if (pid <= 0)
        return 0;
    std::string name;
    std::ifstream in(fmt::format("/proc/{}/comm", pid));
    if (!std::getline(in, name) || !name.starts_with(program))
        return 0;
    // A zombie has nothing left to end.
    std::string state;
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    std::getline(stat, state);
    const std::size_t end = state.rfind(')');
    return end != std::string::npos && state.compare(end + 1, 2, " Z") != 0 ? pid : 0;
}

void write_text(const char* path, const std::string& text) {
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        _exit(126);
    close(file);
}

// Of the daemon's future process: another number for root, which libvirt takes for an ordinary
// user.
void leave_root() {
    const unsigned user = geteuid(), group = getegid();
    if (user != 0)
        return;
    if (unshare(CLONE_NEWUSER) != 0)
        _exit(125);
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", fmt::format("{} {} 1", kSeenAs, user));
    write_text("/proc/self/gid_map", fmt::format("{} {} 1", kSeenAs, group));
}

// Emulators leave their parent; whoever collects them late makes libvirt wait for each of them.
[[noreturn]] void collect_children() {
    for (;;) {
        if (waitpid(-1, nullptr, 0) < 0 && errno != EINTR)
            _exit(0);
    }
}

[[noreturn]] void run_daemon(const std::string& place, const std::string& log) {
    setsid();
    if (fork() != 0)
        _exit(0);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    closefrom(3);
    leave_root();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (const pid_t daemon = fork(); daemon != 0)
        collect_children();
    for (const auto& [name, part] :
         {std::pair{"HOME", "/home"}, std::pair{"XDG_RUNTIME_DIR", "/run"},
          std::pair{"XDG_CONFIG_HOME", "/cfg"}, std::pair{"XDG_CACHE_HOME", "/cache"}})
        setenv(name, (place + part).c_str(), 1);
    const std::string pid_file = place + "/libvirtd.pid";
    execl("/usr/sbin/libvirtd", kDaemon, "-p", pid_file.c_str(), nullptr);
    execlp(kDaemon, kDaemon, "-p", pid_file.c_str(), nullptr);
    std::fprintf(stderr, "cannot run libvirtd: %s\n", std::strerror(errno));
    _exit(127);
}

bool listens(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return false;
    std::copy(path.begin(), path.end(), address.sun_path);
    const int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool good =
        connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(file);
    return good;
}

} // namespace

std::string private_uri(const std::string& tag, const std::string& host) {
    return fmt::format("{}{}{}/{}{}", kUriStart, kPlaceStart, tag, host, kSocketEnd);
}

std::optional<std::string> private_place(const cluster::Host& host) {
    const std::string& uri = host.hypervisor_uri;
    const std::string start = std::string(kUriStart) + kPlaceStart;
    const std::string end = "/" + host.name + kSocketEnd;
    if (!uri.starts_with(start) || !uri.ends_with(end) || uri.size() <= start.size() + end.size())
        return std::nullopt;
    const std::string tag = uri.substr(start.size(), uri.size() - start.size() - end.size());
    const bool plain = std::all_of(tag.begin(), tag.end(), [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    });
    return plain ? std::optional(kPlaceStart + tag + "/" + host.name) : std::nullopt;
}

Status start_private_libvirt(const Layout& layout, const cluster::Host& host) {
    const auto place = private_place(host);
    if (!place)
        return Ok{};
    const std::string real = real_folder(layout, host);
    if (const Status made = make_folders(real); !made)
        return made;
    if (const Status made = make_place(*place, real); !made)
        return made;
    if (pid_of(real + "/libvirtd.pid", kDaemon) != 0)
        return Ok{};
    const std::string log = real + "/libvirtd.log";
    const pid_t child = fork();
    if (child < 0)
        return failed("cannot start libvirtd");
    if (child == 0)
        run_daemon(*place, log);
    int status = 0;
    waitpid(child, &status, 0);
    for (int waited = 0; waited < kListenPatienceMs; waited += kListenStepMs) {
        if (listens(*place + kSocketEnd))
            return Ok{};
        poll(nullptr, 0, kListenStepMs);
    }
    return Error{fmt::format("the libvirt of host {} does not listen at {}{}: see {}; it wants the "
                             "packages libvirt-daemon-driver-qemu and qemu-system-x86, and for "
                             "root that user namespaces are allowed",
                             host.name, *place, kSocketEnd, log)};
}

std::vector<int> private_pids(const Layout& layout, const cluster::Host& host) {
    std::vector<int> out;
    if (!private_place(host))
        return out;
    const std::string real = real_folder(layout, host);
    if (const int pid = pid_of(real + "/libvirtd.pid", kDaemon); pid != 0)
        out.push_back(pid);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(real + "/run/libvirt/qemu/run", error))
        if (entry.path().extension() == ".pid")
            if (const int pid = pid_of(entry.path().string(), kEmulator); pid != 0)
                out.push_back(pid);
    return out;
}

void forget_private_place(const cluster::Host& host) {
    const auto place = private_place(host);
    if (!place)
        return;
    std::error_code error;
    fs::remove(*place, error);
    fs::remove(fs::path(*place).parent_path(), error); // with the last host
}

} // namespace zz::services
