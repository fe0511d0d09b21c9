// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/table_model.h"

#include <algorithm>
#include <iterator>

namespace zz::console {

bool TableModel::same_columns(const Table& other) const {
    return std::equal(table_.columns.begin(), table_.columns.end(), other.columns.begin(),
                      other.columns.end(), [](const TableColumn& a, const TableColumn& b) {
                          return a.key == b.key && a.title == b.title && a.unit == b.unit;
                      });
}

void TableModel::setTable(Table table) {
    if (!same_columns(table)) {
        beginResetModel();
        table_ = std::move(table);
        endResetModel();
        return;
    }
    // Rows that stay first, on their own: while others come or go, they may not change.
    const std::size_t before = table_.rows.size(), after = table.rows.size();
    const std::size_t kept = std::min(before, after);
    table_.caption = std::move(table.caption);
    std::move(table.rows.begin(), table.rows.begin() + static_cast<std::ptrdiff_t>(kept),
              table_.rows.begin());
    if (kept > 0 && columnCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(static_cast<int>(kept) - 1, columnCount() - 1));
    if (after < before) {
        beginRemoveRows({}, static_cast<int>(after), static_cast<int>(before) - 1);
        table_.rows.resize(after);
        endRemoveRows();
    } else if (after > before) {
        beginInsertRows({}, static_cast<int>(before), static_cast<int>(after) - 1);
        std::move(table.rows.begin() + static_cast<std::ptrdiff_t>(kept), table.rows.end(),
                  std::back_inserter(table_.rows));
        endInsertRows();
    }
}

int TableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(table_.rows.size());
}

int TableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(table_.columns.size());
}

QVariant TableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const auto& row = table_.rows[static_cast<std::size_t>(index.row())];
    const auto column = static_cast<std::size_t>(index.column());
    const QVariant value = column < row.size() ? row[column] : QVariant();
    // What is not known stands where the numbers of its column stand.
    const bool number =
        value.isValid() ? value.typeId() != QMetaType::QString && value.typeId() != QMetaType::Bool
                        : !table_.columns[column].unit.isEmpty();
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return cell_text(value);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    default:
        return {};
    }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole || section < 0)
        return {};
    if (orientation == Qt::Vertical)
        return section + 1;
    if (section >= columnCount())
        return {};
    const TableColumn& column = table_.columns[static_cast<std::size_t>(section)];
    return column.unit.isEmpty() ? column.title : column.title + u' ' + column.unit;
}

} // namespace zz::console
