// SPDX-License-Identifier: Apache-2.0
// A small application and batches for the tests of engine and core. Operations: "set KEY VALUE",
// "get KEY", "add KEY TEXT" (appends, declares its key), "blind KEY TEXT" (appends, declares
// nothing).
#pragma once

#include <QtGlobal>

#include <string>
#include <vector>

#include "backend/application/application.h"
#include "backend/execution/job.h"

namespace zz::execution::testing {

class Notebook final : public application::Application {
  public:
    application::Outcome execute(state::Overlay& state, ByteView operation, Timestamp time,
                                 std::uint32_t budget) override;
    std::vector<Bytes> touched_keys(ByteView operation) const override;
    std::uint64_t attempts = 0;
};

message::Request request(std::uint32_t lane, std::uint64_t number, const std::string& operation);
// All requests are of `client`.
message::BatchContent batch_of(std::vector<message::Request> requests, std::uint32_t client = 1);
ExecuteBatch execute_job(std::uint64_t n, const message::BatchContent& content);

// The result of a kind in a list; fails the test if it is not there exactly once.
template <class T> T only(const std::vector<Result>& results) {
    const T* found = nullptr;
    for (const Result& r : results)
        if (const T* value = std::get_if<T>(&r)) {
            if (found)
                qFatal("more than one result of the kind");
            found = value;
        }
    if (!found)
        qFatal("no result of the kind");
    return *found;
}
template <class T> bool has(const std::vector<Result>& results) {
    for (const Result& r : results)
        if (std::holds_alternative<T>(r))
            return true;
    return false;
}
inline std::string text(const Blob& b) {
    return std::string(text_of(b.view()));
}

} // namespace zz::execution::testing
