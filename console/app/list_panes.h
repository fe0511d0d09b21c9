// SPDX-License-Identifier: GPL-3.0-or-later
// The panes that are lists: events and alerts, sessions, audit, connections. GUI thread.
#pragma once

#include "console/app/pane.h"
#include "console/model/alerts.h"
#include "console/model/events_model.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSplitter;
class QTableView;
class QVBoxLayout;

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
    bool isFiltered() const override { return true; }
    void resizeEvent(QResizeEvent* event) override;
    std::pair<std::int64_t, std::int64_t> range() const override;

  private:
    QString acknowledgedGroup() const; // of the settings
    void loadAcknowledged();
    void showAlerts();
    void split();

    QWidget* upper_ = nullptr;
    QSplitter* splitter_ = nullptr;
    bool split_by_hand_ = false;

    EventsModel* model_;
    TableModel* alerts_model_;
    QTableView *alerts_view_, *events_view_;
    QComboBox* least_;
    std::vector<Alert> alerts_;
    std::map<QString, Acknowledgement> acknowledged_;
    AlertBook book_;
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
    struct Row {
        std::int64_t wall_ns = 0;
        QString host;
        std::uint64_t n = 0; // in the log of the host; 0: told as an event
        QString who, role;
        std::uint32_t times = 1;
        QString command, result;
    };
    std::vector<Row> rows() const;

    TableModel* model_;
    QTableView* view_;
    QLabel* status_;
    std::int64_t shown_ns_ = 0;
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
    bool tellsRefusals() const override { return true; }

  private:
    Table table() const;
    void measure();

    TableModel* model_;
    QTableView* view_;
    struct Rate {
        std::uint64_t updates = 0;
        std::int64_t at_ns = 0;
        std::optional<qlonglong> per_s; // none: not measured yet
    };
    std::int64_t shown_ns_ = 0;
    std::map<std::uint32_t, Rate> rates_;
    std::set<std::uint32_t> disabled_;
};

// A table view as all lists of the console have it.
QTableView* make_table_view(QAbstractItemModel* model, const QString& name);
// Columns as wide as what is in them, whenever the view's width or number of rows changes, or
// `anew`; those of `wide` share what is left, so that none is out of sight. In a view that wraps
// words its rows become as high as these need.
void fit_columns(QTableView* view, const std::vector<int>& wide, bool anew = false);
QVBoxLayout* list_column(QWidget* box); // the margins of all lists
QLabel* list_heading(const QString& text);

} // namespace zz::console
