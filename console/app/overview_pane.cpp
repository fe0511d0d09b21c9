// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/overview_pane.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "console/model/adapters.h"
#include "console/model/event_words.h"
#include "console/view/glyphs.h"

namespace zz::console {
namespace {

constexpr int kCardWidth = 320, kCardHeight = 250, kGap = 14, kHead = 64;
constexpr double kCardWidest = 760, kCardHighest = 420; // larger ones would be empty
constexpr std::int64_t kSparkNs = 120 * kNs, kSparkLeastNs = 10 * kNs;

struct Card {
    const ApplicationNow* app = nullptr;
    const Dispute* dispute = nullptr;
    QVector<QPointF> spark; // x 0..1, requests/s
    double rate = 0, p50 = 0, p99 = 0;
    bool served = false;
};

Card card_of(const Session& session, const ApplicationNow& app) {
    Card out;
    out.app = &app;
    // The last one with consequences, if there was one.
    const auto grave = [](const Dispute& one) {
        return !one.convicted.empty() || !one.woken.empty();
    };
    for (const auto& dispute : session.disputes().all())
        if (dispute.key.application == app.index &&
            (out.dispute == nullptr || grave(dispute) || !grave(*out.dispute)))
            out.dispute = &dispute;
    const std::int64_t to = session.cursor();
    std::int64_t span = kSparkNs;
    if (const auto* samples = session.history().series().of(static_cast<std::uint32_t>(app.index)))
        for (const auto& sample : *samples) {
            if (sample.at_ns > session.knownNs())
                break;
            // As long as what there is, so that a young line is no sliver.
            if (out.spark.isEmpty() && sample.served)
                span = std::clamp(to - sample.wall_ns, kSparkLeastNs, kSparkNs);
            if (sample.wall_ns < to - kSparkNs || sample.wall_ns > to || !sample.served)
                continue;
            out.spark.append(
                {1 - static_cast<double>(to - sample.wall_ns) / static_cast<double>(span),
                 sample.rate});
            out.rate = sample.rate;
            out.served = to - sample.wall_ns < 5 * kNs;
        }
    for (const auto& second : session.history().series().seconds_of(
             static_cast<std::uint32_t>(app.index), to - 5 * kNs + 1, to - kNs, session.knownNs()))
        if (second.replies > 0) {
            out.p50 = static_cast<double>(second.p50_us) / 1e3;
            out.p99 = static_cast<double>(second.p99_us) / 1e3;
        }
    return out;
}

bool is_stale(const ClusterNow& now, const ApplicationNow& app) {
    return app.age_ns < 0 || contact(now.now_ns - app.age_ns, now.now_ns) != Contact::Live;
}

// "1 of 1", "none left", "not known".
QString left_text(std::optional<int> left, std::uint32_t f) {
    if (!left)
        return OverviewPane::tr("not known");
    return *left < 0 ? OverviewPane::tr("beyond f")
                     : OverviewPane::tr("%1 of %2").arg(*left).arg(f);
}

QColor left_colour(std::optional<int> left, bool stale, const Theme& t) {
    return !left || stale ? t.muted
           : *left <= 0   ? (*left < 0 ? t.bad_text : t.warn_text)
                          : t.good_text;
}

QString verdict_text(const Card& card) {
    if (card.dispute == nullptr)
        return OverviewPane::tr("No disagreement seen");
    const auto verdict = card.dispute->first_verdict(card.app->faults);
    return OverviewPane::tr("Batch %1: %2; %3")
        .arg(card.dispute->key.n)
        .arg(QString::fromStdString(std::string(matrix::to_string(verdict.kind))),
             aftermath(*card.dispute, *card.app));
}

void paint_spark(QPainter& p, const QRectF& box, const Card& card, const Theme& t) {
    p.setPen(QPen(t.grid, 1));
    p.drawLine(box.bottomLeft(), box.bottomRight());
    if (card.spark.size() < 2) {
        p.setPen(t.muted);
        p.drawText(box, Qt::AlignCenter, OverviewPane::tr("no client measures"));
        return;
    }
    double most = 1;
    for (const auto& point : card.spark)
        most = std::max(most, point.y());
    QPainterPath line;
    for (int i = 0; i < card.spark.size(); ++i) {
        const QPointF at(box.left() + card.spark[i].x() * box.width(),
                         box.bottom() - card.spark[i].y() / most * (box.height() - 3));
        i == 0 ? line.moveTo(at) : line.lineTo(at);
    }
    QPainterPath area = line;
    area.lineTo(box.left() + card.spark.last().x() * box.width(), box.bottom());
    area.lineTo(box.left() + card.spark.first().x() * box.width(), box.bottom());
    p.fillPath(area, t.accent_soft);
    p.strokePath(line, QPen(t.accent, 1.6));
}

void paint_replicas(QPainter& p, QPointF at, const std::vector<ReplicaNow>& list, const Theme& t) {
    const QFontMetricsF fm(p.font());
    for (const auto& one : list) {
        const QRectF box(at, QSizeF(20, 20));
        if (one.role == Role::Agreement)
            paint_agreement(p, box, one.state, one.primary, t, one.stale);
        else
            paint_state(p, box, one.state, t, -1, one.stale);
        for (const Badge badge :
             {Badge::Convicted, Badge::Blocking, Badge::Suspected, Badge::Drill})
            if (one.badges.testFlag(badge)) {
                paint_badge(p, QRectF(box.right() - 6, box.top() - 4, 11, 11), badge, t);
                break;
            }
        p.setPen(t.muted);
        p.drawText(QRectF(at.x() - 10, at.y() + 21, 40, fm.height()), Qt::AlignHCenter, one.name());
        at.rx() += 42;
    }
}

void paint_card(QPainter& p, const QRectF& box, const Card& card, bool chosen, bool stale,
                const Theme& t) {
    p.setPen(QPen(chosen ? t.accent : t.line, chosen ? 2 : 1));
    p.setBrush(t.surface);
    p.drawRoundedRect(box.adjusted(1, 1, -1, -1), 8, 8);
    const QRectF in = box.adjusted(16, 12, -16, -12);
    const QFont base = p.font();
    p.setFont(title_font(base));
    p.setPen(t.text);
    p.drawText(QRectF(in.left(), in.top(), in.width(), 26), Qt::AlignLeft | Qt::AlignVCenter,
               card.app->name);
    p.setFont(small_font(base));
    p.setPen(t.muted);
    p.drawText(QRectF(in.left() + 40, in.top(), in.width() - 40, 26),
               Qt::AlignRight | Qt::AlignVCenter,
               QString("%1 · %2 · f = %3 · %4")
                   .arg(card.app->kind, card.app->mode)
                   .arg(card.app->faults.f)
                   .arg(card.app->policy));
    const double half = in.width() / 2;
    const auto pair = [&](double x, const QString& label, std::optional<int> left) {
        p.setFont(small_font(base));
        p.setPen(t.muted);
        p.drawText(QRectF(x, in.top() + 30, half, 16), Qt::AlignLeft, label);
        p.setFont(strong_font(base));
        p.setPen(left_colour(left, stale, t));
        p.drawText(QRectF(x, in.top() + 46, half, 20), Qt::AlignLeft,
                   left_text(left, card.app->faults.f));
    };
    pair(in.left(), OverviewPane::tr("execution faults left"), card.app->execution_left);
    pair(in.left() + half, OverviewPane::tr("agreement faults left"), card.app->agreement_left);
    p.setFont(small_font(base));
    paint_replicas(p, {in.left() + 2, in.top() + 74}, card.app->execution, t);
    paint_replicas(p, {in.left() + half + 2, in.top() + 74}, card.app->agreement, t);
    const double more = box.height() - kCardHeight; // all of it for the line
    paint_spark(p, QRectF(in.left(), in.top() + 120, in.width(), 44 + more), card, t);
    p.setPen(t.text);
    p.drawText(QRectF(in.left(), in.top() + 167 + more, in.width(), 16), Qt::AlignLeft,
               card.served ? OverviewPane::tr("%L1 requests/s").arg(card.rate, 0, 'f', 0)
                           : OverviewPane::tr("no load"));
    p.setPen(t.muted);
    if (card.served && card.p99 > 0)
        p.drawText(QRectF(in.left(), in.top() + 167 + more, in.width(), 16), Qt::AlignRight,
                   OverviewPane::tr("p50 %1 ms   p99 %2 ms")
                       .arg(card.p50, 0, 'f', 1)
                       .arg(card.p99, 0, 'f', 1));
    const QFontMetricsF fm(p.font());
    p.setPen(t.text);
    QRectF foot(in.left(), in.top() + 187 + more, in.width(), in.bottom() - in.top() - 187 - more);
    p.drawText(foot, Qt::AlignLeft | Qt::TextWordWrap, verdict_text(card));
    if (stale)
        paint_hatch(p, box.adjusted(2, 2, -2, -2), t.hatch);
    p.setFont(base);
}

} // namespace

std::pair<QString, bool> overview_headline(const ClusterNow& now) {
    int safe = 0, unknown = 0;
    bool fresh = true;
    for (const auto& app : now.applications) {
        fresh = fresh && !is_stale(now, app);
        if (!app.execution_left || !app.agreement_left)
            ++unknown;
        else if (*app.execution_left > 0 && *app.agreement_left > 0)
            ++safe;
    }
    const int all = static_cast<int>(now.applications.size());
    if (safe == all)
        return {OverviewPane::tr("Every application can bear another fault"), fresh};
    if (unknown == all)
        return {OverviewPane::tr("Whether applications can bear another fault is not known"),
                false};
    QString out =
        OverviewPane::tr("%1 of %2 applications can bear another fault").arg(safe).arg(all);
    if (unknown > 0)
        out += OverviewPane::tr(", of %1 it is not known").arg(unknown);
    return {out, false};
}

class OverviewPane::Cards : public QWidget {
  public:
    explicit Cards(OverviewPane& pane) : pane_(pane) {
        setFocusPolicy(Qt::StrongFocus);
        setAccessibleName(OverviewPane::tr("Applications as cards"));
    }

    void sync() {
        // Sorted by what is left: who needs somebody comes first.
        order_.clear();
        for (const auto& app : pane_.session().now().applications)
            order_.push_back(app.index);
        std::stable_sort(order_.begin(), order_.end(),
                         [&](int a, int b) { return left(a) < left(b); });
        relayout();
        update();
    }

    static void paint_all(QPainter& p, const QRectF& area, const Session& session,
                          const std::vector<int>& order, int columns, const Theme& t,
                          const QSizeF& card) {
        const ClusterNow& now = session.now();
        p.setRenderHint(QPainter::Antialiasing);
        p.fillRect(area, t.window);
        const QFont base = p.font();
        const auto [headline, good] = overview_headline(now);
        p.setFont(title_font(base));
        p.setPen(good ? t.good_text : t.warn_text);
        p.drawText(QRectF(area.left() + kGap, area.top() + 8, area.width() - 2 * kGap, 28),
                   Qt::AlignLeft | Qt::AlignVCenter, headline);
        p.setFont(small_font(base));
        p.setPen(t.muted);
        p.drawText(
            QRectF(area.left() + kGap, area.top() + 36, area.width() - 2 * kGap, 20),
            Qt::AlignLeft | Qt::AlignVCenter,
            OverviewPane::tr("%1 of %2 hosts heard · as of %3 · facts are what f+1 agreement "
                             "replicas say the same")
                .arg(now.hosts_heard)
                .arg(now.hosts.size())
                .arg(clock_text(now.now_ns).left(8)));
        p.setFont(base);
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto& app = now.applications[static_cast<std::size_t>(order[i])];
            const int row = static_cast<int>(i) / columns, column = static_cast<int>(i) % columns;
            const QRectF box(QPointF(area.left() + kGap + column * (card.width() + kGap),
                                     area.top() + kHead + row * (card.height() + kGap)),
                             card);
            paint_card(p, box, card_of(session, app), session.selection().application == app.index,
                       is_stale(now, app), t);
        }
    }

    const std::vector<int>& order() const { return order_; }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter p(this);
        paint_all(p, rect(), pane_.session(), order_, columns_, theme(), card_);
        if (hasFocus() && !order_.empty()) {
            p.setPen(QPen(theme().accent, 1, Qt::DotLine));
            p.setBrush(Qt::NoBrush);
            p.drawRoundedRect(box(focus_).adjusted(-3, -3, 3, 3), 9, 9);
        }
    }
    void resizeEvent(QResizeEvent*) override { relayout(); }
    void mousePressEvent(QMouseEvent* event) override {
        for (int i = 0; i < static_cast<int>(order_.size()); ++i)
            if (box(i).contains(event->position()))
                choose(i);
    }
    void keyPressEvent(QKeyEvent* event) override {
        const int last = static_cast<int>(order_.size()) - 1;
        const int by = event->key() == Qt::Key_Right  ? 1
                       : event->key() == Qt::Key_Left ? -1
                       : event->key() == Qt::Key_Down ? columns_
                       : event->key() == Qt::Key_Up   ? -columns_
                                                      : 0;
        if (by != 0 && last >= 0) {
            focus_ = std::clamp(focus_ + by, 0, last);
            update();
        } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) && last >= 0) {
            choose(focus_);
        } else {
            QWidget::keyPressEvent(event);
        }
    }

  private:
    int left(int index) const {
        const auto& app = pane_.session().now().applications[static_cast<std::size_t>(index)];
        return std::min(app.execution_left.value_or(-1), app.agreement_left.value_or(-1));
    }
    QRectF box(int i) const {
        return {QPointF(kGap + (i % columns_) * (card_.width() + kGap),
                        kHead + (i / columns_) * (card_.height() + kGap)),
                card_};
    }
    // As large as they can be with all of them in sight; else as many a row as there is room for.
    void relayout() {
        const int count = std::max(1, static_cast<int>(order_.size()));
        const int most = std::clamp((width() - kGap) / (kCardWidth + kGap), 1, count);
        const double high = parentWidget() != nullptr ? parentWidget()->height() : height();
        const auto rows = [&](int columns) { return (count + columns - 1) / columns; };
        columns_ = 1;
        while (columns_ < most && kHead + rows(columns_) * (kCardHeight + kGap) > high)
            ++columns_;
        const double room = (high - kHead) / rows(columns_) - kGap;
        card_ = {std::min(kCardWidest, (width() - kGap) / static_cast<double>(columns_) - kGap),
                 std::clamp<double>(room, kCardHeight, kCardHighest)};
        setMinimumHeight(static_cast<int>(kHead + rows(columns_) * (card_.height() + kGap)));
    }
    void choose(int i) {
        focus_ = i;
        Selection what;
        what.application = order_[static_cast<std::size_t>(i)];
        if (pane_.session().selection() == what)
            what = {}; // again: nothing chosen
        pane_.session().select(what);
        update();
    }

    OverviewPane& pane_;
    std::vector<int> order_;
    int columns_ = 1, focus_ = 0;
    QSizeF card_{kCardWidth, kCardHeight};
};

OverviewPane::OverviewPane(Session& session, QWidget* parent)
    : Pane(session, "overview", tr("Overview"), parent) {
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    cards_ = new Cards(*this);
    scroll->setWidget(cards_);
    setContent(scroll);
}

void OverviewPane::refresh() {
    cards_->sync();
}

Exportable OverviewPane::exportable() const {
    Exportable out;
    out.name = "overview";
    out.title = title();
    const ClusterNow& now = session().now();
    std::vector<int> order;
    for (const auto& app : now.applications)
        order.push_back(app.index);
    const int rows = (static_cast<int>(order.size()) + 1) / 2;
    out.size = QSizeF(2 * 400 + 3 * kGap, kHead + rows * (kCardHeight + kGap));
    const Session* from = &session();
    out.draw = [from, order](QPainter& p, const QRectF& area, const Theme& t) {
        Cards::paint_all(p, area, *from, order, 2, t, QSizeF(400, kCardHeight));
    };
    Table table;
    table.caption = title();
    table.columns = {{tr("Application"), "application", ""},
                     {tr("Execution faults left"), "execution_left", ""},
                     {tr("Agreement faults left"), "agreement_left", ""},
                     {tr("Active"), "active", ""},
                     {tr("Asleep"), "asleep", ""},
                     {tr("Faulty"), "faulty", ""},
                     {tr("Requests/s"), "requests_per_s", "1/s"},
                     {tr("p99"), "p99_ms", "ms"},
                     {tr("Last verdict"), "verdict", ""}};
    const auto number = [](std::optional<int> value) {
        return value ? QVariant(*value) : QVariant();
    };
    for (const auto& app : now.applications) {
        const Card card = card_of(session(), app);
        table.rows.push_back({app.name, number(app.execution_left), number(app.agreement_left),
                              app.active, app.asleep, app.faulty,
                              card.served ? QVariant(card.rate) : QVariant(),
                              card.served ? QVariant(card.p99) : QVariant(), verdict_text(card)});
    }
    out.tables.push_back(std::move(table));
    return out;
}

} // namespace zz::console
