// SPDX-License-Identifier: GPL-3.0-or-later
// CalmStyle: Fusion, but boxes that open, spin and tick have the flat frame of the style sheet, and
// an edge that can be seen in every theme. Colours are those of the theme in force. GUI thread.
#pragma once

#include <QProxyStyle>

namespace zz::console {

class CalmStyle : public QProxyStyle {
  public:
    CalmStyle();

    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                            QPainter* painter, const QWidget* widget) const override;
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                           const QWidget* widget) const override;
};

} // namespace zz::console
