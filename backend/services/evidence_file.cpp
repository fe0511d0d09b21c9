// SPDX-License-Identifier: Apache-2.0
#include "backend/services/evidence_file.h"

#include <algorithm>
#include <fmt/format.h>

#include "backend/runtime/convert.h"
#include "protocol/crypto/sha256.h"
#include "protocol/telemetry/version.h"

namespace zz::services {
namespace {

constexpr std::string_view kFirstLine = "ZZ evidence 1\n";
constexpr std::size_t kIdDigits = 16;

std::vector<Blob> blobs(const google::protobuf::RepeatedPtrField<std::string>& frames) {
    std::vector<Blob> out;
    for (const std::string& frame : frames) {
        const ByteView bytes = view_of(frame);
        out.emplace_back(Bytes(bytes.begin(), bytes.end()));
    }
    return out;
}

} // namespace

std::string evidence_id(const telemetry::EvidenceItem& item) {
    crypto::Sha256 hash;
    for (const auto& frame : item.frames())
        hash.update(view_of(frame));
    return to_hex(hash.finish().view()).substr(0, kIdDigits);
}

std::string evidence_bytes(const telemetry::EvidenceFile& file) {
    const std::string body = file.SerializeAsString();
    const Digest digest = crypto::sha256(view_of(body));
    return std::string(kFirstLine) + std::string(text_of(digest.view())) + body;
}

Result<telemetry::EvidenceFile> read_evidence(std::string_view bytes) {
    if (bytes.size() > kEvidenceFileBytesMax)
        return Error{"the file is too large for a piece of evidence"};
    if (!bytes.starts_with(kFirstLine))
        return Error{"this is no file of evidence, or one of another version"};
    bytes.remove_prefix(kFirstLine.size());
    if (bytes.size() < Digest::size)
        return Error{"the file was cut off"};
    const std::string_view digest = bytes.substr(0, Digest::size);
    bytes.remove_prefix(Digest::size);
    if (text_of(crypto::sha256(view_of(bytes)).view()) != digest)
        return Error{"the file was damaged or cut off: its bytes are not those it was made with"};
    telemetry::EvidenceFile file;
    if (!file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return Error{"the file is malformed"};
    if (file.protocol() != telemetry::kTelemetryVersion)
        return Error{fmt::format("the file speaks version {}, this program version {}",
                                 file.protocol(), telemetry::kTelemetryVersion)};
    return file;
}

Result<proof::Proven> verify_evidence(const cluster::Cluster& cluster,
                                      const telemetry::EvidenceFile& file) {
    const auto& item = file.item();
    if (file.cluster() != text_of(cluster.id.view()))
        return Error{"it is of another cluster than the cluster file (every change of that file "
                     "makes another cluster)"};
    const auto* app = item.application() < cluster.applications.size()
                          ? &cluster.applications[item.application()]
                          : nullptr;
    if (app == nullptr)
        return Error{"its application is not in the cluster file"};
    if (item.id() != evidence_id(item))
        return Error{"its id is not that of its frames"};
    auto proven = proof::prove(cluster, *app, blobs(item.frames()), blobs(file.configurations()));
    if (!proven)
        return proven;
    const auto subject = runtime::from_proto(item.subject());
    const bool named = std::any_of(proven->subjects.begin(), proven->subjects.end(),
                                   [&](const ExecutionId& id) { return principal(id) == subject; });
    if (!named && !(proven->kind == proof::Misbehaviour::Disagreement && subject.index == 0))
        return Error{"its frames are about another replica than it says"};
    if (item.n() != proven->n.value || item.vote() != static_cast<std::uint32_t>(proven->vote))
        return Error{"its frames are about another number or kind than it says"};
    return proven;
}

} // namespace zz::services
