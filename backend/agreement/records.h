// SPDX-License-Identifier: Apache-2.0
// The journal records of an agreement replica (ZZ-3.2, ZZ-8.1). One step makes at most one record:
// a list of items.
//
//     record = item*
//     item   = 1 voted | 2 committing | 3 view-change | 4 new-view | 5 snapshot | 6 muted | 7 begun
//     (type:u8, then its fields)
//
// A VOTED item carries the body when no earlier record of this number does. A SNAPSHOT makes all
// before it needless but the votes above its checkpoint.
#pragma once

#include <variant>
#include <vector>

#include "protocol/message/view_change.h"

namespace zz::agreement::record {

// PRE-PREPARE or PREPARE was (about to be) sent.
struct Voted {
    static constexpr std::uint8_t type = 1;
    View view;
    SequenceNumber n;
    Digest digest;
    bool has_body = false;
    Blob body; // encoded batch
    ZZ_FIELDS(view, n, digest, has_body, body)
};
// COMMIT: it prepared here.
struct Committing {
    static constexpr std::uint8_t type = 2;
    View view;
    SequenceNumber n;
    Digest digest;
    ZZ_FIELDS(view, n, digest)
};
struct ViewChanging {
    static constexpr std::uint8_t type = 3;
    message::Embedded<message::ViewChange> own;
    ZZ_FIELDS(own)
};
// Sent as primary, or accepted as backup.
struct Entered {
    static constexpr std::uint8_t type = 4;
    message::Embedded<message::NewView> new_view;
    ZZ_FIELDS(new_view)
};
struct Snapshot {
    static constexpr std::uint8_t type = 5;
    message::StableCertificate stable;
    Blob state; // under it
    View view;
    bool active = false;
    message::List<message::Embedded<message::ViewChange>, 1>
        view_change; // own, if in a view change
    message::List<message::Embedded<message::NewView>, 1>
        new_view;      // of `view`, if active and view > 0
    bool mute = false; // as Muted: still so after the next restart, however that one ended
    Generation generation;
    ZZ_FIELDS(stable, state, view, active, view_change, new_view, mute, generation)
};
// Started without proof of every vote (ZZ-8.4). Holds until a snapshot says otherwise: a journal
// that lost votes does not become whole by a clean stop later.
struct Muted {
    static constexpr std::uint8_t type = 6;
    View view;
    ZZ_FIELDS(view)
};

// The first record of a generation above the first (ZZ-8.4). Of what is before it only bodies
// count.
struct Begun {
    static constexpr std::uint8_t type = 7;
    Generation generation;
    ZZ_FIELDS(generation)
};

using Item = std::variant<Voted, Committing, ViewChanging, Entered, Snapshot, Muted, Begun>;

void append(Bytes& record, const Item& item);
// False if the bytes are not a record: the journal holds something that this program did not write.
bool parse(ByteView record, std::vector<Item>& out);

} // namespace zz::agreement::record
