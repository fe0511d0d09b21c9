// SPDX-License-Identifier: Apache-2.0
// Every drawn view in light, dark and grey at two sizes: something is drawn, nothing is empty; with
// ZZ_GALLERY=DIR the pictures are written there.
#include "console/view/export.h"
#include "console/view/glyphs.h"
#include "console/view/matrix_view.h"
#include "console/view/placement_view.h"
#include "console/view/state_frame.h"
#include "console/view/theme.h"
#include "console/view/throughput_view.h"
#include "console/view/timeline_view.h"
#include "console/view/what_if.h"
#include "tests/console/view/samples_support.h"

#include <QApplication>
#include <QDir>
#include <QTest>

namespace zz::console {
namespace {

std::unique_ptr<QWidget> made(const QString& name) {
    if (name.startsWith(QLatin1String("matrix"))) {
        auto view = std::make_unique<MatrixView>();
        view->setData(name == QLatin1String("matrix-non-blocking") ? samples::non_blocking()
                      : name == QLatin1String("matrix-blocking")   ? samples::blocking()
                      : name == QLatin1String("matrix-many")       ? samples::many(7)
                                                                   : samples::resolved());
        return view;
    }
    if (name == QLatin1String("timeline")) {
        auto view = std::make_unique<TimelineView>();
        view->setData(samples::recovery());
        view->setWindow({samples::kNoon - 12'000'000, samples::kNoon + 90'000'000});
        return view;
    }
    if (name == QLatin1String("timeline-gap")) {
        auto view = std::make_unique<TimelineView>();
        view->setData(samples::recovery());
        return view;
    }
    if (name.startsWith(QLatin1String("placement"))) {
        auto view = std::make_unique<PlacementView>();
        view->setData(name == QLatin1String("placement-many") ? samples::many_hosts(200, 50)
                                                              : samples::four_hosts());
        if (name == QLatin1String("placement-fails"))
            view->setShowsFailure(true);
        return view;
    }
    if (name == QLatin1String("throughput")) {
        auto view = std::make_unique<ThroughputView>();
        view->setData(samples::two_minutes());
        return view;
    }
    return nullptr;
}

QImage grabbed(QWidget& widget, const QSize& size) {
    widget.resize(size);
    widget.show();
    QApplication::processEvents();
    QApplication::processEvents();
    return widget.grab().toImage();
}

void keep(const QImage& image, const QString& name) {
    const QString folder = qEnvironmentVariable("ZZ_GALLERY");
    if (folder.isEmpty())
        return;
    QDir().mkpath(folder);
    QVERIFY(image.save(folder + u'/' + name + QStringLiteral(".png")));
}

int colours_in(const QImage& image) {
    QSet<QRgb> seen;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            seen.insert(image.pixel(x, y));
    }
    return static_cast<int>(seen.size());
}

// A quarter as wide and high: letters become grey, places and colours stay.
QImage reduced(const QImage& image) {
    return image
        .scaled(image.width() / 4, image.height() / 4, Qt::IgnoreAspectRatio,
                Qt::SmoothTransformation)
        .convertToFormat(QImage::Format_RGB32);
}

// Mean over all, and the worst block of 8 x 8, in steps of 256 per channel.
std::pair<double, double> difference(const QImage& a, const QImage& b) {
    constexpr int kBlock = 8;
    double sum = 0, worst = 0;
    for (int top = 0; top < a.height(); top += kBlock) {
        for (int left = 0; left < a.width(); left += kBlock) {
            double block = 0;
            int count = 0;
            for (int y = top; y < std::min(top + kBlock, a.height()); ++y) {
                for (int x = left; x < std::min(left + kBlock, a.width()); ++x) {
                    const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
                    block += (std::abs(qRed(p) - qRed(q)) + std::abs(qGreen(p) - qGreen(q)) +
                              std::abs(qBlue(p) - qBlue(q))) /
                             3.0;
                    ++count;
                }
            }
            sum += block;
            worst = std::max(worst, block / count);
        }
    }
    return {sum / (a.width() * a.height()), worst};
}

} // namespace

class GalleryTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void cleanup() { apply_theme(*qApp, ThemeKind::Light); }

    void pictures_data() {
        QTest::addColumn<QString>("view");
        QTest::addColumn<QString>("look");
        QTest::addColumn<QSize>("size");
        for (const char* view : {"matrix-non-blocking", "matrix-blocking", "matrix-resolved",
                                 "matrix-many", "timeline", "timeline-gap", "placement",
                                 "placement-fails", "placement-many", "throughput"}) {
            for (const char* look : {"light", "dark", "high-contrast"}) {
                for (const QSize size : {QSize(720, 690), QSize(1280, 800), QSize(1920, 1080)}) {
                    // The other sizes are for eyes.
                    const bool eyes = qEnvironmentVariableIsSet("ZZ_GALLERY");
                    const bool odd =
                        size.width() != 1280 && (!eyes || qstrcmp(look, "high-contrast") == 0);
                    if (!odd)
                        QTest::addRow("%s-%s-%d", view, look, size.width())
                            << QString::fromLatin1(view) << QString::fromLatin1(look) << size;
                }
            }
        }
    }

    // Themes differ, so a picture of one that looks like the other was not painted by the theme.
    void pictures() {
        QFETCH(QString, view);
        QFETCH(QString, look);
        QFETCH(QSize, size);
        apply_theme(*qApp, theme_from_word(look));
        const auto widget = made(view);
        QVERIFY(widget);
        const QImage image = grabbed(*widget, size);
        QCOMPARE(image.size(), size);
        QVERIFY2(colours_in(image) > 20, "almost nothing was drawn");
        const QColor corner = image.pixelColor(size.width() / 2, 2);
        QCOMPARE(corner.lightness() > 128, look == QLatin1String("light"));
        keep(image, QString::fromLatin1(QTest::currentDataTag()));
    }

    void golden_data() {
        QTest::addColumn<QString>("view");
        QTest::addColumn<QString>("look");
        for (const char* view : {"matrix-resolved", "timeline", "placement", "throughput"})
            for (const char* look : {"light", "dark"})
                QTest::addRow("%s-%s", view, look)
                    << QString::fromLatin1(view) << QString::fromLatin1(look);
    }

    // As people saw and approved it, but for what shaping and smoothing of letters change. With
    // ZZ_GOLDEN=1 the pictures are made anew: look at them.
    void golden() {
        QFETCH(QString, view);
        QFETCH(QString, look);
        apply_theme(*qApp, theme_from_word(look));
        const auto widget = made(view);
        QVERIFY(widget);
        const QImage image = reduced(grabbed(*widget, {1280, 800}));
        const QString folder = QStringLiteral(ZZ_SOURCE_DIR "/tests/console/view/golden/");
        const QString path =
            folder + QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral(".png");
        if (qEnvironmentVariableIsSet("ZZ_GOLDEN")) {
            QVERIFY(QDir().mkpath(folder));
            QVERIFY(image.save(path));
            return;
        }
        const QImage approved(path);
        QVERIFY2(!approved.isNull(), qPrintable(path));
        QCOMPARE(image.size(), approved.size());
        const auto [mean, worst] = difference(image, approved.convertToFormat(image.format()));
        QVERIFY2(mean < 2.5 && worst < 40,
                 qPrintable(QStringLiteral("differs by %1, at worst %2").arg(mean).arg(worst)));
    }

    // The comparison itself can fail.
    void golden_sees_what_is_missing() {
        const auto widget = made(QStringLiteral("matrix-resolved"));
        const QImage whole = reduced(grabbed(*widget, {1280, 800}));
        QImage holed = whole;
        QPainter painter(&holed);
        painter.fillRect(QRect(0, 0, 60, 40), theme().surface); // the sign of the verdict
        painter.end();
        QVERIFY(difference(whole, holed).second >= 40);
        QCOMPARE(difference(whole, whole).second, 0.0);
    }

    void states_data() {
        QTest::addColumn<int>("condition");
        for (int i = 0; i < kConditions; ++i)
            QTest::addRow("state-%d", i) << i;
    }

    // Each condition looks like none of the others.
    void states() {
        QFETCH(int, condition);
        static QList<QImage> before;
        auto* view = new MatrixView;
        view->setData(samples::resolved());
        StateFrame frame(view);
        ViewState state;
        state.condition = static_cast<Condition>(condition);
        state.detail = QStringLiteral("console speaks 3, host-2 speaks 2");
        state.as_of = QStringLiteral("12:04:31");
        state.attempt = 4;
        state.retry_s = 5;
        state.sources_known = 3;
        state.sources_all = 4;
        state.age_ms = 3400;
        state.missing = 1204;
        frame.setViewState(state);
        const QImage image = grabbed(frame, {900, 620});
        for (const QImage& other : before)
            QVERIFY(image != other);
        before << image;
        keep(image, QString::fromLatin1(QTest::currentDataTag()));
    }

    void glyphs() {
        for (const Theme* look : {&light_theme(), &dark_theme(), &high_contrast_theme()}) {
            QImage sheet(900, 150, QImage::Format_RGB32);
            sheet.fill(look->surface);
            QPainter painter(&sheet);
            painter.setFont(digest_font(QApplication::font()));
            for (int i = 0; i < kReplicaStates; ++i) {
                paint_state(painter, QRectF(10 + i * 54, 10, 36, 36), ReplicaState(i), *look);
                paint_state(painter, QRectF(14 + i * 54, 56, 16, 16), ReplicaState(i), *look);
            }
            paint_agreement(painter, QRectF(620, 10, 36, 36), ReplicaState::Active, false, *look);
            paint_agreement(painter, QRectF(670, 10, 36, 36), ReplicaState::Active, true, *look);
            int x = 720;
            for (const Badge badge :
                 {Badge::Suspected, Badge::Blocking, Badge::Convicted, Badge::Drill}) {
                paint_badge(painter, QRectF(x, 10, 36, 36), badge, *look);
                paint_badge(painter, QRectF(x + 4, 56, 14, 14), badge, *look);
                x += 44;
            }
            for (int i = 0; i < 8; ++i)
                paint_digest(painter, QRectF(10 + i * 100, 90, 90, 44), i, QString(QChar(u'P' + i)),
                             *look);
            painter.end();
            keep(sheet, look->high_contrast ? "glyphs-hc"
                        : look->dark        ? "glyphs-dark"
                                            : "glyphs-light");
            keep(sheet.convertToFormat(QImage::Format_Grayscale8),
                 look->dark ? "glyphs-dark-grey" : "glyphs-light-grey");
        }
    }
};

} // namespace zz::console

// The same letters on every machine.
int main(int argc, char** argv) {
    qputenv("FONTCONFIG_FILE", ZZ_SOURCE_DIR "/tests/console/view/fonts.conf");
    QApplication application(argc, argv);
    zz::console::GalleryTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "gallery_test.moc"
