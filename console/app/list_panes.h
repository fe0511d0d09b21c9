// SPDX-License-Identifier: GPL-3.0-or-later
// The panes that are lists: events and alerts, sessions, audit, connections. GUI thread.
#pragma once

#include "console/app/pane.h"
#include "console/model/events_model.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QTableView;

namespace zz::console {

class TableModel;

class EventsPane : public Pane {
    Q_OBJECT
  public:
    explicit EventsPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;
    int openAlerts() const { return open_alerts_; }
    void reload();
    void refreshAlerts(); // they are counted while others are looked at, too
    EventsModel* model() const { return model_; }

  public Q_SLOTS:
    void acknowledge();

  Q_SIGNALS:
    void jumpWanted(qint64 wall_ns);

  protected:
    void refresh() override;
    Condition emptiness() const override;
    void resizeEvent(QResizeEvent* event) override;
    std::pair<std::int64_t, std::int64_t> range() const override;

  private:
    void loadAcknowledged();

    QWidget* upper_ = nullptr;

    EventsModel* model_;
    TableModel* alerts_model_;
    QTableView *alerts_view_, *events_view_;
    QComboBox* least_;
    std::vector<Alert> alerts_;
    std::map<QString, QString> acknowledged_;
    int open_alerts_ = 0;
    std::int64_t alerts_ns_ = 0;
};

class SessionsPane : public Pane {
    Q_OBJECT
  public:
    explicit SessionsPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;
    static QString folder(const Session& session); // where recordings lie

  public Q_SLOTS:
    void toggleRecording();

  Q_SIGNALS:
    void openWanted(const QString& path);

  protected:
    void refresh() override;
    bool needsSource() const override { return false; }

  private:
    void list();

    TableModel* model_;
    QTableView* view_;
    QPushButton *record_, *open_;
    QLabel *status_, *none_;
    std::int64_t listed_ns_ = 0;
};

class AuditPane : public Pane {
    Q_OBJECT
  public:
    explicit AuditPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;

  public Q_SLOTS:
    void fetch();

  protected:
    void refresh() override;
    void showEvent(QShowEvent* event) override;

  private:
    TableModel* model_;
    QTableView* view_;
    QLabel* status_;
    QCheckBox* reads_;                                         // what changes nothing, too
    std::map<std::uint32_t, telemetry::AuditEntries> entries_; // by host
    std::map<std::uint32_t, QString> errors_;
};

class ConnectionsPane : public Pane {
    Q_OBJECT
  public:
    explicit ConnectionsPane(Session& session, QWidget* parent = nullptr);
    Exportable exportable() const override;

  public Q_SLOTS:
    void copyDiagnostics();
    void toggleHost();

  protected:
    void refresh() override;
    bool needsSource() const override { return true; }

  private:
    Table table() const;

    TableModel* model_;
    QTableView* view_;
    struct Rate {
        std::uint64_t updates = 0;
        std::int64_t at_ns = 0;
        double per_s = 0;
    };
    std::map<std::uint32_t, Rate> rates_;
    std::set<std::uint32_t> disabled_;
};

// A table view as all lists of the console have it.
QTableView* make_table_view(QAbstractItemModel* model, const QString& name);
// Columns as wide as what is in them; `wide` takes what is left, so that none is out of sight.
void fit_columns(QTableView* view, int wide);

} // namespace zz::console
