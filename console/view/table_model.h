// SPDX-License-Identifier: GPL-3.0-or-later
// TableModel: a Table as an item model, for the twins of drawn views. GUI thread.
#pragma once

#include <QAbstractTableModel>

#include "console/view/table.h"

namespace zz::console {

class TableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    explicit TableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    const Table& table() const { return table_; }
    // Keeps rows that stay, so that selection and scroll position survive an update.
    void setTable(Table table);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

  private:
    bool same_columns(const Table& other) const;

    Table table_;
};

} // namespace zz::console
