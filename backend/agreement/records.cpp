// SPDX-License-Identifier: Apache-2.0
#include "backend/agreement/records.h"

#include "protocol/wire/codec.h"

namespace zz::agreement::record {

namespace {

template <class T> bool parse_as(wire::Reader& in, std::vector<Item>& out) {
    T value;
    if (!in.get(value))
        return false;
    out.emplace_back(std::move(value));
    return true;
}

} // namespace

void append(Bytes& record, const Item& item) {
    wire::Writer w(record);
    std::visit(
        [&w](const auto& value) {
            w.put(value.type);
            w.put(value);
        },
        item);
}

bool parse(ByteView record, std::vector<Item>& out) {
    wire::Reader in(record);
    while (!in.done()) {
        std::uint8_t type = 0;
        if (!in.get(type))
            return false;
        bool right = false;
        switch (type) {
        case Voted::type:
            right = parse_as<Voted>(in, out);
            break;
        case Committing::type:
            right = parse_as<Committing>(in, out);
            break;
        case ViewChanging::type:
            right = parse_as<ViewChanging>(in, out);
            break;
        case Entered::type:
            right = parse_as<Entered>(in, out);
            break;
        case Snapshot::type:
            right = parse_as<Snapshot>(in, out);
            break;
        case Muted::type:
            right = parse_as<Muted>(in, out);
            break;
        case Begun::type:
            right = parse_as<Begun>(in, out);
            break;
        default:
            return false;
        }
        if (!right)
            return false;
    }
    return true;
}

} // namespace zz::agreement::record
