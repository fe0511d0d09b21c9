// SPDX-License-Identifier: Apache-2.0
// LibvirtHypervisor: machines are domains of one libvirt connection, named PREFIX + machine name.
// What a machine is and shall be is a note in the domain's own metadata; its files are those of
// MachineFolder, below the root. Domains survive their controller and are adopted by the next one;
// a domain without our note is never touched. One controller a root (a lock says so).
//
// One thread owns it and makes all calls; libvirt is only ever called on threads of its own. A call
// that libvirt does not answer in its limit returns an error, may still take effect, and blocks
// nothing but calls for the same machine (C4, C5). While the connection is lost, every call fails
// at once with the reason, list() too, so that nobody takes the last known states for true; it is
// opened again at most every `reopen`, and what happened meanwhile is told as events.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "hv/hypervisor.h"
#include "hv/libvirt/call_threads.h"
#include "hv/libvirt/domain_template.h"
#include "hv/libvirt/domains.h"
#include "hv/libvirt/machine_folder.h"

namespace zz::hv {

struct LibvirtLimits {
    Duration connect = seconds(15);
    Duration look = seconds(5);
    Duration define = seconds(15); // the first one of a daemon looks at all its emulators
    Duration start = seconds(60);
    Duration pause = seconds(10); // suspend, resume
    Duration save = seconds(60);
    Duration restore = seconds(60);
    Duration destroy = seconds(20);
    Duration reopen = seconds(1);
};
// A connection that let so many looks in a row go unanswered is taken for lost.
inline constexpr int kSilentLooksMax = 3;

struct LibvirtSettings {
    std::string uri;
    std::string root;          // folder of the machines' files
    std::string template_file; // resources/domains/execution.xml
    std::string prefix = "zz-";
    std::uint32_t disk_mib = 1024; // of a guest's node store; sparse
    LibvirtLimits limits;
    Connect connect = connect_to_libvirt;
};

// False for a URI of a kind that nobody has run ZZ on.
bool is_tried_uri(const std::string& uri);

class LibvirtHypervisor final : public Hypervisor {
  public:
    // Fails for what trying again cannot mend. Does not wait for libvirt.
    static Result<std::unique_ptr<LibvirtHypervisor>> open(LibvirtSettings settings);
    // Leaves every domain as it is.
    ~LibvirtHypervisor() override;
    LibvirtHypervisor(const LibvirtHypervisor&) = delete;
    LibvirtHypervisor& operator=(const LibvirtHypervisor&) = delete;

    Status define(const MachineName& name, const MachineSpec& spec) override;
    Status start(const MachineName& name) override;
    Status suspend(const MachineName& name) override;
    Status resume(const MachineName& name) override;
    Status save(const MachineName& name) override;
    Status restore(const MachineName& name) override;
    Status destroy(const MachineName& name, Disk disk) override;
    Result<std::vector<MachineInfo>> list() override;
    std::vector<MachineEvent> poll_events() override;

    // "qemu-kvm", "qemu-tcg", "test"; "unknown" until a connection was there.
    const std::string& kind() const { return kind_; }
    std::string data_folder(const MachineName& name) const { return folder(name).data(); }
    std::string log_file(const MachineName& name) const { return folder(name).log(); }
    std::string domain_name(const MachineName& name) const;

  private:
    using Clock = std::chrono::steady_clock;
    using Opened = Result<std::shared_ptr<Domains>>;
    using Work = std::function<Status(Domains&)>;
    struct Machine;
    // What a call on a thread of libvirt's brings back; `alive` is the connection after a failure.
    template <class T> struct Outcome {
        Result<T> result;
        bool alive = true;
    };
    template <class T> using Pending = std::shared_ptr<Answer<Outcome<T>>>;

    LibvirtHypervisor(LibvirtSettings settings, std::string text, int lock);

    MachineFolder folder(const MachineName& name) const;
    // The connection: the one that is there or a new one, when it is time for that.
    Opened attach();
    void lose(const std::string& reason);
    // Runs `call` on a thread of libvirt's. If it takes longer than `limit`: an error, and the call
    // that still runs in `unanswered`.
    template <class T>
    Result<T> timed(const std::string& what, Duration limit,
                    std::function<Result<T>(Domains&)> call, Pending<T>& unanswered);
    Status act(Call call, const MachineName& name, Machine& machine, Duration limit, Work work);

    // Makes machines_ what libvirt says.
    Status look();
    Status adopt(const std::vector<DomainLook>& looks);
    void see(const MachineName& name, Machine& machine, const DomainLook& look);
    void tell(const MachineName& name, Machine& machine, OffReason reason);
    void on_change(const DomainChange& change);
    std::optional<MachineName> name_of(const std::string& domain) const;

    // The machine; looked at anew unless `call` can be tried in the state it was last seen in.
    Result<Machine*> find(Call call, const MachineName& name);
    Status change(Call call, const MachineName& name, Duration limit);
    Work work_of(Call call, const MachineName& name, const Machine& machine) const;
    Status switch_off(const MachineName& name, Machine& machine);
    Result<std::string> domain_text(const Note& note, const MachineSpec& spec,
                                    const std::string& type) const;

    LibvirtSettings settings_;
    std::string template_;
    int lock_;
    CallThreads threads_;
    std::shared_ptr<Domains> domains_; // null while there is no connection
    std::shared_ptr<Answer<Opened>> opening_;
    Clock::time_point opening_since_{}, reopen_at_{};
    std::string lost_ = "it was not opened yet";
    std::string kind_ = "unknown";
    int silent_looks_ = 0;
    bool adopted_ = false; // a look since the connection was opened
    std::map<MachineName, Machine> machines_;
    std::set<MachineName> stale_notes_; // to be written into their domains at the next look
    std::vector<MachineEvent> events_;
};

} // namespace zz::hv
