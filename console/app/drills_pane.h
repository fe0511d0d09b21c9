// SPDX-License-Identifier: GPL-3.0-or-later
// Drills: what may I break? The whole flow: choose, check (prediction and margin of f), confirm by
// the risk, watch the lease run, stop, read prediction beside observation, repeat. No single key
// can start a fault. GUI thread.
#pragma once

#include <functional>
#include <map>

#include "console/app/pane.h"

class QCheckBox;
class QLabel;
class QPushButton;
class QTableView;

namespace zz::console {

class DrillForm;
class TableModel;

// Where a drill is (console: drill flow).
enum class DrillStage : std::uint8_t {
    Draft,
    Checking,
    Checked,
    Injecting,
    Active,
    Reverting,
    Restored,
    Failed,
    Unknown, // the link broke: nobody can say
};
QString words(DrillStage stage);

struct DrillRun {
    DeskQuestion question;
    QString id;
    DrillStage stage = DrillStage::Draft;
    nlohmann::json plan, report;
    QString error;
    std::int64_t started_ns = 0, begun_ns = 0, asked_ns = 0;
    std::map<std::uint32_t, std::uint32_t> incarnations; // of each slot, when it was begun
};

class DrillsPane : public Pane {
    Q_OBJECT
  public:
    explicit DrillsPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;

    // Fills the draft. Drills that take a matrix have its text.
    void setDraft(const QString& application, const QString& name, const QStringList& targets,
                  const QString& csv, const QString& truth);
    DrillStage stage() const { return current().stage; }
    const std::vector<DrillRun>& history() const { return runs_; }
    DrillForm* form() const { return form_; }
    QString trouble() const { return current().error; }
    // Confirms without a question: for the guided tour, whose plan was shown, and for tests.
    void startChecked(const QString& reason);

  public Q_SLOTS:
    void check();
    void start(); // asks first
    void stop();
    void stopAll();
    void repeat();

  Q_SIGNALS:
    void stageChanged();
    void watchWanted(); // a drill was begun: what follows should be in sight

  protected:
    void refresh() override;

  private:
    bool isPlaying() const;
    const DrillRun& current() const;
    DrillRun& current();
    QWidget* makeForm();
    QWidget* makeRun();
    void setStage(DrillStage stage);
    const ApplicationNow* applicationOf(const DrillRun& run) const;
    bool atRest(const DrillRun& run) const;
    bool replaced(const DrillRun& run) const;
    void reported(const DeskResult& result);
    void begin(const QString& reason, const QString& confirm);
    void follow();
    void showPlan();
    void showRun();
    void showReport();
    void showHistory();
    void addOthers(Table& table) const;
    QString stoppable() const; // the drill that Stop ends; empty: none
    void edited();

    std::vector<DrillRun> runs_; // oldest first; the last one is current; at most kRunsMax
    DrillRun draft_;
    bool drafting_ = true;
    int repeats_ = 0;
    std::int64_t history_ns_ = 0;
    DrillForm* form_;
    QCheckBox* watch_;
    QLabel *plan_, *steps_, *lease_left_, *why_not_, *no_report_;
    QPushButton *check_, *start_, *stop_, *repeat_;
    TableModel *report_model_, *history_model_;
    QTableView *report_view_, *history_view_;
};

} // namespace zz::console
