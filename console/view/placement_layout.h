// SPDX-License-Identifier: GPL-3.0-or-later
// What the placement shows and where it lies: pure functions. Few hosts stand as cards with words;
// many become a grid of glyphs, hosts across, applications down.
#pragma once

#include <QFont>
#include <QRectF>
#include <QStringList>
#include <optional>
#include <vector>

#include "console/model/placement_data.h"
#include "console/view/table.h"

namespace zz::console {

// Two replicas of one kind of an application on one host: one crash takes both.
struct Violation {
    std::uint32_t host = 0;
    std::uint32_t application = 0;
    QString text;
};
std::vector<Violation> violations(const PlacementData& data);
// Whether any host tells its memory: else there is no bar for it.
bool tells_memory(const PlacementData& data);

// What is left of f for an application, now or if a host fails; below 0: beyond f; none: not known.
struct FaultsLeft {
    std::optional<int> agreement, execution;
    bool is_known() const { return agreement && execution; }
    bool is_beyond() const { return agreement.value_or(0) < 0 || execution.value_or(0) < 0; }
};
// Without `failed`: as it is, and as the overview has it.
FaultsLeft faults_left(const PlacementData& data, std::uint32_t application,
                       std::optional<std::uint32_t> failed = std::nullopt);
// One sentence: which applications stay within f.
QString if_host_fails(const PlacementData& data, std::uint32_t host);

// Execution replicas that protecting all applications takes, as in the talk.
struct CostBar {
    QString name;
    int awake = 0;
    int asleep = 0;
};
std::vector<CostBar> cost_bars(const PlacementData& data);

struct PlacementLayout {
    bool cards = true;
    bool named = false; // grid: names beside the glyphs
    QSizeF size;
    std::size_t hosts = 0;
    std::size_t applications = 0;
    double host_width = 0;
    double row_height = 0;  // of an application
    double left = 0;        // names of applications end here (grid)
    double head_height = 0; // of a host
    double glyph = 0;
    double gap = 0;
    QRectF body; // all cells

    QRectF host_head(std::size_t host) const;
    QRectF cell(std::size_t host, std::size_t application) const;
    QRectF application_head(std::size_t application) const; // grid only
    std::optional<std::size_t> host_at(const QPointF& point) const;
    std::optional<std::pair<std::size_t, std::size_t>> cell_at(const QPointF& point) const;
};
// `height`: of what can be seen, for a choice between looks; 0: it does not matter.
PlacementLayout layout_of(const PlacementData& data, double width, const QFont& font,
                          double height = 0);

// Replicas by cell, agreement before execution, each by its number.
class PlacementIndex {
  public:
    explicit PlacementIndex(const PlacementData& data);
    const std::vector<const PlacedReplica*>& at(std::size_t host, std::size_t application) const;

  private:
    std::size_t applications_;
    std::vector<std::vector<const PlacedReplica*>> cells_;
};

std::vector<Table> tables_of(const PlacementData& data);

} // namespace zz::console
