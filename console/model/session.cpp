// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/model/session.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QSignalBlocker>
#include <algorithm>
#include <fmt/format.h>

#include "backend/runtime/clock.h"
#include "console/core/believed.h"
#include "protocol/outline/outline.h"
#include "protocol/telemetry/session_file.h"

namespace zz::console {
namespace {

constexpr std::int64_t kLookNs = kNs / 10; // "now" without news moves ten times a second
// A file is read whole: more than live history keeps, but bounded.
constexpr HistoryBounds kFileBounds{2'000'000, std::size_t{1} << 30, 2 * kNs, 2'000'000};
constexpr std::int64_t kMs = 1'000'000; // a cursor that stands is at whole ones, as it is written

// By ApplicationId.
std::vector<std::uint32_t> faults_of(const cluster::Cluster& cluster) {
    std::vector<std::uint32_t> out;
    for (const auto& app : cluster.applications)
        out.push_back(app.faults().f);
    return out;
}

Arrival arrival_of(telemetry::SessionEntry&& entry) {
    Arrival out;
    out.at_ns = entry.received_wall_ns();
    if (!entry.has_update()) {
        const auto& link = entry.link();
        if (link.kind() <= static_cast<std::uint32_t>(NoteKind::Dropped))
            out.note = {static_cast<NoteKind>(link.kind()), link.host(), link.count(), link.value(),
                        link.text()};
        return out;
    }
    out.update = std::make_shared<const telemetry::Update>(std::move(*entry.mutable_update()));
    // Where the recorder did not say so: what was fetched after the fact is of long before it came.
    out.backlog = entry.has_backlog() ? entry.backlog()
                                      : out.update->has_event() &&
                                            out.at_ns - out.update->event().wall_ns() > 5 * kNs;
    return out;
}

} // namespace

Session::Session(QObject* parent)
    : QObject(parent), history_(std::make_unique<History>()), timer_(this) {
    timer_.setInterval(kTurnMs);
    connect(&timer_, &QTimer::timeout, this, &Session::turn);
    timer_.start();
}

Session::~Session() = default;

std::int64_t Session::now_ns() const {
    return runtime::wall_ns();
}

void Session::adopt(cluster::Cluster cluster, const QString& title) {
    cluster_ = std::make_unique<cluster::Cluster>(std::move(cluster));
    history_ = std::make_unique<History>(HistoryBounds(), faults_of(*cluster_));
    title_ = title;
    id_ = QString::number(now_ns() / 1'000'000, 16);
    disputes_ = DisputeBook(cluster_.get());
    disputes_next_ = disputes_reordered_ = 0;
    disputes_anew_ = true;
    started_ns_ = 0;
    selection_ = {};
    asked_.clear();
    shown_.reset();
    mode_ = TimeMode::Live;
    dirty_ = true;
}

Status Session::connectTo(const Profile& profile) {
    auto credentials = read_profile(profile);
    if (!credentials)
        return credentials.error();
    const QString title = QString::fromStdString(credentials->profile.name);
    cluster::Cluster cluster = credentials->cluster;
    auto link = Link::open(std::move(credentials).value());
    if (!link)
        return link.error();
    desk_.reset();
    link_ = std::move(link).value();
    adopt(std::move(cluster), title);
    desk_ = std::make_unique<Desk>(QString::fromStdString(profile.dir),
                                   QString::fromStdString(link_->self().name), Desk::program());
    look();
    Q_EMIT sourceChanged();
    return Ok{};
}

Status Session::openFile(const QString& path) {
    auto reader = telemetry::SessionReader::open(path.toStdString());
    if (!reader)
        return reader.error();
    auto cluster = cluster::parse(reader->header().cluster_file(), path.toStdString());
    if (!cluster)
        return cluster.error();
    desk_.reset();
    link_.reset();
    adopt(std::move(cluster).value(), QFileInfo(path).fileName());
    history_ = std::make_unique<History>(kFileBounds, faults_of(*cluster_));
    id_ = QString::fromStdString(reader->header().session());
    started_ns_ = reader->header().started_wall_ns();
    const telemetry::ClusterFacts outline = outline::describe(*cluster_);
    while (auto item = reader->next()) {
        auto* entry = std::get_if<telemetry::SessionEntry>(&*item);
        if (entry == nullptr)
            continue;
        Arrival arrival = arrival_of(std::move(*entry));
        if (arrival.update)
            arrival.update = believed(outline, std::move(arrival.update)).update;
        if (arrival.update || arrival.note.kind != NoteKind::None)
            history_->take(std::move(arrival));
    }
    mode_ = TimeMode::Paused;
    cursor_ns_ = settledNs();
    look();
    Q_EMIT sourceChanged();
    Q_EMIT cursorChanged();
    return Ok{};
}

void Session::close() {
    desk_.reset();
    link_.reset();
    cluster_.reset();
    history_ = std::make_unique<History>();
    state_ = {};
    shown_.reset();
    now_ = {};
    disputes_ = DisputeBook();
    Q_EMIT sourceChanged();
}

QString Session::id() const {
    const Recording recording = link_ ? link_->recording() : Recording();
    return recording.on ? QString::fromStdString(recording.session) : id_;
}

std::int64_t Session::startNs() const {
    const Recording recording = link_ ? link_->recording() : Recording();
    return recording.on       ? recording.started_ns
           : started_ns_ != 0 ? started_ns_
                              : history_->first_ns();
}

bool Session::mayDrill() const {
    return link_ && link_->may_change() && cluster_->drills && mode_ == TimeMode::Live;
}

std::int64_t Session::cursor() const {
    return mode_ == TimeMode::Live ? now_ns() : cursor_ns_;
}

std::int64_t Session::knownNs() const {
    return mode_ == TimeMode::Live ? INT64_MAX : cursor_ns_;
}

// More may come with the time of the newest arrival, but not with an earlier one.
std::int64_t Session::settledNs() const {
    const std::int64_t until = link_ ? history_->last_ns() - 1 : history_->last_ns() + kMs - 1;
    return std::max(until / kMs * kMs, history_->first_ns());
}

Session::Still::Still(Session& session)
    : session_(session), was_live_(session.mode_ == TimeMode::Live && session.link_) {
    if (!was_live_)
        return;
    const QSignalBlocker quiet(session_);
    session_.takeArrivals();
    session_.pause();
}

Session::Still::~Still() {
    if (!was_live_)
        return;
    const QSignalBlocker quiet(session_);
    session_.goLive();
}

void Session::ask(const telemetry::CommandBody& body, Answered answered,
                  const std::vector<std::uint32_t>& hosts) {
    if (!link_)
        return;
    const int count = static_cast<int>(hosts.empty() ? cluster_->hosts.size() : hosts.size());
    asked_[link_->ask(body, hosts)] = {std::move(answered), count};
}

void Session::askDesk(const DeskQuestion& question, Desk::Answered answered) {
    if (desk_)
        desk_->ask(question, std::move(answered));
}

void Session::takeArrivals() {
    constexpr std::size_t kPortion = 500;
    QElapsedTimer since;
    since.start();
    for (std::size_t taken = 0; taken < kTurnArrivals && since.elapsed() < kTurnTakesMs;) {
        auto arrivals = link_->inbox().take(kPortion);
        if (arrivals.empty())
            break;
        dirty_ = true;
        taken += arrivals.size();
        for (auto& arrival : arrivals)
            history_->take(std::move(arrival));
    }
}

void Session::turn() {
    const std::int64_t now = now_ns();
    if (link_) {
        takeArrivals();
        for (const auto& reply : link_->inbox().take_replies()) {
            const auto it = asked_.find(reply.request);
            if (it == asked_.end())
                continue;
            const Answered answered = it->second.first;
            if (--it->second.second <= 0)
                asked_.erase(it);
            answered(reply);
        }
    }
    if (mode_ == TimeMode::Playing) {
        cursor_ns_ += static_cast<std::int64_t>(static_cast<double>(now - turned_ns_) * speed_);
        dirty_ = true;
        if (cursor_ns_ >= history_->last_ns()) {
            cursor_ns_ = settledNs();
            mode_ = link_ ? TimeMode::Live : TimeMode::Paused;
            disputes_anew_ = true;
            Q_EMIT cursorChanged();
        }
    }
    turned_ns_ = now;
    const bool live = mode_ == TimeMode::Live && link_;
    if (!hasSource() || (!dirty_ && !(live && now - looked_ns_ >= kLookNs)))
        return;
    // Paused: news changes nothing that is shown, but the scrubber's end.
    if (mode_ == TimeMode::Paused && now - looked_ns_ < kLookNs)
        return;
    // On its own, so that keys and pictures have their turn between what is taken and what is
    // shown.
    QTimer::singleShot(0, this, [this] {
        if (hasSource())
            look();
    });
}

void Session::look() {
    const std::int64_t at = cursor();
    looked_ns_ = now_ns();
    dirty_ = false;
    foldLog();
    if (cluster_) {
        state_ = mode_ == TimeMode::Live ? history_->newest() : history_->at(at);
        now_ = cluster_now(*cluster_, state_, at);
    }
    foldDisputes();
    Q_EMIT refreshed();
}

void Session::foldLog() {
    if (mode_ == TimeMode::Live || !cluster_) {
        shown_.reset();
        return;
    }
    if (!shown_ || cursor_ns_ < shown_until_ns_) {
        shown_.emplace();
        disputes_anew_ = true;
    }
    shown_->take_from(history_->log(), cursor_ns_);
    shown_until_ns_ = cursor_ns_;
}

void Session::foldDisputes() {
    const EventLog& log = this->log();
    if (disputes_anew_ || disputes_reordered_ != log.reordered()) {
        disputes_ = DisputeBook(cluster_.get());
        for (const auto& record : log.all())
            disputes_.take(record);
    } else {
        for (std::size_t i = log.arrived_before(disputes_next_); i < log.arrived().size(); ++i)
            disputes_.take(log.arrived()[i]);
    }
    disputes_anew_ = false;
    disputes_next_ = log.newest_serial() + 1;
    disputes_reordered_ = log.reordered();
}

void Session::goLive() {
    if (!link_)
        return;
    mode_ = TimeMode::Live;
    disputes_anew_ = true;
    look();
    Q_EMIT cursorChanged();
}

void Session::pause() {
    if (mode_ == TimeMode::Paused)
        return;
    cursor_ns_ = std::min(cursor() / kMs * kMs, settledNs());
    mode_ = TimeMode::Paused;
    disputes_anew_ = true;
    look();
    Q_EMIT cursorChanged();
}

void Session::play(double speed) {
    if (mode_ == TimeMode::Live)
        return;
    speed_ = speed;
    if (cursor_ns_ >= history_->last_ns())
        cursor_ns_ = history_->first_ns();
    disputes_anew_ = true;
    mode_ = TimeMode::Playing;
    turned_ns_ = now_ns();
    Q_EMIT cursorChanged();
}

void Session::seek(qint64 wall_ns) {
    cursor_ns_ = std::clamp<std::int64_t>(wall_ns / kMs * kMs, history_->first_ns(), settledNs());
    if (mode_ == TimeMode::Live)
        mode_ = TimeMode::Paused;
    disputes_anew_ = true;
    look();
    Q_EMIT cursorChanged();
}

void Session::seekTold(qint64 wall_ns) {
    const auto& all = history_->log().all();
    const auto told =
        std::lower_bound(all.begin(), all.end(), wall_ns,
                         [](const EventRecord& record, qint64 at) { return record.wall_ns < at; });
    std::int64_t at = wall_ns;
    if (told != all.end() && told->wall_ns == wall_ns)
        at = std::max(at, told->arrived_ns);
    seek(at + kMs);
}

void Session::select(const Selection& selection) {
    if (selection == selection_)
        return;
    selection_ = selection;
    Q_EMIT selectionChanged();
}

void Session::setFilter(const QString& filter) {
    if (filter == filter_)
        return;
    filter_ = filter;
    Q_EMIT filterChanged();
}

} // namespace zz::console
