// SPDX-License-Identifier: GPL-3.0-or-later
// Tour: plays the talk's story on the live data center with captions: graceful execution, a fault
// that blocks nothing, one that blocks, wake-up, blame, removal, rest. Every step waits until what
// it tells was seen; its drills are planned, started and reported as any other. GUI thread; ends
// itself, also when its dock is closed; of two, the one that began first goes on.
#pragma once

#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QTimer>

class QDockWidget;
class QLabel;
class QPushButton;

namespace zz::console {

class MainWindow;
struct ApplicationNow;
struct ClusterNow;

// Where the talk's story can be told (f = 1): the application of that position, with -1 the first
// that is at rest; null: none now.
const ApplicationNow* tour_stage(const ClusterNow& now, int application = -1);
// A matrix of the talk as a drill takes it: its first row is told `first`, "P,Q,Q,Q", the other
// one the truth; `rows`: slots, the active ones first.
QString tour_matrix(const QString& first, const QStringList& rows);

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
    QPointer<QDockWidget> dock_; // with all that is in it; the user may close it
    QLabel* caption_;
    QPushButton *next_, *leave_;
    QTimer timer_;
    double pace_;
    int step_ = 0, application_ = -1; // in the cluster file, once it is chosen
    std::int64_t since_ns_ = 0;
    bool checked_ = false, started_ = false, over_ = false, ended_ = false;
};

} // namespace zz::console
