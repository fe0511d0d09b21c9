// SPDX-License-Identifier: Apache-2.0
// A data center whose execution replicas are real virtual machines, and what virsh says of it.
#pragma once

#include <QMap>

#include "tests/integration/services/data_center_support.h"

namespace zz::services::test {

class GuestCenter {
  public:
    explicit GuestCenter(const QString& spare);

    DataCenter& center() { return dc_; }
    // Up and at rest. What went wrong; empty: it serves.
    QByteArray serve();
    // Plays the blocking matrix of the talk to its end and until it is at rest: who was active
    // first is convicted, the spare takes its place. The drill's report; empty if it failed.
    QJsonObject play_blocking(QByteArray& error);

    // "E1.0" -> "running", of every execution machine: as `zzctl status` says, as virsh says.
    QMap<QString, QString> by_status() const;
    QMap<QString, QString> by_virsh() const;
    // Both say the same within the time that facts take to travel.
    bool agree() const;
    QJsonObject host_of(const QString& replica) const; // "E1": of `status`
    QString uri(const QString& host) const;
    QString domain(const QString& host, const QString& machine) const; // "E1.0"
    // virsh WORDS at the host's libvirt; its output.
    QString virsh(const QString& host, const QStringList& words) const;
    int daemon_pid(const QString& host) const;

  private:
    DataCenter dc_;
};

// Why no guest can run here; empty: they can.
QByteArray no_guests();

} // namespace zz::services::test
