// SPDX-License-Identifier: Apache-2.0
// The commands of sorted sets but for their ranges.
#include <cmath>
#include <fmt/format.h>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/handlers.h"
#include "backend/application/kv/numbers.h"
#include "backend/application/kv/sorted_set.h"

namespace zz::application::kv {
namespace {

struct AddOptions {
    bool only_absent = false, only_present = false, greater = false, less = false;
    bool changed = false, increment = false;
    std::size_t first = 2; // index of the first score
};

AddOptions parse_add_options(const Arguments& arguments) {
    AddOptions o;
    for (; o.first < arguments.size(); ++o.first) {
        const ByteView word = arguments[o.first];
        if (same_word(word, "nx")) {
            o.only_absent = true;
        } else if (same_word(word, "xx")) {
            o.only_present = true;
        } else if (same_word(word, "gt")) {
            o.greater = true;
        } else if (same_word(word, "lt")) {
            o.less = true;
        } else if (same_word(word, "ch")) {
            o.changed = true;
        } else if (same_word(word, "incr")) {
            o.increment = true;
        } else {
            break;
        }
    }
    return o;
}

// Empty if all is well.
std::string_view fault_of(const AddOptions& o, std::size_t arguments) {
    const std::size_t rest = arguments - o.first;
    if (rest == 0 || rest % 2 != 0) {
        return kSyntaxError;
    }
    if (o.only_absent && o.only_present) {
        return "ERR XX and NX options at the same time are not compatible";
    }
    if ((o.greater && o.less) || (o.only_absent && (o.greater || o.less))) {
        return "ERR GT, LT, and/or NX options at the same time are not compatible";
    }
    if (o.increment && rest > 2) {
        return "ERR INCR option supports a single increment-element pair";
    }
    return {};
}

bool refused(const AddOptions& o, const std::optional<double>& old, double wanted) {
    return (o.only_absent && old) || (o.only_present && !old) ||
           (o.greater && old && wanted <= *old) || (o.less && old && wanted >= *old);
}

constexpr std::string_view kNotANumber = "ERR resulting score is not a number (NaN)";

void add_one(SortedSet& set, ByteView member, double increment, const AddOptions& options,
             Reply& reply) {
    const auto old = set.score(member);
    const double wanted = old.value_or(0) + increment;
    if (std::isnan(wanted)) {
        reply.error(kNotANumber);
    } else if (refused(options, old, wanted)) {
        reply.null();
    } else {
        set.set(member, wanted);
        set.save();
        reply.bulk(format_score(wanted));
    }
}

void pop_scored(Store& store, const Arguments& arguments, state::Order order, Reply& reply) {
    std::int64_t count = 1;
    if (arguments.size() > 3) {
        reply.error(kSyntaxError);
        return;
    }
    if (arguments.size() == 3) {
        const auto wanted = parse_integer(arguments[2]);
        if (!wanted || *wanted < 0) {
            reply.error("ERR value is out of range, must be positive");
            return;
        }
        count = *wanted;
    }
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    const auto popped = set->first(static_cast<std::uint64_t>(count), order);
    reply.array(2 * popped.size());
    for (const auto& each : popped) {
        set->erase(each.member);
        reply.bulk(each.member);
        reply.bulk(format_score(each.score));
        if (store.exhausted()) {
            return;
        }
    }
    if (!popped.empty()) {
        set->save();
    }
}

void rank(Store& store, const Arguments& arguments, state::Order order, Reply& reply) {
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    if (const auto score = set->score(arguments[2])) {
        reply.integer(static_cast<std::int64_t>(set->rank(arguments[2], *score, order)));
    } else {
        reply.null();
    }
}

} // namespace

void run_zadd(Store& store, const Arguments& arguments, Reply& reply) {
    const AddOptions options = parse_add_options(arguments);
    if (const auto fault = fault_of(options, arguments.size()); !fault.empty()) {
        reply.error(fault);
        return;
    }
    std::vector<double> scores;
    for (std::size_t i = options.first; i < arguments.size(); i += 2) {
        const auto score = parse_score(arguments[i]);
        if (!score) {
            reply.error(kNotAFloat);
            return;
        }
        scores.push_back(*score);
    }
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    if (options.increment) {
        add_one(*set, arguments[options.first + 1], scores[0], options, reply);
        return;
    }
    std::int64_t added = 0, changed = 0;
    for (std::size_t i = 0; i < scores.size() && !store.exhausted(); ++i) {
        const ByteView member = arguments[options.first + 2 * i + 1];
        const auto old = set->score(member);
        if (refused(options, old, scores[i])) {
            continue;
        }
        set->set(member, scores[i]);
        added += old ? 0 : 1;
        changed += old && *old == scores[i] ? 0 : 1;
    }
    if (changed > 0) {
        set->save();
    }
    reply.integer(options.changed ? changed : added);
}

void run_zincrby(Store& store, const Arguments& arguments, Reply& reply) {
    const auto increment = parse_score(arguments[2]);
    if (!increment) {
        reply.error(kNotAFloat);
        return;
    }
    if (auto set = SortedSet::open(store, arguments[1], reply)) {
        add_one(*set, arguments[3], *increment, {}, reply);
    }
}

void run_zrem(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    std::int64_t erased = 0;
    for (std::size_t i = 2; i < arguments.size() && !store.exhausted(); ++i) {
        erased += set->erase(arguments[i]) ? 1 : 0;
    }
    if (erased > 0) {
        set->save();
    }
    reply.integer(erased);
}

void run_zscore(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    if (const auto score = set->score(arguments[2])) {
        reply.bulk(format_score(*score));
    } else {
        reply.null();
    }
}

void run_zmscore(Store& store, const Arguments& arguments, Reply& reply) {
    auto set = SortedSet::open(store, arguments[1], reply);
    if (!set) {
        return;
    }
    reply.array(arguments.size() - 2);
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        if (const auto score = set->score(arguments[i])) {
            reply.bulk(format_score(*score));
        } else {
            reply.null();
        }
    }
}

void run_zcard(Store& store, const Arguments& arguments, Reply& reply) {
    if (const auto set = SortedSet::open(store, arguments[1], reply)) {
        reply.integer(static_cast<std::int64_t>(set->size()));
    }
}

void run_zrank(Store& store, const Arguments& arguments, Reply& reply) {
    rank(store, arguments, state::Order::Ascending, reply);
}
void run_zrevrank(Store& store, const Arguments& arguments, Reply& reply) {
    rank(store, arguments, state::Order::Descending, reply);
}
void run_zpopmin(Store& store, const Arguments& arguments, Reply& reply) {
    pop_scored(store, arguments, state::Order::Ascending, reply);
}
void run_zpopmax(Store& store, const Arguments& arguments, Reply& reply) {
    pop_scored(store, arguments, state::Order::Descending, reply);
}

} // namespace zz::application::kv
