// SPDX-License-Identifier: Apache-2.0
#include "hv/libvirt/domain_template.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <string_view>

#include "protocol/crypto/sha256.h"

namespace zz::hv {

namespace {

constexpr std::array<std::pair<NoteState, std::string_view>, 3> kNoteWords{
    {{NoteState::Defined, "defined"}, {NoteState::Ran, "ran"}, {NoteState::Stopped, "stopped"}}};
constexpr std::size_t kDigestHexBytes = 64;

bool is_word_character(char c) {
    return (c >= 'A' && c <= 'Z') || c == '_';
}

std::string escaped(const std::string& value) {
    std::string out;
    for (const char c : value) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '\'':
            out += "&apos;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

bool has_control_characters(const std::string& value) {
    return std::any_of(value.begin(), value.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Takes the characters up to the next space from the front.
std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

} // namespace

Result<std::string> fill_template(const std::string& text,
                                  const std::map<std::string, std::string>& values,
                                  const std::map<std::string, std::string>& elements) {
    std::string out;
    std::set<std::string> used;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] != '@') {
            out += text[at++];
            continue;
        }
        std::size_t end = at + 1;
        while (end < text.size() && is_word_character(text[end]))
            ++end;
        if (end == at + 1 || end == text.size() || text[end] != '@') {
            out += text[at++];
            continue;
        }
        const std::string word = text.substr(at + 1, end - at - 1);
        const auto element = elements.find(word);
        const auto value = values.find(word);
        if (value == values.end() && element == elements.end()) {
            const auto line =
                1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
            return Error{fmt::format("line {}: @{}@ is no word that can be filled in", line, word)};
        }
        const std::string& put = element != elements.end() ? element->second : value->second;
        if (has_control_characters(put))
            return Error{fmt::format("the value for @{}@ has control characters", word)};
        out += element != elements.end() ? put : escaped(put);
        used.insert(word);
        at = end + 1;
    }
    for (const auto* words : {&values, &elements})
        for (const auto& [word, value] : *words)
            if (!used.contains(word))
                return Error{fmt::format("it has no place for @{}@", word)};
    return out;
}

std::string to_text(const Note& note) {
    for (const auto& [state, word] : kNoteWords)
        if (state == note.state)
            return fmt::format("{} {} {}", to_string(note.name), word, note.spec);
    return {};
}

Result<Note> note_from_text(const std::string& text) {
    std::string_view rest = text;
    const auto name = machine_from_text(std::string(take_word(rest)));
    if (!name)
        return name.error();
    Note out{*name, {}, {}};
    const std::string_view state = take_word(rest);
    const auto known = std::find_if(kNoteWords.begin(), kNoteWords.end(),
                                    [&](const auto& entry) { return entry.second == state; });
    if (known == kNoteWords.end())
        return Error{fmt::format("'{}' is no state of a machine's note", state)};
    out.state = known->first;
    out.spec = std::string(rest);
    if (out.spec.size() != kDigestHexBytes ||
        out.spec.find_first_not_of("0123456789abcdef") != std::string::npos)
        return Error{"a machine's note holds no digest"};
    return out;
}

std::string digest_of(const MachineSpec& spec) {
    std::string text;
    const auto add = [&text](const std::string& part) {
        text += fmt::format("{}:{}", part.size(), part);
    };
    add(std::to_string(spec.program.size()));
    for (const std::string& argument : spec.program)
        add(argument);
    add(std::to_string(spec.environment.size()));
    for (const auto& [name, value] : spec.environment)
        add(name + "=" + value);
    add(spec.image);
    add(spec.kernel);
    add(spec.command_line);
    add(std::to_string(spec.memory_mib));
    return to_hex(crypto::sha256(view_of(text)).view());
}

} // namespace zz::hv
