// SPDX-License-Identifier: Apache-2.0
// Membership: configuration certificates, enrolment, system requests, wake-up proofs (ZZ-2.1,
// ZZ-3.5, ZZ-6.6, ZZ-6.7).
#pragma once

#include "protocol/message/evidence.h"

namespace zz::message {

enum class MemberState : std::uint8_t { Empty = 0, Active = 1, Asleep = 2, Convicted = 3 };

struct SlotEntry {
    SlotId slot;
    Incarnation incarnation;
    MemberState state = MemberState::Empty;
    SigningKey signing; // zero if Empty
    ExchangeKey exchange;
    ZZ_FIELDS(slot, incarnation, state, signing, exchange)
    friend bool operator==(const SlotEntry&, const SlotEntry&) = default;
};

// Agreement, signed. f+1 equal ones are a configuration certificate.
struct Config {
    static constexpr Kind kind = Kind::Config;
    ConfigurationNumber number;
    Epoch epoch;
    Generation generation;
    List<SlotEntry, kMaxSlots> members; // every slot, ascending
    ZZ_FIELDS(number, epoch, generation, members)
    friend bool operator==(const Config&, const Config&) = default;
};

// Anybody -> agreement, tag.
struct ConfigRequest {
    static constexpr Kind kind = Kind::ConfigRequest;
    std::uint64_t nonce = 0;
    ZZ_FIELDS(nonce)
    friend bool operator==(const ConfigRequest&, const ConfigRequest&) = default;
};
// Agreement -> asker, tag: fresh by its nonce; the sender's own newest CONFIG.
struct ConfigAnswer {
    static constexpr Kind kind = Kind::ConfigAnswer;
    std::uint64_t nonce = 0;
    Embedded<Config> config;
    View view; // the sender's: f+1 answers tell a client who is primary
    ZZ_FIELDS(nonce, config, view)
    friend bool operator==(const ConfigAnswer&, const ConfigAnswer&) = default;
};

// Controller of the slot's host, signed; ordered as it is (ZZ-2.1).
struct Enrol {
    static constexpr Kind kind = Kind::Enrol;
    SlotId slot;
    Incarnation incarnation;
    SigningKey signing;
    ExchangeKey exchange;
    ZZ_FIELDS(slot, incarnation, signing, exchange)
    friend bool operator==(const Enrol&, const Enrol&) = default;
};

// System request: two different signed reports of one incarnation, or f+1 ACCUSE of one (kind, n,
// Ei.k). Exactly one of the two lists is used. Carried in a Bundle-less batch slot; any agreement
// replica may send it.
struct Convict {
    static constexpr Kind kind = Kind::Convict;
    SlotId slot;
    Incarnation incarnation;
    List<Embedded<SignedReport>, 2> reports;
    List<Embedded<Accuse>, kMaxAgreement> accusations;
    ZZ_FIELDS(slot, incarnation, reports, accusations)
    friend bool operator==(const Convict&, const Convict&) = default;
};

// System request: f+1 equal SETTLEs.
struct Settled {
    static constexpr Kind kind = Kind::Settled;
    Epoch epoch;
    List<Member, kMaxSlots> set;
    List<Embedded<Settle>, kMaxAgreement> settles;
    ZZ_FIELDS(epoch, set, settles)
    friend bool operator==(const Settled&, const Settled&) = default;
};

// Why replicas were woken in `epoch` (ZZ-6.6). Exactly one list is not empty.
struct WakeUpProof {
    static constexpr Kind kind = Kind::WakeUpProof;
    Epoch epoch;
    List<Embedded<Demand>, kMaxAgreement> demands;  // (i) f+1
    List<Embedded<NoSign>, kMaxAgreement> no_signs; // (ii) f+1 naming the same replica
    List<Embedded<Config>, kMaxAgreement> configs;  // (iii) f+1 equal with a convicted active
    List<Embedded<Column>, kMaxAgreement> columns;  // matrix policy: 2f+1 whose verdict is blocking
    ZZ_FIELDS(epoch, demands, no_signs, configs, columns)
    friend bool operator==(const WakeUpProof&, const WakeUpProof&) = default;
};

// Controller -> agreement, tag, each heartbeat: which of its machines of this application are
// ready.
struct ControllerStatus {
    static constexpr Kind kind = Kind::ControllerStatus;
    List<Member, kMaxSlots> ready;
    ZZ_FIELDS(ready)
    friend bool operator==(const ControllerStatus&, const ControllerStatus&) = default;
};

} // namespace zz::message
