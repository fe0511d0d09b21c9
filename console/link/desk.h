// SPDX-License-Identifier: GPL-3.0-or-later
// Desk: plans, begins and reports drills and exports proofs by `zzctl` as a child process, so that
// the console does exactly what the command line does, as the same operator. One question at a
// time; its thread never waits.
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
    std::string name;                 // ZZ-10.2
    std::string csv;                  // matrix: the drawn matrix
    std::vector<std::string> targets; // "E1", "A2", a client's or a host's name
    // Further words of the drill by their names in the catalogue: {"truth", "P"}, {"peer", "A2"}.
    std::vector<std::pair<std::string, std::string>> parameters;
    std::uint32_t lease = 60;
    bool force = false;
    std::string reason;
    std::string confirm; // the name of what is harmed, as it was typed
};

enum class DeskAsk : std::uint8_t { Plan, Start, Report, Evidence };

struct DeskQuestion {
    DeskAsk ask = DeskAsk::Plan;
    std::string application; // Plan, Start
    DrillRequest drill;      // Plan, Start
    std::string id;          // Report, Evidence
    std::string path;        // Evidence: the file that is written
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

    // `zzctl`: path of the program; `as`: name of the operator.
    Desk(QString dir, QString as, QString zzctl, QObject* parent = nullptr);
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
    QString dir_, as_, zzctl_;
    std::deque<Asked> waiting_; // of one person: few
    std::unique_ptr<QProcess> process_;
    std::unique_ptr<QTemporaryDir> folder_; // of matrices
};

} // namespace zz::console
