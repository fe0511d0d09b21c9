// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/http/http_connection.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "backend/gateway/http/target.h"

namespace zz::gateway::http {
namespace {

namespace web = application::web;

constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kUnknownType = "application/octet-stream";
constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kOutputBytesMax = 1024 * 1024; // above it no further request is taken

std::string tag_of(std::uint64_t version) {
    return fmt::format("\"{}\"", version);
}

// Of `"7"`; nothing of lists and weak ones.
std::optional<std::uint64_t> version_of(std::string_view tag) {
    std::uint64_t version = 0;
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') {
        return std::nullopt;
    }
    const char* end = tag.data() + tag.size() - 1;
    const auto [stop, failure] = std::from_chars(tag.data() + 1, end, version);
    return failure == std::errc() && stop == end ? std::optional(version) : std::nullopt;
}

std::optional<web::Method> method_of(std::string_view name) {
    if (name == "GET" || name == "HEAD") {
        return web::Method::Get;
    }
    if (name == "PUT") {
        return web::Method::Put;
    }
    if (name == "DELETE") {
        return web::Method::Delete;
    }
    return name == "POST" ? std::optional(web::Method::Add) : std::nullopt;
}

HttpResponse text_response(unsigned status, std::string_view text) {
    HttpResponse response;
    response.status = status;
    response.fields.emplace_back("Content-Type", kPlain);
    response.body = bytes_of(fmt::format("{}\n", text));
    return response;
}

// Empty if all is well, else what is wrong with the conditions.
std::string read_conditions(const HttpRequest& request, web::Request& out) {
    if (out.method == web::Method::Get) {
        return {};
    }
    if (!request.if_none_match.empty()) {
        if (request.if_none_match != "*" || out.method != web::Method::Put) {
            return "If-None-Match is '*' here, and of PUT alone";
        }
        out.condition = web::Condition::Absent;
    }
    if (!request.if_match.empty()) {
        const auto version = version_of(request.if_match);
        if (!version || out.condition != web::Condition::None) {
            return "If-Match takes one ETag of this server, and no other condition beside it";
        }
        out.condition = web::Condition::Version;
        out.version = *version;
    }
    return {};
}

// No control characters, so that it can stand in a header again.
bool type_is_plain(std::string_view type) {
    return type.size() <= web::kTypeBytesMax &&
           std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

bool HttpConnection::wants_input() const {
    return !closing_ && !in_flight_ && output_.size() < kOutputBytesMax;
}

std::vector<Submitted> HttpConnection::on_bytes(ByteView bytes) {
    if (closing_) {
        return {};
    }
    // At most a header that is not whole and one read.
    backlog_.insert(backlog_.end(), bytes.begin(), bytes.end());
    return pump();
}

std::vector<Submitted> HttpConnection::pump() {
    ByteView rest = backlog_;
    std::vector<Submitted> submitted;
    bool goes_on = true;
    while (goes_on && wants_input() && !rest.empty()) {
        switch (reader_.parse(rest)) {
        case RequestReader::Result::NeedsMore:
            goes_on = false;
            break;
        case RequestReader::Result::Request:
            ++requests_;
            if (auto next = on_request(reader_.take())) {
                submitted.push_back(std::move(*next));
            }
            break;
        case RequestReader::Result::Failed: {
            HttpResponse response = text_response(reader_.status(), reader_.error());
            response.keep_alive = false;
            respond(std::move(response));
            break;
        }
        }
    }
    if (reader_.take_expects_continue()) {
        output_.insert(output_.end(), kContinue.begin(), kContinue.end());
    }
    if (closing_ && !in_flight_) {
        rest = {};
    }
    backlog_.erase(backlog_.begin(), backlog_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return submitted;
}

std::optional<Submitted> HttpConnection::refuse(unsigned status, std::string text,
                                                const HttpRequest& request) {
    HttpResponse response = text_response(status, text);
    response.keep_alive = request.keep_alive;
    response.head = request.method == "HEAD";
    if (status == 405) {
        response.fields.emplace_back("Allow", "GET, HEAD, PUT, DELETE, POST");
    }
    respond(std::move(response));
    return std::nullopt;
}

std::optional<Submitted> HttpConnection::on_request(HttpRequest request) {
    const auto method = method_of(request.method);
    if (!method) {
        return refuse(405, fmt::format("no method '{}'", request.method.substr(0, 20)), request);
    }
    const auto target = parse_target(request.target);
    if (!target) {
        return refuse(400, "the target is no path, or its query is not 'after=NAME'", request);
    }
    if (const std::string fault = web::path_fault(target->path); !fault.empty()) {
        return refuse(400, fault, request);
    }
    InFlight next;
    next.request.method = *method;
    next.request.path = target->path;
    if (const std::string fault = read_conditions(request, next.request); !fault.empty()) {
        return refuse(400, fault, request);
    }
    if (*method == web::Method::Put) {
        next.request.type = request.content_type.empty() ? kUnknownType : request.content_type;
        if (!type_is_plain(next.request.type)) {
            return refuse(400, "Content-Type is too long or has odd characters", request);
        }
    }
    if (*method == web::Method::Get) {
        next.if_none_match = request.if_none_match;
        next.index = target->path.ends_with('/') && target->after.empty();
        next.request.body = bytes_of(target->after);
        if (next.index && target->path.size() + kIndex.size() <= web::kPathBytesMax) {
            next.request.path += kIndex;
        } else {
            next.index = false;
        }
    } else if (*method != web::Method::Delete) {
        next.request.body = bytes_of(request.body);
    }
    next.head = request.method == "HEAD";
    next.keep_alive = request.keep_alive;
    return submit(std::move(next));
}

Submitted HttpConnection::submit(InFlight in_flight) {
    in_flight.token = next_token_++;
    Submitted submitted{in_flight.token, web::encode(in_flight.request),
                        web::steps_of(in_flight.request)};
    in_flight_ = std::move(in_flight);
    return submitted;
}

void HttpConnection::respond(HttpResponse response) {
    closing_ = closing_ || !response.keep_alive;
    const Bytes bytes = encode(response);
    output_.insert(output_.end(), bytes.begin(), bytes.end());
}

void HttpConnection::answer(const InFlight& asked, const web::Reply& reply) {
    HttpResponse response;
    response.status = reply.status;
    response.head = asked.head;
    response.keep_alive = asked.keep_alive;
    response.body = reply.body;
    if (!reply.type.empty()) {
        response.fields.emplace_back("Content-Type", reply.type);
    }
    if (reply.version != 0) {
        response.fields.emplace_back("ETag", tag_of(reply.version));
    }
    if (reply.status == 206) { // of a listing that goes on
        response.status = 200;
        const std::string_view text = text_of(reply.body);
        const std::string_view names = text.substr(0, text.size() - 1);
        const std::string_view last = names.substr(names.rfind('\n') + 1);
        response.fields.emplace_back("Link", fmt::format("<{}?after={}>; rel=\"next\"",
                                                         percent_encode(asked.request.path),
                                                         percent_encode(last)));
    }
    const bool known = reply.status == 200 && reply.version != 0 &&
                       asked.request.method == web::Method::Get &&
                       (asked.if_none_match == "*" || asked.if_none_match == tag_of(reply.version));
    if (known) {
        response.status = 304;
        response.body.clear();
    }
    respond(std::move(response));
}

std::vector<Submitted> HttpConnection::on_result(Token token, ByteView bytes) {
    if (!in_flight_ || in_flight_->token != token) {
        return {};
    }
    InFlight asked = *std::exchange(in_flight_, std::nullopt);
    const auto reply = web::decode_reply(bytes);
    if (!reply || reply->status < 200 || reply->status > 599) {
        HttpResponse response = text_response(502, "the service sent a malformed reply");
        response.keep_alive = false;
        respond(std::move(response));
        return pump();
    }
    if (asked.index && reply->status == 404) { // no index.html: the folder itself
        asked.index = false;
        asked.request.path.resize(asked.request.path.size() - kIndex.size());
        return {submit(std::move(asked))};
    }
    answer(asked, *reply);
    return pump();
}

std::vector<Submitted> HttpConnection::on_failure(Token token, std::string_view text) {
    if (!in_flight_ || in_flight_->token != token) {
        return {};
    }
    HttpResponse response = text_response(504, text);
    response.keep_alive = false;
    in_flight_.reset();
    respond(std::move(response));
    return pump();
}

} // namespace zz::gateway::http
