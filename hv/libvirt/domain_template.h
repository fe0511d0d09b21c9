// SPDX-License-Identifier: Apache-2.0
// The text of a domain: a template with words between @ signs, and the note in a domain's metadata
// that says whose machine it is. Inside of hv/libvirt.
#pragma once

#include <map>
#include <string>

#include "hv/hypervisor.h"

namespace zz::hv {

// Puts the values, escaped for XML, and the elements, as they are, in the places of @WORD@. A word
// without either, and one that the template has no place for, are errors that name word and line.
Result<std::string> fill_template(const std::string& text,
                                  const std::map<std::string, std::string>& values,
                                  const std::map<std::string, std::string>& elements = {});

// What a machine shall be when nothing of it is in memory.
enum class NoteState : std::uint8_t {
    Defined, // it never ran
    Ran,     // off without an image of managed save means that it died
    Stopped  // destroyed, or its death was told
};

// Kept by libvirt with the domain, so that it lives and dies with it: "0-E1.2 ran SPEC".
struct Note {
    MachineName name;
    NoteState state = NoteState::Defined;
    std::string spec; // digest of the MachineSpec, lower-case hex
    friend bool operator==(const Note&, const Note&) = default;
};
std::string to_text(const Note& note);
Result<Note> note_from_text(const std::string& text);

std::string digest_of(const MachineSpec& spec);

} // namespace zz::hv
