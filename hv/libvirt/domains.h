// SPDX-License-Identifier: Apache-2.0
// Domains: what the driver needs of one connection to libvirt, call by call. Each call blocks as
// long as libvirt does, so that only threads of CallThreads make them; several may at once. Every
// error's text holds what libvirt said. `connect_to_libvirt` makes the real one; tests put a
// wrapper around it that is slow, fails or loses the connection.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hv/hypervisor.h"

namespace zz::hv {

enum class DomainState : std::uint8_t { Off, Running, Paused };

// Why a domain is off, if it is.
enum class OffReason : std::uint8_t {
    Unknown,
    Shutdown,  // the guest ended by itself
    Crashed,   // the guest, or the emulator under it
    Destroyed, // by somebody's call
    Saved,
    Failed // it could not be started
};

struct DomainLook {
    std::string name;
    DomainState state = DomainState::Off;
    OffReason reason = OffReason::Unknown;
    bool saved = false; // has an image of managed save
    Duration cpu{0};
    std::uint64_t rss_bytes = 0;
};

struct DomainChange {
    enum class Kind : std::uint8_t { Started, Stopped };
    std::string name;
    Kind kind = Kind::Started;
    OffReason reason = OffReason::Unknown; // of Stopped
};

// Changes that nobody took, of all domains of a connection; older ones are dropped, list() tells
// what they told.
inline constexpr std::size_t kChangesMax = 1024;

class Domains {
  public:
    virtual ~Domains() = default;

    // "qemu-kvm", "qemu-tcg", "test".
    virtual std::string kind() = 0;
    // What <domain type='...'> has to say here.
    virtual std::string domain_type() = 0;
    // False once the connection is lost for good: a new one must be made.
    virtual bool alive() = 0;
    // Every domain whose name begins with `prefix`, persistent ones only, in one bulk call;
    // does not wait for a domain that is busy with another call.
    virtual Result<std::vector<DomainLook>> look(const std::string& prefix) = 0;
    // The text that was put into the domain's metadata; empty if it has none of ours.
    virtual Result<std::string> note(const std::string& name) = 0;
    virtual Status set_note(const std::string& name, const std::string& text) = 0;

    virtual Status define(const std::string& xml) = 0;
    virtual Status create(const std::string& name) = 0; // restores if it has an image
    virtual Status suspend(const std::string& name) = 0;
    virtual Status resume(const std::string& name) = 0;
    virtual Status save(const std::string& name) = 0;
    virtual Status destroy(const std::string& name) = 0;
    virtual Status drop_saved(const std::string& name) = 0;
    virtual Status undefine(const std::string& name) = 0;

    // Lifecycle changes since the last call, oldest first. Never blocks, from any thread.
    virtual std::vector<DomainChange> take_changes() = 0;
};

using Connect = std::function<Result<std::shared_ptr<Domains>>(const std::string& uri)>;

// Opens `uri`. The first call of a process starts its thread for libvirt's events.
Result<std::shared_ptr<Domains>> connect_to_libvirt(const std::string& uri);

} // namespace zz::hv
