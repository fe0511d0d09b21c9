// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/placement_layout.h"

#include <QFontMetricsF>
#include <algorithm>
#include <map>

#include "console/model/words.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr double kAround = 8; // what is above and below hosts

bool known(const PlacementData& data, const Placed& placed) {
    return placed.host < data.hosts.size() && placed.application < data.applications.size();
}

// As many rows as the fullest host has replicas of this application, for cards.
std::size_t most_in_cell(const PlacementData& data) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> count;
    std::size_t most = 1;
    for (const Placed& placed : data.placed) {
        if (known(data, placed))
            most = std::max(most, ++count[{placed.host, placed.application}]);
    }
    return most;
}

} // namespace

std::vector<Violation> violations(const PlacementData& data) {
    std::map<std::tuple<std::uint32_t, std::uint32_t, Role>, QStringList> together;
    for (const Placed& placed : data.placed) {
        if (known(data, placed) && placed.replica.state != ReplicaState::Convicted)
            together[{placed.host, placed.application, placed.replica.role}]
                << name_of(placed.replica);
    }
    std::vector<Violation> out;
    for (const auto& [key, names] : together) {
        if (names.size() < 2)
            continue;
        const auto& [host, application, role] = key;
        out.push_back({host, application,
                       tr("%1 of %2 share %3")
                           .arg(names.join(QStringLiteral(", ")),
                                data.applications[application].name, data.hosts[host].name)});
    }
    return out;
}

FaultsLeft faults_left(const PlacementData& data, std::uint32_t application,
                       std::optional<std::uint32_t> failed) {
    const PlacementApplication& app = data.applications[application];
    FaultsLeft left{app.agreement_left, app.execution_left};
    for (const Placed& placed : data.placed) {
        if (!known(data, placed) || placed.application != application || !failed ||
            placed.host != *failed || placed.replica.counted)
            continue;
        auto& of = placed.replica.role == Role::Agreement ? left.agreement : left.execution;
        if (of)
            --*of;
    }
    return left;
}

QString if_host_fails(const PlacementData& data, std::uint32_t host) {
    if (host >= data.hosts.size())
        return {};
    QStringList within, beyond, unknown;
    for (std::uint32_t a = 0; a < data.applications.size(); ++a) {
        const FaultsLeft left = faults_left(data, a, host);
        (left.is_beyond()  ? beyond
         : left.is_known() ? within
                           : unknown)
            << data.applications[a].name;
    }
    const QString name = data.hosts[host].name;
    const auto some = [](const QStringList& names) {
        if (names.size() <= 8)
            return names.join(QStringLiteral(", "));
        return tr("%1 and %2 more")
            .arg(names.mid(0, 8).join(QStringLiteral(", ")))
            .arg(names.size() - 8);
    };
    if (beyond.isEmpty() && unknown.isEmpty())
        return tr("If %1 fails: every application stays within f.").arg(name);
    QStringList parts;
    if (!within.isEmpty())
        parts << tr("%1 stay within f").arg(some(within));
    if (!beyond.isEmpty())
        parts << tr("%1 would be beyond f").arg(some(beyond));
    if (!unknown.isEmpty())
        parts << tr("not known of %1").arg(some(unknown));
    return tr("If %1 fails: %2.").arg(name, parts.join(QStringLiteral("; ")));
}

std::vector<CostBar> cost_bars(const PlacementData& data) {
    int crash = 0;
    int traditional = 0;
    int separated = 0;
    int asleep = 0;
    for (const PlacementApplication& application : data.applications) {
        const int f = static_cast<int>(application.faults.f);
        crash += f + 1;
        traditional += 3 * f + 1;
        separated += 2 * f + 1;
        asleep += f;
    }
    return {{tr("crash tolerance, N(f+1)"), crash, 0},
            {tr("traditional BFT, N(3f+1)"), traditional, 0},
            {tr("separated, N(2f+1)"), separated, 0},
            {tr("ZZ, N(f+1) awake + N f asleep"), crash, asleep}};
}

QRectF PlacementLayout::host_head(std::size_t host) const {
    return {body.left() + static_cast<double>(host) * (host_width + gap), body.top() - head_height,
            host_width, head_height - 4};
}

QRectF PlacementLayout::cell(std::size_t host, std::size_t application) const {
    return {body.left() + static_cast<double>(host) * (host_width + gap),
            body.top() + static_cast<double>(application) * (row_height + gap), host_width,
            row_height};
}

QRectF PlacementLayout::application_head(std::size_t application) const {
    const QRectF first = cell(0, application);
    return {4, first.top(), left - 10, first.height()};
}

std::optional<std::size_t> PlacementLayout::host_at(const QPointF& point) const {
    if (point.x() < body.left() || point.x() > body.right() || host_width <= 0)
        return std::nullopt;
    const auto host = static_cast<std::size_t>((point.x() - body.left()) / (host_width + gap));
    return host < hosts ? std::optional(host) : std::nullopt;
}

std::optional<std::pair<std::size_t, std::size_t>>
PlacementLayout::cell_at(const QPointF& point) const {
    const auto host = host_at(point);
    if (!host || point.y() < body.top())
        return std::nullopt;
    const auto row = static_cast<std::size_t>((point.y() - body.top()) / (row_height + gap));
    if (row >= applications)
        return std::nullopt;
    return std::pair(*host, row);
}

bool tells_memory(const PlacementData& data) {
    return std::any_of(data.hosts.begin(), data.hosts.end(),
                       [](const PlacementHost& host) { return host.memory_bytes.has_value(); });
}

namespace {

void lay_out_cards(const PlacementData& data, double width, const QFont& font,
                   PlacementLayout& out) {
    const QFontMetricsF metrics(font);
    const QFontMetricsF small(small_font(font));
    const double hosts = std::max<double>(1.0, static_cast<double>(out.hosts));
    out.cards = true;
    out.glyph = std::round(metrics.height() * 0.9);
    out.gap = 10;
    out.left = 0;
    out.host_width =
        std::min(std::floor((width - 2) / hosts - out.gap), metrics.averageCharWidth() * 56);
    out.head_height = QFontMetricsF(strong_font(font)).height() +
                      (tells_memory(data) ? 2 : 1) * (small.height() + 3) + 22;
    out.row_height =
        small.height() + 8 + static_cast<double>(most_in_cell(data)) * (metrics.height() + 5) + 6;
}

void lay_out_grid(const PlacementData& data, double width, const QFont& font,
                  PlacementLayout& out) {
    const QFontMetricsF metrics(font);
    const QFontMetricsF small(small_font(font));
    const double hosts = std::max<double>(1.0, static_cast<double>(out.hosts));
    double names = 40;
    for (const PlacementApplication& application : data.applications)
        names = std::max(names, metrics.horizontalAdvance(application.name));
    const auto most = static_cast<double>(std::min<std::size_t>(3, most_in_cell(data)));
    out.cards = false;
    out.gap = 2;
    out.left = names + 16;
    const double room = std::floor((width - out.left) / hosts) - out.gap;
    const double big = std::round(metrics.height() * 0.9);
    const double with_name = big + 4 + small.horizontalAdvance(QStringLiteral("E1.1")) + 8;
    out.named = most * with_name + 6 <= room && out.applications <= 24;
    out.glyph = out.named ? big : std::round(metrics.height() * 0.68);
    const double least = most * (out.glyph + 1) + 4;
    out.host_width = std::clamp(room, least, metrics.averageCharWidth() * (out.named ? 40 : 16));
    out.row_height = out.named ? metrics.height() + 14 : out.glyph + 5;
    double longest = 0;
    for (const PlacementHost& host : data.hosts)
        longest = std::max(longest, small.horizontalAdvance(host.name));
    // Names stand upright when they do not fit.
    out.head_height = (longest + 6 > out.host_width ? longest : small.height()) + 24;
}

} // namespace

PlacementLayout layout_of(const PlacementData& data, double width, const QFont& font,
                          double height) {
    PlacementLayout out;
    out.hosts = data.hosts.size();
    out.applications = data.applications.size();
    const double hosts = std::max<double>(1.0, static_cast<double>(out.hosts));
    const double card = QFontMetricsF(font).averageCharWidth() * 22;
    const bool wide = hosts * (card + 10) <= width && out.applications <= 12;
    const auto high_of = [&out] {
        return out.head_height + static_cast<double>(out.applications) * (out.row_height + out.gap);
    };
    if (wide)
        lay_out_cards(data, width, font, out);
    const auto fits = [&] { return height <= 0 || high_of() + kAround <= height; };
    // Rather all of it closer together, or in short, than a part of it at length.
    if (wide && !fits()) {
        out.gap = 5;
        out.row_height -= 5;
    }
    if (!wide || !fits())
        lay_out_grid(data, width, font, out);
    if (wide && !out.cards && !out.named)
        lay_out_cards(data, width, font, out);
    out.body = {out.left, out.head_height + kAround - 6, hosts * (out.host_width + out.gap),
                static_cast<double>(out.applications) * (out.row_height + out.gap)};
    out.size = {std::max(width, out.body.right()), out.body.bottom() + 6};
    return out;
}

PlacementIndex::PlacementIndex(const PlacementData& data)
    : applications_(data.applications.size()),
      cells_(data.hosts.size() * data.applications.size()) {
    for (const Placed& placed : data.placed) {
        if (known(data, placed))
            cells_[placed.host * applications_ + placed.application].push_back(&placed.replica);
    }
    for (auto& cell : cells_)
        std::sort(cell.begin(), cell.end(), [](const PlacedReplica* a, const PlacedReplica* b) {
            return std::tuple(a->role, a->index, a->incarnation) <
                   std::tuple(b->role, b->index, b->incarnation);
        });
}

const std::vector<const PlacedReplica*>& PlacementIndex::at(std::size_t host,
                                                            std::size_t application) const {
    return cells_[host * applications_ + application];
}

std::vector<Table> tables_of(const PlacementData& data) {
    Table replicas;
    replicas.caption = tr("Placement");
    replicas.columns = {{tr("Host"), QStringLiteral("host"), {}},
                        {tr("Application"), QStringLiteral("application"), {}},
                        {tr("Replica"), QStringLiteral("replica"), {}},
                        {tr("Role"), QStringLiteral("role"), {}},
                        {tr("State"), QStringLiteral("state"), {}},
                        {tr("Said of it"), QStringLiteral("badges"), {}},
                        {tr("Heard"), QStringLiteral("fresh"), {}}};
    for (const Placed& placed : data.placed) {
        if (!known(data, placed))
            continue;
        const PlacedReplica& r = placed.replica;
        QStringList badges;
        for (const Badge badge :
             {Badge::Suspected, Badge::Blocking, Badge::Convicted, Badge::Drill})
            if (r.badges.testFlag(badge))
                badges << words(badge);
        if (r.primary)
            badges << tr("primary");
        const QString role = r.role == Role::Agreement ? tr("agreement") : tr("execution");
        const bool stale = r.stale || data.hosts[placed.host].stale;
        replicas.rows.push_back({data.hosts[placed.host].name,
                                 data.applications[placed.application].name, name_of(r), role,
                                 words(r.state), badges.join(QStringLiteral(", ")),
                                 stale ? tr("stale") : tr("fresh")});
    }
    Table left;
    left.caption = tr("Faults left");
    left.columns = {{tr("Application"), QStringLiteral("application"), {}},
                    {QStringLiteral("f"), QStringLiteral("f"), {}},
                    {tr("Agreement"), QStringLiteral("agreement_left"), {}},
                    {tr("Execution"), QStringLiteral("execution_left"), {}}};
    for (std::uint32_t a = 0; a < data.applications.size(); ++a) {
        const PlacementApplication& app = data.applications[a];
        const auto number = [](const std::optional<int>& value) {
            return value ? QVariant(*value) : QVariant();
        };
        left.rows.push_back({app.name, static_cast<int>(app.faults.f), number(app.agreement_left),
                             number(app.execution_left)});
    }
    Table cost;
    cost.caption = tr("What protection costs, execution replicas");
    cost.columns = {{tr("Design"), QStringLiteral("design"), {}},
                    {tr("Awake"), QStringLiteral("awake"), {}},
                    {tr("Asleep"), QStringLiteral("asleep"), {}}};
    for (const CostBar& bar : cost_bars(data))
        cost.rows.push_back({bar.name, bar.awake, bar.asleep});
    return {replicas, left, cost};
}

} // namespace zz::console
