// SPDX-License-Identifier: GPL-3.0-or-later
// TreeModel: hosts with what they run, and applications with their replicas; every node with its
// worst status in words and as a state, stale if not all of it was just heard. The shape is that of
// the cluster file. GUI thread.
#pragma once

#include <QAbstractItemModel>
#include <memory>
#include <vector>

#include "console/model/cluster_view.h"
#include "console/model/selection.h"

namespace zz::console {

class TreeModel : public QAbstractItemModel {
    Q_OBJECT
  public:
    enum Item : int { kStateRole = Qt::UserRole, kStaleRole, kBadgesRole, kSelectionRole };

    explicit TreeModel(QObject* parent = nullptr);
    ~TreeModel() override;

    void setCluster(const ClusterNow& now); // another one: the shape is made anew
    void refresh(const ClusterNow& now);    // the same one
    QModelIndex find(const Selection& selection) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

  private:
    struct Node;
    Node* node(const QModelIndex& index) const;
    QModelIndex index_of(const Node* node) const;
    void update(Node& node, const ClusterNow& now);

    std::unique_ptr<Node> root_;
};

} // namespace zz::console
