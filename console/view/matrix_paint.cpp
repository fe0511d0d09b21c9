// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/matrix_paint.h"

#include <QGuiApplication>
#include <QJsonArray>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "console/model/words.h"
#include "console/view/glyphs.h"

namespace zz::console {
namespace {

using matrix::Entry;
using matrix::Kind;

constexpr int kLeft = static_cast<int>(Qt::AlignLeft) | static_cast<int>(Qt::AlignVCenter);

bool blames(const std::vector<std::size_t>& rows, std::size_t row) {
    return std::find(rows.begin(), rows.end(), row) != rows.end();
}

struct Tone {
    QColor ground, edge, text;
};

Tone tone_of(Kind kind, const Theme& t) {
    switch (kind) {
    case Kind::Agreed:
        return {t.good_soft, t.good, t.good_text};
    case Kind::NonBlocking:
        return {t.warn_soft, t.warn, t.warn_text};
    case Kind::Blocking:
    case Kind::AssumptionViolated:
        return {t.bad_soft, t.bad, t.bad_text};
    case Kind::Undecided:
        break;
    }
    return {t.sunken, t.neutral, t.text};
}

void paint_verdict_glyph(QPainter& painter, const QRectF& box, Kind kind, const Theme& t) {
    switch (kind) {
    case Kind::Agreed:
        paint_mark(painter, box, MarkKind::FirstReply, t);
        break;
    case Kind::NonBlocking:
        paint_badge(painter, box, Badge::Suspected, t);
        break;
    case Kind::Blocking:
        paint_badge(painter, box, Badge::Blocking, t);
        break;
    case Kind::AssumptionViolated:
        paint_badge(painter, box, Badge::Convicted, t);
        break;
    case Kind::Undecided:
        paint_state(painter, box, ReplicaState::Waking, t, 0.5);
        break;
    }
}

void paint_banner(QPainter& painter, const MatrixPaint& p) {
    const MatrixLayout& l = p.layout;
    const Tone tone = tone_of(p.reading.first.kind, p.theme);
    painter.setPen(QPen(tone.edge, 1));
    painter.setBrush(tone.ground);
    painter.drawRoundedRect(l.banner.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
    painter.setPen(Qt::NoPen);
    painter.setBrush(tone.edge);
    painter.drawRoundedRect(QRectF(l.banner.left(), l.banner.top(), 5, l.banner.height()), 2.5,
                            2.5);
    const double side = std::min(l.sentence.left() * 0.62, l.banner.height() - 12);
    const double middle = l.sentence.left() / 2 + 2;
    paint_verdict_glyph(painter,
                        QRectF(middle - side / 2, l.banner.center().y() - side / 2, side, side),
                        p.reading.first.kind, p.theme);
    const QFont base = painter.font();
    painter.setFont(title_font(base));
    painter.setPen(p.theme.text);
    const QFontMetricsF big(painter.font());
    const QRectF head(l.sentence.left(), l.sentence.top() - big.height() - 2, l.sentence.width(),
                      big.height());
    painter.drawText(head, kLeft, big.elidedText(p.reading.headline, Qt::ElideRight, head.width()));
    painter.setFont(base);
    painter.drawText(l.sentence.adjusted(0, 0, 0, 4), kWrapped, p.reading.sentence);
    if (!l.afterwards.isEmpty()) {
        painter.setPen(p.theme.muted);
        painter.drawText(l.afterwards.adjusted(0, 0, 0, 4), kWrapped, p.reading.afterwards);
    }
}

void paint_column_heads(QPainter& painter, const MatrixPaint& p) {
    const QFont base = painter.font();
    const QFontMetricsF strong(strong_font(base));
    const bool captions = p.layout.column_heads.height() > strong.height() * 1.6;
    for (std::size_t c = 0; c < p.layout.columns; ++c) {
        const QRectF box = p.layout.column_head(c);
        const MatrixColumn column = c < p.data.columns.size() ? p.data.columns[c] : MatrixColumn{};
        QRectF name(box.left(), box.bottom() - strong.height() - 2, box.width(), strong.height());
        painter.setFont(strong_font(base));
        painter.setPen(column.stale ? p.theme.muted : p.theme.text);
        painter.drawText(name, Qt::AlignCenter, column.name);
        if (column.primary) { // a star beside the name
            const double half = strong.horizontalAdvance(column.name) / 2;
            const QRectF star(name.center().x() + half + 3, name.center().y() - 6, 12, 12);
            if (star.right() < box.right() + 4)
                paint_agreement(painter, star, ReplicaState::Active, true, p.theme);
        }
        if (!captions)
            continue;
        const QRectF caption(box.left(), box.top(), box.width(),
                             box.height() - strong.height() - 2);
        painter.setFont(small_font(base));
        if (column.suspicion > 0) {
            painter.setPen(p.theme.warn_text);
            painter.drawText(caption, Qt::AlignCenter, tr("suspected %1×").arg(column.suspicion));
        } else if (column.stale) {
            painter.setPen(p.theme.muted);
            painter.drawText(caption, Qt::AlignCenter, tr("not heard"));
        }
    }
    painter.setFont(base);
}

void paint_row_head(QPainter& painter, const MatrixPaint& p, std::size_t row) {
    const QRectF box = p.layout.row_head(row);
    const MatrixRow who = row < p.data.rows.size() ? p.data.rows[row] : MatrixRow{};
    const QFont base = painter.font();
    const QFontMetricsF metrics(base);
    const double side = std::min(box.height() - 4, metrics.height() * 1.25);
    const QRectF glyph(box.left(), box.center().y() - side / 2, side, side);
    const bool guilty = who.badges.testFlag(Badge::Convicted);
    paint_state(painter, glyph, guilty ? ReplicaState::Convicted : who.state, p.theme, -1,
                who.stale);
    if (who.badges.testFlag(Badge::Drill))
        paint_badge(
            painter,
            QRectF(glyph.right() - side * 0.25, glyph.top() - side * 0.3, side * 0.7, side * 0.7),
            Badge::Drill, p.theme);
    const double left = box.left() + metrics.height() * 1.7;
    const QFontMetricsF strong(strong_font(base));
    const QFontMetricsF small(small_font(base));
    const bool two_lines = box.height() > strong.height() + small.height();
    QRectF name(left, box.top(), box.right() - left, box.height());
    if (two_lines) {
        const double top = box.center().y() - (strong.height() + small.height()) / 2;
        name = QRectF(left, top, name.width(), strong.height());
        painter.setFont(small_font(base));
        painter.setPen(guilty ? p.theme.bad_text : p.theme.muted);
        const QString state = guilty ? words(ReplicaState::Convicted)
                                     : words(who.state) + (who.woken ? tr(", woken") : QString()) +
                                           (who.stale ? tr(", stale") : QString());
        painter.drawText(QRectF(left, name.bottom(), name.width(), small.height()), kLeft,
                         small.elidedText(state, Qt::ElideRight, name.width()));
    }
    painter.setFont(strong_font(base));
    painter.setPen(p.theme.text);
    painter.drawText(name, kLeft, who.name);
    painter.setFont(base);
}

void paint_cell(QPainter& painter, const MatrixPaint& p, std::size_t row, std::size_t column) {
    const QRectF box = p.layout.cell(row, column);
    const Entry& entry = p.data.matrix.at(row, column);
    const Theme& t = p.theme;
    if (entry.is_pending()) {
        painter.setPen(QPen(t.line, 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4);
        painter.setPen(t.muted);
        painter.drawText(box, Qt::AlignCenter, QStringLiteral("…"));
        return;
    }
    if (entry.is_missing()) {
        painter.setPen(QPen(t.muted, 1.4, Qt::DashLine));
        painter.setBrush(t.sunken);
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4);
        painter.setPen(QPen(t.text, 2));
        const double half = std::min(9.0, box.width() * 0.2);
        painter.drawLine(box.center() - QPointF(half, 0), box.center() + QPointF(half, 0));
        return;
    }
    const int which = p.reading.rank.at(entry.value());
    const QString& letter = p.reading.classes[static_cast<std::size_t>(which)].letter;
    if (p.pixmaps)
        painter.drawPixmap(box.topLeft(), p.pixmaps->of(which, letter, painter.font()));
    else
        paint_digest(painter, box, which, letter, t);
    const bool wrong = p.reading.proven && entry.contradicts(*p.reading.proven);
    if (wrong) { // stands against the proven value
        const bool convicted =
            blames(p.reading.now.blame.convicted, row) ||
            (row < p.data.rows.size() && p.data.rows[row].badges.testFlag(Badge::Convicted));
        painter.setPen(QPen(convicted ? t.bad : t.warn, convicted ? 2.4 : 1.6, Qt::SolidLine,
                            Qt::SquareCap, Qt::MiterJoin));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4);
    }
}

void paint_grid(QPainter& painter, const MatrixPaint& p) {
    const QFont base = painter.font();
    const bool roomy = p.layout.cell_height > QFontMetricsF(base).height() * 2;
    const QFontMetricsF small(small_font(base));
    for (std::size_t row = 0; row < p.layout.rows; ++row) {
        paint_row_head(painter, p, row);
        painter.setFont(roomy ? digest_font(base) : strong_font(base));
        for (std::size_t column = 0; column < p.layout.columns; ++column)
            paint_cell(painter, p, row, column);
        painter.setFont(small_font(base));
        painter.setPen(p.theme.muted);
        const QRectF note = p.layout.row_note(row);
        if (note.width() < small.averageCharWidth() * 6)
            continue;
        if (small.horizontalAdvance(p.reading.row_notes[row]) > note.width() &&
            note.height() >= 2 * small.height())
            painter.drawText(note, kLeft | static_cast<int>(Qt::TextWordWrap),
                             p.reading.row_notes[row]);
        else
            painter.drawText(
                note, kLeft,
                small.elidedText(p.reading.row_notes[row], Qt::ElideRight, note.width()));
    }
    painter.setFont(base);
}

void paint_matches(QPainter& painter, const MatrixPaint& p) {
    const QFont base = painter.font();
    const QRectF line = p.layout.match_line;
    painter.setPen(QPen(p.theme.line, 1));
    painter.drawLine(line.topLeft() - QPointF(0, 4),
                     QPointF(p.layout.notes_left + p.layout.notes_width, line.top() - 4));
    painter.setFont(small_font(base));
    painter.setPen(p.theme.muted);
    const QFontMetricsF small(painter.font());
    const double head = p.layout.grid.left() - line.left() - 6;
    painter.drawText(QRectF(line.left(), line.top(), head, line.height()), kLeft,
                     small.elidedText(head > small.horizontalAdvance(tr("column matches on"))
                                          ? tr("column matches on")
                                          : tr("match"),
                                      Qt::ElideRight, head));
    painter.setFont(strong_font(base));
    for (std::size_t c = 0; c < p.layout.columns; ++c) {
        const auto& match = p.reading.match[c];
        const bool is_v =
            match && p.reading.proven &&
            p.reading.classes[static_cast<std::size_t>(*match)].digest == *p.reading.proven;
        painter.setPen(is_v ? p.theme.good_text : match ? p.theme.text : p.theme.muted);
        painter.drawText(p.layout.column_match(c), Qt::AlignCenter,
                         match ? p.reading.classes[static_cast<std::size_t>(*match)].letter
                               : QStringLiteral("–"));
    }
    painter.setFont(base);
}

// "P: 3 of 4 columns, needs 2" with a bar up to 3f+1 and a tick at f+1.
void paint_support(QPainter& painter, const MatrixPaint& p) {
    const QFont base = painter.font();
    const Faults faults = p.data.matrix.faults();
    painter.setFont(small_font(base));
    painter.setPen(p.theme.muted);
    if (!p.layout.supports.empty())
        painter.drawText(QRectF(p.layout.support_line.left(), p.layout.support_line.top(),
                                p.layout.grid.left() - p.layout.support_line.left() - 6,
                                p.layout.support_line.height()),
                         kLeft, tr("support"));
    painter.setFont(base);
    const QFontMetricsF metrics(base);
    for (std::size_t i = 0; i < p.layout.supports.size(); ++i) {
        const DigestClass& one = p.reading.classes[i];
        const QRectF box = p.layout.supports[i];
        const bool enough = one.support >= faults.weak_quorum();
        const double side = metrics.height() * 1.25;
        const QRectF swatch(box.left(), box.top(), side, side);
        painter.setFont(strong_font(base));
        paint_digest(painter, swatch, one.rank, one.letter, p.theme, 3);
        painter.setFont(enough ? strong_font(base) : base);
        painter.setPen(enough ? p.theme.good_text : p.theme.text);
        const QRectF text(swatch.right() + 7, box.top(), box.right() - swatch.right() - 7, side);
        painter.drawText(text, kLeft,
                         QStringLiteral("%1 %2 f+1 = %3")
                             .arg(one.support)
                             .arg(enough ? QStringLiteral("≥") : QStringLiteral("<"))
                             .arg(faults.weak_quorum()));
        const QRectF bar(box.left(), box.bottom() - 5, box.width(), 4);
        painter.setPen(Qt::NoPen);
        painter.setBrush(p.theme.sunken);
        painter.drawRect(bar);
        painter.setBrush(enough ? p.theme.good : p.theme.neutral);
        painter.drawRect(QRectF(bar.left(), bar.top(),
                                bar.width() * one.support / faults.agreement_replicas(), 4));
        painter.setPen(QPen(p.theme.text, 1.5));
        const double tick =
            bar.left() + bar.width() * faults.weak_quorum() / faults.agreement_replicas();
        painter.drawLine(QPointF(tick, bar.top() - 2), QPointF(tick, bar.bottom() + 2));
    }
    painter.setFont(base);
}

void paint_paragraphs(QPainter& painter, const MatrixPaint& p) {
    const QFont base = painter.font();
    const QFontMetricsF strong(strong_font(base));
    for (const auto& paragraph : p.layout.paragraphs) {
        painter.setFont(strong_font(base));
        painter.setPen(p.theme.text);
        painter.drawText(QRectF(paragraph.box.left(), paragraph.box.top(), paragraph.box.width(),
                                strong.height()),
                         kLeft, paragraph.title);
        painter.setFont(base);
        painter.setPen(p.theme.muted);
        painter.drawText(paragraph.box.adjusted(0, strong.height() + 2, 0, 4), kWrapped,
                         paragraph.text);
    }
}

QJsonObject facts_of(const MatrixData& data, const MatrixReading& reading) {
    const auto verdict = [&](const matrix::Matrix& m, const matrix::Verdict& v) {
        QJsonArray convicted, unresponsive;
        for (const std::size_t row : v.blame.convicted)
            convicted.append(QString::fromStdString(reading.names.row(row)));
        for (const std::size_t row : v.blame.unresponsive)
            unresponsive.append(QString::fromStdString(reading.names.row(row)));
        QJsonObject support;
        for (const auto& [value, count] : v.support)
            support.insert(QString::fromStdString(reading.names.value(value)),
                           static_cast<int>(count));
        return QJsonObject{
            {"verdict", QString::fromUtf8(to_string(v.kind).data())},
            {"rule", QString::fromUtf8(v.rule.data())},
            {"value", v.value ? QJsonValue(QString::fromStdString(reading.names.value(*v.value)))
                              : QJsonValue()},
            {"support", support},
            {"convicted", convicted},
            {"unresponsive", unresponsive},
            {"f", static_cast<int>(m.faults().f)}};
    };
    QJsonObject digests;
    for (const DigestClass& one : reading.classes)
        digests.insert(one.letter, QString::fromStdString(to_hex(one.digest.view())));
    return {{"application", data.application},
            {"n", QString::number(data.n)},
            {"verdict", QString::fromUtf8(to_string(reading.first.kind).data())},
            {"rule", QString::fromUtf8(reading.first.rule.data())},
            {"text", reading.sentence},
            {"digests", digests},
            {"now", verdict(data.matrix, reading.now)},
            {"candidates", QJsonArray::fromStringList(reading.candidates)},
            {"would_change", QJsonArray::fromStringList(reading.would_change)}};
}

} // namespace

void DigestPixmaps::prepare(const Theme& colours, const QSizeF& size, double ratio) {
    if (theme_ == &colours && size_ == size && ratio_ == ratio && known_.size() < kLooksMax)
        return;
    known_.clear();
    theme_ = &colours;
    size_ = size;
    ratio_ = ratio;
}

const QPixmap& DigestPixmaps::of(int which, const QString& letter, const QFont& font) {
    const auto known = known_.constFind(letter);
    if (known != known_.constEnd())
        return *known;
    QPixmap pixmap((size_ * ratio_).toSize());
    pixmap.setDevicePixelRatio(ratio_);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setFont(font);
    paint_digest(painter, QRectF(QPointF(), size_), which, letter, *theme_);
    painter.end();
    return *known_.insert(letter, pixmap);
}

void paint_matrix(QPainter& painter, const MatrixPaint& what) {
    painter.setRenderHint(QPainter::Antialiasing);
    if (what.pixmaps) {
        const double ratio = painter.device() ? painter.device()->devicePixelRatioF() : 1;
        what.pixmaps->prepare(what.theme, {what.layout.cell_width, what.layout.cell_height}, ratio);
    }
    paint_banner(painter, what);
    paint_column_heads(painter, what);
    paint_grid(painter, what);
    paint_matches(painter, what);
    paint_support(painter, what);
    paint_paragraphs(painter, what);
    if (what.focus) {
        painter.setPen(QPen(what.theme.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(
            what.layout.cell(what.focus->row, what.focus->column).adjusted(-2, -2, 2, 2), 6, 6);
    }
}

Exportable exportable_of(const MatrixData& data) {
    const MatrixReading reading = read(data);
    constexpr double kWidth = 900;
    const MatrixLayout layout = layout_of(data, reading, kWidth, QGuiApplication::font());
    Exportable out;
    out.name = QStringLiteral("matrix");
    out.title = tr("Response matrix of %1, n = %2").arg(data.application).arg(data.n);
    out.size = layout.size;
    out.tables = tables_of(data, reading);
    out.facts = facts_of(data, reading);
    out.draw = [data, reading, layout](QPainter& painter, const QRectF& box, const Theme& theme) {
        painter.save();
        painter.translate(box.topLeft());
        paint_matrix(painter, {data, reading, layout, theme, std::nullopt, nullptr});
        painter.restore();
    };
    return out;
}

} // namespace zz::console
