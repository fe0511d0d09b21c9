// SPDX-License-Identifier: Apache-2.0
#include "protocol/proof/misbehaviour.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "protocol/auth/certificates.h"
#include "protocol/auth/crypto_keyring.h"
#include "protocol/auth/opener.h"
#include "protocol/wire/envelope.h"

namespace zz::proof {
namespace {

using message::Embedded;

// Opens signed frames of one application and one generation, with the keys that were learned so
// far.
class Court {
  public:
    Court(const cluster::Cluster& cluster, const cluster::Application& application,
          Generation generation)
        : faults_(application.faults()), keyring_(crypto::generate_keys()),
          opener_({cluster.id, application.id, generation,
                   principal(cluster.operators.empty() ? OperatorId(1) : cluster.operators[0].id),
                   application.faults()},
                  keyring_) {
        for (const auto& replica : application.agreement)
            keyring_.learn(principal(replica.id), replica.keys);
        for (const auto& slot : application.execution)
            keyring_.learn(principal(ExecutionId{slot.id, Incarnation(0)}), slot.keys);
    }

    // What f+1 agreement replicas signed alike, f+1 votes each; what is no CONFIG proves nothing
    // and does no harm.
    std::vector<std::vector<Embedded<message::Config>>>
    certificates(std::span<const Blob> configurations) {
        std::map<std::uint64_t, std::vector<Embedded<message::Config>>> by_number;
        for (const Blob& frame : configurations) {
            const auto opened = opener_.open_signed(frame);
            const auto* verified = std::get_if<auth::Verified>(&opened);
            if (verified == nullptr || !std::get_if<message::Config>(&verified->message()))
                continue;
            const auto config = verified->embedded<message::Config>();
            by_number[config.value.number.value].push_back(config);
        }
        std::vector<std::vector<Embedded<message::Config>>> out;
        for (const auto& [number, votes] : by_number)
            for (const auto& head : votes)
                if (auto certificate = certificate_of(head, votes); !certificate.empty())
                    out.push_back(std::move(certificate));
        return out;
    }

    void learn(std::span<const Blob> configurations) {
        for (const auto& certificate : certificates(configurations))
            // Keys of the cluster file are never replaced.
            for (const auto& member : certificate.front().value.members)
                if (member.state != message::MemberState::Empty && member.incarnation.value != 0)
                    keyring_.learn(principal(ExecutionId{member.slot, member.incarnation}),
                                   {member.signing, member.exchange});
    }

    Result<auth::Verified> open(const Blob& frame) {
        const auto opened = opener_.open_signed(frame);
        if (const auto* verified = std::get_if<auth::Verified>(&opened))
            return *verified;
        const auto why = std::get<auth::Rejected>(opened);
        if (why == auth::Rejected::UnknownKey)
            return Error{"its signer is not in the cluster file, and no configuration certificate "
                         "of f+1 signatures gives the key"};
        return Error{std::string(auth::name(why))};
    }

    const Faults& faults() const { return faults_; }

  private:
    // f+1 votes of different signers that are equal to `head`; empty if there are fewer.
    std::vector<Embedded<message::Config>>
    certificate_of(const Embedded<message::Config>& head,
                   const std::vector<Embedded<message::Config>>& votes) const {
        std::map<PrincipalId, const Embedded<message::Config>*> equal;
        for (const auto& vote : votes)
            if (vote.value == head.value)
                equal.emplace(vote.signer, &vote);
        std::vector<Embedded<message::Config>> out;
        if (equal.size() < faults_.weak_quorum())
            return out;
        for (const auto& [signer, vote] : equal)
            if (out.size() < faults_.weak_quorum())
                out.push_back(*vote);
        return out;
    }

    Faults faults_;
    auth::CryptoKeyring keyring_;
    auth::Opener opener_;
};

std::string_view kind_of(VoteKind vote) {
    return vote == VoteKind::Reply ? "replies" : "checkpoint";
}

std::string what_of(const Proven& p) {
    return fmt::format("the {} of number {}", kind_of(p.vote), p.n.value);
}

Result<Proven> from_reports(const std::vector<auth::Verified>& opened) {
    if (opened.size() != 2)
        return Error{fmt::format("{} signed reports: it takes two", opened.size())};
    const auto* first = std::get_if<message::SignedReport>(&opened[0].message());
    const auto* second = std::get_if<message::SignedReport>(&opened[1].message());
    if (first == nullptr || second == nullptr)
        return Error{"the frames are of different kinds"};
    if (!auth::unequal(*first, *second))
        return Error{"the two signed reports do not contradict each other"};
    Proven out;
    out.vote = first->vote;
    out.n = first->n;
    out.signers = {opened[0].sender(), opened[1].sender()};
    out.subjects = {execution_id(out.signers[0])};
    if (out.signers[0] == out.signers[1]) {
        out.kind = Misbehaviour::TwoSignatures;
        out.text = fmt::format("{} signed two different values for {}: its own signatures convict "
                               "it, whatever anybody else says",
                               to_string(out.signers[0]), what_of(out));
        return out;
    }
    out.kind = Misbehaviour::Disagreement;
    out.subjects.push_back(execution_id(out.signers[1]));
    out.text = fmt::format("{} and {} signed different values for {}: at least one of them lied; "
                           "this does not say which",
                           to_string(out.signers[0]), to_string(out.signers[1]), what_of(out));
    return out;
}

Result<Proven> from_accusations(const std::vector<auth::Verified>& opened, const Faults& faults) {
    const auto* head = std::get_if<message::Accuse>(&opened.front().message());
    Proven out;
    out.kind = Misbehaviour::Accusations;
    out.vote = head->vote;
    out.n = head->n;
    out.subjects = {{head->slot, head->incarnation}};
    std::set<PrincipalId> signers;
    for (const auto& one : opened) {
        const auto* accuse = std::get_if<message::Accuse>(&one.message());
        if (accuse == nullptr || !(*accuse == *head))
            return Error{"the accusations are not all of the same replica, number and kind"};
        signers.insert(one.sender());
    }
    if (signers.size() < faults.weak_quorum() || signers.size() != opened.size())
        return Error{fmt::format("{} different agreement replicas accuse, in {} frames: it takes "
                                 "f+1 = {}, once each",
                                 signers.size(), opened.size(), faults.weak_quorum())};
    out.signers.assign(signers.begin(), signers.end());
    out.text = fmt::format("{} agreement replicas, f+1 and so at least one correct one, signed "
                           "that {} told them another value than the settled one for {}",
                           signers.size(), to_string(principal(out.subjects[0])), what_of(out));
    return out;
}

// Of every frame; nothing if they differ or are no frames.
Result<Generation> generation_of(std::span<const Blob> frames) {
    std::optional<Generation> generation;
    for (const Blob& frame : frames) {
        wire::Envelope envelope;
        if (wire::open_envelope(frame.view(), envelope) != wire::EnvelopeError::None)
            return Error{"a frame is malformed"};
        if (generation && *generation != envelope.generation)
            return Error{"the frames are of different generations"};
        generation = envelope.generation;
    }
    if (!generation)
        return Error{"there are no signed frames"};
    return *generation;
}

} // namespace

std::string_view to_string(Misbehaviour kind) {
    switch (kind) {
    case Misbehaviour::TwoSignatures:
        return "two-signatures";
    case Misbehaviour::Accusations:
        return "accusations";
    case Misbehaviour::Disagreement:
        break;
    }
    return "disagreement";
}

Result<Proven> prove(const cluster::Cluster& cluster, const cluster::Application& application,
                     std::span<const Blob> frames, std::span<const Blob> configurations) {
    if (frames.size() > kEvidenceFramesMax || configurations.size() > kConfigurationFramesMax)
        return Error{"there are too many frames"};
    const auto generation = generation_of(frames);
    if (!generation)
        return generation.error();
    Court court(cluster, application, *generation);
    court.learn(configurations);
    std::vector<auth::Verified> opened;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        auto one = court.open(frames[i]);
        if (!one)
            return Error{fmt::format("frame {}: {}", i + 1, one.error().text)};
        opened.push_back(std::move(one).value());
    }
    if (std::holds_alternative<message::SignedReport>(opened.front().message()))
        return from_reports(opened);
    if (std::holds_alternative<message::Accuse>(opened.front().message()))
        return from_accusations(opened, court.faults());
    return Error{"the frames are neither signed reports nor accusations"};
}

std::vector<ExecutionId> later_incarnations(std::span<const Blob> frames) {
    std::set<ExecutionId> out;
    for (const Blob& frame : frames) {
        wire::Envelope envelope;
        if (wire::open_envelope(frame.view(), envelope) == wire::EnvelopeError::None &&
            envelope.sender.role == Role::Execution && envelope.sender.incarnation != 0)
            out.insert(execution_id(envelope.sender));
    }
    return {out.begin(), out.end()};
}

std::vector<Blob> certificate_for(const cluster::Cluster& cluster,
                                  const cluster::Application& application, const ExecutionId& id,
                                  std::span<const Blob> configurations) {
    for (const Blob& frame : configurations) {
        const auto generation = generation_of({&frame, 1});
        if (!generation)
            continue;
        Court court(cluster, application, *generation);
        for (const auto& certificate : court.certificates(configurations)) {
            if (!auth::state_of(certificate.front().value, id))
                continue;
            std::vector<Blob> out;
            for (const auto& vote : certificate)
                out.push_back(vote.frame);
            return out;
        }
        break; // All of one generation, or the first one decides.
    }
    return {};
}

} // namespace zz::proof
