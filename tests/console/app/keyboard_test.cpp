// SPDX-License-Identifier: Apache-2.0
// Docks, dialogs and menus without a mouse. The views with something in them: fake_backend_test.
#include "console/app/confirm.h"
#include "console/app/connect_dialog.h"
#include "console/app/main_window.h"
#include "console/app/tour.h"
#include "tests/console/app/window_support.h"

#include <QDialog>
#include <QDockWidget>
#include <QListWidget>
#include <QMenuBar>
#include <QPushButton>
#include <QStandardPaths>
#include <QtTest>

namespace zz::console {

namespace {

// All that a menu leads to, by its submenus too.
void gather(const QMenu& menu, QSet<QAction*>& out) {
    for (QAction* action : menu.actions()) {
        out.insert(action);
        if (action->menu() != nullptr)
            gather(*action->menu(), out);
    }
}

QChar mnemonic_of(const QString& text) {
    const auto at = text.indexOf('&');
    return at < 0 ? QChar() : text.at(at + 1).toLower();
}

// Runs what opens a modal dialog, and looks at it while it is there; then Esc.
QStringList in_dialog(const std::function<void()>& open,
                      const std::function<QStringList(QDialog&)>& look) {
    QStringList out{"no dialog came"};
    QTimer::singleShot(200, [&] {
        if (auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget())) {
            dialog->activateWindow();
            out = QTest::qWaitForWindowActive(dialog) ? look(*dialog)
                                                      : QStringList("it does not become active");
            QTest::keyClick(dialog, Qt::Key_Escape);
            if (dialog->isVisible()) {
                out << "Esc does not leave it";
                dialog->reject();
            }
        }
    });
    open();
    return out;
}

QStringList walk(QDialog& dialog) {
    return controls_in(dialog).isEmpty() ? QStringList("it has no controls")
                                         : not_reached_by_tab(dialog);
}

} // namespace

class KeyboardTest : public QObject {
    Q_OBJECT

    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;

  private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("zz-test");
    }
    void init() {
        session_ = std::make_unique<Session>();
        window_ = std::make_unique<MainWindow>(*session_);
        window_->resize(1280, 800);
        window_->show();
        window_->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    }
    void cleanup() {
        window_.reset();
        session_.reset();
    }

    // Strip, tree, inspector, the tabs of views: the window as a whole.
    void tab_comes_to_every_part_of_the_window() {
        new Tour(*window_); // its dock is there from now on
        QTest::qWait(100);
        window_->pane("overview")->setFocus();
        const auto docks = window_->findChildren<QDockWidget*>();
        QVERIFY(docks.size() >= 13);
        int seen = 0;
        for (const auto* dock : docks)
            seen += dock->isVisible() && !controls_in(*dock).isEmpty() ? 1 : 0;
        QVERIFY2(seen >= 3, qPrintable(QString::number(seen))); // tree, inspector, tour
        QCOMPARE(not_reached_by_tab(*window_).join(", "), QString());
    }

    // What the buttons in the titles of docks do.
    void a_dock_at_the_side_is_detached_and_hidden_by_actions() {
        auto* dock = window_->findChild<QDockWidget*>("dock-tree");
        const auto action = [this](const char* words) {
            for (QAction* one : window_->actions())
                if (one->text().contains(words))
                    return one;
            return static_cast<QAction*>(nullptr);
        };
        dock->widget()->setFocus();
        QVERIFY(action("Detach") != nullptr);
        action("Detach")->trigger();
        QVERIFY(dock->isFloating());
        dock->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(dock));
        dock->widget()->setFocus();
        QTRY_VERIFY(dock->widget()->hasFocus());
        action("Detach")->trigger();
        QVERIFY(!dock->isFloating());
        dock->toggleViewAction()->trigger();
        QVERIFY(!dock->isVisible());
    }

    void every_action_is_in_a_menu_that_alt_opens() {
        QSet<QAction*> reached;
        QSet<QChar> letters;
        for (const QAction* top : window_->menuBar()->actions()) {
            const QChar letter = mnemonic_of(top->text());
            QVERIFY2(!letter.isNull() && !letters.contains(letter), qPrintable(top->text()));
            letters.insert(letter);
            QVERIFY(top->menu() != nullptr);
            gather(*top->menu(), reached);
        }
        for (QAction* action : window_->actions())
            QVERIFY2(reached.contains(action), qPrintable(action->text()));
    }

    void tab_comes_to_all_of_a_dialog_and_esc_leaves_it() {
        QCOMPARE(in_dialog([this] { window_->connectDialog(); }, walk).join(", "), QString());
        QCOMPARE(in_dialog([this] { window_->commandSearch(); }, walk).join(", "), QString());
        QCOMPARE(in_dialog([this] { window_->keyboardMap(); }, walk).join(", "), QString());
        ConfirmText text{"A", "Start wrong-reply", "It blocks.", false, false};
        QCOMPARE(in_dialog([&] { QVERIFY(!confirm(window_.get(), text)); }, walk).join(", "),
                 QString());
        text.beyond = true;
        QCOMPARE(in_dialog([&] { QVERIFY(!confirm(window_.get(), text)); }, walk).join(", "),
                 QString());
    }

    void the_guide_is_read_and_left_by_keys() {
        window_->userGuide();
        QTRY_VERIFY(window_->findChild<QDialog*>("guide") != nullptr);
        auto* guide = window_->findChild<QDialog*>("guide");
        guide->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(guide));
        QTRY_VERIFY(guide->isAncestorOf(QApplication::focusWidget()));
        QCOMPARE(walk(*guide).join(", "), QString());
        QTest::keyClick(guide, Qt::Key_Escape);
        QTRY_VERIFY(window_->findChild<QDialog*>("guide") == nullptr);
    }

    // Words, arrows, Enter: nothing else is needed to find a command.
    void a_command_is_found_and_chosen_by_keys() {
        window_->showPane("overview");
        QString chosen;
        in_dialog([this] { window_->commandSearch(); },
                  [&](QDialog& dialog) {
                      auto* edit = dialog.findChild<QLineEdit*>();
                      auto* list = dialog.findChild<QListWidget*>();
                      QTest::keyClicks(edit, "view");
                      const int before = list->currentRow();
                      QTest::keyClick(edit, Qt::Key_Down);
                      QTest::keyClick(edit, Qt::Key_Down);
                      QTest::keyClick(edit, Qt::Key_Up);
                      chosen = QString("%1 -> %2 of %3")
                                   .arg(before)
                                   .arg(list->currentRow())
                                   .arg(list->count() > 2 ? "many" : "few");
                      return QStringList();
                  });
        QCOMPARE(chosen, QString("0 -> 1 of many"));
    }
};

} // namespace zz::console

QTEST_MAIN(zz::console::KeyboardTest)
#include "keyboard_test.moc"
