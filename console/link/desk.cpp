// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/link/desk.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>

namespace zz::console {

QString Desk::program() {
    return QCoreApplication::applicationDirPath() + "/zzctl";
}

Desk::Desk(QString dir, QString as, QString zzctl, QObject* parent)
    : QObject(parent), dir_(std::move(dir)), as_(std::move(as)), zzctl_(std::move(zzctl)),
      folder_(std::make_unique<QTemporaryDir>()) {}

Desk::~Desk() {
    if (process_) {
        process_->disconnect(this);
        process_->kill();
        process_->waitForFinished(1000);
    }
}

void Desk::ask(const DeskQuestion& question, Answered answered) {
    // Only the newest plan and the newest report of a drill are worth an answer.
    if (question.ask == DeskAsk::Plan || question.ask == DeskAsk::Report) {
        const auto running = waiting_.begin() + (process_ ? 1 : 0);
        waiting_.erase(std::remove_if(running, waiting_.end(),
                                      [&](const Asked& one) {
                                          return one.question.ask == question.ask &&
                                                 one.question.id == question.id;
                                      }),
                       waiting_.end());
    }
    waiting_.push_back({question, std::move(answered)});
    next();
}

QStringList Desk::words(const DeskQuestion& question) const {
    const QString id = QString::fromStdString(question.id);
    QStringList out{"--operator", as_};
    if (question.ask == DeskAsk::Report)
        return out << QStringList{"drill", "report", id, "--dir", dir_, "--json"};
    if (question.ask == DeskAsk::Evidence)
        return out << QStringList{"evidence",
                                  "export",
                                  id,
                                  "--dir",
                                  dir_,
                                  "--out",
                                  QString::fromStdString(question.path)};
    const DrillRequest& drill = question.drill;
    const bool start = question.ask == DeskAsk::Start;
    out << "drill" << (start ? "start" : "plan") << QString::fromStdString(drill.name) << "--dir"
        << dir_ << "--app" << QString::fromStdString(question.application);
    if (!drill.csv.empty()) {
        QFile file(folder_->filePath("matrix.csv"));
        if (file.open(QIODevice::WriteOnly))
            file.write(QByteArray::fromStdString(drill.csv));
        out << "--file" << file.fileName();
    }
    for (const auto& target : drill.targets)
        out << "--target" << QString::fromStdString(target);
    for (const auto& [name, value] : drill.parameters)
        out << QString::fromStdString("--" + name) << QString::fromStdString(value);
    if (start) {
        out << "--lease" << QString::number(drill.lease);
        if (!drill.reason.empty())
            out << "--reason" << QString::fromStdString(drill.reason);
        if (!drill.confirm.empty())
            out << "--yes" << QString::fromStdString(drill.confirm);
        if (drill.force)
            out << "--force";
    }
    return out << "--json";
}

void Desk::next() {
    if (process_ || waiting_.empty())
        return;
    process_ = std::make_unique<QProcess>();
    connect(
        process_.get(), &QProcess::finished, this, [this] { finished(true); },
        Qt::QueuedConnection);
    connect(
        process_.get(), &QProcess::errorOccurred, this,
        [this](QProcess::ProcessError error) {
            if (error == QProcess::FailedToStart)
                finished(true);
        },
        Qt::QueuedConnection);
    auto* patience = new QTimer(process_.get());
    patience->setSingleShot(true);
    connect(patience, &QTimer::timeout, this, [this] { finished(false); });
    patience->start(kDeskPatienceMs);
    process_->start(zzctl_, words(waiting_.front().question));
}

void Desk::finished(bool in_time) {
    if (!process_ || waiting_.empty())
        return;
    const std::unique_ptr<QProcess> process = std::move(process_);
    process->disconnect(this);
    const Asked asked = std::move(waiting_.front());
    waiting_.pop_front();
    DeskResult result;
    result.question = asked.question;
    if (!in_time) {
        process->kill();
        result.error = "zzctl did not answer in time: whether the drill began is not known";
    } else if (process->error() == QProcess::FailedToStart) {
        result.error = zzctl_.toStdString() + " cannot be started: drills are played by it";
    } else if (process->exitStatus() != QProcess::NormalExit || process->exitCode() != 0) {
        result.error = process->readAllStandardError().trimmed().toStdString();
        if (result.error.starts_with("zzctl: "))
            result.error.erase(0, 7);
    } else {
        // A series prints more than one document: the first one tells its id.
        const QByteArray out = process->readAllStandardOutput();
        result.answer = nlohmann::json::parse(out.begin(), out.end(), nullptr, false);
        if (result.answer.is_discarded())
            result.answer =
                nlohmann::json::parse(out.left(out.indexOf('\n')).toStdString(), nullptr, false);
        if (!result.answer.is_object() && asked.question.ask != DeskAsk::Evidence)
            result.error = "zzctl printed something else than a document";
        else if (asked.question.ask == DeskAsk::Start)
            result.id = result.answer.value("id", "");
    }
    asked.answered(result);
    next();
}

} // namespace zz::console
