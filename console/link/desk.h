// SPDX-License-Identifier: GPL-3.0-or-later
// Desk: plans, begins and reports drills by `zzctl drill` as a child process, so that the console
// plays exactly what the command line plays. One question at a time; its thread never waits.
#pragma once

#include <QObject>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

class QProcess;
class QTemporaryDir;

namespace zz::console {

inline constexpr int kDeskPatienceMs = 60'000;

// The words of `zzctl drill plan` and `start`.
struct DrillRequest {
    std::string name; // ZZ-10.2
    std::string csv;  // matrix: the drawn matrix
    std::string truth;
    std::vector<std::string> targets; // "E1", "A2"
    std::uint32_t lease = 60, delay_ms = 5000;
    bool force = false;
    std::string reason;
};

enum class DeskAsk : std::uint8_t { Plan, Start, Report };

struct DeskQuestion {
    DeskAsk ask = DeskAsk::Plan;
    std::string application;
    DrillRequest drill; // Plan, Start
    std::string id;     // Report
};

struct DeskResult {
    DeskQuestion question;
    std::string error;     // empty: it went well
    nlohmann::json answer; // the document that zzctl printed
    std::string id;        // Start
};

class Desk : public QObject {
    Q_OBJECT
  public:
    using Answered = std::function<void(const DeskResult&)>;

    // `zzctl`: path of the program.
    Desk(QString dir, QString zzctl, QObject* parent = nullptr);
    ~Desk() override;

    void ask(const DeskQuestion& question, Answered answered);
    // zzctl beside this program.
    static QString program();

  private:
    void next();
    QStringList words(const DeskQuestion& question) const;
    void finished(bool in_time);

    struct Asked {
        DeskQuestion question;
        Answered answered;
    };
    QString dir_, zzctl_;
    std::deque<Asked> waiting_; // of one person: few
    std::unique_ptr<QProcess> process_;
    std::unique_ptr<QTemporaryDir> folder_; // of matrices
};

} // namespace zz::console
