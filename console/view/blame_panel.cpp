// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/view/blame_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kTimeRole = Qt::UserRole;
constexpr int kEvidenceRole = Qt::UserRole + 1;

} // namespace

BlamePanel::BlamePanel(QWidget* parent)
    : QWidget(parent), headline_(new QLabel), text_(new QLabel), chain_(new QTreeWidget),
      export_(new QPushButton(tr("Export proof…"))),
      jump_(new QPushButton(tr("Show in timeline"))) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 8, 4, 4);
    column->setSpacing(6);
    headline_->setFont(title_font(font()));
    text_->setWordWrap(true);
    text_->setTextFormat(Qt::PlainText);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* row = new QHBoxLayout;
    row->addWidget(headline_, 1);
    row->addWidget(export_);
    row->addWidget(jump_);
    column->addLayout(row);
    column->addWidget(text_);
    chain_->setColumnCount(3);
    chain_->setHeaderLabels({tr("ms"), tr("What"), tr("Proof")});
    chain_->setRootIsDecorated(false);
    chain_->setAccessibleName(tr("Chain of messages, oldest first"));
    chain_->header()->setStretchLastSection(false);
    chain_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    chain_->header()->setSectionResizeMode(1, QHeaderView::Stretch);
    chain_->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    chain_->setWordWrap(true);
    chain_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // As high as its words need in the width that there is. Columns take theirs after the list.
    wrap_soon_.setSingleShot(true);
    wrap_soon_.setInterval(0);
    connect(&wrap_soon_, &QTimer::timeout, this, &BlamePanel::wrap);
    connect(chain_->header(), &QHeaderView::sectionResized, &wrap_soon_,
            qOverload<>(&QTimer::start));
    chain_->viewport()->installEventFilter(this);
    column->addWidget(chain_, 1);
    connect(chain_, &QTreeWidget::currentItemChanged, this,
            [this] { export_->setEnabled(!proof().isEmpty()); });
    connect(export_, &QPushButton::clicked, this, [this] { Q_EMIT evidenceWanted(proof()); });
    const auto jump = [this] {
        if (const QTreeWidgetItem* item = chain_->currentItem())
            Q_EMIT jumpWanted(item->data(0, kTimeRole).toLongLong());
    };
    connect(jump_, &QPushButton::clicked, this, jump);
    connect(chain_, &QTreeWidget::itemActivated, this, jump);
}

QString BlamePanel::proof() const {
    const QTreeWidgetItem* item = chain_->currentItem();
    return item ? item->data(0, kEvidenceRole).toString() : QString();
}

void BlamePanel::setData(const MatrixData& shown, const MatrixReading& reading) {
    QStringList convicted;
    for (std::size_t row = 0; row < shown.rows.size(); ++row) {
        if (shown.rows[row].badges.testFlag(Badge::Convicted))
            convicted << shown.rows[row].name;
    }
    if (convicted.isEmpty()) {
        for (const std::size_t row : reading.now.blame.convicted)
            convicted << QString::fromStdString(reading.names.row(row));
    }
    if (!convicted.isEmpty())
        headline_->setText(tr("%1 convicted").arg(convicted.join(QStringLiteral(", "))));
    else if (!reading.candidates.isEmpty())
        headline_->setText(tr("Not decidable from this matrix"));
    else
        headline_->setText(tr("Nobody to blame"));
    QString text; // the banner has the rest
    if (convicted.isEmpty() && !reading.candidates.isEmpty())
        text = tr("Each of these explains all reports with at most f liars of each kind; only a "
                  "woken replica or a signature can tell them apart:") +
               u'\n' + reading.candidates.join(u'\n');
    text_->setText(text);
    text_->setVisible(!text.isEmpty());
    fill(shown);
}

bool BlamePanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize)
        wrap_soon_.start();
    return QWidget::eventFilter(watched, event);
}

void BlamePanel::wrap() {
    const int room = std::max(40, chain_->columnWidth(1) - 12);
    const QFontMetrics metrics = chain_->fontMetrics();
    for (int i = 0; i < chain_->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = chain_->topLevelItem(i);
        const int high =
            metrics.boundingRect(QRect(0, 0, room, 10'000), Qt::TextWordWrap, item->text(1))
                .height();
        const QSize hint(0, std::max(high, metrics.height()) + 6);
        if (item->sizeHint(1) != hint)
            item->setSizeHint(1, hint);
    }
}

void BlamePanel::fill(const MatrixData& shown) {
    const int current = chain_->indexOfTopLevelItem(chain_->currentItem());
    chain_->clear();
    const QLocale locale;
    QTreeWidgetItem* best = nullptr;
    for (const BlameStep& step : shown.chain) {
        const double after = static_cast<double>(step.wall_ns - shown.wall_ns) / 1e6;
        const QString what = step.rule.isEmpty()
                                 ? step.who + u' ' + step.what
                                 : QStringLiteral("%1 %2 (%3)").arg(step.who, step.what, step.rule);
        auto* item = new QTreeWidgetItem(chain_, {locale.toString(after, 'f', 1), what,
                                                  step.is_signed ? tr("signed") : tr("MAC")});
        item->setTextAlignment(0, Qt::AlignRight | Qt::AlignVCenter);
        item->setData(0, kTimeRole, static_cast<qlonglong>(step.wall_ns));
        item->setData(0, kEvidenceRole, step.evidence);
        item->setToolTip(1, what);
        item->setToolTip(2, step.is_signed
                                ? tr("A signature: convinces everybody who knows the key.")
                                : tr("Authenticated for one receiver: convinces nobody else."));
        if (!step.is_signed)
            item->setForeground(2, theme().muted);
        if (!step.evidence.isEmpty())
            best = item;
    }
    wrap();
    auto* wanted = chain_->topLevelItem(current);
    chain_->setCurrentItem(wanted ? wanted : best);
    export_->setEnabled(!proof().isEmpty());
    jump_->setEnabled(!shown.chain.empty());
}

} // namespace zz::console
