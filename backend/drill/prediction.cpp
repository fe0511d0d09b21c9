// SPDX-License-Identifier: Apache-2.0
#include "backend/drill/prediction.h"

#include <algorithm>
#include <set>

#include "protocol/base/check.h"

namespace zz::drill {
namespace {

using matrix::Entry;

Digest digest_of(const Saying& saying) {
    Digest digest;
    for (std::size_t i = 0; i < sizeof(saying.wrong); ++i)
        digest.bytes[Digest::size - 1 - i] = static_cast<std::uint8_t>(saying.wrong >> (8 * i));
    return digest;
}

Entry entry_of(const Saying& saying) {
    return saying.what == Saying::What::Nothing ? Entry::missing() : Entry::of(digest_of(saying));
}

bool is_wrong(const Saying& saying) {
    return saying.what == Saying::What::Wrong;
}

// The evidence round among the actives (ZZ-6.5).
struct Round {
    bool held = false;      // a correct agreement replica saw a column that does not match
    bool matched = false;   // f+1 MATCH settle n everywhere
    bool unequal = false;   // two signed reports differ
    bool certified = false; // f+1 equal signed reports
    std::vector<std::size_t> unsigned_rows;
};

Round evidence_round(const Play& play, const matrix::Matrix& actives) {
    const Digest truth{};
    Round round;
    for (std::size_t c = 0; c < play.claims.size(); ++c) {
        if (!play.claims[c] && matrix::column_match(play.faults, actives.column(c)) != truth)
            round.held = true;
    }
    const matrix::Verdict verdict = judge(actives);
    const auto support = verdict.support.find(truth);
    round.matched =
        support != verdict.support.end() && support->second >= play.faults.weak_quorum();
    std::vector<Digest> reports;
    for (std::size_t row = 0; row < actives.rows(); ++row) {
        const Saying& signs = play.replicas[row].signs;
        if (signs.what == Saying::What::Nothing)
            round.unsigned_rows.push_back(row);
        else
            reports.push_back(digest_of(signs));
    }
    round.unequal = std::any_of(reports.begin(), reports.end(),
                                [&](const Digest& d) { return d != reports[0]; });
    round.certified = matrix::certified(play.faults, reports).has_value();
    return round;
}

WakeCause cause_of(const Round& round, matrix::Kind verdict, Policy policy) {
    if (policy == Policy::Matrix)
        return verdict == matrix::Kind::Blocking ? WakeCause::Columns : WakeCause::None;
    if (!round.held || round.matched)
        return WakeCause::None;
    if (round.unequal)
        return WakeCause::Demands;
    return round.certified ? WakeCause::None : WakeCause::NoSigns;
}

// ZZ-6.7: f+1 accusations by those who hold another digest, tagged or signed, or two signatures.
std::set<std::size_t> convicted_rows(const Play& play, const matrix::Blame& blame,
                                     std::size_t signers, bool signatures_asked) {
    std::set<std::size_t> rows(blame.convicted.begin(), blame.convicted.end());
    for (std::size_t row = 0; row < signers; ++row) {
        const PlayedReplica& replica = play.replicas[row];
        // Whoever holds a signed report passes it on, so that all can accuse (ZZ-6.5).
        if (is_wrong(replica.signs) && (signatures_asked || replica.signs_twice))
            rows.insert(row);
    }
    return rows;
}

bool says_wrong(const matrix::Matrix& played) {
    for (std::size_t c = 0; c < played.columns(); ++c)
        for (std::size_t r = 0; r < played.rows(); ++r)
            if (played.at(r, c).contradicts(Digest{}))
                return true;
    return false;
}

Margin margin_of(const Play& play) {
    const auto f = static_cast<std::int32_t>(play.faults.f);
    Margin margin{f, f};
    for (const auto& claim : play.claims)
        margin.agreement -= claim ? 1 : 0;
    for (const PlayedReplica& replica : play.replicas)
        margin.execution -= replica.liar ? 1 : 0;
    return margin;
}

std::string names_of(const std::vector<SlotId>& slots) {
    std::string text;
    for (const SlotId slot : slots)
        text += fmt::format("{}E{}", text.empty() ? "" : ", ", slot.value);
    return text;
}

std::string because(WakeCause cause) {
    switch (cause) {
    case WakeCause::None:
        return "";
    case WakeCause::Demands:
        return "because two signed reports differ";
    case WakeCause::NoSigns:
        return "because a signature is missing";
    case WakeCause::Replacement:
        return "only to replace a convicted replica";
    case WakeCause::Columns:
        return "because the columns are blocking";
    }
    return "";
}

std::string text_of(const Prediction& prediction) {
    std::string text = fmt::format("The {} matrix is {}",
                                   prediction.kind == VoteKind::Reply ? "reply" : "checkpoint",
                                   to_string(prediction.verdict));
    if (prediction.wakes.empty())
        text += ", nobody wakes";
    else
        text += fmt::format(", {} wake{} {}", names_of(prediction.wakes),
                            prediction.wakes.size() == 1 ? "s" : "", because(prediction.cause));
    text += prediction.convicted.empty()
                ? ", nobody is convicted"
                : fmt::format(", convicted: {}", names_of(prediction.convicted));
    if (!prediction.unresponsive.empty())
        text += fmt::format(", unresponsive: {}", names_of(prediction.unresponsive));
    if (prediction.margin.agreement < 0 || prediction.margin.execution < 0)
        text += "; more than f replicas of a cluster lie, so the rules promise nothing";
    return text + ".";
}

} // namespace

std::string_view to_string(WakeCause cause) {
    switch (cause) {
    case WakeCause::None:
        return "none";
    case WakeCause::Demands:
        return "demands";
    case WakeCause::NoSigns:
        return "no-signs";
    case WakeCause::Replacement:
        return "replacement";
    case WakeCause::Columns:
        return "columns";
    }
    return "unknown";
}

matrix::Matrix played_matrix(const Play& play, std::size_t rows) {
    matrix::Matrix result(play.faults, rows);
    for (std::size_t c = 0; c < result.columns(); ++c) {
        const auto& claim = play.claims[c];
        if (claim && claim->empty())
            continue; // never heard of: all pending
        for (std::size_t r = 0; r < rows; ++r)
            result.set(r, c, entry_of(claim ? (*claim)[r] : play.replicas[r].sends[c]));
    }
    return result;
}

Prediction predict(const Play& play, Policy policy) {
    const std::size_t active = play.faults.active_replicas();
    ZZ_CHECK(play.replicas.size() == play.faults.execution_slots() &&
                 play.claims.size() == play.faults.agreement_replicas(),
             "a play of {} execution and {} agreement replicas for f = {}", play.replicas.size(),
             play.claims.size(), play.faults.f);
    const matrix::Matrix actives = played_matrix(play, active);
    const Round round = evidence_round(play, actives);

    Prediction prediction;
    prediction.verdict = judge(actives).kind;
    prediction.kind = play.kind;
    prediction.margin = margin_of(play);
    if (!play.faults.replaces()) { // ZZ-9.1: masked, and nothing follows
        if (prediction.verdict == matrix::Kind::NonBlocking && !says_wrong(actives))
            prediction.verdict = matrix::Kind::Agreed; // settled before anybody is missed
        prediction.text = text_of(prediction);
        return prediction;
    }
    prediction.cause = cause_of(round, prediction.verdict, policy);
    const bool woken_for_evidence = prediction.cause != WakeCause::None;
    matrix::Blame blame = matrix::blame(actives, Digest{});
    std::set<std::size_t> convicted = convicted_rows(play, blame, active, round.held);
    if (!woken_for_evidence && !convicted.empty())
        prediction.cause = WakeCause::Replacement;
    if (prediction.cause != WakeCause::None) {
        // Woken replicas replay the batch and report it too (ZZ-7.4); they are asked to sign it
        // only while it is unsettled.
        blame = matrix::blame(played_matrix(play, play.replicas.size()), Digest{});
        const std::size_t signers = woken_for_evidence ? play.replicas.size() : active;
        convicted = convicted_rows(play, blame, signers, round.held);
        for (std::size_t row = active; row < play.replicas.size(); ++row)
            if (!play.replicas[row].gone)
                prediction.wakes.push_back(play.replicas[row].slot);
    }
    std::set<std::size_t> unresponsive(blame.unresponsive.begin(), blame.unresponsive.end());
    if (prediction.cause == WakeCause::NoSigns)
        unresponsive.insert(round.unsigned_rows.begin(), round.unsigned_rows.end());
    for (const std::size_t row : convicted)
        prediction.convicted.push_back(play.replicas[row].slot);
    for (const std::size_t row : unresponsive) {
        // A sleeper that could not be woken is no active replica: nobody names it (ZZ-6.5).
        const bool never_woke = row >= active && play.replicas[row].gone;
        if (!convicted.contains(row) && !never_woke)
            prediction.unresponsive.push_back(play.replicas[row].slot);
    }
    for (auto* slots : {&prediction.wakes, &prediction.convicted, &prediction.unresponsive})
        std::sort(slots->begin(), slots->end());
    prediction.text = text_of(prediction);
    return prediction;
}

} // namespace zz::drill
