// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/table_model.h"

#include <algorithm>

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
    const int before = rowCount();
    const int after = static_cast<int>(table.rows.size());
    if (after < before) {
        beginRemoveRows({}, after, before - 1);
        table_ = std::move(table);
        endRemoveRows();
    } else if (after > before) {
        beginInsertRows({}, before, after - 1);
        table_ = std::move(table);
        endInsertRows();
    } else {
        table_ = std::move(table);
    }
    const int kept = std::min(before, after);
    if (kept > 0 && columnCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(kept - 1, columnCount() - 1));
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
    const bool number = value.isValid() && value.typeId() != QMetaType::QString &&
                        value.typeId() != QMetaType::Bool;
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
