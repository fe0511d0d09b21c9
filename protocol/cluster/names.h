// SPDX-License-Identifier: Apache-2.0
// The words of the cluster file for each choice, in the order of the enumerators. The shape of
// names. Used by reader, writer and printing.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "protocol/cluster/cluster.h"

namespace zz::cluster {

// 1 to kNameBytesMax letters, digits, '-' or '_'.
bool is_name(std::string_view text);
// A host name or an IPv4 address.
bool is_address(std::string_view text);

template <class T> struct Words;

template <> struct Words<HypervisorKind> {
    static constexpr std::array<std::string_view, 2> list{"process", "libvirt"};
};
template <> struct Words<SpareKind> {
    static constexpr std::array<std::string_view, 3> list{"paused", "hibernated", "cold"};
};
template <> struct Words<Durability> {
    static constexpr std::array<std::string_view, 3> list{"async", "sync", "memory"};
};
template <> struct Words<Mode> {
    static constexpr std::array<std::string_view, 4> list{"zz", "sep", "base", "unreplicated"};
};
template <> struct Words<WakeupPolicy> {
    static constexpr std::array<std::string_view, 2> list{"evidence", "matrix"};
};
template <> struct Words<ApplicationKind> {
    static constexpr std::array<std::string_view, 3> list{"kv", "compute", "web"};
};
template <> struct Words<OperatorRole> {
    static constexpr std::array<std::string_view, 2> list{"viewer", "operator"};
};
template <> struct Words<ClientProtocol> {
    static constexpr std::array<std::string_view, 3> list{"resp", "http", "load"};
};

template <class T> constexpr std::string_view word(T value) {
    return Words<T>::list[static_cast<std::size_t>(value)];
}

// False if `text` is none of the words.
template <class T> constexpr bool from_word(std::string_view text, T& out) {
    for (std::size_t i = 0; i < Words<T>::list.size(); ++i) {
        if (Words<T>::list[i] == text) {
            out = static_cast<T>(i);
            return true;
        }
    }
    return false;
}

// "process, libvirt".
template <class T> std::string words() {
    std::string out;
    for (const std::string_view w : Words<T>::list) {
        if (!out.empty())
            out += ", ";
        out += w;
    }
    return out;
}

} // namespace zz::cluster
