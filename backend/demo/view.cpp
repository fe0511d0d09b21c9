// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/view.h"

#include <algorithm>

#include <fmt/format.h>

namespace zz::demo {
namespace {

constexpr std::size_t kCellWidth = 20;
constexpr std::size_t kHostWidth = 9;
constexpr std::size_t kLogLines = 8;
constexpr std::size_t kRowMax = 90;

struct Look {
    const char* state;
    const char* utf8;
    const char* ascii;
    const char* colour; // SGR parameters
};
// Of execution replicas and of agreement replicas: a state has its sign, its word and its colour.
constexpr Look kLooks[] = {
    {"active", "●", "*", "32"},       {"sleeping", "○", "o", "2"},
    {"waking", "◐", "w", "33"},       {"recovering", "◑", "r", "33"},
    {"unresponsive", "◌", "!", "35"}, {"convicted", "✖", "X", "31;1"},
    {"reimaging", "↻", "@", "36"},    {"stopped", "■", "#", "31"},
    {"up", "▲", "^", "32"},           {"behind", "△", "v", "33"},
    {"silent", "▽", "-", "31"},       {"unknown", "?", "?", "2"},
};

const Look& look_of(const std::string& state) {
    for (const auto& look : kLooks)
        if (state == look.state)
            return look;
    return kLooks[std::size(kLooks) - 1];
}

// A piece of text with its width on the screen, which is not its length in bytes.
struct Piece {
    std::string bytes;
    std::size_t width = 0;

    void add(const std::string& text, std::size_t columns) {
        bytes += text;
        width += columns;
    }
    void plain(const std::string& text) { add(text, text.size()); }
    void pad(std::size_t to) {
        if (width < to)
            plain(std::string(to - width, ' '));
    }
};

class Painter {
  public:
    Painter(const Picture& p, const Style& s) : p_(p), s_(s) {}

    std::string paint() {
        line(bold(p_.title));
        line("");
        placement();
        line("");
        legend();
        line("");
        matrix();
        line("");
        recovery();
        for (std::size_t i = p_.log.size() > kLogLines ? p_.log.size() - kLogLines : 0;
             i < p_.log.size(); ++i)
            line(p_.log[i]);
        return std::move(out_);
    }

  private:
    void line(const std::string& text) { out_ += text + "\n"; }
    std::string bold(const std::string& text) const {
        return s_.colour ? "\x1b[1m" + text + "\x1b[0m" : text;
    }
    std::string sign(const Look& look) const {
        const std::string glyph = s_.utf8 ? look.utf8 : look.ascii;
        return s_.colour ? fmt::format("\x1b[{}m{}\x1b[0m", look.colour, glyph) : glyph;
    }

    void replica(Piece& piece, const ReplicaFacts& r, bool with_state) const {
        const Look& look = look_of(r.state);
        piece.add(sign(look), 1);
        piece.plain(r.id + (r.primary ? "p" : ""));
        if (with_state)
            piece.plain(std::string(" ") + look.state);
        piece.plain(" ");
    }

    void placement() {
        Piece head;
        head.plain("host");
        head.pad(kHostWidth);
        for (const auto& app : p_.facts.applications) {
            const auto it = p_.throughput.find(app.name);
            const std::size_t from = head.width;
            head.plain(fmt::format("{} {:.0f} req/s", app.name,
                                   it == p_.throughput.end() ? 0.0 : it->second));
            head.pad(from + kCellWidth);
        }
        line(bold(head.bytes));
        for (const auto& host : p_.facts.hosts) {
            Piece row;
            row.plain(host.name + (host.state == "up" ? "" : " " + host.state));
            row.pad(kHostWidth);
            for (const auto& app : p_.facts.applications) {
                const std::size_t from = row.width;
                for (const auto& r : app.agreement)
                    if (r.host == host.name)
                        replica(row, r, false);
                for (const auto& r : app.execution)
                    if (r.host == host.name)
                        replica(row, r, true);
                row.pad(from + kCellWidth);
            }
            line(row.bytes);
        }
    }

    void legend() {
        std::string text = "A agreement (p primary):";
        for (const char* state : {"up", "behind", "silent"})
            text += fmt::format(" {}{}", sign(look_of(state)), state);
        line(text);
        text = "E execution:";
        for (const auto& look : kLooks)
            if (std::string(look.state) == "up")
                break;
            else
                text += fmt::format(" {}{}", sign(look), look.state);
        line(text);
    }

    void matrix() {
        if (!p_.matrix) {
            line("no response matrix with a difference yet");
            return;
        }
        line(bold(fmt::format("matrix of {} at n={}: {}", p_.matrix->application, p_.matrix->n,
                              text(p_.verdict, "verdict"))));
        std::string csv = p_.matrix->csv(std::max<std::uint64_t>(1, faults()));
        for (std::size_t begin = 0; begin < csv.size();) {
            const std::size_t end = csv.find('\n', begin);
            std::string row = "  ";
            std::size_t cell = begin;
            while (cell <= end) {
                const std::size_t stop = std::min(csv.find(',', cell), end);
                row += fmt::format("{:<6}", csv.substr(cell, stop - cell));
                cell = stop + 1;
            }
            line(row);
            begin = end + 1;
        }
        if (const auto sentence = text(p_.verdict, "text"); !sentence.empty())
            line("  " + sentence);
    }

    std::uint64_t faults() const {
        const auto* app = p_.facts.application(p_.matrix->application);
        return app == nullptr ? 1 : app->f;
    }

    void recovery() {
        if (p_.recovered.empty())
            return;
        line(bold("last recovery, application " + p_.recovered));
        std::string row;
        const std::string phases = phases_line(p_.phases_ms) + ", ";
        for (std::size_t begin = 0; begin < phases.size();) {
            const std::size_t end = phases.find(", ", begin);
            const std::string phase = phases.substr(begin, end - begin);
            if (row.size() + phase.size() > kRowMax) {
                line("  " + row);
                row.clear();
            }
            row += (row.empty() ? "" : ", ") + phase;
            begin = end + 2;
        }
        line("  " + row);
        line("");
    }

    const Picture& p_;
    const Style& s_;
    std::string out_;
};

} // namespace

std::string render(const Picture& picture, const Style& style) {
    return Painter(picture, style).paint();
}

std::string phases_line(const Json& phases_ms) {
    std::vector<std::pair<double, std::string>> phases;
    if (phases_ms.is_object())
        for (const auto& [name, value] : phases_ms.items())
            if (value.is_number())
                phases.emplace_back(value.get<double>(), name);
    std::sort(phases.begin(), phases.end());
    std::string out;
    for (auto& [ms, name] : phases) {
        std::replace(name.begin(), name.end(), '_', ' ');
        out += fmt::format("{}{} {:.0f} ms", out.empty() ? "" : ", ", name, ms);
    }
    return out.empty() ? "no phases reported" : out;
}

} // namespace zz::demo
