// SPDX-License-Identifier: GPL-3.0-or-later
// zz-console: the window on a data center.
#include <QApplication>

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    return 0;
}
