// SPDX-License-Identifier: Apache-2.0
#include "protocol/matrix/classify.h"

#include <algorithm>
#include <set>

#include "protocol/base/check.h"

namespace zz::matrix {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos)
            return parts;
        text.remove_prefix(at + 1);
    }
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

// Bytes that follow the first byte of a UTF-8 sequence; 4 if it cannot start one.
std::size_t continuation_bytes(unsigned char first) {
    if (first < 0x80)
        return 0;
    if (first >= 0xC2 && first <= 0xDF)
        return 1;
    if (first >= 0xE0 && first <= 0xEF)
        return 2;
    return first >= 0xF0 && first <= 0xF4 ? 3 : 4;
}

// Names are printed as they are, so they must be text: UTF-8 without control characters, without
// overlong forms and surrogates.
bool is_printable(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t more = continuation_bytes(first);
        if (first < 0x20 || first == 0x7F || more == 4 || text.size() - i <= more)
            return false;
        for (std::size_t k = 1; k <= more; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U)
                return false;
        }
        const auto second = more > 0 ? static_cast<unsigned char>(text[i + 1]) : 0;
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
            return false;
        i += more + 1;
    }
    return true;
}

// What may be shown of a bad cell in an error: short and inert.
std::string shown(std::string_view cell) {
    std::string text;
    for (const char c : cell.substr(0, 24))
        text += c >= 0x20 && c < 0x7F ? c : '?';
    return "'" + text + (cell.size() > 24 ? "...'" : "'");
}

class Parser {
  public:
    Parser(Faults faults, std::string_view file) : faults_(faults), file_(file) {}

    Result<NamedMatrix> parse(std::string_view text) {
        std::vector<std::string_view> lines = split(text, '\n');
        while (!lines.empty() && trimmed(lines.back()).empty())
            lines.pop_back();
        if (lines.empty())
            return Error{place(1) + "the file is empty; its first row is an empty cell, then the "
                                    "names of the agreement replicas"};
        Status status = header(lines.front());
        for (line_ = 2; status && line_ <= lines.size(); ++line_)
            status = row(lines[line_ - 1]);
        if (!status)
            return status.error();
        if (rows_.size() < faults_.active_replicas())
            return Error{place(lines.size()) +
                         fmt::format("{} row{} of execution replicas, but F+1 = {} to 2F+1 = {} "
                                     "are needed; check --f",
                                     rows_.size(), rows_.size() == 1 ? "" : "s",
                                     faults_.active_replicas(), faults_.execution_slots())};
        Matrix matrix(faults_, rows_.size());
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            for (std::size_t c = 0; c < matrix.columns(); ++c)
                matrix.set(r, c, rows_[r][c]);
        }
        return NamedMatrix{std::move(matrix), std::move(names_)};
    }

  private:
    std::string place(std::size_t line) const { return fmt::format("{}:{}: ", file_, line); }

    Error bad(std::size_t cell, const std::string& what) const {
        return Error{place(line_) + fmt::format("column {}: ", cell + 1) + what};
    }

    Status count(const std::vector<std::string_view>& cells) const {
        const std::size_t needed = faults_.agreement_replicas();
        const std::size_t found = cells.size() - 1;
        if (found == needed)
            return Ok{};
        return bad(std::min(found, needed) + (found > needed ? 1 : 0),
                   fmt::format("{} cell{} after the first one, but 3F+1 = {} are needed; check the "
                               "commas and --f",
                               found, found == 1 ? "" : "s", needed));
    }

    Status name(std::string_view cell, std::size_t index, std::vector<std::string>& names) {
        if (cell.empty())
            return bad(index, "a replica's name is missing");
        if (cell.size() > kNameSizeMax)
            return bad(index, fmt::format("a name of {} bytes; at most {} are allowed", cell.size(),
                                          kNameSizeMax));
        if (!is_printable(cell))
            return bad(index,
                       "the name " + shown(cell) + " has bytes that are not printable UTF-8");
        if (!all_names_.emplace(cell).second)
            return bad(index, "the name " + shown(cell) + " is used twice; names must be unique");
        names.emplace_back(cell);
        return Ok{};
    }

    Status header(std::string_view line) {
        const std::vector<std::string_view> cells = split(line, ',');
        if (const std::string_view first = trimmed(cells.front()); !first.empty())
            return bad(0, "the first cell of the first row must be empty, not " + shown(first));
        Status status = count(cells);
        for (std::size_t i = 1; status && i < cells.size(); ++i)
            status = name(trimmed(cells[i]), i, names_.agreement);
        return status;
    }

    Status row(std::string_view line) {
        const std::vector<std::string_view> cells = split(line, ',');
        if (trimmed(line).empty())
            return bad(0, "an empty line between rows; remove it");
        if (rows_.size() == faults_.execution_slots())
            return bad(
                0, fmt::format("more than 2F+1 = {} rows; check --f", faults_.execution_slots()));
        Status status = name(trimmed(cells.front()), 0, names_.execution);
        if (status)
            status = count(cells);
        if (!status)
            return status;
        std::vector<Entry> entries;
        for (std::size_t i = 1; i < cells.size(); ++i) {
            const std::string_view cell = trimmed(cells[i]);
            if (cell == "-")
                entries.push_back(Entry::missing());
            else if (cell == "?")
                entries.push_back(Entry::pending());
            else if (is_token(cell))
                entries.push_back(Entry::of(value(cell)));
            else
                return bad(i, (cell.empty() ? std::string("an empty cell") : shown(cell)) +
                                  "; use letters and digits for a digest, - for missing, ? for "
                                  "pending or not received");
        }
        rows_.push_back(std::move(entries));
        return Ok{};
    }

    // Tokens stand for digests: each gets one of its own, numbered in order of appearance.
    Digest value(std::string_view token) {
        const auto [found, fresh] = values_.try_emplace(std::string(token));
        if (fresh) {
            std::uint64_t number = values_.size();
            for (std::size_t i = Digest::size; i-- > 0 && number > 0; number >>= 8U)
                found->second.bytes[i] = static_cast<std::uint8_t>(number & 0xFFU);
            names_.values.emplace(found->second, found->first);
        }
        return found->second;
    }

    Faults faults_;
    std::string_view file_;
    std::size_t line_ = 1;
    Names names_;
    std::set<std::string, std::less<>> all_names_;
    std::map<std::string, Digest> values_;
    std::vector<std::vector<Entry>> rows_;
};

std::string entry_text(const Entry& entry, const Names& names) {
    if (entry.is_pending())
        return "?";
    return entry.is_missing() ? "-" : names.value(entry.value());
}

std::string json_rows(const std::vector<std::size_t>& rows, const Names& names) {
    std::string text = "[";
    for (const std::size_t row : rows)
        text += (text.size() > 1 ? "," : "") + json_string(names.row(row));
    return text + "]";
}

} // namespace

Result<NamedMatrix> parse_csv(std::string_view text, Faults faults, std::string_view file) {
    if (faults.f < 1 || faults.f > kFaultsMax)
        return Error{fmt::format("{}: F = {} is not between 1 and {}; check --f", file, faults.f,
                                 kFaultsMax)};
    if (text.size() > kTextSizeMax)
        return Error{fmt::format("{}: {} bytes; a matrix may have at most {}", file, text.size(),
                                 kTextSizeMax)};
    return Parser(faults, file).parse(text);
}

std::string to_csv(const NamedMatrix& named) {
    std::string text;
    for (std::size_t c = 0; c < named.matrix.columns(); ++c)
        text += "," + named.names.column(c);
    for (std::size_t r = 0; r < named.matrix.rows(); ++r) {
        text += "\n" + named.names.row(r);
        for (std::size_t c = 0; c < named.matrix.columns(); ++c)
            text += "," + entry_text(named.matrix.at(r, c), named.names);
    }
    return text + "\n";
}

std::string classify_json(const Matrix& matrix, const Verdict& verdict, const Names& names) {
    std::map<std::string, std::uint32_t> support;
    for (const auto& [value, count] : verdict.support)
        support[names.value(value)] = count;
    std::string counts;
    for (const auto& [value, count] : support)
        counts += (counts.empty() ? "" : ",") + json_string(value) + ":" + fmt::format("{}", count);
    const std::string value = verdict.value ? json_string(names.value(*verdict.value)) : "null";
    return "{\"verdict\":" + json_string(to_string(verdict.kind)) +
           ",\"rule\":" + json_string(verdict.rule) + ",\"value\":" + value + ",\"support\":{" +
           counts + "},\"convicted\":" + json_rows(verdict.blame.convicted, names) +
           ",\"unresponsive\":" + json_rows(verdict.blame.unresponsive, names) +
           ",\"text\":" + json_string(sentence(matrix, verdict, names)) + "}";
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            out += c;
    }
    return out + "\"";
}

} // namespace zz::matrix
