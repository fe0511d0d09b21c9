// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/connect_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include "console/view/theme.h"

namespace zz::console {
namespace {

constexpr int kProfilesMax = 20;

} // namespace

std::vector<Profile> known_profiles() {
    std::vector<Profile> out;
    QSettings settings;
    const int size = settings.beginReadArray("profiles");
    for (int i = 0; i < std::min(size, kProfilesMax); ++i) {
        settings.setArrayIndex(i);
        out.push_back({settings.value("name").toString().toStdString(),
                       settings.value("dir").toString().toStdString(),
                       settings.value("operator").toString().toStdString()});
    }
    return out;
}

void remember_profile(const Profile& profile) {
    auto all = known_profiles();
    std::erase_if(all, [&](const Profile& one) { return one.dir == profile.dir; });
    all.insert(all.begin(), profile);
    QSettings settings;
    settings.beginWriteArray("profiles");
    for (int i = 0; i < std::min(static_cast<int>(all.size()), kProfilesMax); ++i) {
        settings.setArrayIndex(i);
        const auto& one = all[static_cast<std::size_t>(i)];
        settings.setValue("name", QString::fromStdString(one.name));
        settings.setValue("dir", QString::fromStdString(one.dir));
        settings.setValue("operator", QString::fromStdString(one.operator_name));
    }
    settings.endArray();
}

ConnectDialog::ConnectDialog(QWidget* parent)
    : QDialog(parent), known_(new QListWidget), dir_(new QLineEdit), operator_(new QComboBox),
      note_(new QLabel) {
    setWindowTitle(tr("Connect to a data center"));
    setObjectName("connect");
    resize(560, 420);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(new QLabel(tr("Used before")));
    known_->setAccessibleName(tr("Profiles that were used before"));
    for (const auto& one : known_profiles())
        known_->addItem(QString::fromStdString(one.dir));
    layout->addWidget(known_, 1);
    auto* form = new QFormLayout;
    auto* row = new QHBoxLayout;
    auto* browse = new QPushButton(tr("&Browse…"));
    row->addWidget(dir_);
    row->addWidget(browse);
    auto* label = new QLabel(tr("&Folder with cluster.toml and keys"));
    label->setBuddy(dir_);
    form->addRow(label, row);
    form->addRow(tr("As &operator"), operator_);
    layout->addLayout(form);
    note_->setWordWrap(true);
    layout->addWidget(note_);
    auto* buttons = new QDialogButtonBox;
    go_ = buttons->addButton(tr("&Connect"), QDialogButtonBox::AcceptRole);
    go_->setDefault(true);
    auto* open = buttons->addButton(tr("Open &session file…"), QDialogButtonBox::ActionRole);
    buttons->addButton(QDialogButtonBox::Cancel);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(dir_, &QLineEdit::textChanged, this, &ConnectDialog::check);
    connect(known_, &QListWidget::currentTextChanged, dir_, &QLineEdit::setText);
    connect(known_, &QListWidget::itemActivated, this, [this] {
        if (go_->isEnabled())
            accept();
    });
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString dir =
            QFileDialog::getExistingDirectory(this, tr("Folder of the data center"));
        if (!dir.isEmpty())
            dir_->setText(dir);
    });
    connect(open, &QPushButton::clicked, this, [this] {
        file_ = QFileDialog::getOpenFileName(this, tr("Session file"), {}, tr("Sessions (*.zzs)"));
        if (!file_.isEmpty())
            accept();
    });
    check();
}

void ConnectDialog::check() {
    operator_->clear();
    const auto found = operators_in(dir_->text().toStdString());
    for (const auto& one : found)
        operator_->addItem(
            tr("%1 (%2)").arg(QString::fromStdString(one.name),
                              QString::fromStdString(std::string(cluster::to_string(one.role)))),
            QString::fromStdString(one.name));
    go_->setEnabled(!found.empty());
    note_->setText(dir_->text().isEmpty() ? tr("`zzctl cluster init --dir FOLDER` makes one.")
                   : found.empty() ? tr("There is no cluster.toml with an operator's key in it.")
                                   : QString());
}

Profile ConnectDialog::profile() const {
    return {{}, dir_->text().toStdString(), operator_->currentData().toString().toStdString()};
}

} // namespace zz::console
