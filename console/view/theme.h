// SPDX-License-Identifier: GPL-3.0-or-later
// Colours, sizes and fonts of the console: four themes on Fusion, and a light one for paper.
// Status colours are those of Okabe and Ito; no meaning rests on a colour alone. GUI thread.
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>
#include <cstdint>

class QApplication;

namespace zz::console {

enum class ThemeKind : std::uint8_t { System, Light, Dark, HighContrast };
QString theme_word(ThemeKind kind);             // "system", "light", "dark", "high-contrast"
ThemeKind theme_from_word(const QString& word); // System for what is none

// Okabe and Ito, https://jfly.uni-koeln.de/color/
namespace okabe_ito {
inline constexpr QRgb kOrange = 0xffe69f00;
inline constexpr QRgb kSky = 0xff56b4e9;
inline constexpr QRgb kGreen = 0xff009e73;
inline constexpr QRgb kYellow = 0xfff0e442;
inline constexpr QRgb kBlue = 0xff0072b2;
inline constexpr QRgb kVermillion = 0xffd55e00;
inline constexpr QRgb kPurple = 0xffcc79a7;
} // namespace okabe_ito

struct Theme {
    bool dark = false;
    bool high_contrast = false;
    bool print = false; // on paper: patterns at full strength, no shadows

    QColor window;  // behind everything
    QColor surface; // cards and views
    QColor sunken;  // headers, tracks of bars, skeletons
    QColor line;    // hairlines and borders
    QColor grid;    // fainter than line
    QColor text;
    QColor muted;  // second text, still 4.5:1
    QColor accent; // selection, focus, links
    QColor accent_soft;
    QColor good, sleep, busy, warn, bad, drill, neutral; // status, for graphics (3:1)
    QColor good_text, warn_text, bad_text, drill_text;   // the same as text (4.5:1)
    QColor good_soft, warn_soft, bad_soft, drill_soft, busy_soft;
    QColor outline; // around light status colours on a light ground
    QColor hatch;

    // Ground and pattern colour of digest class 0.. (letters P, Q, R, ...), for black or light
    // text.
    QColor digest_ground(int which) const;
    QColor digest_pattern(int which) const;
    QPalette palette() const;
};

const Theme& light_theme();
const Theme& dark_theme();
const Theme& high_contrast_theme();
const Theme& print_theme();

// The theme that is in force; starts as light.
const Theme& theme();
ThemeKind theme_kind();
// Sets style, palette and style sheet of the application; widgets get QEvent::PaletteChange.
void apply_theme(QApplication& application, ThemeKind kind);

// Motion is asked to be avoided (environment ZZ_REDUCED_MOTION=1 or the platform's setting).
bool reduced_motion();

QFont small_font(const QFont& base);  // captions
QFont strong_font(const QFont& base); // headings in views
QFont title_font(const QFont& base);
QFont digest_font(const QFont& base); // letters in the matrix

} // namespace zz::console
