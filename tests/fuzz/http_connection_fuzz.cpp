// SPDX-License-Identifier: Apache-2.0
// Aim: any bytes from an HTTP user are answered within bounds, the same however they are cut (K7,
// K8, K11). The first byte of the input says where it is cut.
#include "backend/application/application.h"
#include "backend/gateway/http/http_connection.h"
#include "protocol/base/check.h"
#include "tests/fuzz/map_overlay.h"

namespace {

zz::Bytes talk(zz::ByteView input, std::size_t piece) {
    const auto application = zz::application::make_application("web");
    zz::test::MapOverlay state;
    zz::gateway::http::HttpConnection connection;
    zz::Bytes out;
    while (true) {
        std::vector<zz::gateway::Submitted> todo;
        if (connection.wants_input() && !input.empty()) {
            const auto now = input.first(std::min(piece, input.size()));
            input = input.subspan(now.size());
            todo = connection.on_bytes(now);
        } else {
            todo = connection.resume();
        }
        while (!todo.empty()) {
            const auto next = std::move(todo.front());
            const auto done =
                application->execute(state, next.operation, zz::Timestamp(1), next.budget);
            todo = connection.on_result(next.token, std::get<zz::application::Done>(done).reply);
        }
        const zz::Bytes bytes = connection.take_output();
        out.insert(out.end(), bytes.begin(), bytes.end());
        if (bytes.empty() && (input.empty() || !connection.wants_input())) {
            return out;
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > zz::gateway::kReadBytesMax) {
        return 0;
    }
    const zz::ByteView input(data + 1, size - 1);
    ZZ_CHECK(talk(input, zz::gateway::kReadBytesMax) == talk(input, 1U + data[0]),
             "a cut changes replies");
    return 0;
}
