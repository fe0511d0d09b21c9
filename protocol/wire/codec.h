// SPDX-License-Identifier: Apache-2.0
// Messages to and from payload bytes, and batches made ready for use.
#pragma once

#include <string>

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace zz::wire {

Bytes encode_message(const message::Message& m);

// False if `payload` is not the one encoding of a message of that kind.
bool decode_message(message::Kind kind, ByteView payload, message::Message& out);

// A batch with its encoding; the null batch of a new view is content_of({}).
message::BatchContent content_of(message::Batch batch);

// One line for people and transcripts: "PREPARE view=3 n=17 batch_digest=1f00aa42".
std::string print(const message::Message& m);

} // namespace zz::wire
