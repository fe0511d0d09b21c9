// SPDX-License-Identifier: GPL-3.0-or-later
// Selection: what all views show together: an application, a host, a replica, a batch. A plain
// value; whatever is not chosen is 0 or negative.
#pragma once

#include <QMetaType>
#include <cstdint>

namespace zz::console {

enum class Part : std::uint8_t { None, Agreement, Execution, Client, Controller, Host };

struct Selection {
    int application = -1; // position in the cluster file
    std::uint32_t host = 0;
    Part part = Part::None;
    std::uint32_t index = 0; // E1 -> 1
    std::uint32_t incarnation = 0;
    std::uint64_t n = 0; // sequence number of a batch
    std::uint32_t vote = 0;

    friend bool operator==(const Selection&, const Selection&) = default;
};

} // namespace zz::console

Q_DECLARE_METATYPE(zz::console::Selection)
