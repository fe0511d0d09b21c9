// SPDX-License-Identifier: Apache-2.0
// The bytes of a kv operation: one canonical encoding a value, decoded totally (ZZ-2.5, A4).
//
//   operation   = command / sequence / transaction / guarded
//   command     = %x01 body
//   sequence    = %x02 count:u16 count*( size:u32 body )      ; 1 .. kCommandsMax
//   transaction = %x03 count:u16 count*( size:u32 body )      ; 1 .. kCommandsMax
//   guarded     = %x04 guards:u16 guards*( key:block version:block ) transaction
//   block       = size:u32 bytes
//   body        = argc:u16 argc*( length:u32 bytes )          ; 1 .. kArgumentsMax, first = name
//
// Integers are little-endian, sizes are exact, nothing may follow. Replies:
//
//   of a command, of a transaction   one RESP2 value (of a transaction: an array, or one error)
//   of a sequence                    done:u16, then the RESP2 values of the first `done` commands
//   of bytes that are none of these  one RESP2 error
//
// A sequence runs its commands in order and stops before one whose work or reply no longer fits
// (never before the first): `done` tells how far it came, the rest is for its sender to submit
// again. A transaction is all or nothing. A guarded one runs only if each key has the version that
// the command ZZ.VERSION gave for it (empty: absent); else its reply is a null array.
#pragma once

#include <span>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace zz::application::kv {

inline constexpr std::size_t kArgumentsMax = 1024;
inline constexpr std::size_t kCommandsMax = 128;
inline constexpr std::size_t kGuardsMax = 128;
inline constexpr std::size_t kKeyBytesMax = 1000;
inline constexpr std::size_t kMemberBytesMax = 900; // of a hash, set or sorted set
inline constexpr std::size_t kValueBytesMax = 512 * 1024;
// Room is left under the maximum request of 1 MiB for what a bundle adds around it.
inline constexpr std::size_t kOperationBytesMax = 1024 * 1024 - 16 * 1024;
inline constexpr std::size_t kReplyBytesMax = kOperationBytesMax;

using Arguments = std::vector<ByteView>; // name first; views into the operation

enum class OperationKind : std::uint8_t { Command = 1, Sequence = 2, Transaction = 3, Guarded = 4 };

struct Guard {
    Bytes key, version;
};

struct Operation {
    OperationKind kind = OperationKind::Command; // Guarded: a transaction with guards
    std::vector<Guard> guards;                   // 1 .. kGuardsMax if kind is Guarded, else none
    std::vector<Arguments> commands;             // exactly one if kind is Command; never empty
};

// The views point into `bytes`. The error says what is malformed and where.
Result<Operation> decode_operation(ByteView bytes);

// Precondition: 1 .. kArgumentsMax arguments.
Bytes encode_body(std::span<const Bytes> arguments);
Bytes encode_command(std::span<const Bytes> arguments);
Bytes encode_command(std::initializer_list<std::string_view> arguments);
// Precondition: 1 .. kCommandsMax bodies; kind is Sequence or Transaction.
Bytes encode_many(OperationKind kind, std::span<const ByteView> bodies);
// Precondition: 1 .. kGuardsMax guards; `transaction` is one.
Bytes encode_guarded(std::span<const Guard> guards, ByteView transaction);
// A command from its body, without encoding anew.
Bytes command_of_body(ByteView body);

// Bytes that encode_many adds for its head and for each body.
inline constexpr std::size_t kManyHeadBytes = 3;
inline constexpr std::size_t kManyBodyBytes = 4;

} // namespace zz::application::kv
