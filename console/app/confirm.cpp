// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/confirm.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace zz::console {

bool confirm(QWidget* parent, const ConfirmText& text, QString& reason) {
    QDialog dialog(parent);
    dialog.setObjectName("confirm");
    dialog.setWindowTitle(QObject::tr("%1 on %2?").arg(text.verb, text.application));
    auto* layout = new QVBoxLayout(&dialog);
    auto* label = new QLabel(text.text);
    label->setWordWrap(true);
    label->setMinimumWidth(420);
    layout->addWidget(label);
    const bool grave = text.beyond || text.production;
    auto* why = new QLineEdit;
    auto* name = new QLineEdit;
    if (grave) {
        auto* form = new QFormLayout;
        form->addRow(QObject::tr("&Reason, for the audit"), why);
        form->addRow(QObject::tr("&Type %1 to go on").arg(text.application), name);
        layout->addLayout(form);
    }
    auto* buttons = new QDialogButtonBox;
    auto* go = buttons->addButton(text.verb, QDialogButtonBox::AcceptRole);
    go->setObjectName("confirm-go");
    go->setAutoDefault(false);
    auto* cancel = buttons->addButton(QDialogButtonBox::Cancel);
    cancel->setDefault(true);
    cancel->setFocus();
    layout->addWidget(buttons);
    const auto check = [&] {
        go->setEnabled(!grave ||
                       (!why->text().trimmed().isEmpty() && name->text() == text.application));
    };
    QObject::connect(why, &QLineEdit::textChanged, &dialog, check);
    QObject::connect(name, &QLineEdit::textChanged, &dialog, check);
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    check();
    if (dialog.exec() != QDialog::Accepted)
        return false;
    reason = why->text().trimmed();
    return true;
}

} // namespace zz::console
