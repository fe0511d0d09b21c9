// SPDX-License-Identifier: Apache-2.0
// Web: documents under paths, listings, counters. Stateless: all state is in the overlay. Any
// thread.
//
//   operation = %x01 method:u8 condition:u8 version:u64 path:block type:block body:*bytes
//   block     = size:u16 bytes
//   reply     = status:u16 version:u64 modified:u64 type:block body:*bytes
//
// Integers are little-endian. A reply's status is that of HTTP. `version` names a content: it never
// comes back, and is 0 where there is none; `modified` is agreed time in milliseconds since 1970.
//
//   Get     a document; of a path that ends with "/": what lies in that folder, one name a line,
//           behind the name in `body` if there is one, at most kListedMax; 206 if there is more
//   Put     201 or 204; as `condition` says, only an absent one, or one of that version; else 412
//   Delete  204, or 404
//   Add     to a counter, by the number in `body` (1 if empty); 200 and its new value
//
// The state, per document and in all:
//
//   "w" path -> kind:u8 version:u64 modified:u64 type:block body:*bytes
//   "m"      -> documents:u64 bytes:u64 versions:u64
#pragma once

#include <optional>

#include "backend/application/application.h"

namespace zz::application::web {

inline constexpr std::size_t kPathBytesMax = 900;
inline constexpr std::size_t kTypeBytesMax = 127;
inline constexpr std::size_t kBodyBytesMax = 512 * 1024;
inline constexpr std::size_t kListedMax = 1000;

enum class Method : std::uint8_t { Get = 1, Put = 2, Delete = 3, Add = 4 };
enum class Condition : std::uint8_t { None = 0, Absent = 1, Version = 2 };

struct Request {
    Method method = Method::Get;
    Condition condition = Condition::None; // of Put and Delete
    std::uint64_t version = 0;             // of Condition::Version
    std::string path;                      // "/" names joined by "/"
    std::string type;                      // of Put
    Bytes body;
    friend bool operator==(const Request&, const Request&) = default;
};

struct Reply {
    std::uint16_t status = 0;
    std::uint64_t version = 0, modified_ms = 0;
    std::string type;
    Bytes body;
    friend bool operator==(const Reply&, const Reply&) = default;
};

// Why it is none, or empty: it begins with "/", has no empty name, "." or "..", no control
// characters, and is not too long.
std::string path_fault(std::string_view path);

Bytes encode(const Request& request);
std::optional<Request> decode_request(ByteView operation); // shape and sizes only
Bytes encode(const Reply& reply);
std::optional<Reply> decode_reply(ByteView reply);
// What the request takes at most: the budget to declare (ZZ-1.5).
std::uint32_t steps_of(const Request& request);

class Web : public Application {
  public:
    explicit Web(std::uint64_t state_bytes_max) : state_bytes_max_(state_bytes_max) {}
    Outcome execute(state::Overlay& state, ByteView operation, Timestamp time,
                    std::uint32_t budget) override;
    std::vector<Bytes> touched_keys(ByteView operation) const override;

  private:
    std::uint64_t state_bytes_max_;
};

} // namespace zz::application::web
