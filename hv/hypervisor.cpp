// SPDX-License-Identifier: Apache-2.0
#include "hv/hypervisor.h"

#include <charconv>
#include <fmt/format.h>

#include "protocol/base/check.h"

namespace zz::hv {

namespace {

constexpr char kAgreementLetter = 'A';
constexpr char kExecutionLetter = 'E';
constexpr char kClientLetter = 'G'; // a gateway is a client (ZZ-2.4)

// Takes a decimal number without sign or leading zeros from the front of `text`.
template <class T> bool take_number(std::string_view& text, T& out) {
    if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
        return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc())
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take_char(std::string_view& text, char c) {
    if (text.empty() || text.front() != c)
        return false;
    text.remove_prefix(1);
    return true;
}

bool parse(std::string_view text, MachineName& out) {
    if (!take_number(text, out.application.value) || !take_char(text, '-'))
        return false;
    if (take_char(text, kAgreementLetter))
        out.principal.role = Role::Agreement;
    else if (take_char(text, kClientLetter))
        out.principal.role = Role::Client;
    else if (take_char(text, kExecutionLetter))
        out.principal.role = Role::Execution;
    else
        return false;
    if (!take_number(text, out.principal.index))
        return false;
    if (out.principal.role == Role::Execution &&
        (!take_char(text, '.') || !take_number(text, out.principal.incarnation)))
        return false;
    return text.empty();
}

} // namespace

std::string to_string(const MachineName& name) {
    const PrincipalId& p = name.principal;
    switch (p.role) {
    case Role::Agreement:
        return fmt::format("{}-{}{}", name.application.value, kAgreementLetter, p.index);
    case Role::Client:
        return fmt::format("{}-{}{}", name.application.value, kClientLetter, p.index);
    case Role::Execution:
        return fmt::format("{}-{}{}.{}", name.application.value, kExecutionLetter, p.index,
                           p.incarnation);
    case Role::Controller:
    case Role::Operator:
    case Role::Host:
        break;
    }
    ZZ_CHECK(false, "a {} has no machine", zz::to_string(p));
}

Result<MachineName> machine_from_text(const std::string& text) {
    MachineName name;
    if (!parse(text, name))
        return Error{fmt::format("'{}' is no machine name; one looks like 0-E1.2 or 0-A3", text)};
    return name;
}

MachineState target_of(Call call) {
    switch (call) {
    case Call::Suspend:
        return MachineState::Paused;
    case Call::Save:
        return MachineState::Saved;
    default:
        return MachineState::Running;
    }
}

Step step_for(Call call, MachineState state) {
    const auto from = [state](MachineState target, std::initializer_list<MachineState> sources) {
        if (state == target)
            return Step::AlreadyDone;
        for (const MachineState source : sources) {
            if (state == source)
                return Step::Act;
        }
        return Step::Refuse;
    };
    using enum MachineState;
    switch (call) {
    case Call::Start:
        return from(Running, {Defined, Stopped});
    case Call::Suspend:
        return from(Paused, {Running});
    case Call::Resume:
        return from(Running, {Paused});
    case Call::Save:
        return from(Saved, {Running, Paused});
    case Call::Restore:
        return from(Running, {Saved});
    case Call::Define:
    case Call::Destroy:
    case Call::List:
        break;
    }
    ZZ_CHECK(false, "{} is decided by the driver", to_string(call));
}

std::string to_string(MachineState state) {
    switch (state) {
    case MachineState::Absent:
        return "absent";
    case MachineState::Defined:
        return "defined";
    case MachineState::Running:
        return "running";
    case MachineState::Paused:
        return "paused";
    case MachineState::Saved:
        return "saved";
    case MachineState::Stopped:
        return "stopped";
    }
    return "unknown";
}

std::string to_string(Call call) {
    switch (call) {
    case Call::Define:
        return "define";
    case Call::Start:
        return "start";
    case Call::Suspend:
        return "suspend";
    case Call::Resume:
        return "resume";
    case Call::Save:
        return "save";
    case Call::Restore:
        return "restore";
    case Call::Destroy:
        return "destroy";
    case Call::List:
        return "list";
    }
    return "unknown";
}

Error refusal(Call call, const MachineName& name, MachineState state) {
    return Error{fmt::format("cannot {} machine {}: it is {}", to_string(call), to_string(name),
                             to_string(state))};
}

} // namespace zz::hv
