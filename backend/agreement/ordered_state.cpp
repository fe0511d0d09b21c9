// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/ordered_state.h"

#include <algorithm>

#include "backend/agreement/bounds.h"
#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"

namespace zz::agreement {

namespace {

struct StateBytes {
    SequenceNumber n;
    Timestamp time;
    Digest history;
    message::Config configuration;
    message::List<LaneEntry, kLanesMax> lanes;
    ZZ_FIELDS(n, time, history, configuration, lanes)
};

core::Conviction conviction_of(const message::Convict& convict) {
    core::Conviction out{{convict.slot, convict.incarnation}, {}, "two signed reports"};
    if (!convict.reports.empty())
        out.n = convict.reports.front().value.n;
    if (!convict.accusations.empty()) {
        out.n = convict.accusations.front().value.n;
        out.proof = "f+1 accusations";
    }
    return out;
}

} // namespace

OrderedState::OrderedState(const Options& options)
    : members_(options.genesis), lanes_(options.clients) {}

Effects OrderedState::apply(const Digest& batch_digest, const message::Batch& batch) {
    Effects effects;
    n_ = n_ + 1;
    time_ = std::max(batch.proposed, time_ + 1);
    history_ = auth::next_history(history_, n_, batch_digest, time_);
    effects.time = time_;
    for (const message::Bundle& bundle : batch.bundles) {
        for (const message::BundleLeaf& leaf : bundle.leaves) {
            const message::Request& r = leaf.request;
            if (!lanes_.executes(bundle.client, r.lane, r.number))
                continue;
            lanes_.order(bundle.client, r.lane, r.number);
            effects.requests.push_back({bundle.client, r.lane, r.number});
        }
    }
    for (const message::SystemRequest& request : batch.system) {
        if (!members_.apply(request))
            continue;
        effects.configuration_changed = true;
        if (const auto* convict = std::get_if<message::Convict>(&request.body))
            effects.convictions.push_back(conviction_of(*convict));
    }
    return effects;
}

Bytes OrderedState::encode() const {
    return wire::encode(StateBytes{n_, time_, history_, members_.config(), lanes_.entries()});
}

bool OrderedState::decode(ByteView bytes) {
    StateBytes s;
    if (!wire::decode(bytes, s) ||
        s.configuration.members.size() != members_.config().members.size())
        return false;
    for (std::size_t i = 0; i < s.configuration.members.size(); ++i)
        if (s.configuration.members[i].slot.value != i + 1)
            return false;
    if (!lanes_.assign(s.lanes))
        return false;
    n_ = s.n;
    time_ = s.time;
    history_ = s.history;
    members_ = Membership(std::move(s.configuration));
    return true;
}

} // namespace zz::agreement
