// SPDX-License-Identifier: Apache-2.0
#include "backend/application/compute/compute.h"

#include <fmt/format.h>

namespace zz::application::compute {
namespace {

constexpr std::uint8_t kVersion = 1, kAccepted = 0, kRefused = 1;
constexpr std::uint8_t kKeyPrefix = 'c';
constexpr std::size_t kOperationBytes = 1 + 8 + 4 + 4 + 4 + 2 + 2 + 4;
// Calibrated on a 3 GHz core: so many dependent mixes are about a microsecond.
constexpr int kMixesPerStep = 500;

template <class T> void append(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

template <class T> T take(ByteView& rest) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(value | static_cast<T>(T{rest[i]} << (8 * i)));
    }
    rest = rest.subspan(sizeof(T));
    return value;
}

void fill(Bytes& out, std::size_t size, std::uint64_t pattern) {
    while (out.size() < size) {
        out.push_back(static_cast<std::uint8_t>(pattern >> (8 * (out.size() % 8))));
    }
}

Bytes key_at(const Request& request, std::uint32_t offset) {
    const std::uint32_t number = request.first_key + offset; // may wrap: still a key
    Bytes key{kKeyPrefix};
    for (int shift = 24; shift >= 0; shift -= 8) {
        key.push_back(static_cast<std::uint8_t>(number >> shift));
    }
    return key;
}

Done refuse(const std::string& why) {
    Bytes reply{kRefused};
    reply.insert(reply.end(), why.begin(), why.end());
    return Done{std::move(reply)};
}

// Empty if the request is well formed.
std::string fault_of(const Request& request) {
    if (request.touched > kKeysMax || request.dirtied > request.touched) {
        return fmt::format(
            "{} keys touched and {} dirtied: at most {}, and no more dirtied than touched",
            request.touched, request.dirtied, kKeysMax);
    }
    if (request.reply_bytes < kReplyHeadBytes || request.reply_bytes > kReplyBytesMax) {
        return fmt::format("a reply of {} bytes: {} to {} are allowed", request.reply_bytes,
                           kReplyHeadBytes, kReplyBytesMax);
    }
    if (request.value_bytes < kValueBytesMin || request.value_bytes > kValueBytesMax) {
        return fmt::format("values of {} bytes: {} to {} are allowed", request.value_bytes,
                           kValueBytesMin, kValueBytesMax);
    }
    return {};
}

} // namespace

Bytes encode(const Request& request) {
    Bytes out{kVersion};
    append(out, request.seed);
    append(out, request.cost);
    append(out, request.reply_bytes);
    append(out, request.first_key);
    append(out, request.touched);
    append(out, request.dirtied);
    append(out, request.value_bytes);
    return out;
}

std::optional<Request> decode(ByteView operation) {
    if (operation.size() != kOperationBytes || operation[0] != kVersion) {
        return std::nullopt;
    }
    ByteView rest = operation.subspan(1);
    Request request;
    request.seed = take<std::uint64_t>(rest);
    request.cost = take<std::uint32_t>(rest);
    request.reply_bytes = take<std::uint32_t>(rest);
    request.first_key = take<std::uint32_t>(rest);
    request.touched = take<std::uint16_t>(rest);
    request.dirtied = take<std::uint16_t>(rest);
    request.value_bytes = take<std::uint32_t>(rest);
    return request;
}

std::uint32_t steps_of(const Request& request) {
    const std::uint64_t values = static_cast<std::uint64_t>(request.touched) *
                                 (kStepsPerKey + request.value_bytes / kBytesPerStep);
    const std::uint64_t steps = request.cost + values + request.reply_bytes / kBytesPerStep + 1;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(steps, UINT32_MAX));
}

std::uint64_t burn(std::uint64_t seed, std::uint32_t steps) {
    std::uint64_t x = seed;
    for (std::uint32_t step = 0; step < steps; ++step) {
        for (int i = 0; i < kMixesPerStep; ++i) { // each mix waits for the one before
            x ^= x >> 31;
            x = x * 0x9e3779b97f4a7c15u + 1;
        }
    }
    return x;
}

Bytes reply_of(const Request& request, std::uint64_t result, std::uint64_t sum) {
    Bytes reply;
    reply.reserve(request.reply_bytes);
    reply.push_back(kAccepted);
    append(reply, result);
    append(reply, sum);
    fill(reply, request.reply_bytes, result);
    return reply;
}

Outcome Compute::execute(state::Overlay& state, ByteView operation, Timestamp,
                         std::uint32_t budget) {
    const auto request = decode(operation);
    if (!request) {
        return refuse(fmt::format("malformed operation of {} bytes, {} expected", operation.size(),
                                  kOperationBytes));
    }
    if (const std::string fault = fault_of(*request); !fault.empty()) {
        return refuse(fault);
    }
    if (steps_of(*request) > budget) {
        return refuse(fmt::format("the request needs {} steps, its execution budget is {}",
                                  steps_of(*request), budget));
    }
    // All keys first: an attempt that misses nodes must not burn for nothing (ZZ-7.2).
    std::vector<std::uint64_t> counters;
    bool needs = false;
    for (std::uint32_t i = 0; i < request->touched; ++i) {
        const auto read = state.get(key_at(*request, i));
        needs = needs || read.found == state::Found::NeedsNodes;
        ByteView value = read.value;
        const bool counted = read.found == state::Found::Yes && value.size() >= kValueBytesMin;
        counters.push_back(counted ? take<std::uint64_t>(value) : 0);
    }
    if (needs) {
        return Needs{state.wanted()};
    }
    const std::uint64_t result = burn(request->seed, request->cost);
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < request->touched; ++i) {
        if (i < request->dirtied) {
            Bytes value;
            append(value, ++counters[i]);
            fill(value, request->value_bytes, result);
            state.put(key_at(*request, i), value);
        }
        sum += counters[i];
    }
    return Done{reply_of(*request, result, sum)};
}

std::vector<Bytes> Compute::touched_keys(ByteView operation) const {
    std::vector<Bytes> keys;
    const auto request = decode(operation);
    if (request && fault_of(*request).empty()) {
        for (std::uint32_t i = 0; i < request->touched; ++i) {
            keys.push_back(key_at(*request, i));
        }
    }
    return keys;
}

} // namespace zz::application::compute
