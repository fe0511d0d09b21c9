// SPDX-License-Identifier: Apache-2.0
// Tagged<Tag, Rep>: an integer with a meaning. No two kinds convert into each other; arithmetic
// saturates, so that a peer's number can never wrap around (scenario A10).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace zz {

template <class Tag, class Rep = std::uint64_t> struct Tagged {
    using rep = Rep;
    Rep value{};

    constexpr Tagged() = default;
    constexpr explicit Tagged(Rep v) : value(v) {}
    friend constexpr auto operator<=>(const Tagged&, const Tagged&) = default;

    // Saturates at the maximum.
    friend constexpr Tagged operator+(Tagged a, Rep b) {
        const Rep top = std::numeric_limits<Rep>::max();
        return Tagged(b > top - a.value ? top : static_cast<Rep>(a.value + b));
    }
    // Saturates at zero.
    friend constexpr Tagged operator-(Tagged a, Rep b) {
        return Tagged(b > a.value ? Rep{0} : static_cast<Rep>(a.value - b));
    }
    // Distance from b up to a; zero if a is below b.
    friend constexpr Rep operator-(Tagged a, Tagged b) {
        return a.value > b.value ? static_cast<Rep>(a.value - b.value) : Rep{0};
    }
    constexpr Tagged& operator++() { return *this = *this + Rep{1}; }
};

} // namespace zz

template <class Tag, class Rep> struct std::hash<zz::Tagged<Tag, Rep>> {
    std::size_t operator()(const zz::Tagged<Tag, Rep>& t) const noexcept {
        return std::hash<Rep>{}(t.value);
    }
};
