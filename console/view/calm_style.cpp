// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/calm_style.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleFactory>
#include <QStyleOption>

#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kRoomier = 4; // pixels that a box is higher than in Fusion

void paint_frame(QPainter& painter, const QStyleOption& option) {
    const Theme& t = theme();
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool focus = option.state.testFlag(QStyle::State_HasFocus);
    const bool under = option.state.testFlag(QStyle::State_MouseOver);
    painter.setPen(QPen(!enabled ? t.grid : focus ? t.accent : under ? t.neutral : t.line, 1));
    painter.setBrush(enabled ? t.surface : t.window);
    painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
}

void paint_chevron(QPainter& painter, const QRectF& box, bool up, bool enabled) {
    const double half = std::min(4.0, std::min(box.width(), box.height()) * 0.36);
    const QPointF at = box.center();
    const double rise = (up ? -half : half) * 0.5;
    QPainterPath path(QPointF(at.x() - half, at.y() - rise));
    path.lineTo(at.x(), at.y() + rise);
    path.lineTo(at.x() + half, at.y() - rise);
    QColor ink = theme().text;
    ink.setAlpha(enabled ? 210 : 80);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(ink, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

void paint_tick(QPainter& painter, const QStyleOption& option) {
    const Theme& t = theme();
    const bool on = option.state.testFlag(QStyle::State_On);
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool focus = option.state.testFlag(QStyle::State_HasFocus);
    const double side = std::min(option.rect.width(), option.rect.height()) - 1.0;
    const QRectF box(option.rect.left() + 0.5, option.rect.center().y() + 0.5 - side / 2, side,
                     side);
    painter.setPen(QPen(focus || on ? t.accent : t.neutral, focus ? 1.8 : 1.2));
    painter.setBrush(on && enabled ? t.accent_soft : t.surface);
    painter.drawRoundedRect(box, 3, 3);
    if (!on)
        return;
    QPainterPath path(QPointF(box.left() + side * 0.24, box.top() + side * 0.52));
    path.lineTo(box.left() + side * 0.43, box.top() + side * 0.72);
    path.lineTo(box.left() + side * 0.78, box.top() + side * 0.28);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(
        QPen(enabled ? t.text : t.muted, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

} // namespace

CalmStyle::CalmStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void CalmStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                   QPainter* painter, const QWidget* widget) const {
    if (control != CC_ComboBox && control != CC_SpinBox) {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        return;
    }
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paint_frame(*painter, *option);
    const bool enabled = option->state.testFlag(State_Enabled);
    if (control == CC_ComboBox) {
        const QRect arrow =
            subControlRect(CC_ComboBox, option, SC_ComboBoxArrow, widget).adjusted(0, 1, -3, 0);
        paint_chevron(*painter, arrow, false, enabled);
    } else {
        const auto part = [&](SubControl which) {
            return QRectF(subControlRect(CC_SpinBox, option, which, widget));
        };
        paint_chevron(*painter, part(SC_SpinBoxUp), true, enabled);
        paint_chevron(*painter, part(SC_SpinBoxDown), false, enabled);
    }
    painter->restore();
}

void CalmStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                              QPainter* painter, const QWidget* widget) const {
    if (element != PE_IndicatorCheckBox) {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        return;
    }
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paint_tick(*painter, *option);
    painter->restore();
}

QSize CalmStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                  const QWidget* widget) const {
    QSize out = QProxyStyle::sizeFromContents(type, option, size, widget);
    if (type == CT_ComboBox)
        out.rheight() += kRoomier;
    else if (type == CT_SpinBox)
        out.rheight() += kRoomier + 2; // as high as the other ones
    return out;
}

} // namespace zz::console
