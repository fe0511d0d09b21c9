// SPDX-License-Identifier: Apache-2.0
// MachineFolder: the files of one machine on its host. Inside of hv/libvirt; one thread.
//   data/         what this replica alone has: keys, cluster file, `arguments`, `environment`
//   identity.tar  data/ as the guest reads it, from a read-only disk; made anew before each boot
//   disk.raw      the guest's node store, sparse
//   boot          kernel and image with the digests that they had at definition (C7)
//   log           the guest's serial console; begins anew beyond kConsoleBytesMax
// Nothing of it is in the guest image, so that all replicas boot the same one.
#pragma once

#include <string>

#include "hv/hypervisor.h"

namespace zz::hv {

// Of all files of data/ together.
inline constexpr std::uint64_t kIdentityBytesMax = 4u << 20;
inline constexpr std::uint64_t kConsoleBytesMax = 8u << 20;
// The file beside a kernel and an image that has their digests, as sha256sum writes them.
inline constexpr const char* kDigestFile = "guest.sha256";

class MachineFolder {
  public:
    explicit MachineFolder(std::string path) : path_(std::move(path)) {}

    std::string data() const { return path_ + "/data"; }
    std::string identity() const { return path_ + "/identity.tar"; }
    std::string disk() const { return path_ + "/disk.raw"; }
    std::string log() const { return path_ + "/log"; }

    // Refuses a kernel or image whose digest is not the recorded one, and an argument that is no
    // line of text. May be repeated.
    Status make(const MachineSpec& spec, std::uint32_t disk_mib) const;
    // Before each boot: kernel and image are still what they were; identity.tar is made.
    Status prepare_boot() const;
    // A guest writes to its console what it likes, as much as it likes: the host's disk is not its
    // to fill (ZZ-1.2). Where the file is not ours to cut, nothing.
    void bound_log() const;
    // Moves it out of the way first, so that no half of it is ever taken for a machine's.
    Status erase() const;

  private:
    std::string path_;
};

// Removes what an erasure that was cut short left in `root`.
Status remove_erased(const std::string& root);

} // namespace zz::hv
