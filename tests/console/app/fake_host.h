// SPDX-License-Identifier: Apache-2.0
// A host that is not real but speaks over real sockets, and what tests tell it to do wrong.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "backend/runtime/clock.h"
#include "backend/runtime/loop.h"
#include "console/core/arrival.h"
#include "protocol/cluster/generate.h"
#include "protocol/telemetry/version.h"
#include "protocol/transport/routed.h"

namespace zz::console {

// One zz-host of the cluster: answers commands, publishes a heartbeat a second and what it is told.
class FakeHost {
  public:
    FakeHost(const cluster::Generated& made, std::size_t index)
        : cluster_(made.cluster), host_(made.cluster.hosts[index]),
          operator_(made.cluster.operators.front()) {
        const std::string file = cluster::key_file_name(cluster_, {}, principal(host_.id));
        for (const auto& entry : made.keys)
            if (entry.file == file)
                keys_ = entry.keys;
        thread_ = std::thread([this] { run(); });
    }
    ~FakeHost() {
        stop_ = true;
        thread_.join();
    }

    std::atomic<bool> silent{false}; // neither answers nor publishes
    std::atomic<std::uint32_t> version{telemetry::kTelemetryVersion};
    std::atomic<std::uint64_t> skip{0}; // so many numbers are never published
    std::atomic<bool> swap{false};      // the next two events come the wrong way round
    std::atomic<int> per_turn{0};       // events each 10 ms, made up for when a turn took longer
    std::atomic<std::uint64_t> boot{7};
    std::atomic<std::uint64_t> published{0};

    // Published soon, in this order, as it is; it gets its number then.
    void say(telemetry::Update update) {
        const std::lock_guard lock(mutex_);
        to_say_.push_back(std::move(update));
    }
    std::uint32_t id() const { return host_.id.value; }

  private:
    void run() {
        const transport::LinkKeys keys{keys_.publics.exchange, keys_.exchange_private};
        auto link = transport::Transport::make(context_, keys);
        auto publisher = transport::Publisher::make(context_, keys);
        ready_ = static_cast<bool>((*link)->bind(host_.operator_endpoint())) &&
                 static_cast<bool>((*publisher)->bind(host_.telemetry_endpoint()));
        (*link)->allow(operator_.keys.exchange, transport::peer(principal(operator_.id)));
        (*publisher)->allow(operator_.keys.exchange);
        constexpr std::int64_t kTurnNs = kNs / 100;
        std::int64_t beat = 0, turned = runtime::wall_ns();
        std::uint64_t seen_boot = boot;
        while (!stop_) {
            for (const auto& received : (*link)->poll(milliseconds(10)).frames)
                if (!silent)
                    answer(**link, received);
            if (boot != seen_boot) {
                seen_boot = boot;
                number_ = 0;
                kept_.clear();
            }
            if (silent)
                continue;
            if (const std::uint64_t gone = skip.exchange(0); gone > 0) {
                number_ += gone;
                kept_.clear(); // nobody can bring them back
            }
            if (swap.exchange(false)) {
                const auto first = next_event(), second = next_event();
                publish(**publisher, second);
                publish(**publisher, first);
            }
            for (auto& update : taken_to_say()) {
                update.set_host(host_.id.value);
                update.set_host_number(++number_);
                keep(update);
                publish(**publisher, update);
            }
            const std::int64_t now = runtime::wall_ns();
            const std::int64_t turns = std::clamp<std::int64_t>((now - turned) / kTurnNs, 0, 20);
            turned = now - turns * kTurnNs > 20 * kTurnNs ? now : turned + turns * kTurnNs;
            for (std::int64_t i = 0; i < per_turn * turns; ++i)
                publish(**publisher, next_event());
            if (runtime::wall_ns() - beat > kNs / 2) {
                beat = runtime::wall_ns();
                telemetry::Update update;
                update.set_host(host_.id.value);
                auto& heartbeat = *update.mutable_heartbeat();
                heartbeat.set_host_boot(boot);
                heartbeat.set_host_number(number_);
                heartbeat.set_wall_ns(beat);
                (*publisher)->publish(view_of(update.SerializeAsString()));
            }
        }
        link->reset();
        publisher->reset();
    }

    telemetry::Update next_event() {
        telemetry::Update update;
        update.set_host(host_.id.value);
        update.set_host_number(++number_);
        auto& event = *update.mutable_event();
        event.set_kind(telemetry::TEXT);
        event.set_text("something that happened");
        event.set_number(++events_);
        event.set_wall_ns(runtime::wall_ns());
        event.mutable_source()->set_host(host_.id.value);
        event.mutable_source()->mutable_principal()->set_role(6); // zz-host itself
        event.mutable_source()->mutable_principal()->set_index(host_.id.value);
        if (events_ % 50 == 0) { // what views and alerts fold, too
            event.set_kind(telemetry::DEVIATION);
            event.set_n(events_ / 50);
            event.mutable_source()->set_application(1);
            event.mutable_source()->mutable_principal()->set_role(1);
        }
        keep(update);
        return update;
    }
    void keep(const telemetry::Update& update) {
        kept_.push_back(update);
        if (kept_.size() > 100)
            kept_.pop_front();
    }
    std::vector<telemetry::Update> taken_to_say() {
        const std::lock_guard lock(mutex_);
        return std::exchange(to_say_, {});
    }
    void publish(transport::Publisher& publisher, const telemetry::Update& update) {
        publisher.publish(view_of(update.SerializeAsString()));
        ++published;
    }

    void answer(transport::Transport& link, const transport::Received& received) {
        const auto routed = transport::decode_routed(received.frame.view());
        telemetry::LocalControl control;
        const ByteView bytes = routed->frame.view();
        control.ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1));
        telemetry::CommandBody body;
        body.ParseFromString(control.command().body());
        telemetry::LocalControl out;
        auto& said = *out.mutable_answer();
        said.set_nonce(body.nonce());
        said.set_ok(true);
        said.mutable_hello()->set_protocol(version);
        said.mutable_hello()->set_host(host_.id.value);
        if (body.has_status()) {
            said.mutable_snapshot()->set_host(host_.id.value);
            said.mutable_snapshot()->set_host_boot(boot);
            said.mutable_snapshot()->set_host_number(number_);
        } else {
            auto& events = *said.mutable_events();
            events.set_first_kept(kept_.empty() ? number_ + 1 : kept_.front().host_number());
            events.set_newest(number_);
            for (const auto& update : kept_)
                if (update.host_number() > body.events().after_host_number())
                    *events.add_updates() = update;
        }
        link.answer(received, transport::encode({ApplicationId(), principal(host_.id),
                                                 principal(operator_.id),
                                                 runtime::local_frame(runtime::LocalFrame::Control,
                                                                      out.SerializeAsString())}));
    }

    const cluster::Cluster& cluster_;
    const cluster::Host& host_;
    const cluster::Operator& operator_;
    crypto::KeyPair keys_;
    transport::Context context_;
    std::uint64_t number_ = 0, events_ = 0;
    std::deque<telemetry::Update> kept_;
    std::mutex mutex_; // of what follows
    std::vector<telemetry::Update> to_say_;
    std::atomic<bool> stop_{false}, ready_{false};
    std::thread thread_;
};

} // namespace zz::console
