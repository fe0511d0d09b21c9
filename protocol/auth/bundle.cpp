// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth/bundle.h"

#include "protocol/auth/merkle.h"
#include "protocol/base/check.h"
#include "protocol/crypto/sha256.h"
#include "protocol/wire/writer.h"

namespace zz::auth {

namespace {

Digest request_digest(const message::Request& request) {
    Bytes head;
    head.reserve(32);
    wire::Writer w(head);
    w.put(request.lane);
    w.put(request.number);
    w.put(request.budget);
    return crypto::sha256({view_of("zz1 request\n"), head, request.operation.view()});
}

Digest signed_root(const Identity& identity, ClientId client, std::uint32_t count,
                   const Digest& root) {
    Bytes b;
    b.reserve(96);
    wire::Writer w(b);
    w.raw(view_of("zz1 bundle\n"));
    w.put(identity.cluster);
    w.put(identity.application);
    w.put(identity.generation);
    w.put(client);
    w.put(count);
    w.put(root);
    return crypto::sha256(b);
}

std::vector<Digest> digests_of(const message::Bundle& bundle) {
    std::vector<Digest> digests;
    digests.reserve(bundle.leaves.size());
    for (const message::BundleLeaf& leaf : bundle.leaves)
        digests.push_back(request_digest(leaf.request));
    return digests;
}

} // namespace

message::Bundle make_bundle(const Identity& identity, const Keyring& keyring,
                            const std::vector<message::Request>& requests) {
    ZZ_CHECK(!requests.empty() && requests.size() <= message::kMaxBundleRequests, "{} requests",
             requests.size());
    message::Bundle bundle;
    bundle.client = ClientId(identity.self.index);
    bundle.leaf_count = static_cast<std::uint32_t>(requests.size());
    for (std::uint32_t i = 0; i < requests.size(); ++i)
        bundle.leaves.push_back({i, requests[i]});
    const Digest root = merkle_root(digests_of(bundle));
    bundle.signature = keyring.sign(signed_root(identity, bundle.client, bundle.leaf_count, root));
    return bundle;
}

message::Bundle part_of(const message::Bundle& whole, std::span<const std::uint32_t> positions) {
    ZZ_CHECK(whole.leaves.size() == whole.leaf_count, "{} of {} leaves", whole.leaves.size(),
             whole.leaf_count);
    message::Bundle part;
    part.client = whole.client;
    part.leaf_count = whole.leaf_count;
    part.signature = whole.signature;
    for (std::uint32_t position : positions)
        part.leaves.push_back(whole.leaves[position]);
    part.siblings = merkle_siblings(digests_of(whole), positions);
    return part;
}

std::optional<Digest> bundle_digest(const Identity& identity, const message::Bundle& bundle) {
    if (bundle.leaves.empty() || bundle.leaf_count > message::kMaxBundleRequests)
        return std::nullopt;
    std::vector<Leaf> leaves;
    leaves.reserve(bundle.leaves.size());
    for (const message::BundleLeaf& leaf : bundle.leaves)
        leaves.emplace_back(leaf.index, request_digest(leaf.request));
    const std::optional<Digest> root = merkle_root_from(leaves, bundle.leaf_count, bundle.siblings);
    if (!root)
        return std::nullopt;
    return signed_root(identity, bundle.client, bundle.leaf_count, *root);
}

bool verify_bundle(const Identity& identity, const Keyring& keyring,
                   const message::Bundle& bundle) {
    const std::optional<Digest> digest = bundle_digest(identity, bundle);
    return digest && keyring.verify(principal(bundle.client), *digest, bundle.signature);
}

} // namespace zz::auth
