// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/what_if.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>
#include <map>

#include "backend/drill/plan.h"
#include "backend/drill/stage.h"
#include "console/view/matrix_reading.h"
#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kFaultsMost = 7;

// The talk's examples (ZZ-6.4), f = 1.
constexpr const char* kNonBlocking[] = {"QQQQ", "PQQQ"};
constexpr const char* kBlocking[] = {"PQQQ", "PPPQ"};
constexpr const char* kWoken[] = {"PQQQ", "PPPQ", "PPPQ"};
constexpr const char* kSilent[] = {"----", "PPPP"};

QString tr_matrix(const char* text) {
    return QCoreApplication::translate("zz::console::what_if", text);
}

} // namespace

WhatIfAnswer what_if(const std::string& csv, Faults faults, const QString& policy,
                     const QString& truth) {
    WhatIfAnswer out;
    const auto named = matrix::parse_csv(csv, faults, "matrix");
    if (!named) {
        out.error = QString::fromStdString(named.error().text);
        return out;
    }
    const matrix::Verdict verdict = matrix::judge(named->matrix);
    out.verdict = words(verdict.kind);
    out.rule = QString::fromUtf8(verdict.rule.data(), static_cast<int>(verdict.rule.size()));
    out.sentence = QString::fromStdString(sentence(named->matrix, verdict, named->names));
    drill::Stage stage;
    stage.faults = faults;
    stage.policy =
        policy == QStringLiteral("matrix") ? drill::Policy::Matrix : drill::Policy::Evidence;
    // The rows are those that are active now first; whether that is so the hosts check.
    for (std::size_t row = 0; row < faults.active_replicas() && row < named->matrix.rows(); ++row)
        if (const auto id = drill::parse_replica(named->names.row(row), faults))
            stage.actives.push_back(SlotId(id->index));
    drill::MatrixOptions options;
    if (!truth.isEmpty())
        options.truth = truth.toStdString();
    const auto plan = drill::plan_matrix(*named, stage, options, "matrix");
    if (!plan) {
        out.prediction =
            tr_matrix("Cannot be played: %1").arg(QString::fromStdString(plan.error().text));
        return out;
    }
    out.playable = true;
    out.beyond_f = plan->exceeds_f();
    out.prediction = QString::fromStdString(plan->prediction.text);
    return out;
}

WhatIf::WhatIf(QWidget* parent)
    : QWidget(parent), faults_(new QSpinBox), rows_(new QSpinBox), example_(new QComboBox),
      table_(new QTableWidget), verdict_(new QLabel), sentence_(new QLabel),
      prediction_(new QLabel), play_(new QPushButton(tr("Play as drill…"))) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 8, 4, 4);
    column->setSpacing(6);
    auto* row = new QHBoxLayout;
    example_->addItems({tr("As shown"), tr("Talk: non-blocking"), tr("Talk: blocking"),
                        tr("Talk: after the wake-up"), tr("Silent replica")});
    example_->setAccessibleName(tr("Example"));
    faults_->setRange(1, kFaultsMost);
    faults_->setPrefix(tr("f = "));
    faults_->setAccessibleName(tr("Faults tolerated"));
    rows_->setPrefix(tr("awake: "));
    rows_->setAccessibleName(tr("Awake execution replicas"));
    rows_->setRange(2, 3);
    row->addWidget(example_, 1);
    row->addWidget(faults_);
    row->addWidget(rows_);
    column->addLayout(row);
    makeTable();
    column->addWidget(table_, 1);
    for (QLabel* label : {verdict_, sentence_, prediction_}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        column->addWidget(label);
    }
    verdict_->setFont(title_font(font()));
    prediction_->setProperty("role", QStringLiteral("muted"));
    play_->setProperty("role", QStringLiteral("drill"));
    column->addWidget(play_, 0, Qt::AlignLeft);
    setFocusProxy(table_);

    connect(faults_, &QSpinBox::valueChanged, this, [this](int f) {
        rows_->setRange(f + 1, 2 * f + 1);
        reshape();
    });
    connect(rows_, &QSpinBox::valueChanged, this, &WhatIf::reshape);
    connect(table_, &QTableWidget::itemChanged, this, [this] {
        if (filling_)
            return;
        edited_ = true;
        judge();
    });
    connect(example_, &QComboBox::activated, this, [this](int which) {
        if (which == 1)
            fill(kNonBlocking, 2);
        else if (which == 2)
            fill(kBlocking, 2);
        else if (which == 3)
            fill(kWoken, 3);
        else if (which == 4)
            fill(kSilent, 2);
        edited_ = which != 0;
    });
    connect(play_, &QPushButton::clicked, this,
            [this] { Q_EMIT playWanted(QString::fromStdString(csv()), application_, QString()); });
    fill(kBlocking, 2);
    edited_ = false;
}

void WhatIf::makeTable() {
    table_->setAccessibleName(
        tr("What each agreement replica was told; letters are values, - missing, ? pending"));
    table_->setToolTip(tr("P, Q, R … a value · - missing · ? pending"));
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table_->horizontalHeader()->setMinimumSectionSize(28);
    table_->verticalHeader()->setDefaultAlignment(Qt::AlignCenter);
    table_->setEditTriggers(QAbstractItemView::AllEditTriggers);
    table_->setTabKeyNavigation(false);
    table_->setMinimumHeight(fontMetrics().height() * 6);
}

void WhatIf::setPolicy(const QString& policy) {
    if (policy == policy_)
        return;
    policy_ = policy;
    judge();
}

void WhatIf::setRows(const QStringList& rows) {
    if (rows == row_names_)
        return;
    row_names_ = rows;
    reshape();
}

QString WhatIf::rowName(int row) const {
    return row < row_names_.size() ? row_names_[row] : QStringLiteral("E%1").arg(row + 1);
}

void WhatIf::setMatrix(const matrix::Matrix& m, const matrix::Names& names,
                       const QString& application) {
    application_ = application;
    if (m.rows() < m.faults().active_replicas() || m.faults().f > kFaultsMost)
        return;
    filling_ = true;
    faults_->setValue(static_cast<int>(m.faults().f));
    rows_->setRange(static_cast<int>(m.faults().f) + 1, static_cast<int>(2 * m.faults().f) + 1);
    rows_->setValue(static_cast<int>(m.rows()));
    filling_ = false;
    reshape();
    filling_ = true;
    for (int r = 0; r < table_->rowCount(); ++r) {
        for (int c = 0; c < table_->columnCount(); ++c) {
            const matrix::Entry& entry =
                m.at(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
            table_->item(r, c)->setText(entry.is_pending() ? QStringLiteral("?")
                                        : entry.is_missing()
                                            ? QStringLiteral("-")
                                            : QString::fromStdString(names.value(entry.value())));
        }
    }
    filling_ = false;
    edited_ = false;
    example_->setCurrentIndex(0);
    judge();
}

void WhatIf::fill(const char* const* rows, int count) {
    filling_ = true;
    faults_->setValue(1);
    rows_->setRange(2, 3);
    rows_->setValue(count);
    filling_ = false;
    reshape();
    filling_ = true;
    for (int r = 0; r < count; ++r) {
        for (int c = 0; c < 4; ++c)
            table_->item(r, c)->setText(QString(QLatin1Char(rows[r][c])));
    }
    filling_ = false;
    judge();
}

void WhatIf::reshape() {
    if (filling_)
        return;
    filling_ = true;
    table_->setRowCount(rows_->value());
    table_->setColumnCount(3 * faults_->value() + 1);
    for (int r = 0; r < table_->rowCount(); ++r) {
        table_->setVerticalHeaderItem(r, new QTableWidgetItem(rowName(r)));
        for (int c = 0; c < table_->columnCount(); ++c) {
            table_->setHorizontalHeaderItem(c,
                                            new QTableWidgetItem(QStringLiteral("A%1").arg(c + 1)));
            if (table_->item(r, c))
                continue;
            auto* item = new QTableWidgetItem(QStringLiteral("P"));
            item->setTextAlignment(Qt::AlignCenter);
            table_->setItem(r, c, item);
        }
    }
    filling_ = false;
    judge();
}

std::string WhatIf::csv() const {
    QString out;
    for (int c = 0; c < table_->columnCount(); ++c)
        out += QStringLiteral(",A%1").arg(c + 1);
    out += u'\n';
    for (int r = 0; r < table_->rowCount(); ++r) {
        out += rowName(r);
        for (int c = 0; c < table_->columnCount(); ++c)
            out += u',' + table_->item(r, c)->text().trimmed();
        out += u'\n';
    }
    return out.toStdString();
}

void WhatIf::judge() {
    if (filling_)
        return;
    answer_ = what_if(csv(), Faults{static_cast<std::uint32_t>(faults_->value())}, policy_);
    const bool good = answer_.error.isEmpty();
    verdict_->setText(good ? tr("%1 · rule %2").arg(answer_.verdict, answer_.rule)
                           : tr("Not a matrix yet"));
    sentence_->setText(good ? answer_.sentence : answer_.error);
    prediction_->setText(answer_.prediction);
    prediction_->setVisible(!answer_.prediction.isEmpty());
    play_->setEnabled(answer_.playable);
    play_->setText(answer_.beyond_f ? tr("Play as drill (beyond f)…") : tr("Play as drill…"));
    tint();
}

void WhatIf::tint() {
    filling_ = true; // colours are changes of items, too
    std::map<QString, int> ranks;
    for (int c = 0; c < table_->columnCount(); ++c) {
        for (int r = 0; r < table_->rowCount(); ++r)
            ranks.emplace(table_->item(r, c)->text().trimmed(), 0);
    }
    ranks.erase(QStringLiteral("-"));
    ranks.erase(QStringLiteral("?"));
    int next = 0;
    for (auto& [letter, rank] : ranks)
        rank = next++;
    for (int r = 0; r < table_->rowCount(); ++r) {
        for (int c = 0; c < table_->columnCount(); ++c) {
            const auto rank = ranks.find(table_->item(r, c)->text().trimmed());
            table_->item(r, c)->setBackground(
                rank == ranks.end() ? theme().sunken : theme().digest_ground(rank->second));
            table_->item(r, c)->setForeground(theme().text);
        }
    }
    filling_ = false;
}

void WhatIf::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        tint();
}

} // namespace zz::console
