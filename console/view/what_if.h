// SPDX-License-Identifier: GPL-3.0-or-later
// WhatIf: a matrix to type in; verdict, blame and prediction follow each key, from the same
// libraries that the replicas use; playable as a drill. GUI thread.
#pragma once

#include <QStringList>
#include <QWidget>

#include "protocol/matrix/classify.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTableWidget;

namespace zz::console {

// What the rules say of a typed matrix. Pure.
struct WhatIfAnswer {
    QString error; // empty: the rest holds
    QString verdict;
    QString rule;
    QString sentence;
    QString prediction; // why it cannot be played, if not playable
    bool playable = false;
    bool beyond_f = false;
};
WhatIfAnswer what_if(const std::string& csv, Faults faults, const QString& policy,
                     const QString& truth = {});

class WhatIf : public QWidget {
    Q_OBJECT

  public:
    explicit WhatIf(QWidget* parent = nullptr);

    void setMatrix(const matrix::Matrix& matrix, const matrix::Names& names,
                   const QString& application);
    void setPolicy(const QString& policy);
    // What its rows are called, "E2", the active slots first; empty: E1, E2, ...
    void setRows(const QStringList& rows);
    // The user has typed since setMatrix: a new matrix should not take it away.
    bool edited() const { return edited_; }
    std::string csv() const;
    const WhatIfAnswer& answer() const { return answer_; }

  Q_SIGNALS:
    void playWanted(const QString& csv, const QString& application, const QString& truth);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void makeTable();
    void reshape();
    void judge();
    void fill(const char* const* rows, int count);
    void tint();
    QString rowName(int row) const;

    QSpinBox* faults_;
    QSpinBox* rows_;
    QComboBox* example_;
    QTableWidget* table_;
    QLabel* verdict_;
    QLabel* sentence_;
    QLabel* prediction_;
    QPushButton* play_;
    QString application_;
    QString policy_;
    QStringList row_names_;
    WhatIfAnswer answer_;
    bool edited_ = false;
    bool filling_ = false;
};

} // namespace zz::console
