// SPDX-License-Identifier: Apache-2.0
#include "tests/guests/services/guests_support.h"

#include <QFile>
#include <QTest>

#include "backend/services/guests.h"
#include "backend/services/private_libvirt.h"

namespace zz::services::test {

namespace {

constexpr int kGuestRestMs = 180'000;
constexpr int kDrillMs = 300'000;
constexpr int kFactsTravelMs = 20'000;

} // namespace

QByteArray no_guests() {
    if (!QFile::exists(ZZ_SOURCE_DIR "/build/guest/guest.sha256"))
        return "there is no guest image: ./zz guest build";
    if (!QFile::exists("/usr/sbin/libvirtd"))
        return "there is no libvirtd: ./zz guest build installs it";
    return {};
}

GuestCenter::GuestCenter(const QString& spare)
    : dc_({"--apps", "1", "--hypervisor", "libvirt", "--spare", spare, "--drills", "--wakeup",
           "A=matrix"}) {}

QByteArray GuestCenter::serve() {
    if (!dc_.error().isEmpty())
        return dc_.error();
    const Run up = dc_.ctl({"cluster", "up", "--patience", "170"}, 200'000);
    if (up.code != 0)
        return up.err + "cluster up failed";
    return QTest::qWaitFor([this] { return dc_.is_at_rest(); }, kGuestRestMs) ? ""
                                                                              : "it is not at rest";
}

QJsonObject GuestCenter::play_blocking(QByteArray& error) {
    const auto actives = dc_.in_state("active");
    QFile file(dc_.outside("matrix.csv"));
    if (actives.size() != 2 || !file.open(QIODevice::WriteOnly)) {
        error = "there are no two actives";
        return {};
    }
    file.write((",A1,A2,A3,A4\n" + actives[0] + ",P,Q,Q,Q\n" + actives[1] + ",P,P,P,Q\n").toUtf8());
    file.close();
    // Not --wait: it has an opinion of how long a data center of processes may take.
    const Run run = dc_.ctl({"drill", "start", "matrix", "--file", file.fileName(), "--truth", "P",
                             "--app", "A", "--lease", "60", "--json"});
    if (run.code != 0) {
        error = run.err + run.out;
        return {};
    }
    const QString id = run.first_json()["id"].toString();
    QJsonObject report;
    const bool played = QTest::qWaitFor(
        [&] {
            report = dc_.ctl({"drill", "report", id, "--json"}).json();
            // Status may be a second old: rest is what follows the fresh spare.
            return report["phases_ms"].toObject().contains("spare_ready") && dc_.is_at_rest();
        },
        kDrillMs);
    if (!played)
        error = QJsonDocument(report).toJson(QJsonDocument::Compact) + "; it does not come to rest";
    return report;
}

QMap<QString, QString> GuestCenter::by_status() const {
    QMap<QString, QString> out;
    for (const auto& host : dc_.ctl({"status", "--json"}).json()["hosts"].toArray())
        for (const auto& entry : host.toObject()["machines"].toArray()) {
            const QJsonObject machine = entry.toObject();
            if (machine["name"].toString().startsWith('E'))
                out[machine["name"].toString()] = machine["state"].toString();
        }
    return out;
}

QMap<QString, QString> GuestCenter::by_virsh() const {
    QMap<QString, QString> out;
    for (const auto& host : dc_.cluster().hosts) {
        const QString name = QString::fromStdString(host.name);
        const QString prefix =
            QString::fromStdString(domain_prefix(dc_.cluster(), host)) + "0-"; // application A
        const QString text = virsh(name, {"list", "--all", "--managed-save"});
        for (const QString& line : text.split('\n')) {
            const QString words = line.simplified();
            const qsizetype at = words.indexOf(prefix);
            if (at < 0)
                continue;
            const QString rest = words.mid(at + prefix.size()); // "E1.0 shut off"
            out[rest.section(' ', 0, 0)] = rest.section(' ', 1);
        }
    }
    return out;
}

bool GuestCenter::agree() const {
    QMap<QString, QString> status, domains;
    const bool same = QTest::qWaitFor(
        [&] {
            status = by_status();
            domains = by_virsh();
            // What virsh calls off, the controller tells apart.
            QMap<QString, QString> said = status;
            for (QString& state : said)
                if (state == "defined" || state == "stopped")
                    state = "shut off";
            return said == domains;
        },
        kFactsTravelMs);
    if (!same)
        qWarning() << "status says" << status << "virsh says" << domains;
    return same;
}

QJsonObject GuestCenter::host_of(const QString& replica) const {
    const QJsonObject all = dc_.ctl({"status", "--json"}).json();
    QString name;
    for (const auto& entry : all["applications"].toArray()[0].toObject()["execution"].toArray())
        if (entry.toObject()["id"] == replica)
            name = entry.toObject()["host"].toString();
    for (const auto& host : all["hosts"].toArray())
        if (host.toObject()["name"] == name)
            return host.toObject();
    return {};
}

QString GuestCenter::uri(const QString& host) const {
    return QString::fromStdString(dc_.cluster().host(host.toStdString())->hypervisor_uri);
}

QString GuestCenter::domain(const QString& host, const QString& machine) const {
    const auto& entry = *dc_.cluster().host(host.toStdString());
    return QString::fromStdString(domain_prefix(dc_.cluster(), entry)) + "0-" + machine;
}

QString GuestCenter::virsh(const QString& host, const QStringList& words) const {
    QProcess process;
    process.start("virsh", QStringList{"-c", uri(host)} + words);
    process.waitForFinished(60'000);
    return QString::fromUtf8(process.readAllStandardOutput());
}

int GuestCenter::daemon_pid(const QString& host) const {
    const auto pids = private_pids(dc_.layout(), *dc_.cluster().host(host.toStdString()));
    return pids.empty() ? 0 : pids.front();
}

} // namespace zz::services::test
