// SPDX-License-Identifier: Apache-2.0
// Little-endian numbers and blocks of the web application's bytes. Pure.
#pragma once

#include "protocol/base/bytes.h"

namespace zz::application::web {

template <class T> void append_number(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

// Precondition: fewer than 64 KiB.
inline void append_block(Bytes& out, ByteView bytes) {
    append_number(out, static_cast<std::uint16_t>(bytes.size()));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// Fails once and for all at the first read beyond the end, and gives zeros from then on.
class Reader {
  public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}

    template <class T> T number() {
        T value = 0;
        const ByteView bytes = take(sizeof(T));
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
        }
        return value;
    }
    ByteView block() { return take(number<std::uint16_t>()); }
    ByteView rest() const { return rest_; }
    bool good() const { return good_; }

  private:
    ByteView take(std::size_t size) {
        good_ = good_ && size <= rest_.size();
        if (!good_) {
            return {};
        }
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    ByteView rest_;
    bool good_ = true;
};

} // namespace zz::application::web
