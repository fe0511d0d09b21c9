// SPDX-License-Identifier: Apache-2.0
#include <QtGlobal>

#include "tests/unit/execution/engine_support.h"

#include <sstream>

#include "protocol/auth/digests.h"
#include "protocol/wire/codec.h"

namespace zz::execution::testing {

namespace {
struct Words {
    std::string verb, key, rest;
};
Words words_of(ByteView operation) {
    std::istringstream in{std::string(text_of(operation))};
    Words w;
    in >> w.verb >> w.key >> w.rest;
    return w;
}
} // namespace

application::Outcome Notebook::execute(state::Overlay& state, ByteView operation, Timestamp time,
                                       std::uint32_t) {
    ++attempts;
    const Words w = words_of(operation);
    if (w.verb == "time")
        return application::Done{bytes_of(std::to_string(time.value))};
    if (w.verb == "set") {
        state.put(view_of(w.key), view_of(w.rest));
        return application::Done{bytes_of("ok")};
    }
    if (w.verb != "get" && w.verb != "add" && w.verb != "blind")
        return application::Done{bytes_of("error")};
    const auto read = state.get(view_of(w.key));
    if (read.found == state::Found::NeedsNodes)
        return application::Needs{state.wanted()};
    Bytes value = read.value;
    if (w.verb == "get")
        return application::Done{read.found == state::Found::Yes ? value : bytes_of("none")};
    value.insert(value.end(), w.rest.begin(), w.rest.end());
    state.put(view_of(w.key), value);
    return application::Done{value};
}

std::vector<Bytes> Notebook::touched_keys(ByteView operation) const {
    const Words w = words_of(operation);
    if (w.verb == "get" || w.verb == "set" || w.verb == "add")
        return {bytes_of(w.key)};
    return {};
}

message::Request request(std::uint32_t lane, std::uint64_t number, const std::string& operation) {
    return {LaneId(lane), RequestNumber(number), 1000, Blob(bytes_of(operation))};
}

message::BatchContent batch_of(std::vector<message::Request> requests, std::uint32_t client) {
    message::Batch batch;
    batch.proposed = Timestamp(1);
    message::Bundle bundle;
    bundle.client = ClientId(client);
    bundle.leaf_count = static_cast<std::uint32_t>(requests.size());
    for (std::uint32_t i = 0; i < requests.size(); ++i)
        bundle.leaves.push_back({i, std::move(requests[i])});
    batch.bundles.push_back(std::move(bundle));
    return wire::content_of(std::move(batch));
}

ExecuteBatch execute_job(std::uint64_t n, const message::BatchContent& content) {
    return {SequenceNumber(n), auth::batch_digest(content.encoded.view()), Timestamp(1000 + n),
            content};
}

} // namespace zz::execution::testing
