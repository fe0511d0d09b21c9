// SPDX-License-Identifier: Apache-2.0
#include "backend/gateway/http/message.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

namespace zz::gateway::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;

} // namespace

struct RequestReader::Parser {
    beast::request_parser<beast::string_body> it;

    Parser() {
        it.eager(true);
        it.header_limit(kHeaderBytesMax);
        it.body_limit(kBodyBytesMax);
    }
};

RequestReader::RequestReader() : parser_(std::make_unique<Parser>()) {}
RequestReader::~RequestReader() = default;

RequestReader::Result RequestReader::fail(unsigned status, std::string error) {
    status_ = status;
    error_ = std::move(error);
    inside_ = false;
    return Result::Failed;
}

// What Beast leaves to its user.
RequestReader::Result RequestReader::check_header() {
    header_checked_ = true;
    const auto& message = parser_->it.get();
    if (message.version() != 10 && message.version() != 11) {
        return fail(505, "HTTP/1.1 is spoken here");
    }
    if (message.count(beast::field::host) != (message.version() == 11 ? 1 : 0) &&
        message.version() == 11) {
        return fail(400, "a request has one Host");
    }
    if (message.count(beast::field::content_length) > 0 &&
        message.count(beast::field::transfer_encoding) > 0) {
        return fail(400, "a request has one length");
    }
    const auto expect = message[beast::field::expect];
    if (!expect.empty() && !boost::beast::iequals(expect, "100-continue")) {
        return fail(417, "100-continue alone can be expected");
    }
    continue_ = !expect.empty();
    return Result::NeedsMore;
}

// Beast gets whole headers, so that what it says of one does not depend on where it was cut.
bool RequestReader::has_header(ByteView input) {
    constexpr std::string_view kEnd = "\r\n\r\n";
    const std::size_t end = text_of(input).find(kEnd, scanned_);
    const bool whole = end != std::string_view::npos;
    if ((whole ? end + kEnd.size() : input.size()) > kHeaderBytesMax) {
        fail(431, "the header is too long");
        return false;
    }
    scanned_ = input.size() - std::min(input.size(), kEnd.size() - 1);
    return whole;
}

RequestReader::Result RequestReader::parse(ByteView& input) {
    if (status_ != 0) {
        return Result::Failed;
    }
    if (!inside_ && !input.empty()) {
        parser_ = std::make_unique<Parser>();
        inside_ = true;
        header_checked_ = false;
        scanned_ = 0;
        if (input[0] < 'A' || input[0] > 'Z') {
            return fail(400, "a request begins with a method");
        }
    }
    if (!parser_->it.is_header_done() && !has_header(input)) {
        return status_ != 0 ? Result::Failed : Result::NeedsMore;
    }
    while (!input.empty()) {
        error_code error;
        const std::size_t used =
            parser_->it.put(boost::asio::buffer(input.data(), input.size()), error);
        input = input.subspan(used);
        if (error == beast::error::need_more) {
            error = {};
            if (used == 0) {
                break;
            }
        }
        if (error == beast::error::body_limit) {
            return fail(413, "the body is too long");
        }
        if (error) {
            return fail(400, error.message());
        }
        if (parser_->it.is_header_done() && !header_checked_ && check_header() == Result::Failed) {
            return Result::Failed;
        }
        if (parser_->it.is_done()) {
            inside_ = continue_ = false;
            return Result::Request;
        }
    }
    return Result::NeedsMore;
}

HttpRequest RequestReader::take() {
    auto message = parser_->it.release();
    const auto text = [](boost::beast::string_view view) { return std::string(view); };
    HttpRequest request;
    request.method = text(message.method_string());
    request.target = text(message.target());
    request.content_type = text(message[beast::field::content_type]);
    request.if_match = text(message[beast::field::if_match]);
    request.if_none_match = text(message[beast::field::if_none_match]);
    request.keep_alive = message.keep_alive();
    request.body = std::move(message.body());
    return request;
}

bool RequestReader::take_expects_continue() {
    return std::exchange(continue_, false);
}

Bytes encode(const HttpResponse& response) {
    beast::response<beast::string_body> message(static_cast<beast::status>(response.status), 11);
    message.keep_alive(response.keep_alive);
    message.set(beast::field::server, "zz");
    for (const auto& [name, value] : response.fields) {
        message.set(name, value);
    }
    const bool bare = response.status == 204 || response.status == 304;
    if (!bare) {
        message.content_length(response.body.size());
    }
    if (!response.head && !bare) {
        message.body().assign(response.body.begin(), response.body.end());
    }
    Bytes out;
    beast::response_serializer<beast::string_body> serializer(message);
    error_code error;
    while (!error && !serializer.is_done()) {
        serializer.next(error, [&](error_code&, const auto& buffers) {
            std::size_t size = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                const auto* bytes = static_cast<const std::uint8_t*>(buffer.data());
                out.insert(out.end(), bytes, bytes + buffer.size());
                size += buffer.size();
            }
            serializer.consume(size);
        });
    }
    return out;
}

} // namespace zz::gateway::http
