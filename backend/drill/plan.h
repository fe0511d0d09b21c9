// SPDX-License-Identifier: Apache-2.0
// Plans of drills: who lies, what each liar says to whom, and what the rules predict (ZZ-10.3,
// ZZ-10.4). Pure, of no thread; knows ids and the response matrix, no messages. A lying agreement
// replica sends its claimed column, and MATCH only for what that column matches.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/drill/prediction.h"
#include "protocol/base/instant.h"
#include "protocol/base/result.h"
#include "protocol/matrix/classify.h"

namespace zz::drill {

inline constexpr std::uint32_t kPlanFaultsMax = 8; // the search for liars tries sets of rows

// The application that the drill is for, as it is now.
struct Stage {
    Faults faults;
    std::vector<SlotId> actives; // f+1 of E1..E(2f+1); empty: E1..E(f+1)
    Policy policy = Policy::Evidence;
    Duration deadline_floor = milliseconds(250); // below it a slow replica is not late
};

// Options of `drill plan matrix`, as written by the user.
struct MatrixOptions {
    std::optional<std::string> truth; // --truth P
    std::vector<std::string> liars;   // --liar A4, each
    std::vector<std::string> signs;   // --sign E1=Q, each; "-" refuses to sign
};

// One lying execution replica.
struct ExecutionLie {
    SlotId slot;
    std::vector<Saying> sends; // REPORT to A1, A2, ...; Nothing sends none
    Saying reply;              // REPLY to the client: what it sent to most columns
    Saying signs;              // SIGNED-REPORT when asked
    friend bool operator==(const ExecutionLie&, const ExecutionLie&) = default;
};

// One lying agreement replica: what it claims in its COLUMN, by slot.
struct AgreementLie {
    AgreementId id;
    std::map<SlotId, Saying> claims;
    friend bool operator==(const AgreementLie&, const AgreementLie&) = default;
};

struct MatrixPlan {
    std::string truth;              // its token in the file
    std::vector<std::string> wrong; // token of wrong digest 1, 2, ...
    std::vector<ExecutionLie> execution;
    std::vector<AgreementLie> agreement;
    Play play;
    Prediction prediction;

    // True when the drill needs --force (ZZ-10.4).
    bool exceeds_f() const;
};

// An Error is bad input (exit 2) and names its place: the file, the option, the entry.
Result<MatrixPlan> plan_matrix(const matrix::NamedMatrix& drawn, const Stage& stage,
                               const MatrixOptions& options, std::string_view file);

// A set of liars, rows and columns of a matrix counted from 0, ascending.
struct Liars {
    std::vector<std::size_t> rows;
    std::vector<std::size_t> columns;
    friend bool operator==(const Liars&, const Liars&) = default;
};

// The smallest set with at most f rows and at most f columns that explains every entry other than
// `truth` (pending ones need no explanation); among those the one with most rows, then the one
// with the first rows. None if there is no such set.
std::optional<Liars> smallest_liars(const matrix::Matrix& drawn, const Digest& truth);

// What a drill that is not `matrix` does to the matrix; names of ZZ-10.2.
struct PlainDrill {
    std::string name;
    std::vector<PrincipalId> targets; // of this application; clients change no matrix
    Duration delay{};                 // of slow, and of link-delay each way
    std::vector<PrincipalId> peers{}; // link drills: the far ends; empty: all links
};

Result<Prediction> predict_plain(const PlainDrill& drill, const Stage& stage);

// "E1" or "A4" of an application with these bounds.
Result<PrincipalId> parse_replica(std::string_view text, Faults faults);

} // namespace zz::drill
