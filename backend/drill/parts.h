// SPDX-License-Identifier: Apache-2.0
// The behaviours, one function each; behaviour.cpp chooses among them by name. Precondition of all:
// check(order) holds.
#pragma once

#include "backend/drill/behaviour.h"

namespace zz::drill {

using Made = std::unique_ptr<Behaviour>;

// any_role.cpp
Made make_silent();
Made make_crash();
Made make_slow(const Order& order);
Made make_link(const Order& order);

// execution_matrix.cpp
Made make_execution_matrix(const Order& order, const Surroundings& here);

// execution_lies.cpp
Made make_wrong_reply(const Order& order);
Made make_wrong_checkpoint(const Order& order);
Made make_corrupt_state(const Order& order);
Made make_refuse_sign(const Order& order);
Made make_sign_two(const Order& order, const Surroundings& here);

// agreement_matrix.cpp
Made make_agreement_matrix(const Order& order, const Surroundings& here);

// agreement_lies.cpp
Made make_lie_reports(const Order& order, const Surroundings& here);
Made make_flood_demands(const Order& order, const Surroundings& here);
Made make_false_accuse(const Order& order, const Surroundings& here);

// primary.cpp
Made make_equivocate_primary(const Order& order, const Surroundings& here);
Made make_censor_primary(const Order& order);

// client.cpp
Made make_bad_signature();
Made make_replay(const Order& order);
Made make_flood(const Order& order, const Surroundings& here);

} // namespace zz::drill
