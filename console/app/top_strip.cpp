// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/top_strip.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSlider>
#include <QStyle>
#include <QToolButton>
#include <algorithm>

#include "console/app/pane.h"
#include "console/model/event_words.h"
#include "console/view/glyphs.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kSliderSteps = 10'000;

QString chip_text(const ViewState& state) {
    const QString of = TopStrip::tr("%1 of %2").arg(state.sources_known).arg(state.sources_all);
    switch (state.condition) {
    case Condition::NoProfile:
        return TopStrip::tr("not connected");
    case Condition::Connecting:
        return TopStrip::tr("connecting, attempt %1").arg(std::max(1, state.attempt));
    case Condition::Partial:
        return TopStrip::tr("partial · %1").arg(of);
    case Condition::Stale:
        return TopStrip::tr("stale · %1 s").arg(state.age_ms / 1000);
    case Condition::Lost:
        return TopStrip::tr("lost · %1 s").arg(state.age_ms / 1000);
    case Condition::Gap:
        return TopStrip::tr("%1 · %2 missing").arg(of).arg(state.missing);
    case Condition::Incompatible:
        return TopStrip::tr("refused");
    case Condition::Replay:
        return TopStrip::tr("recording");
    case Condition::Paused:
        return TopStrip::tr("paused · %1").arg(of);
    default:
        return TopStrip::tr("live · %1").arg(of);
    }
}

} // namespace

TopStrip::TopStrip(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), environment_(new QLabel), time_(new QLabel),
      chip_(new QToolButton), live_(new QToolButton), pause_(new QToolButton),
      slider_(new QSlider(Qt::Horizontal)), speed_(new QComboBox), filter_(new QLineEdit),
      stop_all_(new QPushButton(tr("Stop all drills"))) {
    setObjectName("topStrip");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 10, 12, 6);
    layout->setSpacing(10);
    environment_->setFont(strong_font(environment_->font()));
    chip_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    chip_->setToolTip(tr("Connections"));
    chip_->setAutoRaise(true);
    live_->setText(tr("Live"));
    live_->setCheckable(true);
    live_->setToolTip(tr("Show what is now"));
    pause_->setText(tr("Pause"));
    pause_->setCheckable(true);
    pause_->setToolTip(tr("Hold the time cursor (Space)"));
    slider_->setRange(0, kSliderSteps);
    slider_->setMinimumWidth(140);
    slider_->setAccessibleName(tr("Time cursor"));
    slider_->setToolTip(tr("Time cursor"));
    for (const double speed : {0.1, 0.25, 1.0, 4.0, 16.0})
        speed_->addItem(tr("×%1").arg(speed), speed);
    speed_->setCurrentIndex(2);
    speed_->setAccessibleName(tr("Speed of replay"));
    speed_->setToolTip(tr("Speed of replay"));
    filter_->setPlaceholderText(tr("Filter ( / )"));
    filter_->setClearButtonEnabled(true);
    filter_->setMaximumWidth(240);
    filter_->setMinimumWidth(120);
    filter_->setAccessibleName(tr("Filter"));
    stop_all_->setToolTip(tr("Ends every drill on every host (Ctrl+Shift+X)"));
    stop_all_->setObjectName("stopAll");
    time_->setMinimumWidth(time_->fontMetrics().horizontalAdvance("00:00:00.000") + 4);
    for (auto* widget : std::initializer_list<QWidget*>{environment_, chip_, live_, pause_})
        layout->addWidget(widget);
    layout->addWidget(slider_, 1);
    for (auto* widget : std::initializer_list<QWidget*>{time_, speed_, filter_, stop_all_})
        layout->addWidget(widget);
    wire();
}

void TopStrip::wire() {
    connect(chip_, &QToolButton::clicked, this, &TopStrip::connectionWanted);
    connect(live_, &QToolButton::clicked, this, [this] {
        session_.isReplay() ? session_.play(speed_->currentData().toDouble()) : session_.goLive();
    });
    connect(pause_, &QToolButton::clicked, this, &TopStrip::togglePause);
    connect(slider_, &QSlider::sliderMoved, this, [this](int value) {
        const auto& history = session_.history();
        const double part = value / static_cast<double>(kSliderSteps);
        session_.seek(history.first_ns() +
                      static_cast<qint64>(
                          part * static_cast<double>(history.last_ns() - history.first_ns())));
    });
    connect(slider_, &QSlider::actionTriggered, this, [this](int action) {
        if (action == QSlider::SliderMove || slider_->isSliderDown())
            return;
        const qint64 by = action == QSlider::SliderSingleStepAdd   ? kNs / 10
                          : action == QSlider::SliderSingleStepSub ? -kNs / 10
                          : action == QSlider::SliderPageStepAdd   ? kNs * 2
                          : action == QSlider::SliderPageStepSub   ? -kNs * 2
                                                                   : 0;
        if (by != 0)
            session_.seek(session_.cursor() + by);
    });
    connect(speed_, &QComboBox::currentIndexChanged, this, [this] {
        if (session_.mode() == TimeMode::Playing)
            session_.play(speed_->currentData().toDouble());
    });
    connect(filter_, &QLineEdit::textChanged, &session_, &Session::setFilter);
    connect(&session_, &Session::filterChanged, this, [this] {
        if (filter_->text() != session_.filter())
            filter_->setText(session_.filter());
    });
    connect(stop_all_, &QPushButton::clicked, this, &TopStrip::stopAllWanted);
}

QSize TopStrip::sizeHint() const {
    return {900, fontMetrics().height() + 34};
}

void TopStrip::focusFilter() {
    filter_->setFocus();
    filter_->selectAll();
}

void TopStrip::togglePause() {
    if (session_.mode() == TimeMode::Live || session_.mode() == TimeMode::Playing)
        session_.pause();
    else if (session_.isReplay())
        session_.play(speed_->currentData().toDouble());
    else
        session_.goLive();
}

QString TopStrip::band() const {
    if (session_.isReplay())
        return tr("REPLAY");
    const QString word = session_.now().environment.toLower();
    return word.startsWith("prod")   ? tr("PRODUCTION")
           : word.startsWith("stag") ? tr("STAGING")
           : session_.hasSource()    ? tr("LAB")
                                     : QString();
}

QColor TopStrip::bandColour() const {
    const Theme& t = theme();
    if (!session_.hasSource())
        return t.line;
    return session_.isReplay()                                                  ? t.drill
           : session_.now().environment.startsWith("prod", Qt::CaseInsensitive) ? t.bad
           : session_.now().environment.startsWith("stag", Qt::CaseInsensitive) ? t.warn
                                                                                : t.accent;
}

void TopStrip::refresh() {
    const ViewState state = view_state_of(session_);
    const QString name = session_.hasSource() ? session_.title() : tr("no data center");
    const QString label = band().isEmpty() ? name : band() + " · " + name;
    if (environment_->text() != label)
        environment_->setText(label);
    const ReplicaState shape =
        state.condition == Condition::Live ? ReplicaState::Active
        : state.condition == Condition::Partial || state.condition == Condition::Gap ||
                state.condition == Condition::Stale
            ? ReplicaState::Unresponsive
        : state.condition == Condition::Connecting ? ReplicaState::Waking
        : state.condition == Condition::Lost || state.condition == Condition::Incompatible
            ? ReplicaState::Stopped
            : ReplicaState::Paused;
    QString text = chip_text(state);
    if (state.condition == Condition::Live && session_.now().worst_age_ns >= 0)
        text += " · " + age_text(session_.now().worst_age_ns);
    if (chip_->text() != text)
        chip_->setText(text);
    chip_->setIcon(icon_of(shape, theme()));
    const bool replay = session_.isReplay();
    live_->setText(replay ? tr("Play") : tr("Live"));
    live_->setChecked(replay ? session_.mode() == TimeMode::Playing
                             : session_.mode() == TimeMode::Live && session_.hasSource());
    pause_->setChecked(session_.mode() == TimeMode::Paused);
    const auto& history = session_.history();
    const bool any = session_.hasSource() && !history.empty();
    for (auto* widget : std::initializer_list<QWidget*>{live_, pause_, slider_})
        widget->setEnabled(any);
    time_->setText(any ? clock_text(session_.cursor()) : QString());
    if (any && !slider_->isSliderDown()) {
        const double span = static_cast<double>(history.last_ns() - history.first_ns());
        const double part =
            span <= 0 ? 1 : static_cast<double>(session_.cursor() - history.first_ns()) / span;
        slider_->setValue(static_cast<int>(std::clamp(part, 0.0, 1.0) * kSliderSteps));
    }
    showDrills();
    stop_all_->setEnabled(session_.link() != nullptr && session_.link()->may_change());
    update(0, 0, width(), 4);
}

// The button calls only while there is something to stop.
void TopStrip::showDrills() {
    const std::size_t playing = session_.now().playing();
    const QString text =
        playing == 0 ? tr("Stop all drills") : tr("Stop all drills (%1)").arg(playing);
    if (stop_all_->text() == text)
        return;
    stop_all_->setText(text);
    stop_all_->setProperty("role", playing == 0 ? QVariant() : QStringLiteral("danger"));
    stop_all_->style()->unpolish(stop_all_);
    stop_all_->style()->polish(stop_all_);
}

void TopStrip::paintEvent(QPaintEvent*) {
    QPainter p(this);
    p.fillRect(QRect(0, 0, width(), 4), bandColour());
    p.setPen(theme().line);
    p.drawLine(0, height() - 1, width(), height() - 1);
}

} // namespace zz::console
