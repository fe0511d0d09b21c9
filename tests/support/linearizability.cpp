// SPDX-License-Identifier: Apache-2.0
#include "tests/support/linearizability.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace zz::test {
namespace {

using Value = std::optional<std::string>;

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = failure == std::errc() && end == text.data() + text.size();
    return whole && std::to_string(number) == text ? std::optional(number) : std::nullopt;
}

struct Effect {
    Value value;  // of the key afterwards
    Value result; // what the reply must be
};

Effect effect_of(const HistoryOperation& operation, const Value& value) {
    switch (operation.kind) {
    case OperationKind::Set:
        return {operation.argument, operation.result};
    case OperationKind::Get:
        return {value, value};
    case OperationKind::Delete:
        return {std::nullopt, value ? "1" : "0"};
    case OperationKind::Increment:
        break;
    }
    const auto number = number_in(value.value_or("0"));
    if (!number || *number == INT64_MAX) {
        return {value, std::nullopt};
    }
    const std::string next = std::to_string(*number + 1);
    return {next, next};
}

// Which operations took effect, and what the key holds. Operations with a reply are in order of
// invocation: all below `prefix` took effect, and those in `beyond`.
struct Configuration {
    std::size_t prefix = 0;
    std::set<std::size_t> beyond;
    std::set<std::size_t> unknown; // of those without a reply
    Value value;
    friend auto operator<=>(const Configuration&, const Configuration&) = default;
};

class KeySearch {
  public:
    explicit KeySearch(const std::vector<HistoryOperation>& history) {
        for (const HistoryOperation& operation : history) {
            if (operation.known) {
                known_.push_back(operation);
            } else if (operation.kind !=
                       OperationKind::Get) { // one that changes nothing is no matter
                unknown_.push_back(operation);
            }
        }
        std::stable_sort(known_.begin(), known_.end(),
                         [](const auto& a, const auto& b) { return a.invoked < b.invoked; });
    }

    HistoryVerdict run(std::size_t configurations_max) {
        std::vector<Configuration> open;
        visit(Configuration{}, open);
        while (!open.empty()) {
            const Configuration configuration = std::move(open.back());
            open.pop_back();
            if (configuration.prefix == known_.size()) {
                return HistoryVerdict::Linearizable;
            }
            if (visited_.size() > configurations_max) {
                return HistoryVerdict::Undecided;
            }
            expand(configuration, open);
        }
        return HistoryVerdict::NotLinearizable;
    }

    std::size_t visited() const { return visited_.size(); }
    std::size_t deepest() const { return deepest_.prefix + deepest_.beyond.size(); }
    std::size_t size() const { return known_.size(); }
    // The operation that nothing can come before any more where the search came furthest.
    const HistoryOperation& stuck() const { return known_[deepest_.prefix]; }
    const Value& value_when_stuck() const { return deepest_.value; }

  private:
    void visit(Configuration configuration, std::vector<Configuration>& open) {
        while (configuration.beyond.erase(configuration.prefix) > 0) {
            ++configuration.prefix;
        }
        if (!visited_.insert(configuration).second) {
            return;
        }
        const std::size_t depth = configuration.prefix + configuration.beyond.size();
        if (depth > deepest()) {
            deepest_ = configuration;
        }
        open.push_back(std::move(configuration));
    }

    // No operation that is left may have returned before the next one was invoked.
    std::uint64_t earliest_return(const Configuration& at) const {
        std::uint64_t earliest = UINT64_MAX;
        for (std::size_t i = at.prefix; i < known_.size() && known_[i].invoked <= earliest; ++i) {
            if (!at.beyond.contains(i)) {
                earliest = std::min(earliest, known_[i].returned);
            }
        }
        return earliest;
    }

    void expand(const Configuration& at, std::vector<Configuration>& open) {
        const std::uint64_t limit = earliest_return(at);
        // Last in, first out: what has no reply is tried last.
        for (std::size_t i = 0; i < unknown_.size(); ++i) {
            if (!at.unknown.contains(i) && unknown_[i].invoked <= limit) {
                Configuration next = at;
                next.unknown.insert(i);
                next.value = effect_of(unknown_[i], at.value).value;
                if (next.value != at.value) { // one without effect may as well never happen
                    visit(std::move(next), open);
                }
            }
        }
        std::vector<std::size_t> candidates;
        for (std::size_t i = at.prefix; i < known_.size() && known_[i].invoked <= limit; ++i) {
            if (!at.beyond.contains(i)) {
                candidates.push_back(i);
            }
        }
        std::sort(candidates.begin(), candidates.end(), [this](std::size_t a, std::size_t b) {
            return known_[a].returned > known_[b].returned;
        });
        for (const std::size_t i : candidates) {
            const Effect effect = effect_of(known_[i], at.value);
            if (effect.result == known_[i].result) {
                Configuration next = at;
                next.beyond.insert(i);
                next.value = effect.value;
                visit(std::move(next), open);
            }
        }
    }

    std::vector<HistoryOperation> known_, unknown_;
    std::set<Configuration> visited_;
    Configuration deepest_;
};

std::string show(const Value& value) {
    return value ? "'" + *value + "'" : "nothing";
}

std::string show(const HistoryOperation& operation) {
    static constexpr const char* kNames[] = {"SET", "GET", "INCR", "DEL"};
    std::string text = kNames[static_cast<std::size_t>(operation.kind)];
    if (operation.kind == OperationKind::Set) {
        text += " " + show(Value(operation.argument));
    } else {
        text += " -> " + show(operation.result);
    }
    return text + " [" + std::to_string(operation.invoked) + ", " +
           std::to_string(operation.returned) + "]";
}

HistoryOperation make(OperationKind kind, std::string key, std::uint64_t invoked,
                      std::uint64_t returned) {
    HistoryOperation operation;
    operation.kind = kind;
    operation.key = std::move(key);
    operation.invoked = invoked;
    operation.returned = returned;
    return operation;
}

} // namespace

HistoryOperation HistoryOperation::set(std::string key, std::string value, std::uint64_t invoked,
                                       std::uint64_t returned) {
    auto operation = make(OperationKind::Set, std::move(key), invoked, returned);
    operation.argument = std::move(value);
    return operation;
}

HistoryOperation HistoryOperation::get(std::string key, std::optional<std::string> value,
                                       std::uint64_t invoked, std::uint64_t returned) {
    auto operation = make(OperationKind::Get, std::move(key), invoked, returned);
    operation.result = std::move(value);
    return operation;
}

HistoryOperation HistoryOperation::increment(std::string key, std::optional<std::string> number,
                                             std::uint64_t invoked, std::uint64_t returned) {
    auto operation = make(OperationKind::Increment, std::move(key), invoked, returned);
    operation.result = std::move(number);
    return operation;
}

HistoryOperation HistoryOperation::erase(std::string key, bool existed, std::uint64_t invoked,
                                         std::uint64_t returned) {
    auto operation = make(OperationKind::Delete, std::move(key), invoked, returned);
    operation.result = existed ? "1" : "0";
    return operation;
}

HistoryOperation HistoryOperation::without_outcome() const {
    HistoryOperation operation = *this;
    operation.known = false;
    return operation;
}

HistoryCheck check_history(const std::vector<HistoryOperation>& history,
                           std::size_t configurations_max) {
    std::map<std::string, std::vector<HistoryOperation>> by_key;
    for (const HistoryOperation& operation : history) {
        by_key[operation.key].push_back(operation);
    }
    HistoryCheck check;
    for (const auto& [key, operations] : by_key) {
        KeySearch search(operations);
        const HistoryVerdict verdict = search.run(configurations_max);
        check.configurations += search.visited();
        if (verdict == HistoryVerdict::Linearizable) {
            continue;
        }
        const bool undecided = verdict == HistoryVerdict::Undecided;
        // A violation found is worth more than a search given up.
        if (undecided && check.verdict == HistoryVerdict::NotLinearizable) {
            continue;
        }
        check.verdict = verdict;
        check.text = "key '" + key + "': " + std::to_string(search.deepest()) + " of " +
                     std::to_string(search.size()) + " operations can be ordered; then it holds " +
                     show(search.value_when_stuck()) + " and next must be " + show(search.stuck()) +
                     " or what overlaps it" + (undecided ? " (search given up)" : "");
        if (!undecided) {
            return check;
        }
    }
    return check;
}

} // namespace zz::test
