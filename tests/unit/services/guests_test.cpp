// SPDX-License-Identifier: Apache-2.0
// Hosts with guests: what their machines are made of and are called, which address a guest dials,
// and a hypervisor that does not answer.
#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include "backend/services/far_addresses.h"
#include "backend/services/guests.h"
#include "backend/services/private_libvirt.h"
#include "protocol/cluster/generate.h"

namespace zz::services {
namespace {

constexpr const char* kNode = R"(<node>
  <cpu><mhz>6000</mhz><model>i986</model><active>50</active><nodes>1</nodes><sockets>1</sockets>
    <cores>8</cores><threads>1</threads></cpu>
  <memory>8192000</memory>
</node>)";

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

// A host whose hypervisor can be away.
struct GuestSite {
    QTemporaryDir folder;
    std::string path = folder.path().toStdString();
    cluster::Cluster cluster;
    std::shared_ptr<bool> away = std::make_shared<bool>(false);
    std::optional<Machinist> machinist;

    GuestSite() {
        cluster::GenerateOptions make;
        make.applications = {{"A", {}}};
        make.hypervisor = cluster::HypervisorKind::Libvirt;
        make.hypervisor_uri = "test://" + path + "/{HOST}.xml";
        const auto made = cluster::generate(make);
        if (!made || !cluster::write_files(*made, path + "/dc"))
            qFatal("no cluster");
        cluster = made->cluster;
        write(path + "/h1.xml", kNode);
        write(path + "/vmlinuz", "kernel");
        write(path + "/initramfs", "image");
        QProcess sums;
        sums.setWorkingDirectory(folder.path());
        sums.setStandardOutputFile(folder.path() + "/guest.sha256");
        sums.start("sha256sum", {"vmlinuz", "initramfs"});
        sums.waitForFinished();
        GuestOptions options;
        options.root = path + "/guests";
        options.image = path;
        options.template_file = ZZ_SOURCE_DIR "/resources/domains/execution.xml";
        auto settings = libvirt_settings(cluster, cluster.hosts[0], options);
        if (!settings)
            qFatal("%s", settings.error().text.c_str());
        settings->limits.reopen = Duration(0);
        settings->connect = [away = away](const std::string& uri) {
            if (*away)
                return Result<std::shared_ptr<hv::Domains>>(Error{"it is away"});
            return hv::connect_to_libvirt(uri);
        };
        auto hypervisor = hv::LibvirtHypervisor::open(std::move(settings).value());
        if (!hypervisor)
            qFatal("%s", hypervisor.error().text.c_str());
        machinist.emplace(HostPlan{&cluster, HostId(1), path + "/dc/cluster.toml",
                                   path + "/dc/keys", "ipc://nowhere", "/usr/bin",
                                   guest_plan(options)},
                          std::move(hypervisor).value());
    }
    std::pair<Asked, Looked> ask(controller::Ask what, Incarnation incarnation) {
        const auto results = machinist->run(
            AskJob{ApplicationId(0),
                   {what, principal(ExecutionId{SlotId(1), incarnation}), RecordIndex(0)}});
        return {std::get<Asked>(results.at(0)), std::get<Looked>(results.at(1))};
    }
    QByteArray identity(const char* name) const {
        QProcess tar;
        tar.start("tar", {"-xOf", folder.path() + "/guests/" + name + "/identity.tar"});
        tar.waitForFinished();
        return tar.readAllStandardOutput();
    }
};

QByteArray file(const std::string& path) {
    QFile in(QString::fromStdString(path));
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

} // namespace

class GuestsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void far_addresses() {
        const auto far = FarAddresses::read({"127.0.0.1=10.0.2.2", "10.1.0.7=192.168.0.7"});
        QVERIFY(far);
        QVERIFY(far->dialled("tcp://127.0.0.1:5001") == "tcp://10.0.2.2:5001");
        QVERIFY(far->dialled("tcp://10.1.0.7:5001") == "tcp://192.168.0.7:5001");
        QVERIFY(far->dialled("tcp://127.0.0.11:5001") == "tcp://127.0.0.11:5001");
        QVERIFY(far->dialled("ipc://127.0.0.1:5001") == "ipc://127.0.0.1:5001");
        QVERIFY(FarAddresses::read({})->dialled("tcp://127.0.0.1:1") == "tcp://127.0.0.1:1");
        for (const char* bad : {"", "a", "a=", "=b", "a=b=c", "a:1=b", "tcp://a=b"})
            QVERIFY2(!FarAddresses::read({bad}), bad);
        QVERIFY(!FarAddresses::read({"a=b", "a=c"}));
    }

    void private_places() {
        cluster::Host host;
        host.name = "h1";
        host.hypervisor_uri = private_uri("0a1b2c3d", "h1");
        QVERIFY(private_place(host) == std::optional<std::string>("/tmp/zz-0a1b2c3d/h1"));
        host.name = "h2"; // another host's
        QVERIFY(!private_place(host));
        for (const char* other :
             {"", "qemu:///system", "qemu+unix:///session?socket=/run/user/1/libvirt/libvirt-sock",
              "qemu+unix:///session?socket=/tmp/zz-/h2/run/libvirt/libvirt-sock",
              "qemu+unix:///session?socket=/tmp/zz-a/../x/h2/run/libvirt/libvirt-sock"}) {
            host.hypervisor_uri = other;
            QVERIFY2(!private_place(host), other);
        }
    }

    // ZZ-6.8: a start is for what does not run; who sleeps waits for a wake-up.
    void a_start_wakes_no_sleeper() {
        GuestSite site;
        site.ask(controller::Ask::Start, Incarnation(0));
        site.ask(controller::Ask::Pause, Incarnation(0));
        const auto [started, looked] = site.ask(controller::Ask::Start, Incarnation(0));
        QVERIFY2(started.error.empty(), started.error.c_str());
        QVERIFY(looked.machines[0].state == hv::MachineState::Paused);
        const auto woken = site.ask(controller::Ask::Wake, Incarnation(0)).second;
        QVERIFY(woken.machines[0].state == hv::MachineState::Running);
    }

    // Everything that is a replica's alone reaches its guest by its identity.
    void guest_is_made_and_started() {
        GuestSite site;
        const auto [started, looked] = site.ask(controller::Ask::Start, Incarnation(0));
        QVERIFY2(started.error.empty(), started.error.c_str());
        QCOMPARE(looked.machines.size(), std::size_t{1});
        QVERIFY(looked.machines[0].state == hv::MachineState::Running && looked.guests);
        QVERIFY(looked.kind == "test" && looked.error.empty());
        const QByteArray identity = site.identity("0-E1.0");
        QVERIFY(identity.contains(file(site.path + "/dc/cluster.toml")));
        QVERIFY(identity.contains(file(site.path + "/dc/keys/A-E1.0.key")));
        const QByteArray relay = QByteArray::fromStdString(site.cluster.hosts[0].relay_endpoint());
        QVERIFY(identity.contains("--host-socket\n" + relay + "\n"));
        QVERIFY(identity.contains("--far\n127.0.0.1=10.0.2.2\n"));
        const std::string prefix = domain_prefix(site.cluster, site.cluster.hosts[0]);
        QVERIFY(prefix != domain_prefix(site.cluster, site.cluster.hosts[1]));
    }

    void fresh_incarnation_has_its_own_keys() {
        GuestSite site;
        const auto [made, looked] = site.ask(controller::Ask::MakeImage, Incarnation(1));
        QVERIFY2(made.keys, made.error.c_str());
        QVERIFY(looked.machines[0].state == hv::MachineState::Defined);
        QVERIFY(site.ask(controller::Ask::MakeImage, Incarnation(1)).first.keys == made.keys);
        QVERIFY(site.ask(controller::Ask::Start, Incarnation(1)).first.error.empty());
        const auto keys = crypto::read_key_file(site.path + "/guests/0-E1.1/data/replica.key");
        QVERIFY(keys && keys->publics == *made.keys);
        QVERIFY(
            site.identity("0-E1.1").contains(file(site.path + "/guests/0-E1.1/data/replica.key")));
        QVERIFY(site.ask(controller::Ask::Pause, Incarnation(1)).first.error.empty());
        QVERIFY(site.ask(controller::Ask::Wake, Incarnation(1)).first.error.empty());
        QVERIFY(site.ask(controller::Ask::Erase, Incarnation(1)).second.machines.empty());
    }

    // Nothing is taken for absent that cannot be seen (C4).
    void hypervisor_away() {
        GuestSite site;
        *site.away = true;
        const auto [asked, looked] = site.ask(controller::Ask::Start, Incarnation(0));
        QVERIFY(asked.error.find("it is away") != std::string::npos);
        QVERIFY(looked.error.find("it is away") != std::string::npos);
        QVERIFY(!site.ask(controller::Ask::MakeImage, Incarnation(1)).first.keys);
        *site.away = false;
        QVERIFY(site.ask(controller::Ask::Start, Incarnation(0)).first.error.empty());
    }

    void what_is_missing_is_said() {
        GuestSite site;
        GuestOptions options;
        QVERIFY(libvirt_settings(site.cluster, site.cluster.hosts[0], options)
                    .error()
                    .text.find("--guests") != std::string::npos);
        options.root = site.path + "/guests";
        options.image = site.path + "/none";
        QVERIFY(libvirt_settings(site.cluster, site.cluster.hosts[0], options)
                    .error()
                    .text.find("zz guest build") != std::string::npos);
        QVERIFY(hypervisor_text(site.cluster).find("host h4") != std::string::npos);
    }
};

} // namespace zz::services

// Qt would keep GLib's main context for its thread, in which libvirt's loop wants to run.
int main(int argc, char** argv) {
    qputenv("QT_NO_GLIB", "1");
    const QCoreApplication application(argc, argv);
    zz::services::GuestsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "guests_test.moc"
