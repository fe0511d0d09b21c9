// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/plan.h"

#include <algorithm>
#include <bit>
#include <set>

#include "backend/drill/stage.h"
#include "protocol/base/check.h"

namespace zz::drill {
namespace {

using matrix::Entry;

// Why a drawn entry needs a liar: it is a digest other than the truth, or missing.
bool is_odd(const Entry& entry, const Digest& truth) {
    return !entry.is_pending() && !entry.equals(truth);
}

bool contains(const std::vector<std::size_t>& list, std::size_t item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

// The plan of one drawn matrix, built step by step; each step may end in an Error.
class Planner {
  public:
    Planner(const matrix::NamedMatrix& drawn, const Stage& stage, const MatrixOptions& options,
            std::string_view file)
        : matrix_(drawn.matrix), names_(drawn.names), stage_(stage), options_(options),
          file_(file) {}

    Result<MatrixPlan> plan() {
        for (const auto step : {&Planner::read_rows, &Planner::read_columns, &Planner::find_truth,
                                &Planner::find_liars, &Planner::cast, &Planner::read_signs}) {
            if (Status status = (this->*step)(); !status)
                return status.error();
        }
        plan_.truth = names_.value(truth_);
        for (ExecutionLie& lie : plan_.execution)
            lie.signs = replica(lie.slot).signs;
        plan_.prediction = predict(plan_.play, stage_.policy);
        return std::move(plan_);
    }

  private:
    Error bad(const std::string& what) const { return Error{std::string(file_) + ": " + what}; }

    PlayedReplica& replica(SlotId slot) {
        const auto found = std::find_if(plan_.play.replicas.begin(), plan_.play.replicas.end(),
                                        [&](const PlayedReplica& r) { return r.slot == slot; });
        ZZ_CHECK(found != plan_.play.replicas.end(), "E{} is not in the play", slot.value);
        return *found;
    }

    // ZZ-10.3: the first f+1 rows are the actives.
    Status read_rows() {
        Result<std::vector<SlotId>> actives = actives_of(stage_);
        if (!actives)
            return actives.error();
        const Faults faults = stage_.faults;
        if (matrix_.faults() != faults)
            return bad(fmt::format("a matrix for F = {}, but the application has f = {}",
                                   matrix_.faults().f, faults.f));
        std::set<SlotId> seen;
        for (std::size_t row = 0; row < matrix_.rows(); ++row) {
            const Result<PrincipalId> id = parse_replica(names_.row(row), faults);
            if (!id || id->role != Role::Execution)
                return bad(fmt::format("row {} is named '{}'; rows of a drill are named E1 to E{}",
                                       row + 1, names_.row(row), faults.execution_slots()));
            const SlotId slot(id->index);
            const bool active = std::count(actives->begin(), actives->end(), slot) > 0;
            if (active != (row < faults.active_replicas()))
                return bad(fmt::format("row {} is E{}, which {}; the first {} rows must be the "
                                       "active replicas",
                                       row + 1, slot.value, active ? "is active" : "sleeps",
                                       faults.active_replicas()));
            if (!seen.insert(slot).second)
                return bad(fmt::format("E{} has two rows", slot.value));
            slots_.push_back(slot);
        }
        if (slots_.size() < faults.active_replicas())
            return bad(fmt::format("{} rows, but there are {} active replicas", slots_.size(),
                                   faults.active_replicas()));
        plan_.play = honest_play(faults, slots_);
        return Ok{};
    }

    Status read_columns() {
        for (std::size_t c = 0; c < matrix_.columns(); ++c) {
            if (names_.column(c) != fmt::format("A{}", c + 1))
                return bad(fmt::format("column {} is named '{}'; columns of a drill are A1 to A{} "
                                       "in this order",
                                       c + 2, names_.column(c), matrix_.columns()));
        }
        return Ok{};
    }

    std::optional<Digest> token(std::string_view text) const {
        for (const auto& [digest, name] : names_.values) {
            if (name == text)
                return digest;
        }
        return std::nullopt;
    }

    Status find_truth() {
        const std::optional<Digest> value = judge(matrix_).value;
        if (!options_.truth) {
            if (!value)
                return bad("the matrix has no value with f+1 matching columns; say which digest "
                           "is right with --truth");
            truth_ = *value;
            return Ok{};
        }
        const std::optional<Digest> named = token(*options_.truth);
        if (!named)
            return Error{
                fmt::format("--truth {}: this digest is not in {}", *options_.truth, file_)};
        if (value && *value != *named)
            return Error{fmt::format("--truth {}: the matrix itself decides on {} (ZZ-6.2); leave "
                                     "--truth out or draw another matrix",
                                     *options_.truth, names_.value(*value))};
        truth_ = *named;
        return Ok{};
    }

    Status find_liars() {
        if (options_.liars.empty()) {
            if (stage_.faults.f > kPlanFaultsMax)
                return bad(fmt::format("liars are searched for f up to {}; name them with --liar",
                                       kPlanFaultsMax));
            std::optional<Liars> liars = smallest_liars(matrix_, truth_);
            if (!liars)
                return bad(fmt::format("no {} liars of each cluster explain this matrix when {} "
                                       "is right; name more with --liar or draw another",
                                       stage_.faults.f, names_.value(truth_)));
            liars_ = std::move(*liars);
            return Ok{};
        }
        return read_liars();
    }

    Status read_liars() {
        for (const std::string& text : options_.liars) {
            const Result<PrincipalId> id = parse_replica(text, stage_.faults);
            if (!id)
                return Error{"--liar " + text + ": " + id.error().text};
            if (id->role == Role::Agreement) {
                liars_.columns.push_back(id->index - 1);
                continue;
            }
            const auto slot = std::find(slots_.begin(), slots_.end(), SlotId(id->index));
            if (slot == slots_.end())
                return Error{fmt::format("--liar {}: {} has no row for it", text, file_)};
            liars_.rows.push_back(static_cast<std::size_t>(slot - slots_.begin()));
        }
        for (auto* list : {&liars_.rows, &liars_.columns}) {
            std::sort(list->begin(), list->end());
            list->erase(std::unique(list->begin(), list->end()), list->end());
        }
        for (std::size_t r = 0; r < matrix_.rows(); ++r) {
            for (std::size_t c = 0; c < matrix_.columns(); ++c) {
                if (is_odd(matrix_.at(r, c), truth_) && !contains(liars_.rows, r) &&
                    !contains(liars_.columns, c))
                    return Error{fmt::format("--liar: neither {} nor {} is a liar, but their entry "
                                             "is not {}",
                                             names_.row(r), names_.column(c),
                                             names_.value(truth_))};
            }
        }
        return Ok{};
    }

    // What is not drawn is played as the protocol says.
    Saying saying(const Entry& entry) {
        if (entry.is_missing())
            return Saying::nothing();
        return entry.is_pending() ? Saying::truth() : saying(entry.value());
    }

    Saying saying(const Digest& digest) {
        if (digest == truth_)
            return Saying::truth();
        const std::string name = names_.value(digest);
        const auto found = std::find(plan_.wrong.begin(), plan_.wrong.end(), name);
        const auto number = static_cast<std::uint32_t>(found - plan_.wrong.begin()) + 1;
        if (found == plan_.wrong.end())
            plan_.wrong.push_back(name);
        return Saying::lie(number);
    }

    Status cast() {
        for (const std::size_t row : liars_.rows) {
            ExecutionLie lie{slots_[row], {}, Saying::truth(), Saying::truth()};
            for (std::size_t c = 0; c < matrix_.columns(); ++c)
                lie.sends.push_back(saying(matrix_.at(row, c)));
            lie.reply = most_frequent(lie.sends);
            PlayedReplica& played = replica(lie.slot);
            played.liar = true;
            played.sends = lie.sends;
            played.signs = lie.reply; // ZZ-10.3: by default
            plan_.execution.push_back(std::move(lie));
        }
        for (const std::size_t c : liars_.columns) {
            AgreementLie lie{AgreementId(static_cast<std::uint32_t>(c + 1)), {}};
            std::vector<Saying> column;
            for (const PlayedReplica& played : plan_.play.replicas)
                column.push_back(played.sends[c]);
            for (std::size_t row = 0; row < slots_.size(); ++row)
                column[row] = lie.claims[slots_[row]] = saying(matrix_.at(row, c));
            plan_.play.claims[c] = std::move(column);
            plan_.agreement.push_back(std::move(lie));
        }
        return Ok{};
    }

    Status read_signs() {
        std::set<SlotId> seen;
        for (const std::string& text : options_.signs) {
            const std::string place = "--sign " + text + ": ";
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos)
                return Error{place + "write it as E1=Q, or E1=- for no signature"};
            const Result<PrincipalId> id =
                parse_replica(std::string_view(text).substr(0, equals), stage_.faults);
            if (!id)
                return Error{place + id.error().text};
            if (id->role != Role::Execution)
                return Error{place + "only execution replicas sign reports"};
            PlayedReplica& played = replica(SlotId(id->index));
            if (!played.liar)
                return Error{place + fmt::format("E{} is not among the liars, so it signs what "
                                                 "is right; add --liar E{}",
                                                 id->index, id->index)};
            if (!seen.insert(played.slot).second)
                return Error{place + "this replica's signature is given twice"};
            const std::string word = text.substr(equals + 1);
            const std::optional<Digest> digest = token(word);
            if (!digest && word != "-")
                return Error{place + fmt::format("the digest '{}' is not in {}", word, file_)};
            played.signs = digest ? saying(*digest) : Saying::nothing();
        }
        return Ok{};
    }

    const matrix::Matrix& matrix_;
    const matrix::Names& names_;
    const Stage& stage_;
    const MatrixOptions& options_;
    std::string_view file_;
    std::vector<SlotId> slots_; // by row
    Digest truth_;
    Liars liars_;
    MatrixPlan plan_;
};

// True when (total, fewer rows, rows) of `a` comes before that of `b`.
bool preferred(const Liars& a, const Liars& b) {
    const std::size_t total_a = a.rows.size() + a.columns.size();
    const std::size_t total_b = b.rows.size() + b.columns.size();
    if (total_a != total_b)
        return total_a < total_b;
    if (a.rows.size() != b.rows.size())
        return a.rows.size() > b.rows.size();
    return a.rows < b.rows;
}

} // namespace

bool MatrixPlan::exceeds_f() const {
    return prediction.margin.agreement < 0 || prediction.margin.execution < 0;
}

std::optional<Liars> smallest_liars(const matrix::Matrix& drawn, const Digest& truth) {
    const std::uint32_t f = drawn.faults().f;
    ZZ_CHECK(f <= kPlanFaultsMax, "f = {}, searched up to {}", f, kPlanFaultsMax);
    std::optional<Liars> best;
    for (std::uint32_t set = 0; set < (1U << drawn.rows()); ++set) {
        if (static_cast<std::uint32_t>(std::popcount(set)) > f)
            continue;
        Liars liars;
        for (std::size_t c = 0; c < drawn.columns(); ++c) {
            for (std::size_t r = 0; r < drawn.rows(); ++r) {
                if ((set >> r & 1U) == 0 && is_odd(drawn.at(r, c), truth)) {
                    liars.columns.push_back(c);
                    break;
                }
            }
        }
        for (std::size_t r = 0; r < drawn.rows(); ++r) {
            if ((set >> r & 1U) != 0)
                liars.rows.push_back(r);
        }
        if (liars.columns.size() <= f && (!best || preferred(liars, *best)))
            best = std::move(liars);
    }
    return best;
}

Result<MatrixPlan> plan_matrix(const matrix::NamedMatrix& drawn, const Stage& stage,
                               const MatrixOptions& options, std::string_view file) {
    return Planner(drawn, stage, options, file).plan();
}

} // namespace zz::drill
