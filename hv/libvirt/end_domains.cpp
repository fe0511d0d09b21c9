// SPDX-License-Identifier: Apache-2.0
#include "hv/libvirt/end_domains.h"

#include "hv/libvirt/domain_template.h"

namespace zz::hv {

Status end_domains(const std::string& uri, const std::string& prefix, const Connect& connect) {
    const auto domains = connect(uri);
    if (!domains)
        return domains.error();
    const auto looks = (*domains)->look(prefix);
    if (!looks)
        return looks.error();
    for (const DomainLook& look : *looks) {
        if (look.state == DomainState::Off)
            continue;
        const auto note = (*domains)->note(look.name);
        if (!note)
            return note.error();
        // Somebody else's, as of a host whose name begins like ours.
        const auto read = note_from_text(*note);
        if (!read || look.name != prefix + to_string(read->name))
            continue;
        if (const Status ended = (*domains)->destroy(look.name); !ended)
            return ended;
    }
    return Ok{};
}

} // namespace zz::hv
