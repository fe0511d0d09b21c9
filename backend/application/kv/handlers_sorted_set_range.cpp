// SPDX-License-Identifier: Apache-2.0
// Ranges of sorted sets, by rank or by score, in either order, and what goes by a range.
#include <algorithm>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/handlers.h"
#include "backend/application/kv/numbers.h"
#include "backend/application/kv/sorted_set.h"

namespace zz::application::kv {
namespace {

constexpr std::string_view kNoRange = "ERR min or max is not a float";

struct Query {
    bool by_score = false, reverse = false, with_scores = false;
    ByteView low, high; // as written: of a reversed range by score the highest comes first
    std::uint64_t skip = 0, count = UINT64_MAX;
    std::size_t bytes_max = kReplyBytesMax; // more is not read: the answer is an error then
};

// The options from `i` on. False: an error was written.
bool parse_options(const Arguments& arguments, std::size_t i, bool all, Query& query,
                   Reply& reply) {
    bool limited = false;
    for (; i < arguments.size(); ++i) {
        const ByteView word = arguments[i];
        if (same_word(word, "withscores")) {
            query.with_scores = true;
        } else if (all && same_word(word, "byscore")) {
            query.by_score = true;
        } else if (all && same_word(word, "rev")) {
            query.reverse = true;
        } else if (same_word(word, "limit") && i + 2 < arguments.size()) {
            const auto offset = parse_integer(arguments[i + 1]);
            const auto count = parse_integer(arguments[i + 2]);
            if (!offset || !count) {
                reply.error(kNotAnInteger);
                return false;
            }
            query.skip = *offset < 0 ? UINT64_MAX : static_cast<std::uint64_t>(*offset);
            query.count = *count < 0 ? UINT64_MAX : static_cast<std::uint64_t>(*count);
            limited = true;
            i += 2;
        } else {
            reply.error(kSyntaxError);
            return false;
        }
    }
    if (limited && !query.by_score) {
        reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE "
                    "or BYLEX");
        return false;
    }
    return true;
}

// A bound as ordered bits: "5", "(5", "-inf". `lower`: the first score that belongs; else the first
// that does not any more.
std::optional<std::uint64_t> bound_of(ByteView text, bool lower) {
    const bool open = !text.empty() && text[0] == '(';
    const auto score = parse_score(open ? text.subspan(1) : text);
    if (!score) {
        return std::nullopt;
    }
    return ordered_bits(*score) + (open == lower ? 1 : 0);
}

std::optional<SortedSet::Scores> scores_of(ByteView low, ByteView high) {
    const auto from = bound_of(low, true), until = bound_of(high, false);
    if (!from || !until) {
        return std::nullopt;
    }
    return SortedSet::Scores{*from, *until};
}

using Found = std::vector<SortedSet::Scored>;

Found by_score(SortedSet& set, const Query& query, const SortedSet::Scores& scores) {
    Found found;
    std::uint64_t skip = query.skip;
    std::size_t bytes = 0;
    if (query.count == 0 || skip >= set.size()) {
        return found;
    }
    set.each(scores, query.reverse ? state::Order::Descending : state::Order::Ascending,
             [&](const SortedSet::Scored& scored) {
                 if (skip > 0) {
                     --skip;
                     return true;
                 }
                 bytes += scored.member.size();
                 found.push_back(scored);
                 return found.size() < query.count && bytes <= query.bytes_max;
             });
    return found;
}

// Ranks begin .. end - 1 in the order of the query, read from the nearer end.
Found by_rank(SortedSet& set, const Query& query, std::uint64_t begin, std::uint64_t end) {
    Found found;
    const std::uint64_t behind = set.size() - end;
    const bool from_end = behind < begin;
    std::uint64_t skip = from_end ? behind : begin;
    const std::uint64_t count = end - begin;
    std::size_t bytes = 0;
    const std::uint64_t page = std::min<std::uint64_t>(skip + count, 1024);
    set.each(
        {}, query.reverse != from_end ? state::Order::Descending : state::Order::Ascending,
        [&](const SortedSet::Scored& scored) {
            if (skip > 0) {
                --skip;
                return true;
            }
            bytes += scored.member.size();
            found.push_back(scored);
            return found.size() < count && bytes <= query.bytes_max;
        },
        page);
    if (from_end) {
        std::reverse(found.begin(), found.end());
    }
    return found;
}

// As of lists: from 0, negative from the end, cut to what is there. Nothing if it is empty.
std::optional<std::pair<std::uint64_t, std::uint64_t>>
ranks_of(std::int64_t start, std::int64_t stop, std::uint64_t size) {
    const auto count = static_cast<std::int64_t>(size);
    const std::int64_t from = std::max<std::int64_t>(start < 0 ? start + count : start, 0);
    const std::int64_t to = std::min(stop < 0 ? stop + count : stop, count - 1);
    if (from > to) {
        return std::nullopt;
    }
    return std::pair(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to) + 1);
}

void show(const Found& found, bool with_scores, Reply& reply) {
    reply.array(found.size() * (with_scores ? 2 : 1));
    for (const auto& scored : found) {
        reply.bulk(scored.member);
        if (with_scores) {
            reply.bulk(format_score(scored.score));
        }
    }
}

// Nothing, and an error, if the query is wrong or the key of another type.
std::optional<Found> run(Store& store, ByteView key, const Query& query, Reply& reply) {
    std::optional<SortedSet::Scores> scores;
    std::optional<std::int64_t> start, stop;
    if (query.by_score) {
        scores =
            query.reverse ? scores_of(query.high, query.low) : scores_of(query.low, query.high);
        if (!scores) {
            reply.error(kNoRange);
            return std::nullopt;
        }
    } else {
        start = parse_integer(query.low);
        stop = parse_integer(query.high);
        if (!start || !stop) {
            reply.error(kNotAnInteger);
            return std::nullopt;
        }
    }
    auto set = SortedSet::open(store, key, reply);
    if (!set) {
        return std::nullopt;
    }
    if (scores) {
        return by_score(*set, query, *scores);
    }
    const auto ranks = ranks_of(*start, *stop, set->size());
    return ranks ? by_rank(*set, query, ranks->first, ranks->second) : Found();
}

void range(Store& store, const Arguments& arguments, Query query, Reply& reply) {
    query.low = arguments[2];
    query.high = arguments[3];
    const bool all = !query.by_score && !query.reverse; // ZRANGE; the others say it by their name
    if (!parse_options(arguments, 4, all, query, reply)) {
        return;
    }
    if (const auto found = run(store, arguments[1], query, reply)) {
        show(*found, query.with_scores, reply);
    }
}

void remove(Store& store, const Arguments& arguments, bool by_score, Reply& reply) {
    Query query;
    query.by_score = by_score;
    query.bytes_max = SIZE_MAX;
    query.low = arguments[2];
    query.high = arguments[3];
    const auto found = run(store, arguments[1], query, reply);
    if (!found || store.exhausted()) {
        return;
    }
    auto set = SortedSet::open(store, arguments[1], reply);
    for (const auto& scored : *found) {
        set->erase(scored.member);
    }
    if (!found->empty()) {
        set->save();
    }
    reply.integer(static_cast<std::int64_t>(found->size()));
}

} // namespace

void run_zrange(Store& store, const Arguments& arguments, Reply& reply) {
    range(store, arguments, {}, reply);
}
void run_zrevrange(Store& store, const Arguments& arguments, Reply& reply) {
    Query query;
    query.reverse = true;
    range(store, arguments, query, reply);
}
void run_zrangebyscore(Store& store, const Arguments& arguments, Reply& reply) {
    Query query;
    query.by_score = true;
    range(store, arguments, query, reply);
}
void run_zrevrangebyscore(Store& store, const Arguments& arguments, Reply& reply) {
    Query query;
    query.by_score = query.reverse = true;
    range(store, arguments, query, reply);
}
void run_zremrangebyrank(Store& store, const Arguments& arguments, Reply& reply) {
    remove(store, arguments, false, reply);
}
void run_zremrangebyscore(Store& store, const Arguments& arguments, Reply& reply) {
    remove(store, arguments, true, reply);
}

void run_zcount(Store& store, const Arguments& arguments, Reply& reply) {
    const auto scores = scores_of(arguments[2], arguments[3]);
    if (!scores) {
        reply.error(kNoRange);
        return;
    }
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    std::int64_t count = 0;
    set->each(
        *scores, state::Order::Ascending,
        [&count](const SortedSet::Scored&) {
            ++count;
            return true;
        },
        1024);
    reply.integer(count);
}

} // namespace zz::application::kv
