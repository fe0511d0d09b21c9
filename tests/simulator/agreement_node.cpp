// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/agreement_node.h"

#include "protocol/base/check.h"

namespace zz::simulator {

namespace {

inline constexpr std::uint64_t kWallAtZero = 1'700'000'000'000'000'000u;

agreement::Options options_of(const Shape& shape) {
    agreement::Options options;
    options.limits = shape.limits;
    options.genesis = shape.genesis();
    for (std::uint32_t i = 1; i <= shape.faults.execution_slots(); ++i)
        options.slot_hosts.push_back(HostId(i));
    options.audience = shape.controllers();
    for (std::uint32_t i = 1; i <= shape.clients; ++i) {
        options.clients.push_back({ClientId(i), shape.lanes});
        options.audience.push_back(principal(ClientId(i)));
    }
    options.wall_at_zero = Timestamp(kWallAtZero);
    return options;
}

} // namespace

AgreementNode::AgreementNode(World& world, const Shape& shape, AgreementId id,
                             JournalImage& journal, NoticeSink sink, OrderTap tap)
    : CoreNode(world, shape.identity(principal(id)), shape.secret, &journal, std::move(sink)),
      tap_(std::move(tap)) {
    learn(shape.genesis());
    core_ = std::make_unique<replica::Core>(
        sealer_, options_of(shape),
        detection::Settings{shape.faults, shape.policy, shape.limits, shape.controllers()});
    const Status restored = core_->restore(journal.records, true);
    ZZ_CHECK(restored, "{}: {}", to_string(identity_.self), restored.error().text);
}

void AgreementNode::observe(const core::Send& send) {
    if (const auto* order = std::get_if<message::Order>(&send.message))
        tap_(id(), *order);
}

} // namespace zz::simulator
