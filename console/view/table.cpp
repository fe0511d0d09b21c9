// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/table.h"

#include <QLocale>
#include <cmath>

namespace zz::console {
namespace {

bool is_real(const QVariant& value) {
    return value.typeId() == QMetaType::Double || value.typeId() == QMetaType::Float;
}

// Up to three decimals, no zeros behind, no exponent.
QString trimmed(QString text, QChar point) {
    if (!text.contains(point))
        return text;
    while (text.endsWith(u'0'))
        text.chop(1);
    if (text.endsWith(point))
        text.chop(1);
    return text == QStringLiteral("-0") ? QStringLiteral("0") : text;
}

} // namespace

QString cell_text(const QVariant& value) {
    if (!value.isValid())
        return QStringLiteral("–");
    const QLocale locale;
    if (is_real(value)) {
        const double number = value.toDouble();
        const int decimals = std::abs(number) >= 100 ? 0 : std::abs(number) >= 10 ? 1 : 2;
        return std::isfinite(number) ? locale.toString(number, 'f', decimals) : QStringLiteral("–");
    }
    if (value.typeId() == QMetaType::Bool)
        return value.toBool() ? QStringLiteral("✓") : QString();
    if (value.canConvert<qlonglong>() && value.typeId() != QMetaType::QString)
        return locale.toString(value.toLongLong());
    return value.toString();
}

QString cell_data(const QVariant& value) {
    if (!value.isValid())
        return {};
    if (is_real(value)) {
        const double number = value.toDouble();
        return std::isfinite(number) ? trimmed(QString::number(number, 'f', 3), u'.') : QString();
    }
    return value.toString();
}

QByteArray to_tsv(const std::vector<Table>& tables) {
    QString out;
    const auto cell = [](QString text) {
        return text.replace(u'\t', u' ').replace(u'\n', u' ').replace(u'\r', u' ');
    };
    for (const Table& table : tables) {
        if (!out.isEmpty())
            out += u'\n';
        QStringList titles;
        for (const TableColumn& column : table.columns)
            titles << cell(column.unit.isEmpty() ? column.title
                                                 : column.title + u' ' + column.unit);
        out += titles.join(u'\t') + u'\n';
        for (const auto& row : table.rows) {
            QStringList cells;
            for (const QVariant& value : row)
                cells << cell(cell_text(value));
            out += cells.join(u'\t') + u'\n';
        }
    }
    return out.toUtf8();
}

} // namespace zz::console
