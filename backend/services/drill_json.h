// SPDX-License-Identifier: Apache-2.0
// Orders of a drill as the JSON text that travels in a signed DrillStart (operator.proto), and
// plans and predictions as `zzctl drill` prints them. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "backend/drill/order.h"
#include "backend/drill/plan.h"

namespace zz::services {

std::string orders_text(const std::vector<drill::Order>& orders);
// An Error if the text is not what orders_text makes; values are checked by drill::check.
Result<std::vector<drill::Order>> orders_from(std::string_view text);

// {"verdict","wakes","convicted","unresponsive","margin":{"agreement","execution"},"text"}.
nlohmann::json to_json(const drill::Prediction& prediction);
std::vector<std::string> names_of(const std::vector<SlotId>& slots);

} // namespace zz::services
