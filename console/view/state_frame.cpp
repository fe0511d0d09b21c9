// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/state_frame.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "console/view/glyphs.h"

namespace zz::console {
namespace {

struct Tone {
    QColor ground;
    QColor edge;
    QColor text;
};

Tone tone_of(Condition condition, const Theme& t) {
    switch (condition) {
    case Condition::Lost:
    case Condition::Error:
    case Condition::Incompatible:
        return {t.bad_soft, t.bad, t.bad_text};
    case Condition::Stale:
    case Condition::Partial:
    case Condition::Gap:
        return {t.warn_soft, t.warn, t.warn_text};
    case Condition::Replay:
    case Condition::Paused:
        return {t.accent_soft, t.accent, t.text};
    default:
        return {t.sunken, t.line, t.muted};
    }
}

// A shape in front of the words, so that the tone is never alone.
void paint_condition(QPainter& painter, const QRectF& box, Condition condition, const Theme& t) {
    painter.setRenderHint(QPainter::Antialiasing);
    switch (condition) {
    case Condition::Lost:
    case Condition::Error:
    case Condition::Incompatible:
        paint_badge(painter, box, Badge::Blocking, t);
        break;
    case Condition::Partial:
    case Condition::Gap:
        paint_state(painter, box, ReplicaState::Unknown, t);
        break;
    case Condition::Stale:
        paint_state(painter, box, ReplicaState::Unresponsive, t);
        break;
    case Condition::Connecting:
        paint_state(painter, box, ReplicaState::Waking, t);
        break;
    case Condition::Paused:
    case Condition::Replay: {
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.accent);
        const QRectF s = box.adjusted(3, 2, -3, -2);
        if (condition == Condition::Paused) {
            painter.drawRect(QRectF(s.left(), s.top(), s.width() * 0.34, s.height()));
            painter.drawRect(
                QRectF(s.right() - s.width() * 0.34, s.top(), s.width() * 0.34, s.height()));
        } else {
            painter.drawPolygon(
                QPolygonF({s.topLeft(), QPointF(s.right(), s.center().y()), s.bottomLeft()}));
        }
        break;
    }
    default:
        paint_state(painter, box, ReplicaState::Paused, t);
        break;
    }
}

} // namespace

// One line above the view.
class StateFrame::Strip : public QWidget {
  public:
    explicit Strip(QWidget* parent) : QWidget(parent) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(34, 4, 8, 4);
        label_ = new QLabel;
        label_->setTextFormat(Qt::PlainText);
        label_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        button_ = new QPushButton;
        row->addWidget(label_, 1);
        row->addWidget(button_);
    }
    QPushButton* button() const { return button_; }

    void show(const ViewState& state) {
        condition_ = state.condition;
        const StateWords said = words(state);
        const QString text = said.sentence.isEmpty()
                                 ? said.title
                                 : said.title + QStringLiteral(" · ") + said.sentence;
        label_->setText(text);
        label_->setToolTip(text);
        QPalette colours = label_->palette();
        colours.setColor(QPalette::WindowText, tone_of(condition_, theme()).text);
        label_->setPalette(colours);
        button_->setText(said.action);
        button_->setVisible(!said.action.isEmpty());
        layout()->activate(); // a longer word needs its room at once
        setAccessibleName(text);
        update();
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        const Tone tone = tone_of(condition_, theme());
        painter.fillRect(rect(), tone.ground);
        painter.fillRect(QRect(0, 0, 4, height()), tone.edge);
        paint_condition(painter, QRectF(12, (height() - 16) / 2.0, 16, 16), condition_, theme());
    }

  private:
    QLabel* label_;
    QPushButton* button_;
    Condition condition_ = Condition::Live;
};

// The whole view is a message; skeleton bars while connecting.
class StateFrame::Cover : public QWidget {
  public:
    explicit Cover(QWidget* parent) : QWidget(parent) {
        auto* column = new QVBoxLayout(this);
        column->addStretch(2);
        column->addSpacing(56);
        title_ = new QLabel;
        title_->setAlignment(Qt::AlignCenter);
        title_->setFont(title_font(font()));
        sentence_ = new QLabel;
        sentence_->setAlignment(Qt::AlignCenter);
        sentence_->setWordWrap(true);
        sentence_->setTextFormat(Qt::PlainText);
        sentence_->setProperty("role", QStringLiteral("muted"));
        sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
        button_ = new QPushButton;
        column->addWidget(title_);
        column->addWidget(sentence_);
        column->addSpacing(8);
        column->addWidget(button_, 0, Qt::AlignCenter);
        column->addStretch(3);
    }
    QPushButton* button() const { return button_; }

    void show(const ViewState& state) {
        condition_ = state.condition;
        const StateWords said = words(state);
        title_->setText(said.title);
        sentence_->setText(said.sentence);
        button_->setText(said.action);
        button_->setVisible(!said.action.isEmpty());
        setAccessibleName(said.title + u' ' + said.sentence);
        update();
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.fillRect(rect(), theme().surface);
        if (condition_ == Condition::Connecting)
            paint_skeleton(painter);
        const QRect text = title_->geometry();
        paint_condition(painter, QRectF(width() / 2.0 - 20, text.top() - 52, 40, 40), condition_,
                        theme());
    }

  private:
    void paint_skeleton(QPainter& painter) const {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        QColor bar = theme().sunken;
        bar.setAlpha(150);
        painter.setBrush(bar);
        for (int row = 0; 24 + row * 44 < height() - 24; ++row) {
            painter.drawRoundedRect(QRectF(24, 24 + row * 44, 96, 22), 5, 5);
            const double wide = (width() - 168) * (row % 3 == 0 ? 0.92 : row % 3 == 1 ? 0.7 : 0.82);
            painter.drawRoundedRect(QRectF(144, 24 + row * 44, std::max(0.0, wide), 22), 5, 5);
        }
        QRadialGradient quiet(rect().center(), std::min(width(), height()) * 0.55);
        quiet.setColorAt(0, theme().surface);
        quiet.setColorAt(0.55, theme().surface);
        QColor clear = theme().surface;
        clear.setAlpha(0);
        quiet.setColorAt(1, clear);
        painter.fillRect(rect(), quiet);
    }

    QLabel* title_;
    QLabel* sentence_;
    QPushButton* button_;
    Condition condition_ = Condition::NoProfile;
};

// Lies over the view without taking its clicks.
class StateFrame::Hatch : public QWidget {
  public:
    explicit Hatch(QWidget* parent) : QWidget(parent) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        setFocusPolicy(Qt::NoFocus);
    }
    void show(Condition condition) {
        condition_ = condition;
        setVisible(hatches(condition) || condition == Condition::Replay);
        update();
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        if (hatches(condition_))
            paint_hatch(painter, rect(), theme().hatch, 10);
        if (condition_ == Condition::Replay) {
            painter.setPen(QPen(theme().accent, 2, Qt::DashLine));
            painter.drawRect(rect().adjusted(1, 1, -1, -1));
        }
    }

  private:
    Condition condition_ = Condition::Live;
};

StateFrame::StateFrame(QWidget* view, QWidget* parent)
    : QWidget(parent), view_(view), strip_(new Strip(this)), cover_(new Cover(this)),
      hatch_(new Hatch(this)), stack_(new QStackedLayout) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(strip_);
    column->addLayout(stack_, 1);
    auto* body = new QWidget;
    auto* both = new QStackedLayout(body);
    both->setStackingMode(QStackedLayout::StackAll);
    both->addWidget(hatch_);
    both->addWidget(view_);
    stack_->addWidget(body);
    stack_->addWidget(cover_);
    for (QPushButton* button : {strip_->button(), cover_->button()})
        connect(button, &QPushButton::clicked, this,
                [this] { Q_EMIT actionRequested(state_.condition); });
    setViewState({});
}

void StateFrame::setViewState(const ViewState& state) {
    state_ = state;
    const bool covered = covers(state.condition);
    stack_->setCurrentIndex(covered ? 1 : 0);
    strip_->setVisible(!covered && state.condition != Condition::Live);
    if (covered)
        cover_->show(state);
    else
        strip_->show(state);
    hatch_->show(state.condition);
    if (hatch_->isVisibleTo(this))
        hatch_->raise();
}

void StateFrame::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        setViewState(state_);
}

} // namespace zz::console
