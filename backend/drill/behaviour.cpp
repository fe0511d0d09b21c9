// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/behaviour.h"

#include "backend/drill/parts.h"
#include "protocol/base/check.h"

namespace zz::drill {
namespace {

// Its replicas lie; a gateway has nothing to lie about that a signature does not show.
Made make_host_lie(const Order& order, const Surroundings& here) {
    switch (order.target.role) {
    case Role::Execution:
        return make_wrong_reply(order);
    case Role::Agreement:
        return make_lie_reports(order, here);
    default:
        return make_bad_signature();
    }
}

Made make(const Order& order, const Surroundings& here) {
    const std::string& name = order.name;
    if (name == "silent")
        return make_silent();
    if (name == "crash")
        return make_crash();
    if (name == "slow")
        return make_slow(order);
    if (name == "matrix")
        return order.target.role == Role::Execution ? make_execution_matrix(order, here)
                                                    : make_agreement_matrix(order, here);
    if (name == "wrong-reply")
        return make_wrong_reply(order);
    if (name == "wrong-checkpoint")
        return make_wrong_checkpoint(order);
    if (name == "corrupt-state")
        return make_corrupt_state(order);
    if (name == "refuse-sign")
        return make_refuse_sign(order);
    if (name == "sign-two")
        return make_sign_two(order, here);
    if (name == "lie-reports")
        return make_lie_reports(order, here);
    if (name == "equivocate-primary")
        return make_equivocate_primary(order, here);
    if (name == "censor-primary")
        return make_censor_primary(order);
    if (name == "flood-demands")
        return make_flood_demands(order, here);
    if (name == "false-accuse")
        return make_false_accuse(order, here);
    if (name == "bad-signature")
        return make_bad_signature();
    if (name == "replay")
        return make_replay(order);
    if (name == "flood")
        return make_flood(order, here);
    if (name == "host-stop")
        return make_crash();
    if (name == "host-lie")
        return make_host_lie(order, here);
    if (name.starts_with("link-"))
        return make_link(order);
    return nullptr;
}

} // namespace

std::vector<PrincipalId> Surroundings::other_agreement() const {
    std::vector<PrincipalId> out;
    for (std::uint32_t k = 1; k <= identity.faults.agreement_replicas(); ++k) {
        if (const PrincipalId id = principal(AgreementId(k)); id != identity.self)
            out.push_back(id);
    }
    return out;
}

std::vector<PrincipalId> Surroundings::other_agreement_and_controllers() const {
    std::vector<PrincipalId> out = other_agreement();
    out.insert(out.end(), controllers.begin(), controllers.end());
    return out;
}

Result<std::unique_ptr<Behaviour>> make_behaviour(const Order& order, const Surroundings& here) {
    if (const Status status = check(order, here.identity); !status)
        return status.error();
    Made made = make(order, here);
    ZZ_CHECK(made != nullptr, "drill '{}' is in the catalogue, but nothing plays it", order.name);
    return made;
}

} // namespace zz::drill
