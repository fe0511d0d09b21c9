// SPDX-License-Identifier: Apache-2.0
// The commands below `zzctl drill`, one function each; they return the exit code.
#pragma once

#include "backend/services/drill_words.h"

namespace zz::services::ctl {

int drill_plan(const DrillWords& words);
int drill_start(const DrillWords& words);
int drill_report(const std::string& dir, const std::string& id, bool json);
// An empty id: every drill.
int drill_stop(const std::string& dir, const std::string& id, const std::string& reason, bool json);
int drill_catalog(bool json);

// A document, or its text for people.
void print(const nlohmann::json& document, bool json, const std::string& text);
// "predicted  blocking; wakes E3; ...".
std::string in_words(std::string_view title, const nlohmann::json& side);

} // namespace zz::services::ctl
