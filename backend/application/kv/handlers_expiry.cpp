// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "backend/application/kv/command_table.h"
#include "backend/application/kv/expiry.h"
#include "backend/application/kv/handlers.h"

namespace zz::application::kv {
namespace {

constexpr std::int64_t kAbsent = -2, kNeverExpires = -1;

struct ExpireConditions {
    bool none = false, some = false, greater = false, less = false; // NX XX GT LT
};

// Empty if all is well, else the error's text.
std::string parse_conditions(const Arguments& arguments, ExpireConditions& conditions) {
    for (std::size_t i = 3; i < arguments.size(); ++i) {
        const ByteView word = arguments[i];
        if (same_word(word, "nx")) {
            conditions.none = true;
        } else if (same_word(word, "xx")) {
            conditions.some = true;
        } else if (same_word(word, "gt")) {
            conditions.greater = true;
        } else if (same_word(word, "lt")) {
            conditions.less = true;
        } else {
            const std::string_view text = text_of(word).substr(0, 128);
            return fmt::format("ERR Unsupported option {}", text.substr(0, text.find('\0')));
        }
    }
    if (conditions.none && (conditions.some || conditions.greater || conditions.less)) {
        return "ERR NX and XX, GT or LT options at the same time are not compatible";
    }
    if (conditions.greater && conditions.less) {
        return "ERR GT and LT options at the same time are not compatible";
    }
    return {};
}

// An entry without expiry counts as one that expires after all times.
bool refused(const ExpireConditions& conditions, std::int64_t current, std::int64_t wanted) {
    return (conditions.none && current != 0) || (conditions.some && current == 0) ||
           (conditions.greater && (current == 0 || wanted <= current)) ||
           (conditions.less && current != 0 && wanted >= current);
}

void expire(Store& store, const Arguments& arguments, ExpiryOption option, Reply& reply) {
    ExpireConditions conditions;
    if (const std::string wrong = parse_conditions(arguments, conditions); !wrong.empty()) {
        reply.error(wrong);
        return;
    }
    const auto wanted = parse_deadline(arguments[2], option, store.now_ms());
    if (!wanted) {
        reply.error(expiry_error(wanted.error(), text_of(arguments[0])));
        return;
    }
    auto entry = store.read(arguments[1]);
    if (!entry || refused(conditions, entry->expires_ms, wanted.value())) {
        reply.integer(0);
        return;
    }
    if (wanted.value() <= store.now_ms()) {
        store.erase(arguments[1]);
    } else {
        entry->expires_ms = wanted.value();
        store.write(arguments[1], std::move(*entry));
    }
    reply.integer(1);
}

enum class Unit : std::uint8_t { Seconds, Milliseconds };
enum class Form : std::uint8_t { Remaining, Absolute };

void tell(Store& store, const Arguments& arguments, Unit unit, Form form, Reply& reply) {
    const auto entry = store.read(arguments[1]);
    if (!entry) {
        reply.integer(kAbsent);
        return;
    }
    if (entry->expires_ms == 0) {
        reply.integer(kNeverExpires);
        return;
    }
    const std::int64_t value =
        form == Form::Remaining ? entry->expires_ms - store.now_ms() : entry->expires_ms;
    // Seconds are rounded to the nearest; half a second goes up. Split, as value + 500 may
    // overflow.
    const std::int64_t seconds = value / 1000 + (value % 1000 >= 500 ? 1 : 0);
    reply.integer(unit == Unit::Seconds ? seconds : value);
}

} // namespace

void run_expire(Store& store, const Arguments& arguments, Reply& reply) {
    expire(store, arguments, ExpiryOption::Seconds, reply);
}
void run_pexpire(Store& store, const Arguments& arguments, Reply& reply) {
    expire(store, arguments, ExpiryOption::Milliseconds, reply);
}
void run_expireat(Store& store, const Arguments& arguments, Reply& reply) {
    expire(store, arguments, ExpiryOption::AtSeconds, reply);
}
void run_pexpireat(Store& store, const Arguments& arguments, Reply& reply) {
    expire(store, arguments, ExpiryOption::AtMilliseconds, reply);
}
void run_ttl(Store& store, const Arguments& arguments, Reply& reply) {
    tell(store, arguments, Unit::Seconds, Form::Remaining, reply);
}
void run_pttl(Store& store, const Arguments& arguments, Reply& reply) {
    tell(store, arguments, Unit::Milliseconds, Form::Remaining, reply);
}
void run_expiretime(Store& store, const Arguments& arguments, Reply& reply) {
    tell(store, arguments, Unit::Seconds, Form::Absolute, reply);
}
void run_pexpiretime(Store& store, const Arguments& arguments, Reply& reply) {
    tell(store, arguments, Unit::Milliseconds, Form::Absolute, reply);
}

void run_persist(Store& store, const Arguments& arguments, Reply& reply) {
    auto entry = store.read(arguments[1]);
    const bool had = entry && entry->expires_ms != 0;
    if (had) {
        entry->expires_ms = 0;
        store.write(arguments[1], std::move(*entry));
    }
    reply.integer(had ? 1 : 0);
}

} // namespace zz::application::kv
