// SPDX-License-Identifier: GPL-3.0-or-later
// DrillForm: the draft of a drill: application, fault, whom it befalls, and exactly those further
// words that the catalogue says the fault takes. GUI thread.
#pragma once

#include <QWidget>
#include <map>

#include "console/link/desk.h"
#include "console/model/session.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QPlainTextEdit;
class QSpinBox;

namespace zz::console {

class DrillForm : public QWidget {
    Q_OBJECT
  public:
    explicit DrillForm(const Session& session, QWidget* parent = nullptr);

    void fillApplications(); // after another source
    void setDraft(const QString& application, const QString& name, const QStringList& targets,
                  const QString& csv, const QString& truth);
    void setParameter(const QString& name, const QString& text); // one that is a text
    void setLease(int seconds);
    DeskQuestion question() const;
    int times() const;
    // Rows of further words that can be seen now: for tests.
    QStringList parameters() const;

  Q_SIGNALS:
    void edited();

  private:
    void makeParameter(const QString& name);
    void fillTargets();
    void fillPeople(QComboBox* box, bool execution, bool agreement, bool clients) const;
    std::string value(const QString& parameter) const;

    const Session& session_;
    QFormLayout* form_;
    QComboBox *application_, *name_, *target_;
    QLabel* text_;
    QPlainTextEdit* matrix_;
    QSpinBox *lease_, *times_;
    std::map<QString, QWidget*> editors_; // by the name of the parameter
};

} // namespace zz::console
