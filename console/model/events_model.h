// SPDX-License-Identifier: GPL-3.0-or-later
// EventsModel: what hosts told up to the cursor, newest first, as filter, selection and severity
// let through. Bounded: the newest kRowsMax. GUI thread.
#pragma once

#include <QAbstractTableModel>
#include <deque>
#include <optional>

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
    void fill(std::vector<EventRecord>& found); // of what was not looked at yet, newest first
    void insert(std::vector<EventRecord> fresh);
    void trim();

    const Session& session_;
    Severity least_ = Severity::Info;
    std::deque<EventRecord> rows_; // newest first
    std::uint64_t newest_ = 0;     // serial number: later ones are not in
    TimeMode mode_ = TimeMode::Live;
    // Older ones than this, by time and serial number, were not looked at yet; none: all were.
    std::optional<std::pair<std::int64_t, std::uint64_t>> unlooked_;
};

} // namespace zz::console
