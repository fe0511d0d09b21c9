// SPDX-License-Identifier: Apache-2.0
#include "backend/application/web/web.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "backend/application/web/numbers.h"

namespace zz::application::web {
namespace {

constexpr std::uint8_t kDocumentPrefix = 'w', kMetaPrefix = 'm';
constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

enum class Kind : std::uint8_t { Document = 0, Counter = 1 };

struct Document {
    Kind kind = Kind::Document;
    std::uint64_t version = 0, modified_ms = 0;
    std::string type;
    Bytes body;
};

struct Meta {
    std::uint64_t documents = 0, bytes = 0, versions = 0;
};

Bytes document_key(std::string_view path) {
    Bytes key{kDocumentPrefix};
    key.insert(key.end(), path.begin(), path.end());
    return key;
}

Bytes encode_document(const Document& document) {
    Bytes out{static_cast<std::uint8_t>(document.kind)};
    append_number(out, document.version);
    append_number(out, document.modified_ms);
    append_block(out, view_of(document.type));
    out.insert(out.end(), document.body.begin(), document.body.end());
    return out;
}

Document decode_document(ByteView bytes) {
    Reader reader(bytes);
    Document document;
    document.kind = reader.number<std::uint8_t>() == 1 ? Kind::Counter : Kind::Document;
    document.version = reader.number<std::uint64_t>();
    document.modified_ms = reader.number<std::uint64_t>();
    document.type = text_of(reader.block());
    const ByteView body = reader.rest();
    document.body.assign(body.begin(), body.end());
    return document;
}

Reply refuse(std::uint16_t status, std::string_view why) {
    Reply reply;
    reply.status = status;
    reply.type = kPlain;
    reply.body = bytes_of(fmt::format("{}\n", why));
    return reply;
}

std::optional<std::int64_t> parse_number(ByteView bytes) {
    const std::string_view text = text_of(bytes);
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                      : std::nullopt;
}

// One request on one overlay. A read that misses nodes answers "absent" and is remembered by the
// overlay; whoever runs it discards the attempt then (ZZ-7.2).
class Attempt {
  public:
    Attempt(state::Overlay& state, Timestamp time, std::uint64_t bytes_max)
        : state_(state), now_ms_(time.value / kNanosecondsPerMillisecond), bytes_max_(bytes_max) {}

    Reply run(const Request& request) {
        if (const std::string fault = path_fault(request.path); !fault.empty()) {
            return refuse(400, fault);
        }
        const bool folder = request.path.ends_with('/');
        if (request.method == Method::Get) {
            return folder ? list(request) : get(request);
        }
        if (folder) {
            return refuse(405, "a path that ends with '/' is a folder: it can be listed alone");
        }
        load_meta();
        switch (request.method) {
        case Method::Put:
            return put(request);
        case Method::Delete:
            return remove(request);
        case Method::Add:
            return add(request);
        case Method::Get:
            break;
        }
        return refuse(400, "no such method");
    }

  private:
    std::optional<Document> read(std::string_view path) {
        const auto found = state_.get(document_key(path));
        if (found.found != state::Found::Yes) {
            return std::nullopt;
        }
        old_bytes_ = found.value.size() + path.size();
        return decode_document(found.value);
    }

    void load_meta() {
        const auto found = state_.get(Bytes{kMetaPrefix});
        if (found.found == state::Found::Yes) {
            Reader reader(found.value);
            meta_.documents = reader.number<std::uint64_t>();
            meta_.bytes = reader.number<std::uint64_t>();
            meta_.versions = reader.number<std::uint64_t>();
        }
    }

    void store_meta() {
        Bytes bytes;
        append_number(bytes, meta_.documents);
        append_number(bytes, meta_.bytes);
        append_number(bytes, meta_.versions);
        state_.put(Bytes{kMetaPrefix}, bytes);
    }

    // False if the state would become too large.
    bool write(std::string_view path, Document document, bool fresh) {
        document.version = ++meta_.versions;
        document.modified_ms = now_ms_;
        const Bytes bytes = encode_document(document);
        const std::uint64_t size = bytes.size() + path.size();
        const std::uint64_t before = meta_.bytes;
        meta_.bytes = before - std::min<std::uint64_t>(before, fresh ? 0 : old_bytes_) + size;
        if (meta_.bytes > bytes_max_ && meta_.bytes > before) {
            return false;
        }
        meta_.documents += fresh ? 1 : 0;
        state_.put(document_key(path), bytes);
        store_meta();
        return true;
    }

    static Reply show(std::uint16_t status, const Document& document) {
        return {status, document.version, document.modified_ms, document.type, document.body};
    }

    Reply get(const Request& request) {
        const auto document = read(request.path);
        return document ? show(200, *document) : refuse(404, "there is no such document");
    }

    Reply list(const Request& request) {
        const Bytes prefix = document_key(request.path);
        Bytes from = prefix;
        if (!request.body.empty()) {
            from.insert(from.end(), request.body.begin(), request.body.end());
            // Behind a folder: behind all that is in it; '0' is next to '/'.
            if (from.back() == '/') {
                from.back() = '0';
            } else {
                from.push_back(0);
            }
        }
        Reply reply{200, 0, 0, std::string(kPlain), {}};
        for (std::size_t listed = 0;; ++listed) {
            const auto entry = state_.next(from);
            if (entry.found != state::Found::Yes || entry.key.size() < prefix.size() ||
                !std::equal(prefix.begin(), prefix.end(), entry.key.begin())) {
                return reply;
            }
            if (listed == kListedMax) {
                reply.status = 206;
                return reply;
            }
            const std::string_view rest = text_of(entry.key).substr(prefix.size());
            const auto slash = rest.find('/');
            const std::string_view name = rest.substr(0, slash); // a folder without its '/'
            reply.body.insert(reply.body.end(), name.begin(), name.end());
            from = prefix;
            from.insert(from.end(), name.begin(), name.end());
            if (slash == std::string_view::npos) {
                from.push_back(0);
            } else {
                reply.body.push_back('/');
                from.push_back('0');
            }
            reply.body.push_back('\n');
        }
    }

    // Empty if the condition holds.
    static std::string_view unmet(const Request& request, const std::optional<Document>& old) {
        if (request.condition == Condition::Absent && old) {
            return "there is such a document";
        }
        if (request.condition == Condition::Version && (!old || old->version != request.version)) {
            return "the document has another version";
        }
        return {};
    }

    Reply put(const Request& request) {
        const auto old = read(request.path);
        if (const auto why = unmet(request, old); !why.empty()) {
            return refuse(412, why);
        }
        if (!write(request.path, {Kind::Document, 0, 0, request.type, request.body}, !old)) {
            return refuse(507, "the state has reached its limit");
        }
        return {static_cast<std::uint16_t>(old ? 204 : 201), meta_.versions, now_ms_, {}, {}};
    }

    Reply remove(const Request& request) {
        const auto old = read(request.path);
        if (!old) {
            return refuse(404, "there is no such document");
        }
        if (const auto why = unmet(request, old); !why.empty()) {
            return refuse(412, why);
        }
        --meta_.documents;
        meta_.bytes -= std::min<std::uint64_t>(meta_.bytes, old_bytes_);
        state_.erase(document_key(request.path));
        store_meta();
        return {204, 0, now_ms_, {}, {}};
    }

    Reply add(const Request& request) {
        const auto increment =
            request.body.empty() ? std::optional<std::int64_t>(1) : parse_number(request.body);
        if (!increment) {
            return refuse(400, "the body is no number of 64 bits");
        }
        const auto old = read(request.path);
        if (old && old->kind != Kind::Counter) {
            return refuse(409, "there is a document that is no counter");
        }
        const auto value = old ? parse_number(old->body) : std::optional<std::int64_t>(0);
        std::int64_t sum = 0;
        if (!value || __builtin_add_overflow(*value, *increment, &sum)) {
            return refuse(409, "the counter would overflow");
        }
        Document counter{Kind::Counter, 0, 0, std::string(kPlain),
                         bytes_of(fmt::format_int(sum).c_str())};
        if (!write(request.path, counter, !old)) {
            return refuse(507, "the state has reached its limit");
        }
        counter.version = meta_.versions;
        counter.modified_ms = now_ms_;
        return show(200, counter);
    }

    state::Overlay& state_;
    std::uint64_t now_ms_, bytes_max_;
    std::size_t old_bytes_ = 0; // of what read() found
    Meta meta_;
};

} // namespace

Outcome Web::execute(state::Overlay& state, ByteView operation, Timestamp time,
                     std::uint32_t budget) {
    const auto request = decode_request(operation);
    if (!request) {
        return Done{
            encode(refuse(400, fmt::format("malformed operation of {} bytes", operation.size())))};
    }
    if (steps_of(*request) > budget) {
        return Done{encode(refuse(503, fmt::format("the request needs {} steps, its execution "
                                                   "budget is {}",
                                                   steps_of(*request), budget)))};
    }
    Attempt attempt(state, time, state_bytes_max_);
    const Reply reply = attempt.run(*request);
    if (!state.wanted().empty()) {
        return Needs{state.wanted()};
    }
    return Done{encode(reply)};
}

std::vector<Bytes> Web::touched_keys(ByteView operation) const {
    const auto request = decode_request(operation);
    if (!request || !path_fault(request->path).empty()) {
        return {};
    }
    if (request->method == Method::Get) {
        return {document_key(request->path)};
    }
    return {Bytes{kMetaPrefix}, document_key(request->path)};
}

} // namespace zz::application::web
