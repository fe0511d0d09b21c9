// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime/node.h"

#include "protocol/base/check.h"

namespace zz::runtime {
namespace {

auth::Identity identity_of(const Node::Options& o) {
    return {o.cluster->id, o.application->id,
            o.generation != nullptr ? o.generation->recover.generation : Generation(0), o.self,
            o.application->faults()};
}

} // namespace

message::Config first_configuration(const cluster::Application& application) {
    message::Config config;
    for (const auto& slot : application.execution)
        config.members.push_back(
            {slot.id, Incarnation(0),
             slot.active ? message::MemberState::Active : message::MemberState::Asleep,
             slot.keys.signing, slot.keys.exchange});
    return config;
}

Node::Node(const Options& options)
    : options_(options), keyring_(*options.keys), identity_(identity_of(options)),
      sealer_(identity_, keyring_), opener_(identity_, keyring_) {
    if (options_.generation != nullptr) {
        std::vector<Digest> carried;
        for (const message::Chosen& c : options_.generation->recover.chosen)
            carried.push_back(c.batch_digest);
        opener_.set_generation(identity_.generation, carried);
    }
    const auto& app = *options_.application;
    const auto know = [&](const PrincipalId& who, const PublicKeys& keys, bool dials_in) {
        keyring_.learn(who, keys);
        if (dials_in && options_.admits && who != options_.self)
            options_.transport->allow(keys.exchange, transport::peer(app.id, who));
    };
    const bool listens = options_.self.role == Role::Agreement;
    for (const auto& replica : app.agreement)
        know(principal(replica.id), replica.keys, listens);
    for (const auto& client : app.clients)
        know(principal(client.id), client.keys, listens);
    for (const auto& host : options_.cluster->hosts) {
        know(controller_of(host.id), host.controller, false);
        know(principal(host.id), host.keys, false);
    }
    for (const auto& entry : options_.cluster->operators)
        if (entry.role == cluster::OperatorRole::Operator)
            know(principal(entry.id), entry.keys, false);
    learn(first_configuration(app));
}

void Node::learn(const message::Config& config) {
    std::map<ExecutionId, ExchangeKey> members;
    for (const auto& slot : config.members) {
        if (slot.state == message::MemberState::Empty)
            continue;
        const ExecutionId id{slot.slot, slot.incarnation};
        keyring_.learn(principal(id), {slot.signing, slot.exchange});
        members[id] = slot.exchange;
    }
    const bool listens =
        options_.self.role == Role::Agreement || options_.self.role == Role::Client;
    if (listens && options_.admits) {
        for (const auto& [id, key] : admitted_)
            if (!members.contains(id))
                options_.transport->revoke(key);
        for (const auto& [id, key] : members)
            if (!admitted_.contains(id))
                options_.transport->allow(key, transport::peer(application(), principal(id)));
    }
    admitted_ = std::move(members);
}

std::optional<auth::Verified> Node::open(const Blob& frame, const PrincipalId& link) {
    auth::Opened opened = opener_.open(frame, link);
    if (auto* verified = std::get_if<auth::Verified>(&opened)) {
        const auto* recover = std::get_if<message::Recover>(&verified->message());
        if (recover == nullptr)
            return std::move(*verified);
        const Generation known = newer_ ? newer_->recover.generation : identity_.generation;
        if (recover->application == application() && recover->generation > known)
            newer_ = GenerationStart{frame, *recover};
        return std::nullopt;
    }
    if (std::get<auth::Rejected>(opened) == auth::Rejected::WrongGeneration)
        stale_.insert(link);
    ++rejected_[static_cast<std::size_t>(std::get<auth::Rejected>(opened))];
    return std::nullopt;
}

void Node::tell_generation() {
    const std::set<PrincipalId> stale = std::exchange(stale_, {});
    if (options_.generation == nullptr)
        return;
    for (const PrincipalId& to : stale)
        send_frame(to, options_.generation->frame);
}

void Node::post(std::vector<core::Send> sends) {
    for (auto& send : sends) {
        if (held_.empty() && send.after <= durable_)
            send_now(send);
        else
            held_.push_back(std::move(send));
    }
}

void Node::set_durable(RecordIndex index) {
    if (index > durable_)
        durable_ = index;
    while (!held_.empty() && held_.front().after <= durable_) {
        send_now(held_.front());
        held_.pop_front();
    }
}

void Node::send_now(core::Send& send) {
    if (!send.frame.empty()) {
        for (const auto& to : send.to)
            send_frame(to, send.frame);
        return;
    }
    for (auto& sealed : sealer_.seal(send.message, send.to))
        send_frame(sealed.to, std::move(sealed.frame));
}

bool Node::is_direct(const PrincipalId& to) const {
    const auto moves = [](Role role) {
        return role == Role::Agreement || role == Role::Execution || role == Role::Client;
    };
    if (!moves(to.role) || !moves(options_.self.role))
        return false;
    return to.role != Role::Execution || options_.self.role != Role::Execution;
}

void Node::send_frame(const PrincipalId& to, Blob frame) {
    bool sent = false;
    if (is_direct(to)) {
        sent = options_.transport->send(transport::peer(application(), to), std::move(frame));
    } else {
        Blob routed = transport::encode({application(), options_.self, to, std::move(frame)});
        sent =
            options_.transport->send(transport::peer(principal(options_.host)), std::move(routed));
    }
    if (!sent)
        ++dropped_;
}

} // namespace zz::runtime
