// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/theme.h"

#include <QApplication>

#include "console/view/calm_style.h"
#include "console/view/style_sheet.h"

namespace zz::console {
namespace {

// The theme in force. One GUI thread, one application.
struct InForce {
    const Theme* theme = &light_theme();
    ThemeKind kind = ThemeKind::Light;
    bool asked_system = false;
    bool system_is_dark = false;
};

InForce& in_force() {
    static InForce state;
    return state;
}

QColor rgb(QRgb value) {
    return QColor::fromRgb(value);
}

Theme make_status() {
    Theme t;
    t.good = rgb(okabe_ito::kGreen);
    t.busy = rgb(okabe_ito::kSky);
    t.warn = rgb(okabe_ito::kOrange);
    t.bad = rgb(okabe_ito::kVermillion);
    t.drill = rgb(okabe_ito::kPurple);
    return t;
}

Theme make_light() {
    Theme t = make_status();
    t.window = rgb(0xfff2f4f7);
    t.surface = rgb(0xffffffff);
    t.sunken = rgb(0xffedf0f4);
    t.line = rgb(0xffd3d9e1);
    t.grid = rgb(0xffe6eaef);
    t.text = rgb(0xff18212d);
    t.muted = rgb(0xff556171);
    t.accent = rgb(okabe_ito::kBlue);
    t.accent_soft = rgb(0xffdcebf6);
    t.sleep = rgb(0xff6b7684);
    t.neutral = rgb(0xff8a94a1);
    t.good_text = rgb(0xff00714f);
    t.warn_text = rgb(0xff805300);
    t.bad_text = rgb(0xffad4500);
    t.drill_text = rgb(0xff97407a);
    t.good_soft = rgb(0xffdcf1ea);
    t.warn_soft = rgb(0xfffcefd3);
    t.bad_soft = rgb(0xfffdeadf);
    t.drill_soft = rgb(0xfff8e8f1);
    t.busy_soft = rgb(0xffe0f1fb);
    t.outline = rgb(0xff4a3a12);
    t.hatch = QColor(60, 72, 88, 70);
    return t;
}

Theme make_dark() {
    Theme t = make_status();
    t.dark = true;
    t.window = rgb(0xff12151a);
    t.surface = rgb(0xff1b1f26);
    t.sunken = rgb(0xff252b34);
    t.line = rgb(0xff39414d);
    t.grid = rgb(0xff2a303a);
    t.text = rgb(0xffe8ecf2);
    t.muted = rgb(0xff9fabba);
    t.accent = rgb(okabe_ito::kSky);
    t.accent_soft = rgb(0xff1d3a4e);
    t.sleep = rgb(0xffa0abb9);
    t.neutral = rgb(0xff7f8a98);
    t.good_text = rgb(0xff45cfa5);
    t.warn_text = rgb(0xfff2b840);
    t.bad_text = rgb(0xffff9a5a);
    t.drill_text = rgb(0xffe3a4c8);
    t.good_soft = rgb(0xff15352c);
    t.warn_soft = rgb(0xff3a2e14);
    t.bad_soft = rgb(0xff3c2418);
    t.drill_soft = rgb(0xff382635);
    t.busy_soft = rgb(0xff183443);
    t.outline = rgb(0xff12151a);
    t.hatch = QColor(200, 212, 228, 62);
    return t;
}

Theme make_high_contrast() {
    Theme t = make_dark();
    t.high_contrast = true;
    t.window = t.surface = rgb(0xff000000);
    t.sunken = rgb(0xff1c1c1c);
    t.line = rgb(0xffffffff);
    t.grid = rgb(0xff5a5a5a);
    t.text = rgb(0xffffffff);
    t.muted = rgb(0xffe2e2e2);
    t.accent = rgb(okabe_ito::kYellow);
    t.accent_soft = rgb(0xff3d3a00);
    t.sleep = t.neutral = rgb(0xffd0d0d0);
    t.good = rgb(0xff00c48e);
    t.bad = rgb(0xffff7a1a);
    t.hatch = QColor(255, 255, 255, 130);
    t.outline = rgb(0xff000000);
    return t;
}

Theme make_print() {
    Theme t = make_light();
    t.print = true;
    t.window = rgb(0xffffffff);
    t.muted = rgb(0xff4a5563);
    t.line = rgb(0xffb9c1cb);
    t.hatch = QColor(40, 50, 64, 110);
    return t;
}

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto part = [share](int from, int to) {
        return static_cast<int>(from + (to - from) * share + 0.5);
    };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

// Digest classes are not good or bad: hues that no status uses at that strength.
constexpr QRgb kDigestHues[] = {okabe_ito::kSky,   okabe_ito::kYellow, okabe_ito::kPurple,
                                okabe_ito::kGreen, okabe_ito::kOrange, okabe_ito::kBlue};

QRgb digest_hue(int which) {
    const int count = static_cast<int>(std::size(kDigestHues));
    return kDigestHues[((which % count) + count) % count];
}

} // namespace

QString theme_word(ThemeKind kind) {
    switch (kind) {
    case ThemeKind::System:
        return QStringLiteral("system");
    case ThemeKind::Light:
        return QStringLiteral("light");
    case ThemeKind::Dark:
        return QStringLiteral("dark");
    case ThemeKind::HighContrast:
        return QStringLiteral("high-contrast");
    }
    return {};
}

ThemeKind theme_from_word(const QString& word) {
    for (const ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark, ThemeKind::HighContrast}) {
        if (word.compare(theme_word(kind), Qt::CaseInsensitive) == 0)
            return kind;
    }
    return ThemeKind::System;
}

QColor Theme::digest_ground(int which) const {
    if (high_contrast)
        return surface;
    return mixed(surface, rgb(digest_hue(which)), dark ? 0.26 : 0.24);
}

QColor Theme::digest_pattern(int which) const {
    if (high_contrast)
        return rgb(digest_hue(which));
    const QColor towards = print ? text : rgb(digest_hue(which));
    return mixed(mixed(surface, towards, dark ? 0.62 : 0.72), text, dark ? 0.0 : 0.12);
}

QPalette Theme::palette() const {
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, surface);
    p.setColor(QPalette::AlternateBase, mixed(surface, sunken, 0.5));
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::Button, surface);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, bad_text);
    p.setColor(QPalette::ToolTipBase, surface);
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::PlaceholderText, muted);
    p.setColor(QPalette::Highlight, accent);
    p.setColor(QPalette::HighlightedText, dark ? rgb(0xff000000) : rgb(0xffffffff));
    p.setColor(QPalette::Link, accent);
    p.setColor(QPalette::LinkVisited, accent);
    p.setColor(QPalette::Light, mixed(surface, text, dark ? 0.10 : 0.0));
    p.setColor(QPalette::Midlight, sunken);
    p.setColor(QPalette::Mid, line);
    p.setColor(QPalette::Dark, mixed(line, text, 0.2));
    p.setColor(QPalette::Shadow, dark ? rgb(0xff000000) : mixed(line, text, 0.4));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, mixed(surface, text, 0.45));
    return p;
}

const Theme& light_theme() {
    static const Theme instance = make_light();
    return instance;
}

const Theme& dark_theme() {
    static const Theme instance = make_dark();
    return instance;
}

const Theme& high_contrast_theme() {
    static const Theme instance = make_high_contrast();
    return instance;
}

const Theme& print_theme() {
    static const Theme instance = make_print();
    return instance;
}

const Theme& theme() {
    return *in_force().theme;
}

ThemeKind theme_kind() {
    return in_force().kind;
}

void apply_theme(QApplication& application, ThemeKind kind) {
    InForce& state = in_force();
    if (!state.asked_system) { // before a palette of ours hides that of the desktop
        state.asked_system = true;
        state.system_is_dark = QApplication::palette().color(QPalette::Window).lightness() < 128;
    }
    state.kind = kind;
    const bool dark =
        kind == ThemeKind::Dark || (kind == ThemeKind::System && state.system_is_dark);
    state.theme = kind == ThemeKind::HighContrast ? &high_contrast_theme()
                  : dark                          ? &dark_theme()
                                                  : &light_theme();
    QApplication::setStyle(new CalmStyle);
    QApplication::setPalette(state.theme->palette());
    application.setStyleSheet(style_sheet(*state.theme));
}

bool reduced_motion() {
    return qEnvironmentVariableIntValue("ZZ_REDUCED_MOTION") != 0 ||
           !QApplication::isEffectEnabled(Qt::UI_General);
}

QFont small_font(const QFont& base) {
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 0.89);
    return font;
}

QFont strong_font(const QFont& base) {
    QFont font = base;
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont title_font(const QFont& base) {
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 1.17);
    font.setWeight(QFont::Bold);
    return font;
}

QFont digest_font(const QFont& base) {
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 1.25);
    font.setWeight(QFont::Bold);
    return font;
}

} // namespace zz::console
