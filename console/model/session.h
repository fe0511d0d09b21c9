// SPDX-License-Identifier: GPL-3.0-or-later
// Session: what the window looks at: a live data center over a Link, or a session file; its
// history; the time cursor (live, paused, replaying); what is chosen and filtered. It takes what
// arrived twenty times a second, in portions, and tells the views once a turn. GUI thread.
#pragma once

#include <QObject>
#include <QTimer>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "console/core/history.h"
#include "console/link/desk.h"
#include "console/link/link.h"
#include "console/model/cluster_view.h"
#include "console/model/disputes.h"
#include "console/model/selection.h"

namespace zz::console {

inline constexpr int kTurnMs = 50;
// At most so much is taken in a turn, and for so long: what is left waits, bounded, in the inbox.
inline constexpr std::size_t kTurnArrivals = 6000;
inline constexpr int kTurnTakesMs = 20;

enum class TimeMode : std::uint8_t { Live, Paused, Playing };

class Session : public QObject {
    Q_OBJECT
  public:
    explicit Session(QObject* parent = nullptr);
    ~Session() override;

    // The Error says what is wrong; the session then stays as it was.
    Status connectTo(const Profile& profile);
    Status openFile(const QString& path);
    void close();

    bool hasSource() const { return cluster_ != nullptr; }
    bool isReplay() const { return hasSource() && !link_; }
    Link* link() { return link_.get(); }
    const Link* link() const { return link_.get(); }
    Desk* desk() { return desk_.get(); }
    bool mayDrill() const; // live, allowed by the file and by the operator's role
    const cluster::Cluster* cluster() const { return cluster_.get(); }
    QString title() const { return title_; } // profile or file
    // Of the recording, shown or running, else of this run; and when that began. What is exported
    // from a recording is what was exported while it ran.
    QString id() const;
    std::int64_t startNs() const;

    // What the cursor shows.
    const ClusterNow& now() const { return now_; }
    const State& state() const { return state_; }
    const History& history() const { return *history_; }
    const DisputeBook& disputes() const { return disputes_; }
    // What had come when the cursor's time was: the same of a recording as while it ran, however
    // late something came.
    const EventLog& log() const { return shown_ ? *shown_ : history_->log(); }
    std::int64_t knownNs() const; // what came later is not shown
    std::int64_t cursor() const;  // wall nanoseconds
    TimeMode mode() const { return mode_; }
    double speed() const { return speed_; }

    const Selection& selection() const { return selection_; }
    QString filter() const { return filter_; }

    // Answers of hosts to what was asked by ask().
    using Answered = std::function<void(const Reply&)>;
    void ask(const telemetry::CommandBody& body, Answered answered,
             const std::vector<std::uint32_t>& hosts = {});
    void askDesk(const DeskQuestion& question, Desk::Answered answered);

    // While one lives, what is live stands still at the last moment of which everything has come:
    // what is exported then is what a recording exports of that moment. Nobody is told.
    class Still {
      public:
        explicit Still(Session& session);
        ~Still();
        Still(const Still&) = delete;
        Still& operator=(const Still&) = delete;

      private:
        Session& session_;
        bool was_live_;
    };

  public Q_SLOTS:
    void goLive();
    void pause();
    void play(double speed);
    void seek(qint64 wall_ns);
    void seekTold(qint64 wall_ns); // to when what is told of then had come
    void select(const zz::console::Selection& selection);
    void setFilter(const QString& filter);

  Q_SIGNALS:
    void sourceChanged(); // another data center or file, or none
    void refreshed();     // now(), disputes(), events: at most 20 times a second
    void cursorChanged(); // mode or place, beside the flow of time
    void selectionChanged();
    void filterChanged();

  private:
    void turn();
    void takeArrivals();
    void adopt(cluster::Cluster cluster, const QString& title);
    void take(Arrival arrival);
    void foldDisputes();
    void foldLog();
    void look(); // makes state_, log(), now_, disputes_ those of the cursor
    std::int64_t now_ns() const;
    std::int64_t settledNs() const; // everything of then and before has come

    std::unique_ptr<cluster::Cluster> cluster_;
    std::unique_ptr<Link> link_;
    std::unique_ptr<Desk> desk_;
    std::unique_ptr<History> history_;
    QString title_, id_;
    std::int64_t started_ns_ = 0; // of a file
    TimeMode mode_ = TimeMode::Live;
    std::int64_t cursor_ns_ = 0, turned_ns_ = 0, looked_ns_ = 0;
    double speed_ = 1;
    bool dirty_ = true;
    State state_;
    std::optional<EventLog> shown_; // none: live
    std::int64_t shown_until_ns_ = 0;
    ClusterNow now_;
    DisputeBook disputes_;
    std::uint64_t disputes_next_ = 0; // serial of the first event that is not in
    std::uint64_t disputes_reordered_ = 0;
    bool disputes_anew_ = true;
    Selection selection_;
    QString filter_;
    QTimer timer_;
    std::map<std::uint64_t, std::pair<Answered, int>> asked_;
};

} // namespace zz::console
