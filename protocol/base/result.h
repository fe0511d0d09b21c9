// SPDX-License-Identifier: Apache-2.0
// Three kinds of failure: a peer's fault is `Rejected` (counted), the world's fault is `Result<T>`,
// ours is ZZ_CHECK.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace zz {

// Says what was wrong, where, and what to do.
struct Error {
    std::string text;
    friend bool operator==(const Error&, const Error&) = default;
};

// A value or an Error. Precondition of value()/error(): the right one is held.
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return v_.index() == 0; }
    T& value() & { return std::get<0>(v_); }
    const T& value() const& { return std::get<0>(v_); }
    T&& value() && { return std::get<0>(std::move(v_)); }
    T* operator->() { return &std::get<0>(v_); }
    const T* operator->() const { return &std::get<0>(v_); }
    T& operator*() & { return std::get<0>(v_); }
    const T& operator*() const& { return std::get<0>(v_); }
    const Error& error() const { return std::get<1>(v_); }

  private:
    std::variant<T, Error> v_;
};

struct Ok {
    friend bool operator==(const Ok&, const Ok&) = default;
};
using Status = Result<Ok>;

} // namespace zz
