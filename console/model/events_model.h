// SPDX-License-Identifier: GPL-3.0-or-later
// EventsModel: what hosts told up to the cursor, newest first, as filter, selection and severity
// let through. Bounded: the newest kRowsMax. GUI thread.
#pragma once

#include <QAbstractTableModel>
#include <deque>

#include "console/model/event_words.h"
#include "console/model/session.h"

namespace zz::console {

class EventsModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    static constexpr std::size_t kRowsMax = 5000;
    enum Column : int { kSeverity, kTime, kHost, kApplication, kSource, kWhat, kColumns };
    enum Role : int { kSeverityRole = Qt::UserRole, kSelectionRole, kTimeRole };

    explicit EventsModel(const Session& session, QObject* parent = nullptr);

    void refresh(); // after the session has
    void reset();   // filter, selection or source changed
    void setLeast(Severity severity);
    Severity least() const { return least_; }
    bool hidesAll() const { return rows_.empty() && seen_any_; }
    const EventRecord& record(int row) const { return rows_[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    // Filter, selection and severity let it through.
    bool passes(const EventRecord& record) const;

  private:
    QString text(const EventRecord& record, int column) const;

    const Session& session_;
    Severity least_ = Severity::Info;
    std::deque<EventRecord> rows_; // newest first
    std::uint64_t newest_ = 0, reordered_ = 0;
    std::size_t count_ = 0;
    bool seen_any_ = false;
};

// What needs somebody: alarms and warnings of one kind about one subject, counted together.
struct Alert {
    QString key; // kind, application, subject
    Severity severity = Severity::Warning;
    QString text;
    QString application;
    std::int64_t first_ns = 0, last_ns = 0;
    int count = 0;
    QString acknowledged; // by whom and why; empty: open
};
// Newest first.
std::vector<Alert> alerts_of(const Session& session,
                             const std::map<QString, QString>& acknowledged);

} // namespace zz::console
