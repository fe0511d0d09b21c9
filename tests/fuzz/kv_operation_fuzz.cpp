// SPDX-License-Identifier: Apache-2.0
// Aim: any bytes are an operation of every application, with one reply and one resulting state
// (A4).
#include "backend/application/application.h"
#include "protocol/base/check.h"
#include "tests/fuzz/map_overlay.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const zz::ByteView operation(data, size);
    for (const char* kind : {"kv", "compute", "web"}) {
        const auto application = zz::application::make_application(kind);
        zz::test::MapOverlay one, two;
        const zz::Timestamp time(1'000'000'000);
        for (int round = 0; round < 2; ++round) { // the second one meets what the first one wrote
            const auto first = application->execute(one, operation, time, 2000);
            const auto second = application->execute(two, operation, time, 2000);
            ZZ_CHECK(std::get<zz::application::Done>(first).reply ==
                         std::get<zz::application::Done>(second).reply,
                     "two replies to one operation of {}", kind);
            ZZ_CHECK(one.entries == two.entries, "two states after one operation of {}", kind);
        }
        application->touched_keys(operation);
    }
    return 0;
}
