// SPDX-License-Identifier: Apache-2.0
#include "backend/services/hub.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>

#include "backend/runtime/clock.h"
#include "backend/runtime/convert.h"
#include "backend/runtime/process.h"
#include "protocol/crypto/sha256.h"
#include "protocol/telemetry/version.h"

namespace zz::services {
namespace {

constexpr std::size_t kEventsAnswerBytes = 8u << 20; // the rest is asked for

bool is_from(const telemetry::Source& source, HostId host, const transport::Peer& from) {
    const bool wide = transport::is_data_center_wide(from.principal.role);
    const std::uint32_t application = wide ? 0 : from.application.value + 1U;
    // A client that no host runs tells every host.
    const bool here =
        source.host() == host.value || (source.host() == 0 && from.principal.role == Role::Client);
    return here && source.application() == application &&
           runtime::from_proto(source.principal()) == from.principal;
}

bool fits(const telemetry::Event& event) {
    std::size_t frames = 0;
    for (const auto& frame : event.frames())
        frames += frame.size();
    return event.text().size() <= telemetry::kTextBytesMax && event.digest().size() <= 32 &&
           static_cast<std::size_t>(event.columns_size()) <= telemetry::kColumnsMax &&
           static_cast<std::size_t>(event.requests_size()) <= telemetry::kRequestsMax &&
           static_cast<std::size_t>(event.members_size()) <= telemetry::kMembersMax &&
           static_cast<std::size_t>(event.frames_size()) <= telemetry::kFramesMax &&
           frames <= telemetry::kUpdateBytesMax;
}

template <class Told> void arrived(Told& told, Instant now) {
    told.set_wall_ns(runtime::wall_ns());
    told.set_monotonic_ns(now.ns);
}

} // namespace

Hub::Hub(HostId host, bool guests, std::uint64_t boot, std::string evidence_folder,
         std::function<void(const std::string&)> publish)
    : host_(host), guests_(guests), boot_(boot), evidence_folder_(std::move(evidence_folder)),
      publish_(std::move(publish)) {
    mkdir(evidence_folder_.c_str(), 0700);
    load_evidence();
}

bool Hub::take(const transport::Peer& from, std::string_view bytes, Instant now) {
    telemetry::Update update;
    if (!within_quota(from, bytes.size(), now) || bytes.size() > telemetry::kUpdateBytesMax ||
        !update.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        ++dropped_;
        return false;
    }
    const bool good = update.has_event()
                          ? is_from(update.event().source(), host_, from) && fits(update.event())
                          : update.has_facts() && bytes.size() <= telemetry::kFactsBytesMax &&
                                is_from(update.facts().source(), host_, from);
    if (!good) {
        ++dropped_;
        return false;
    }
    if (guests_ && from.principal.role == Role::Execution) {
        if (update.has_event())
            arrived(*update.mutable_event(), now);
        else
            arrived(*update.mutable_facts(), now);
    }
    own(std::move(update), now);
    return true;
}

bool Hub::within_quota(const transport::Peer& from, std::size_t bytes, Instant now) {
    if (told_.size() >= telemetry::kSourcesMax && !told_.contains(from))
        told_.clear(); // Incarnations of long ago; the others begin a new second.
    Told& told = told_[from];
    if (now - told.from >= seconds(1))
        told = {now, 0, 0};
    told.bytes += bytes;
    return ++told.updates <= kUpdatesPerSecondMax && told.bytes <= kUpdateBytesPerSecondMax;
}

void Hub::own(telemetry::Update update, Instant now) {
    update.set_host(host_.value);
    newest_.reset();
    if (update.has_event()) {
        auto& event = *update.mutable_event();
        const telemetry::SourceKey source = telemetry::key_of(event.source());
        if (event.kind() == telemetry::SERVICE_STOPPED)
            facts_.stopped(event.source());
        keep_evidence(event);
        number(update);
        std::string bytes = update.SerializeAsString();
        publish_(bytes);
        events_.add(source, number_, std::move(bytes));
        newest_ = std::move(event);
        return;
    }
    if (!facts_.take(update.facts(), now)) {
        ++dropped_;
        return;
    }
    number(update);
    publish_(update.SerializeAsString());
}

void Hub::number(telemetry::Update& update) {
    update.set_host_number(++number_);
}

void Hub::keep_evidence(telemetry::Event& event) {
    if (event.frames_size() == 0)
        return;
    telemetry::EvidenceItem item;
    item.set_application(event.source().application() - 1U);
    *item.mutable_subject() = event.subject();
    item.set_n(event.n());
    item.set_vote(event.vote());
    // A configuration is none, but what makes proofs of later incarnations verifiable.
    const bool configuration = event.kind() == telemetry::CONFIGURED;
    item.set_text(configuration ? std::string(kConfigurationText)
                  : event.kind() == telemetry::DEMANDED && event.text().empty()
                      ? "two replicas that signed differently"
                      : event.text());
    item.set_wall_ns(event.wall_ns());
    *item.mutable_reporter() = event.source();
    *item.mutable_frames() = event.frames();
    event.clear_frames();
    std::string all;
    for (const auto& frame : item.frames())
        all += frame;
    item.set_id(to_hex(crypto::sha256(view_of(all)).view()).substr(0, 16));
    if (!configuration)
        event.set_evidence(item.id());
    if (evidence_.contains(item.id()))
        return;
    // A copy for after a restart; without it the evidence still lives in memory and in the
    // replicas.
    if (!runtime::replace_file(evidence_folder_ + "/" + item.id(), item.SerializeAsString()))
        ++dropped_;
    add_evidence(std::move(item));
}

void Hub::add_evidence(telemetry::EvidenceItem item) {
    const auto reporter = telemetry::key_of(item.reporter());
    evidence_shares_.set(reporter, evidence_shares_.of(reporter) + item.ByteSizeLong());
    evidence_order_.push_back(item.id());
    evidence_[item.id()] = std::move(item);
    while (evidence_order_.size() > kEvidenceItemsMax ||
           evidence_shares_.total() > kEvidenceBytesMax)
        forget_evidence(telemetry::SourceKey(evidence_shares_.largest()));
}

// Its oldest. Nobody's flood pushes out what others proved.
void Hub::forget_evidence(const telemetry::SourceKey& reporter) {
    const auto oldest =
        std::find_if(evidence_order_.begin(), evidence_order_.end(), [&](const std::string& id) {
            return telemetry::key_of(evidence_.at(id).reporter()) == reporter;
        });
    std::error_code ignored;
    std::filesystem::remove(evidence_folder_ + "/" + *oldest, ignored);
    evidence_shares_.set(reporter,
                         evidence_shares_.of(reporter) - evidence_.at(*oldest).ByteSizeLong());
    evidence_.erase(*oldest);
    evidence_order_.erase(oldest);
}

void Hub::load_evidence() {
    std::error_code error;
    std::vector<telemetry::EvidenceItem> items;
    for (const auto& entry : std::filesystem::directory_iterator(evidence_folder_, error)) {
        const auto text = runtime::read_file(entry.path().string(), telemetry::kUpdateBytesMax);
        telemetry::EvidenceItem item;
        if (text && item.ParseFromString(text.value()) && item.id() == entry.path().filename())
            items.push_back(std::move(item));
    }
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return a.wall_ns() < b.wall_ns(); });
    for (auto& item : items)
        add_evidence(std::move(item));
}

const telemetry::Event* Hub::newest_event() const {
    return newest_ ? &*newest_ : nullptr;
}

telemetry::Snapshot Hub::snapshot() const {
    telemetry::Snapshot snapshot;
    snapshot.set_host(host_.value);
    snapshot.set_host_boot(boot_);
    snapshot.set_host_number(number_);
    for (const auto& [key, kept] : facts_.all())
        *snapshot.add_sources() = kept.facts;
    return snapshot;
}

telemetry::Events Hub::events(std::uint64_t after, std::uint32_t count_max) const {
    telemetry::Events out;
    const std::size_t most = count_max == 0 ? 4096 : count_max;
    out.set_newest(number_);
    const auto& all = events_.all();
    out.set_first_kept(all.empty() ? number_ + 1 : all.begin()->first);
    std::size_t bytes = 0;
    for (auto it = all.upper_bound(after); it != all.end(); ++it) {
        bytes += it->second.update.size();
        if (static_cast<std::size_t>(out.updates_size()) >= most || bytes > kEventsAnswerBytes)
            break;
        out.add_updates()->ParseFromString(it->second.update);
    }
    return out;
}

telemetry::EvidenceItems Hub::evidence() const {
    telemetry::EvidenceItems out;
    for (const auto& [id, item] : evidence_) {
        if (item.text() == kConfigurationText)
            continue;
        auto& copy = *out.add_items();
        copy = item;
        copy.clear_frames();
    }
    return out;
}

std::optional<telemetry::EvidenceItem> Hub::evidence(const telemetry::EvidenceGet& wanted) const {
    telemetry::EvidenceItem out;
    const auto it = evidence_.find(wanted.id());
    if (it != evidence_.end())
        out = it->second;
    const std::uint32_t application =
        it == evidence_.end() ? wanted.application() : out.application();
    for (const auto& [id, item] : evidence_)
        if (item.text() == kConfigurationText && item.application() == application)
            out.mutable_configurations()->MergeFrom(item.frames());
    if (it == evidence_.end() && out.configurations_size() == 0)
        return std::nullopt;
    return out;
}

telemetry::Heartbeat Hub::heartbeat() const {
    telemetry::Heartbeat beat;
    beat.set_host(host_.value);
    beat.set_host_boot(boot_);
    beat.set_host_number(number_);
    beat.set_wall_ns(runtime::wall_ns());
    beat.set_monotonic_ns(runtime::now().ns);
    return beat;
}

} // namespace zz::services
