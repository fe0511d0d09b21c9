// SPDX-License-Identifier: GPL-3.0-or-later
// MatrixView: who lies, and does it block? The response matrix of one batch with its verdict, the
// chain that blames, and the what-if editor. Shows what it is given; asks for other numbers by
// signals. GUI thread.
#pragma once

#include "console/model/matrix_data.h"
#include "console/view/drawn_view.h"
#include "console/view/matrix_paint.h"

class QLabel;
class QPushButton;
class QScrollArea;
class QSplitter;
class QTabWidget;

namespace zz::console {

class BlamePanel;
class Canvas;
class WhatIf;

class MatrixView : public DrawnView {
    Q_OBJECT

  public:
    explicit MatrixView(QWidget* parent = nullptr);
    ~MatrixView() override;

    // Cheap if nothing has changed.
    void setData(const MatrixData& data);
    const MatrixData& data() const { return data_; }
    const MatrixReading& reading() const { return reading_; }
    Exportable exportable() const override;

    bool followsLatest() const;
    void setFollowsLatest(bool follows);
    WhatIf* whatIf() const { return what_if_; }
    // Brings the what-if editor to the front.
    void showWhatIf();

  Q_SIGNALS:
    void previousWanted(); // disagreement before this one
    void nextWanted();     // key N
    void followsLatestChanged(bool follows);
    void evidenceWanted(const QString& id); // export the proof of this id
    void jumpWanted(qint64 wall_ns);        // show this time in the timeline
    void playWanted(const QString& csv, const QString& application,
                    const QString& truth); // what-if as a drill

  protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void themeChanged() override;

  private:
    void makeTools();
    void relayout();
    void split();
    QString walk(int columns, int rows);
    QString describe(const MatrixCell& cell) const;
    void select(const MatrixCell& cell);

    MatrixData data_;
    MatrixReading reading_;
    MatrixLayout layout_;
    DigestPixmaps pixmaps_;
    std::optional<MatrixCell> focus_;
    QToolButton* follow_ = nullptr;
    QLabel* position_ = nullptr;
    bool split_by_hand_ = false;
    QSplitter* splitter_;
    QScrollArea* scroll_;
    Canvas* canvas_;
    QTabWidget* side_;
    BlamePanel* blame_;
    WhatIf* what_if_;
};

} // namespace zz::console
