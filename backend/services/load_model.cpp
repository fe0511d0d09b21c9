// SPDX-License-Identifier: Apache-2.0
#include "backend/services/load_model.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "backend/application/compute/compute.h"
#include "backend/application/kv/operation.h"
#include "backend/application/web/web.h"

namespace zz::services {
namespace {

namespace web = application::web;

constexpr std::size_t kShownBytes = 60;
constexpr std::uint32_t kKvBudgetBase = 200;
constexpr std::uint32_t kKnownMax = 64, kKnownMin = 4;
constexpr std::uint32_t kKnownSteps = 400'000; // of all of them together, about

std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kShownBytes))
        out += c >= ' ' && c <= '~' ? c : '.';
    return text.size() > kShownBytes ? out + fmt::format("... ({} bytes)", text.size()) : out;
}

std::string difference(std::string_view what, std::string_view expected, std::string_view got) {
    return fmt::format("{}: expected '{}', got '{}'", what, shown(expected), shown(got));
}

class KvModel final : public LaneModel {
  public:
    explicit KvModel(const ModelOptions& options)
        : options_(options), random_(options.seed + options.lane.value),
          key_(fmt::format("load:{}", options.lane.value)), counter_key_(key_ + ":n") {}

    LaneOperation next() override {
        using application::kv::encode_command;
        ++step_;
        if (step_ == 1 || step_ == 2) { // what an earlier run left does not matter
            what_ = "SET";
            expected_ = "+OK\r\n";
            if (step_ == 1)
                return make(encode_command({"SET", counter_key_, "0"}));
            value_ = value(step_);
            return make(encode_command({"SET", key_, value_}));
        }
        if (std::uniform_real_distribution<double>()(random_) < options_.read_ratio) {
            what_ = "GET";
            expected_ = fmt::format("${}\r\n{}\r\n", value_.size(), value_);
            return make(encode_command({"GET", key_}));
        }
        if (step_ % 2 == 0) {
            what_ = "INCR";
            expected_ = fmt::format(":{}\r\n", ++count_);
            return make(encode_command({"INCR", counter_key_}));
        }
        what_ = "SET";
        expected_ = "+OK\r\n";
        value_ = value(step_);
        return make(encode_command({"SET", key_, value_}));
    }

    std::string check(ByteView reply) override {
        return text_of(reply) == expected_
                   ? std::string()
                   : difference(what_ + " " + key_, expected_, text_of(reply));
    }

  private:
    LaneOperation make(Bytes operation) const {
        return {std::move(operation), kKvBudgetBase + options_.size / 64 + options_.cost_us};
    }
    // Random bytes, so that nothing on the way can compress them away.
    std::string value(std::uint64_t step) {
        std::string out = fmt::format("{}-{}-", options_.lane.value, step);
        while (out.size() < options_.size) {
            const std::uint64_t bits = random_();
            for (int i = 0; i < 8 && out.size() < options_.size; ++i)
                out += static_cast<char>('0' + ((bits >> (8 * i)) & 63));
        }
        out.resize(options_.size);
        return out;
    }

    ModelOptions options_;
    std::mt19937_64 random_;
    std::string key_, counter_key_, value_, expected_, what_;
    std::uint64_t step_ = 0, count_ = 0;
};

// A lane owns as many keys as a request touches. The first reply tells what earlier runs left in
// them; from then on each reply is told beforehand, byte for byte.
class ComputeModel final : public LaneModel {
  public:
    explicit ComputeModel(const ModelOptions& options)
        : options_(options), random_(options.seed + options.lane.value) {
        request_.cost = options_.cost_us;
        request_.reply_bytes = std::max(options_.size, application::compute::kReplyHeadBytes);
        request_.touched = static_cast<std::uint16_t>(options_.touched);
        request_.first_key = options_.lane.value * options_.touched;
    }

    LaneOperation next() override {
        const KnownResult& known = (*options_.known)[random_() % options_.known->size()];
        request_.seed = known.seed;
        result_ = known.result;
        const bool writes =
            sum_ && std::uniform_real_distribution<double>()(random_) >= options_.read_ratio;
        request_.dirtied = static_cast<std::uint16_t>(writes ? options_.dirtied : 0);
        return {application::compute::encode(request_), application::compute::steps_of(request_)};
    }

    std::string check(ByteView reply) override {
        if (!sum_) {
            if (reply.size() < application::compute::kReplyHeadBytes || reply[0] != 0)
                return difference("first request", "a result", text_of(reply));
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < 8; ++i)
                sum |= static_cast<std::uint64_t>(reply[9 + i]) << (8 * i);
            sum_ = sum;
        } else {
            *sum_ += request_.dirtied;
        }
        const Bytes expected = application::compute::reply_of(request_, result_, *sum_);
        return std::equal(reply.begin(), reply.end(), expected.begin(), expected.end())
                   ? std::string()
                   : difference("request", to_hex(expected), to_hex(reply));
    }

  private:
    ModelOptions options_;
    std::mt19937_64 random_;
    application::compute::Request request_;
    std::uint64_t result_ = 0;
    std::optional<std::uint64_t> sum_;
};

// A document and a counter of the lane's own.
class WebModel final : public LaneModel {
  public:
    explicit WebModel(const ModelOptions& options)
        : options_(options), random_(options.seed + options.lane.value),
          path_(fmt::format("/load/{}", options.lane.value)) {}

    LaneOperation next() override {
        ++step_;
        const bool reads = std::uniform_real_distribution<double>()(random_) < options_.read_ratio;
        web::Request request;
        request.path = path_;
        expected_ = {};
        if (step_ == 1) { // what an earlier run left does not matter
            request.method = web::Method::Delete;
            request.path += ".n";
        } else if (step_ > 2 && reads) {
            request.method = web::Method::Get;
            expected_ = document_;
        } else if (step_ > 2 && step_ % 2 == 0) {
            request.method = web::Method::Add;
            request.path += ".n";
            expected_ = {200, 0, 0, "text/plain; charset=utf-8",
                         bytes_of(fmt::format_int(++count_).c_str())};
        } else {
            request.method = web::Method::Put;
            request.type = "application/octet-stream";
            request.body.resize(options_.size);
            for (auto& byte : request.body)
                byte = static_cast<std::uint8_t>(random_());
            document_ = {200, 0, 0, request.type, request.body};
            expected_.status = 204;
        }
        method_ = request.method;
        return {web::encode(request), web::steps_of(request) + options_.cost_us};
    }

    std::string check(ByteView bytes) override {
        auto reply = web::decode_reply(bytes);
        if (!reply)
            return difference(path_, "a reply", text_of(bytes));
        const bool deletes = method_ == web::Method::Delete;
        const bool first_put = method_ == web::Method::Put && step_ == 2;
        if (deletes && reply->status == 404)
            return {};
        if (deletes)
            expected_.status = 204;
        if (first_put && reply->status == 201)
            expected_.status = 201;
        const std::uint64_t version = reply->version;
        const bool newer = method_ == web::Method::Put || method_ == web::Method::Add
                               ? version > version_
                               : method_ == web::Method::Delete || version == document_version_;
        if (method_ == web::Method::Put || method_ == web::Method::Add)
            version_ = version;
        if (method_ == web::Method::Put)
            document_version_ = version;
        if (!newer || reply->status != expected_.status || reply->type != expected_.type ||
            reply->body != expected_.body)
            return difference(fmt::format("{} of version {}", path_, version),
                              fmt::format("{} {}", expected_.status, text_of(expected_.body)),
                              fmt::format("{} {}", reply->status, text_of(reply->body)));
        return {};
    }

  private:
    ModelOptions options_;
    std::mt19937_64 random_;
    std::string path_;
    web::Method method_ = web::Method::Get;
    web::Reply expected_, document_;
    std::uint64_t step_ = 0, count_ = 0, version_ = 0, document_version_ = 0;
};

} // namespace

std::vector<KnownResult> known_results(std::uint32_t cost_us, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<KnownResult> out(
        std::clamp(kKnownSteps / std::max(cost_us, 1U), kKnownMin, kKnownMax));
    for (KnownResult& known : out) {
        known.seed = random();
        known.result = application::compute::burn(known.seed, cost_us);
    }
    return out;
}

std::unique_ptr<LaneModel> make_model(cluster::ApplicationKind kind, const ModelOptions& options) {
    switch (kind) {
    case cluster::ApplicationKind::Kv:
        return std::make_unique<KvModel>(options);
    case cluster::ApplicationKind::Compute:
        return std::make_unique<ComputeModel>(options);
    case cluster::ApplicationKind::Web:
        return std::make_unique<WebModel>(options);
    }
    return nullptr;
}

} // namespace zz::services
