// SPDX-License-Identifier: Apache-2.0
#include "backend/services/fill_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "backend/application/compute/compute.h"
#include "backend/application/kv/operation.h"
#include "backend/application/kv/store.h"

namespace zz::services {
namespace {

namespace compute = application::compute;
namespace kv = application::kv;

constexpr std::uint64_t kRequestBytes = 32u << 10;   // wanted
constexpr std::uint64_t kUnderWayBytes = 512u << 10; // of all lanes together
constexpr std::uint32_t kLanesMin = 8, kLanesMax = 64;
constexpr std::uint64_t kKeyBytes = 17; // "fill:" and 12 digits
constexpr std::uint64_t kValuesMax = 1'000'000'000'000;
constexpr std::uint64_t kArgumentHeadBytes = 4, kOperationHeadBytes = 64;
constexpr std::uint32_t kComputeFirstKey = 1u << 20; // below it: keys of `load`
constexpr std::size_t kShownBytes = 100;

struct Suffix {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array kSuffixes{Suffix{"", 1},
                               Suffix{"B", 1},
                               Suffix{"KB", 1000},
                               Suffix{"MB", 1000'000},
                               Suffix{"GB", 1000'000'000},
                               Suffix{"TB", 1000'000'000'000},
                               Suffix{"KiB", 1u << 10},
                               Suffix{"MiB", 1u << 20},
                               Suffix{"GiB", 1u << 30},
                               Suffix{"TiB", std::uint64_t{1} << 40}};

// The same value for the same key in each run: a second run changes nothing, and nothing can
// compress it much.
class Noise {
  public:
    explicit Noise(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u) {}
    std::uint64_t next() {
        std::uint64_t x = state_ += 0x9e3779b97f4a7c15u;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        return x ^ (x >> 31);
    }
    Bytes value(std::size_t size) {
        Bytes out(size);
        for (std::size_t i = 0; i < size; i += 8) {
            const std::uint64_t bits = next();
            for (std::size_t k = 0; k < 8 && i + k < size; ++k)
                out[i + k] = static_cast<std::uint8_t>(bits >> (8 * k));
        }
        return out;
    }

  private:
    std::uint64_t state_;
};

struct Share { // of one request
    std::uint64_t first = 0, count = 0;
};

Share share_of(const FillPlan& plan, std::uint64_t request) {
    const std::uint64_t first = request * plan.values_per_request;
    return {first, std::min<std::uint64_t>(plan.values_per_request, plan.values - first)};
}

std::string shown(ByteView reply) {
    std::string out;
    for (const std::uint8_t c : reply.first(std::min(reply.size(), kShownBytes)))
        out += c >= ' ' && c <= '~' ? static_cast<char>(c) : '.';
    return out;
}

class KvFill final : public LaneModel {
  public:
    KvFill(const FillPlan& plan, std::shared_ptr<std::uint64_t> next)
        : plan_(plan), next_(std::move(next)) {}

    LaneOperation next() override {
        share_ = share_of(plan_, (*next_)++);
        std::vector<Bytes> arguments{bytes_of("MSET")};
        for (std::uint64_t i = share_.first; i < share_.first + share_.count; ++i) {
            const std::uint64_t left = plan_.bytes - i * plan_.value_size;
            arguments.push_back(bytes_of(fmt::format("fill:{:012}", i)));
            arguments.push_back(Noise(i).value(std::min<std::uint64_t>(plan_.value_size, left)));
        }
        return {kv::encode_command(arguments), plan_.budget};
    }
    std::string check(ByteView reply) override {
        return text_of(reply) == "+OK\r\n"
                   ? std::string()
                   : fmt::format("MSET of {} keys from fill:{:012}: expected '+OK', got '{}'",
                                 share_.count, share_.first, shown(reply));
    }

  private:
    FillPlan plan_;
    std::shared_ptr<std::uint64_t> next_;
    Share share_;
};

class ComputeFill final : public LaneModel {
  public:
    ComputeFill(const FillPlan& plan, std::shared_ptr<std::uint64_t> next)
        : plan_(plan), next_(std::move(next)) {}

    LaneOperation next() override {
        const Share share = share_of(plan_, (*next_)++);
        request_.seed = Noise(share.first).next();
        request_.first_key = kComputeFirstKey + static_cast<std::uint32_t>(share.first);
        request_.touched = request_.dirtied = static_cast<std::uint16_t>(share.count);
        request_.value_bytes = plan_.value_size;
        return {compute::encode(request_), plan_.budget};
    }
    // The sum of the counters is taken from the reply: an earlier run may have written these keys.
    std::string check(ByteView reply) override {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < 8 && reply.size() == compute::kReplyHeadBytes; ++i)
            sum |= static_cast<std::uint64_t>(reply[9 + i]) << (8 * i);
        const Bytes expected =
            compute::reply_of(request_, compute::burn(request_.seed, request_.cost), sum);
        const bool right = sum >= request_.dirtied && std::ranges::equal(expected, reply);
        return right ? std::string()
                     : fmt::format("writing {} keys from {}: expected {}, got {} '{}'",
                                   request_.dirtied, request_.first_key, to_hex(expected),
                                   to_hex(reply.first(std::min(reply.size(), kShownBytes))),
                                   shown(reply));
    }

  private:
    FillPlan plan_;
    std::shared_ptr<std::uint64_t> next_;
    compute::Request request_;
};

// What one value may cost an execution replica, if its key holds the largest value so far.
std::uint64_t steps_of_value(cluster::ApplicationKind kind, std::uint32_t size) {
    if (kind == cluster::ApplicationKind::Compute)
        return compute::kStepsPerKey + size / compute::kBytesPerStep;
    return kv::kStepsPerKey + size / kv::kBytesPerStep + kv::kValueBytesMax / kv::kBytesPerStep;
}

Status fits(const cluster::Application& app, std::uint64_t values, std::uint32_t size) {
    const bool computes = app.kind == cluster::ApplicationKind::Compute;
    if (app.kind != cluster::ApplicationKind::Kv && !computes)
        return Error{fmt::format("application {} is of kind {}: only kv and compute can be filled",
                                 app.name, cluster::to_string(app.kind))};
    const std::size_t most = computes ? compute::kValueBytesMax : kv::kValueBytesMax;
    const std::size_t least = computes ? compute::kValueBytesMin : 1;
    if (size < least || size > most)
        return Error{fmt::format("--value-size {}: a value of kind {} has {} to {} bytes", size,
                                 cluster::to_string(app.kind), least, most)};
    const std::uint64_t request = size + kKeyBytes + 2 * kArgumentHeadBytes + kOperationHeadBytes;
    if (!computes && request > app.limits.request_bytes_max)
        return Error{
            fmt::format("--value-size {}: with its key it is above request_bytes_max = {} of "
                        "application {}",
                        size, app.limits.request_bytes_max, app.name)};
    const std::uint64_t keys = computes ? UINT32_MAX - kComputeFirstKey : kValuesMax;
    if (values > keys)
        return Error{fmt::format("--bytes asks for {} values, {} are possible: use a larger "
                                 "--value-size",
                                 values, keys)};
    return Ok{};
}

} // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
    const auto fault = [&](std::string_view why) {
        return Error{fmt::format("'{}' is no number of bytes: {}; write for example 4096, 10MB, "
                                 "1.5GB or 1GiB",
                                 text, why)};
    };
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !(number >= 0))
        return fault("it does not begin with a number");
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    const auto suffix = std::ranges::find(kSuffixes, name, &Suffix::name);
    if (suffix == kSuffixes.end())
        return fault(fmt::format("unit '{}' is unknown", name));
    const double bytes = number * static_cast<double>(suffix->factor);
    if (!(bytes >= 1) || bytes > 1e15)
        return fault("it must be from 1 to 1000TB");
    return static_cast<std::uint64_t>(bytes);
}

std::uint64_t FillPlan::bytes_in(std::uint64_t count) const {
    return std::min<std::uint64_t>(bytes, count * values_per_request * value_size);
}

Result<FillPlan> plan_fill(const cluster::Application& app, std::uint64_t bytes,
                           std::uint32_t value_size) {
    FillPlan plan;
    plan.bytes = bytes;
    plan.value_size = value_size;
    plan.values = value_size == 0 ? 0 : (bytes + value_size - 1) / value_size;
    if (const Status fit = fits(app, plan.values, value_size); !fit)
        return fit.error();
    const std::uint64_t steps = steps_of_value(app.kind, value_size);
    const std::uint64_t budget_max =
        std::min(app.limits.request_budget_max, app.limits.batch_budget_max);
    const std::uint64_t value_bytes = value_size + kKeyBytes + 2 * kArgumentHeadBytes;
    const std::uint64_t request_bytes =
        std::min<std::uint64_t>(app.limits.request_bytes_max - kOperationHeadBytes,
                                std::max<std::uint64_t>(kRequestBytes, value_bytes));
    plan.values_per_request = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        std::min(request_bytes / value_bytes, budget_max / steps), 1, (kv::kArgumentsMax - 1) / 2));
    plan.budget = static_cast<std::uint32_t>(
        std::min(budget_max, kv::kStepsPerCommand + 1 + plan.values_per_request * steps));
    plan.requests = (plan.values + plan.values_per_request - 1) / plan.values_per_request;
    plan.lanes = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        kUnderWayBytes / (plan.values_per_request * value_bytes), kLanesMin, kLanesMax));
    return plan;
}

std::unique_ptr<LaneModel> make_fill_model(cluster::ApplicationKind kind, const FillPlan& plan,
                                           std::shared_ptr<std::uint64_t> next) {
    switch (kind) {
    case cluster::ApplicationKind::Kv:
        return std::make_unique<KvFill>(plan, std::move(next));
    case cluster::ApplicationKind::Compute:
        return std::make_unique<ComputeFill>(plan, std::move(next));
    case cluster::ApplicationKind::Web:
        break;
    }
    return nullptr;
}

} // namespace zz::services
