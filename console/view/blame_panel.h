// SPDX-License-Identifier: GPL-3.0-or-later
// BlamePanel: why was X convicted? The chain of messages with their proofs, and whom they convict.
// GUI thread.
#pragma once

#include <QTimer>
#include <QWidget>

#include "console/view/matrix_reading.h"

class QLabel;
class QPushButton;
class QTreeWidget;

namespace zz::console {

class BlamePanel : public QWidget {
    Q_OBJECT

  public:
    explicit BlamePanel(QWidget* parent = nullptr);

    void setData(const MatrixData& shown, const MatrixReading& reading);

  Q_SIGNALS:
    void evidenceWanted(const QString& id);
    void jumpWanted(qint64 wall_ns);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void fill(const MatrixData& shown);
    void wrap(); // rows as high as their words need
    QString proof() const;

    QLabel* headline_;
    QLabel* text_;
    QTreeWidget* chain_;
    QPushButton* export_;
    QPushButton* jump_;
    QTimer wrap_soon_;
};

} // namespace zz::console
