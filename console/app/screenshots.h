// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every view, live: once during a fault that blocks and once when the application is at
// rest again; in light and dark, at 1280x800 and 1920x1080. Without a fault within the time: of
// now. GUI thread.
#pragma once

#include <QObject>
#include <QTimer>

namespace zz::console {

class MainWindow;

class Screenshots : public QObject {
    Q_OBJECT
  public:
    // `patience_s` is how long a fault is waited for.
    Screenshots(MainWindow& window, const QString& folder, int patience_s);
    int taken() const { return taken_; }
    QString error() const { return error_; }

  Q_SIGNALS:
    void finished();

  private:
    enum class Wait : std::uint8_t { Live, Fault, Rest, Done };
    void tick();
    bool take(const QString& when);

    MainWindow& window_;
    QString folder_, error_;
    QTimer timer_;
    Wait wait_ = Wait::Live;
    std::int64_t begun_ns_ = 0, rest_ns_ = 0;
    int patience_s_, taken_ = 0, application_ = -1;
};

} // namespace zz::console
