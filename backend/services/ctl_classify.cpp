// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>

#include "backend/runtime/process.h"
#include "backend/services/ctl.h"
#include "protocol/matrix/classify.h"
#include "protocol/matrix/verdict.h"

namespace zz::services::ctl {
namespace {

int classify(std::uint32_t f, const std::string& file) {
    const auto text = runtime::read_file(file, matrix::kTextSizeMax);
    if (!text)
        return bad_usage(text.error().text);
    const auto parsed = matrix::parse_csv(text.value(), Faults{f}, file);
    if (!parsed)
        return bad_usage(parsed.error().text);
    const matrix::Verdict verdict = matrix::judge(parsed->matrix);
    fmt::print("{}\n", matrix::classify_json(parsed->matrix, verdict, parsed->names));
    return kDone;
}

} // namespace

void add_classify(CLI::App& parent, Chosen& chosen) {
    auto f = std::make_shared<std::uint32_t>(1);
    auto file = std::make_shared<std::string>();
    auto* command = parent.add_subcommand("classify", "verdict for a response matrix");
    command->add_option("--f", *f, "faulty replicas borne in each cluster")
        ->required()
        ->check(CLI::Range(1U, matrix::kFaultsMax));
    command
        ->add_option("FILE", *file,
                     "CSV: a row per execution replica, a column per agreement replica")
        ->required();
    command->callback([=, &chosen] { chosen.run = [=] { return classify(*f, *file); }; });
}

} // namespace zz::services::ctl
