// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/events_model.h"

#include <QElapsedTimer>
#include <algorithm>

namespace zz::console {

EventsModel::EventsModel(const Session& session, QObject* parent)
    : QAbstractTableModel(parent), session_(session) {}

void EventsModel::setLeast(Severity severity) {
    least_ = severity;
    reset();
}

QString EventsModel::text(const EventRecord& record, int column) const {
    const auto& event = record.event();
    switch (column) {
    case kSeverity:
        return words(severity_of(event));
    case kTime:
        return clock_text(event.wall_ns());
    case kHost: {
        const auto* host = session_.now().host(record.host());
        return host != nullptr ? host->name : QString();
    }
    case kApplication:
        return session_.cluster() != nullptr ? application_of(event, *session_.cluster())
                                             : QString();
    case kSource:
        // Who did it says more than where it was done, which has its own column.
        return name_of(record.kind == telemetry::OPERATOR_ACTION ? event.subject()
                                                                 : event.source().principal());
    default:
        return record.kind == telemetry::OPERATOR_ACTION ? QString::fromStdString(event.text())
                                                         : sentence(event);
    }
}

bool EventsModel::passes(const EventRecord& record) const {
    if (severity_of(record.kind) < least_)
        return false;
    const auto& event = record.event();
    if (severity_of(event) < least_)
        return false;
    const Selection& chosen = session_.selection();
    const std::uint32_t app = event.source().application();
    if (chosen.application >= 0 && app != 0 &&
        app != static_cast<std::uint32_t>(chosen.application) + 1)
        return false;
    if (chosen.part == Part::Host && record.host() != chosen.host)
        return false;
    const QString& filter = session_.filter();
    if (filter.isEmpty())
        return true;
    if (kind_word(event).contains(filter, Qt::CaseInsensitive))
        return true;
    for (int column = 0; column < kColumns; ++column)
        if (text(record, column).contains(filter, Qt::CaseInsensitive))
            return true;
    return false;
}

void EventsModel::fill(std::vector<EventRecord>& found) {
    constexpr std::size_t kLookMax = 20'000, kClockEvery = 128;
    constexpr qint64 kFillMs = 8; // the rest in later turns
    const auto& all = session_.log().all();
    const auto end = std::lower_bound(all.begin(), all.end(), *unlooked_,
                                      [](const EventRecord& one, const auto& bound) {
                                          return std::pair(one.wall_ns, one.serial) < bound;
                                      });
    QElapsedTimer since;
    since.start();
    std::size_t looked = 0;
    for (auto at = end; at != all.begin() && rows_.size() + found.size() < kRowsMax;) {
        if (looked >= kLookMax || (looked % kClockEvery == 0 && since.elapsed() >= kFillMs))
            return;
        --at;
        ++looked;
        unlooked_ = {at->wall_ns, at->serial};
        if (passes(*at))
            found.push_back(*at);
    }
    unlooked_.reset();
}

void EventsModel::reset() {
    beginResetModel();
    rows_.clear();
    const auto& log = session_.log();
    mode_ = session_.mode();
    newest_ = log.newest_serial();
    unlooked_.reset();
    if (!log.all().empty()) {
        const auto& last = log.all().back();
        unlooked_ = {last.wall_ns, last.serial + 1};
        std::vector<EventRecord> found;
        fill(found);
        rows_.assign(found.begin(), found.end());
    }
    endResetModel();
}

void EventsModel::refresh() {
    const auto& log = session_.log();
    if (mode_ != session_.mode() || log.newest_serial() < newest_) {
        reset(); // the cursor went back
        return;
    }
    const auto& arrived = log.arrived();
    std::vector<EventRecord> fresh;
    for (std::size_t i = log.arrived_before(newest_ + 1); i < arrived.size(); ++i) {
        const auto& one = arrived[i];
        // What is looked at later comes then.
        const bool later = unlooked_ && std::pair(one.wall_ns, one.serial) < *unlooked_;
        if (!later && passes(one))
            fresh.push_back(one);
    }
    newest_ = log.newest_serial();
    insert(std::move(fresh));
    if (unlooked_) {
        std::vector<EventRecord> found;
        fill(found);
        if (!found.empty()) {
            const int first = static_cast<int>(rows_.size());
            beginInsertRows({}, first, first + static_cast<int>(found.size()) - 1);
            rows_.insert(rows_.end(), found.begin(), found.end());
            endInsertRows();
        }
    }
}

// Views pay for each insertion: runs of rows go in at once. Hosts are apart by milliseconds, so
// among very many each would be a run: then the rows above are made anew.
void EventsModel::insert(std::vector<EventRecord> fresh) {
    constexpr std::size_t kRunsMax = 12;
    if (fresh.empty())
        return;
    const auto newer = [](const EventRecord& a, const EventRecord& b) {
        return std::pair(a.wall_ns, a.serial) > std::pair(b.wall_ns, b.serial);
    };
    std::sort(fresh.begin(), fresh.end(), newer);
    if (fresh.size() > kRowsMax)
        fresh.resize(kRowsMax);
    struct Run {
        std::size_t row, first, count;
    };
    std::vector<Run> runs;
    std::size_t row = 0;
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        const std::size_t before = row;
        while (row < rows_.size() && newer(rows_[row], fresh[i]))
            ++row;
        if (!runs.empty() && row == before)
            ++runs.back().count;
        else
            runs.push_back({row, i, 1});
    }
    if (runs.size() <= kRunsMax) {
        for (auto run = runs.rbegin(); run != runs.rend();
             ++run) { // rows above stay where they are
            const auto at = static_cast<std::ptrdiff_t>(run->row);
            const auto from = fresh.begin() + static_cast<std::ptrdiff_t>(run->first);
            beginInsertRows({}, static_cast<int>(run->row),
                            static_cast<int>(run->row + run->count) - 1);
            rows_.insert(rows_.begin() + at, from, from + static_cast<std::ptrdiff_t>(run->count));
            endInsertRows();
        }
    } else {
        const auto upper = static_cast<std::ptrdiff_t>(runs.back().row);
        std::vector<EventRecord> merged(fresh.size() + runs.back().row);
        std::merge(rows_.begin(), rows_.begin() + upper, fresh.begin(), fresh.end(), merged.begin(),
                   newer);
        if (upper > 0) {
            beginRemoveRows({}, 0, static_cast<int>(upper) - 1);
            rows_.erase(rows_.begin(), rows_.begin() + upper);
            endRemoveRows();
        }
        beginInsertRows({}, 0, static_cast<int>(merged.size()) - 1);
        rows_.insert(rows_.begin(), merged.begin(), merged.end());
        endInsertRows();
    }
    trim();
}

void EventsModel::trim() {
    if (rows_.size() <= kRowsMax)
        return;
    beginRemoveRows({}, static_cast<int>(kRowsMax), static_cast<int>(rows_.size()) - 1);
    rows_.resize(kRowsMax);
    endRemoveRows();
    unlooked_.reset();
}

int EventsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int EventsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumns;
}

QVariant EventsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= static_cast<int>(rows_.size()))
        return {};
    const auto& one = record(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(one, index.column());
    case Qt::ToolTipRole:
        return QString("%1 #%2\n%3: %4")
            .arg(text(one, kHost))
            .arg(one.update->host_number())
            .arg(kind_word(one.event()), sentence(one.event()));
    case kSeverityRole:
        return static_cast<int>(severity_of(one.event()));
    case kTimeRole:
        return QVariant::fromValue<qint64>(one.wall_ns);
    case kSelectionRole: {
        Selection out;
        const auto& event = one.event();
        out.application = static_cast<int>(event.source().application()) - 1;
        const auto& who =
            event.subject().index() != 0 ? event.subject() : event.source().principal();
        out.part = who.role() == 1   ? Part::Agreement
                   : who.role() == 2 ? Part::Execution
                   : who.role() == 6 ? Part::Host
                                     : Part::None;
        out.index = out.part == Part::Host || out.part == Part::None ? 0 : who.index();
        out.host = out.part == Part::Host ? who.index() : 0;
        out.n = event.n();
        out.vote = event.vote();
        return QVariant::fromValue(out);
    }
    default:
        return {};
    }
}

QVariant EventsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case kSeverity:
        return tr("Severity");
    case kTime:
        return tr("Time");
    case kHost:
        return tr("Host");
    case kApplication:
        return tr("App");
    case kSource:
        return tr("Source");
    default:
        return tr("What");
    }
}

} // namespace zz::console
