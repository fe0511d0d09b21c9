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

std::optional<Confirmed> confirm(QWidget* parent, const ConfirmText& text) {
    QDialog dialog(parent);
    dialog.setObjectName("confirm");
    dialog.setWindowTitle(QObject::tr("%1 on %2?").arg(text.verb, text.application));
    auto* layout = new QVBoxLayout(&dialog);
    auto* label = new QLabel(text.text);
    label->setWordWrap(true);
    label->setMinimumWidth(420);
    layout->addWidget(label);
    const bool grave = text.beyond || text.production;
    auto* why = new QLineEdit(&dialog);
    auto* name = new QLineEdit(&dialog);
    why->setObjectName("confirm-reason");
    name->setObjectName("confirm-name");
    why->setVisible(grave);
    name->setVisible(grave);
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
    layout->addWidget(buttons);
    cancel->setFocus(); // of the dialog, so only once it is part of it
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
        return std::nullopt;
    return Confirmed{why->text().trimmed(), grave ? name->text() : QString()};
}

} // namespace zz::console
