// SPDX-License-Identifier: GPL-3.0-or-later
// Tour: plays the talk's story on the live data center with captions: graceful execution, a fault
// that blocks nothing, one that blocks, wake-up, blame, removal, rest. Every step waits until what
// it tells was seen; its drills are planned, started and reported as any other. GUI thread; ends
// itself.
#pragma once

#include <QObject>
#include <QTimer>

class QDockWidget;
class QLabel;
class QPushButton;

namespace zz::console {

class MainWindow;

class Tour : public QObject {
    Q_OBJECT
  public:
    // `pace`: how long a caption stays, as a part of what reading it takes.
    explicit Tour(MainWindow& window, double pace = 1);
    void begin();
    int step() const { return step_; }
    static int steps();

  Q_SIGNALS:
    void stepped(int step);
    void finished(bool whole); // false: left, or something did not happen

  private:
    void show(int step);
    void tick();
    void end(const QString& text, bool whole = false);
    void play(); // the drill of this step

    MainWindow& window_;
    QDockWidget* dock_;
    QLabel* caption_;
    QPushButton *next_, *leave_;
    QTimer timer_;
    double pace_;
    int step_ = 0;
    std::int64_t since_ns_ = 0;
    bool checked_ = false, started_ = false, over_ = false;
};

} // namespace zz::console
