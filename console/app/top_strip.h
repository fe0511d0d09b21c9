// SPDX-License-Identifier: GPL-3.0-or-later
// The strip on top that is always there: environment with its band, connection, time control,
// filter, Stop all drills. GUI thread.
#pragma once

#include <QWidget>

#include "console/model/session.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSlider;
class QToolButton;

namespace zz::console {

class TopStrip : public QWidget {
    Q_OBJECT
  public:
    explicit TopStrip(Session& session, QWidget* parent = nullptr);

    void refresh();
    void focusFilter();
    QSize sizeHint() const override;

  public Q_SLOTS:
    void togglePause();

  Q_SIGNALS:
    void stopAllWanted();
    void connectionWanted(); // the chip was pressed

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    void wire();
    void showDrills();
    QString band() const; // "LAB", "STAGING", "PRODUCTION", "REPLAY"
    QColor bandColour() const;

    Session& session_;
    QLabel *environment_, *time_;
    QToolButton *chip_, *live_, *pause_;
    QSlider* slider_;
    QComboBox* speed_;
    QLineEdit* filter_;
    QPushButton* stop_all_;
    bool moving_ = false;
};

} // namespace zz::console
