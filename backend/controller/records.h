// SPDX-License-Identifier: Apache-2.0
// What a controller makes durable before it acts (ZZ-6.8): the highest configuration it acted on,
// and the incarnation it last made an image for, with its keys, so that an enrolment goes on after
// a restart and no number is used twice. One record holds all of it in the encoding of
// wire/codec.h: the newest counts, older ones are dropped.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/message/fields.h"

namespace zz::controller {

struct Durable {
    ConfigurationNumber number;
    Epoch epoch;
    bool has_image = false; // an image of `image` was asked for
    bool has_keys = false;  // its keys are known
    SlotId slot;
    Incarnation image;
    SigningKey signing;
    ExchangeKey exchange;
    Generation generation; // of `number` and `epoch`
    ZZ_FIELDS(number, epoch, has_image, has_keys, slot, image, signing, exchange, generation)
    friend bool operator==(const Durable&, const Durable&) = default;
};

} // namespace zz::controller
