// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every view, live: once during a fault that blocks and once when the application is at
// rest again; in light and dark, at 1280x800 and 1920x1080. Without a fault within the time: of
// now. Or those of the user guide: light, small, at rest after the fault. GUI thread.
#pragma once

#include <QObject>
#include <QTimer>

namespace zz::console {

class MainWindow;

class Screenshots : public QObject {
    Q_OBJECT
  public:
    enum class For : std::uint8_t { Eyes, Guide };
    // `patience_s` is how long a fault is waited for.
    Screenshots(MainWindow& window, const QString& folder, int patience_s, For whom);
    int taken() const { return taken_; }
    QString error() const { return error_; }

  Q_SIGNALS:
    void saved(const QString& path);
    void finished();

  private:
    enum class Wait : std::uint8_t { Fault, Rest, Done };
    void tick();
    bool take(const QString& when);
    bool take_for_guide();
    bool save(const QString& name, const QString& path);

    MainWindow& window_;
    QString folder_, error_;
    For whom_;
    QTimer timer_;
    Wait wait_ = Wait::Fault;
    std::int64_t begun_ns_ = 0, rest_ns_ = 0;
    int patience_s_, taken_ = 0, application_ = -1;
};

} // namespace zz::console
