// SPDX-License-Identifier: GPL-3.0-or-later
// The connect dialog: profiles that were used before, a folder with keys, as whom; or a session
// file. Profiles are kept in the user's settings, without keys. GUI thread.
#pragma once

#include <QDialog>

#include "console/link/profile.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace zz::console {

class ConnectDialog : public QDialog {
    Q_OBJECT
  public:
    explicit ConnectDialog(QWidget* parent = nullptr);

    Profile profile() const;
    QString sessionFile() const { return file_; }

  private:
    void check();

    QListWidget* known_;
    QLineEdit* dir_;
    QComboBox* operator_;
    QLabel* note_;
    QPushButton* go_;
    QString file_;
};

std::vector<Profile> known_profiles();
void remember_profile(const Profile& profile);

} // namespace zz::console
