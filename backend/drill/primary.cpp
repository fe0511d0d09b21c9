// SPDX-License-Identifier: Apache-2.0
// equivocate-primary, censor-primary: of an agreement replica while it is primary.
#include <algorithm>

#include "backend/drill/parts.h"
#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"

namespace zz::drill {
namespace {

// The upper half of the backups is sent the same requests with another proposed time: another batch
// (A1). Who is asked again is told the same. With less than 2f+1 votes for either, a view change
// must decide.
class EquivocatePrimary final : public Behaviour {
  public:
    EquivocatePrimary(const Order& order, const Surroundings& here) : from_(order.from_n) {
        const std::vector<PrincipalId> backups = here.other_agreement();
        upper_.assign(backups.begin() + static_cast<std::ptrdiff_t>(backups.size() / 2),
                      backups.end());
    }

    void pass(Instant, std::vector<core::Send>& sends) override {
        std::vector<core::Send> out;
        for (core::Send& send : sends) {
            const auto* proposal = std::get_if<message::PrePrepare>(&send.message);
            // The null batch of a new view is nobody's choice.
            if (!proposal || proposal->n < from_ ||
                proposal->batch.batch.proposed == Timestamp(0)) {
                out.push_back(std::move(send));
                continue;
            }
            const auto middle =
                std::stable_partition(send.to.begin(), send.to.end(), [&](const PrincipalId& to) {
                    return std::find(upper_.begin(), upper_.end(), to) == upper_.end();
                });
            core::Send other{{middle, send.to.end()}, another(*proposal), Blob(), send.after};
            send.to.erase(middle, send.to.end());
            for (core::Send* part : {&send, &other}) {
                if (!part->to.empty())
                    out.push_back(std::move(*part));
            }
        }
        sends = std::move(out);
    }

  private:
    static message::PrePrepare another(const message::PrePrepare& proposal) {
        message::Batch batch = proposal.batch.batch;
        ++batch.proposed;
        message::PrePrepare out = proposal;
        out.batch = wire::content_of(std::move(batch));
        out.batch_digest = auth::batch_digest(out.batch.encoded.view());
        return out;
    }

    SequenceNumber from_;
    std::vector<PrincipalId> upper_;
};

// The core never sees the bundles of this client, by whomever they come, so it proposes none of
// them (A3).
class CensorPrimary final : public Behaviour {
  public:
    explicit CensorPrimary(ClientId client) : client_(client) {}

    bool admits(Instant, const auth::Verified& m) override {
        const auto* bundle = std::get_if<message::Bundle>(&m.message());
        return !bundle || bundle->client != client_;
    }

  private:
    ClientId client_;
};

} // namespace

Made make_equivocate_primary(const Order& order, const Surroundings& here) {
    return std::make_unique<EquivocatePrimary>(order, here);
}
Made make_censor_primary(const Order& order) {
    return std::make_unique<CensorPrimary>(order.client);
}

} // namespace zz::drill
