// SPDX-License-Identifier: Apache-2.0
// The real Domains: libvirt's C API. A domain is looked up by name at each call, so that no handle
// outlives a restart of the daemon.
#include "hv/libvirt/domains.h"

#include <cctype>
#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <mutex>

#include "hv/libvirt/event_loop.h"
#include "hv/libvirt/handles.h"

namespace zz::hv {

namespace {

// A remote daemon that says nothing for their product is lost; local drivers have no keep-alive.
constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 3;
// Our element in a domain's metadata.
constexpr const char* kNoteKey = "zz";
constexpr const char* kNoteUri = "urn:zz:machine:1";

OffReason off_reason(int reason) {
    switch (reason) {
    case VIR_DOMAIN_SHUTOFF_SHUTDOWN:
        return OffReason::Shutdown;
    case VIR_DOMAIN_SHUTOFF_DESTROYED:
        return OffReason::Destroyed;
    case VIR_DOMAIN_SHUTOFF_CRASHED:
        return OffReason::Crashed;
    case VIR_DOMAIN_SHUTOFF_SAVED:
        return OffReason::Saved;
    case VIR_DOMAIN_SHUTOFF_FAILED:
        return OffReason::Failed;
    default:
        return OffReason::Unknown;
    }
}

OffReason stop_reason(int detail) {
    switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
        return OffReason::Shutdown;
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
        return OffReason::Destroyed;
    case VIR_DOMAIN_EVENT_STOPPED_SAVED:
        return OffReason::Saved;
    // The second is also what libvirt tells of an emulator that was killed.
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
        return OffReason::Crashed;
    default:
        return OffReason::Unknown;
    }
}

DomainState state_of(int state) {
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
    case VIR_DOMAIN_SHUTDOWN: // on its way: not off yet
        return DomainState::Running;
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::Paused;
    default:
        return DomainState::Off;
    }
}

// What the callback of libvirt's thread writes to; libvirt itself holds a share of it.
class Changes {
  public:
    void add(DomainChange change) {
        const std::lock_guard guard(mutex_);
        if (changes_.size() == kChangesMax)
            changes_.pop_front();
        changes_.push_back(std::move(change));
    }
    std::vector<DomainChange> take() {
        const std::lock_guard guard(mutex_);
        std::vector<DomainChange> out(changes_.begin(), changes_.end());
        changes_.clear();
        return out;
    }

  private:
    std::mutex mutex_;
    std::deque<DomainChange> changes_;
};
using SharedChanges = std::shared_ptr<Changes>;

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
    Changes& changes = **static_cast<SharedChanges*>(opaque);
    const char* name = virDomainGetName(domain);
    if (!name)
        return 0;
    if (event == VIR_DOMAIN_EVENT_STARTED)
        changes.add({name, DomainChange::Kind::Started, {}});
    else if (event == VIR_DOMAIN_EVENT_STOPPED)
        changes.add({name, DomainChange::Kind::Stopped, stop_reason(detail)});
    return 0;
}

void free_changes(void* opaque) {
    delete static_cast<SharedChanges*>(opaque);
}

struct StatsList {
    virDomainStatsRecordPtr* records = nullptr;
    int count = 0;
    ~StatsList() {
        if (records)
            virDomainStatsRecordListFree(records);
    }
};

DomainLook look_at_record(const virDomainStatsRecord& record) {
    DomainLook out;
    int state = VIR_DOMAIN_NOSTATE, reason = 0;
    unsigned long long cpu = 0, rss_kib = 0;
    (void)virTypedParamsGetInt(record.params, record.nparams, "state.state", &state);
    (void)virTypedParamsGetInt(record.params, record.nparams, "state.reason", &reason);
    (void)virTypedParamsGetULLong(record.params, record.nparams, "cpu.time", &cpu);
    (void)virTypedParamsGetULLong(record.params, record.nparams, "balloon.rss", &rss_kib);
    out.name = virDomainGetName(record.dom);
    out.state = state_of(state);
    if (out.state == DomainState::Off)
        out.reason = off_reason(reason);
    else
        out.rss_bytes = rss_kib * 1024;
    out.cpu = Duration(static_cast<std::int64_t>(cpu));
    return out;
}

// The text between the tags of one element.
std::string inner_text(const std::string& element) {
    const std::size_t begin = element.find('>');
    const std::size_t end = element.rfind("</");
    if (begin == std::string::npos || end == std::string::npos || end < begin)
        return {};
    return element.substr(begin + 1, end - begin - 1);
}

class Connection final : public Domains {
  public:
    explicit Connection(ConnectionHandle handle)
        : handle_(std::move(handle)), changes_(std::make_shared<Changes>()) {}
    ~Connection() override {
        if (callback_ >= 0)
            virConnectDomainEventDeregisterAny(handle_.get(), callback_);
    }

    Status prepare() {
        // Only remote connections have it.
        if (virConnectSetKeepAlive(handle_.get(), kKeepAliveSeconds, kKeepAliveCount) < 0 &&
            virGetLastErrorCode() != VIR_ERR_NO_SUPPORT)
            return libvirt_error("keep the connection alive");
        auto opaque = std::make_unique<SharedChanges>(changes_);
        // libvirt keeps callbacks of every kind as this one; the event's number tells which it is.
        const auto callback = reinterpret_cast<virConnectDomainEventGenericCallback>(
            reinterpret_cast<void (*)()>(on_lifecycle));
        callback_ =
            virConnectDomainEventRegisterAny(handle_.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                             callback, opaque.get(), free_changes);
        if (callback_ < 0)
            return libvirt_error("subscribe to lifecycle events");
        (void)opaque.release();
        return find_kind();
    }

    std::string kind() override { return kind_; }
    std::string domain_type() override { return domain_type_; }
    bool alive() override { return virConnectIsAlive(handle_.get()) == 1; }

    Result<std::vector<DomainLook>> look(const std::string& prefix) override {
        StatsList list;
        list.count = virConnectGetAllDomainStats(
            handle_.get(),
            VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON,
            &list.records,
            VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT |
                VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
        if (list.count < 0)
            return libvirt_error("list the domains");
        std::vector<DomainLook> out;
        for (int i = 0; i < list.count; ++i) {
            DomainLook look = look_at_record(*list.records[i]);
            if (!look.name.starts_with(prefix))
                continue;
            if (look.state == DomainState::Off) {
                const int saved = virDomainHasManagedSaveImage(list.records[i]->dom, 0);
                if (saved < 0)
                    return libvirt_error(fmt::format("see whether domain {} is saved", look.name));
                look.saved = saved == 1;
            }
            out.push_back(std::move(look));
        }
        return out;
    }

    Result<std::string> note(const std::string& name) override {
        const auto domain = find("read the note of", name);
        if (!domain)
            return domain.error();
        const TextHandle text(virDomainGetMetadata(domain->get(), VIR_DOMAIN_METADATA_ELEMENT,
                                                   kNoteUri, VIR_DOMAIN_AFFECT_CONFIG));
        if (text)
            return inner_text(text.get());
        if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA)
            return std::string();
        return libvirt_error(fmt::format("read the note of domain {}", name));
    }
    Status set_note(const std::string& name, const std::string& text) override {
        const std::string element = fmt::format("<machine>{}</machine>", text);
        return act("write the note of", name, [&](virDomainPtr domain) {
            return virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, element.c_str(),
                                        kNoteKey, kNoteUri, VIR_DOMAIN_AFFECT_CONFIG);
        });
    }
    Status define(const std::string& xml) override {
        const DomainHandle domain(
            virDomainDefineXMLFlags(handle_.get(), xml.c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
        if (!domain)
            return libvirt_error("define a domain");
        return Ok{};
    }
    Status create(const std::string& name) override {
        return act("start", name, [](virDomainPtr d) { return virDomainCreate(d); });
    }
    Status suspend(const std::string& name) override {
        return act("suspend", name, [](virDomainPtr d) { return virDomainSuspend(d); });
    }
    Status resume(const std::string& name) override {
        return act("resume", name, [](virDomainPtr d) { return virDomainResume(d); });
    }
    Status save(const std::string& name) override {
        return act("save", name,
                   [](virDomainPtr d) { return virDomainManagedSave(d, VIR_DOMAIN_SAVE_RUNNING); });
    }
    Status destroy(const std::string& name) override {
        return act("destroy", name, [](virDomainPtr d) { return virDomainDestroy(d); });
    }
    Status drop_saved(const std::string& name) override {
        return act("remove the saved image of", name,
                   [](virDomainPtr d) { return virDomainManagedSaveRemove(d, 0); });
    }
    Status undefine(const std::string& name) override {
        return act("undefine", name, [](virDomainPtr d) {
            return virDomainUndefineFlags(d, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
                                                 VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
        });
    }
    std::vector<DomainChange> take_changes() override { return changes_->take(); }

  private:
    Result<DomainHandle> find(const char* what, const std::string& name) {
        DomainHandle domain(virDomainLookupByName(handle_.get(), name.c_str()));
        if (!domain)
            return libvirt_error(fmt::format("{} domain {}", what, name));
        return domain;
    }
    template <class Function>
    Status act(const char* what, const std::string& name, Function&& function) {
        const auto domain = find(what, name);
        if (!domain)
            return domain.error();
        if (function(domain->get()) < 0)
            return libvirt_error(fmt::format("{} domain {}", what, name));
        return Ok{};
    }
    // libvirt offers KVM where the device is there, on machines too whose KVM runs no guest like
    // ours (a nested one without the processor's own virtualization): that has to be there as well.
    bool has_kvm(const std::string& capabilities) {
        if (capabilities.find("<domain type='kvm'") == std::string::npos)
            return false;
        const std::size_t begin = capabilities.find("<cpu>");
        const std::size_t end = capabilities.find("</cpu>");
        if (begin == std::string::npos || end == std::string::npos || end < begin)
            return false;
        const std::string processor = capabilities.substr(begin, end + 6 - begin);
        const char* one = processor.c_str();
        const TextHandle expanded(virConnectBaselineCPU(handle_.get(), &one, 1,
                                                        VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES));
        const std::string all = expanded ? expanded.get() : processor;
        return all.find("name='vmx'") != std::string::npos ||
               all.find("name='svm'") != std::string::npos;
    }
    // KVM where the host offers it, else QEMU's own translator.
    Status find_kind() {
        const char* type = virConnectGetType(handle_.get());
        if (!type)
            return libvirt_error("ask what the hypervisor is");
        if (std::strcmp(type, "QEMU") != 0) {
            for (const char* at = type; *at != '\0'; ++at)
                domain_type_ += static_cast<char>(std::tolower(static_cast<unsigned char>(*at)));
            kind_ = domain_type_;
            return Ok{};
        }
        const TextHandle capabilities(virConnectGetCapabilities(handle_.get()));
        if (!capabilities)
            return libvirt_error("read the capabilities of the hypervisor");
        const bool kvm = has_kvm(capabilities.get());
        domain_type_ = kvm ? "kvm" : "qemu";
        kind_ = kvm ? "qemu-kvm" : "qemu-tcg";
        return Ok{};
    }

    ConnectionHandle handle_;
    SharedChanges changes_;
    int callback_ = -1;
    std::string kind_, domain_type_;
};

} // namespace

Error libvirt_error(const std::string& what) {
    const virErrorPtr error = virGetLastError();
    if (!error || error->code == VIR_ERR_OK)
        return Error{fmt::format("cannot {}: libvirt gives no reason", what)};
    return Error{fmt::format("cannot {}: libvirt says: {} (error {}, domain {})", what,
                             error->message ? error->message : "nothing", error->code,
                             error->domain)};
}

Result<std::shared_ptr<Domains>> connect_to_libvirt(const std::string& uri) {
    if (const Status running = start_event_loop(); !running)
        return running.error();
    ConnectionHandle handle(virConnectOpen(uri.c_str()));
    if (!handle)
        return libvirt_error(fmt::format("open the hypervisor {}", uri));
    auto out = std::make_shared<Connection>(std::move(handle));
    if (const Status prepared = out->prepare(); !prepared)
        return prepared.error();
    return std::shared_ptr<Domains>(std::move(out));
}

} // namespace zz::hv
