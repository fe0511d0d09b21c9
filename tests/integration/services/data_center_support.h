// SPDX-License-Identifier: Apache-2.0
// A data center as processes on this machine, driven by zzctl as an operator would, and a Redis
// client of its own. For the integration tests; of one thread, but for RespClient, one a thread.
#pragma once

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <vector>

#include "backend/services/layout.h"

namespace zz::services::test {

struct Run {
    int code = -1;
    QByteArray out, err;
    QJsonObject json() const;       // of all that was printed
    QJsonObject first_json() const; // of the first line
};

// Of one side of a drill's report, what must be as predicted; what is left of f is for people.
QJsonObject essence(const QJsonObject& side);

// Median of the requests in seconds [from, to) of a load's "series"; 0: there are none.
double median_rate(const QJsonArray& series, int from, int to);
// Descriptors that a process holds.
std::size_t open_files(int pid);
// Of "127.0.0.1:PORT".
sockaddr_in address_of(const std::string& front);

class DataCenter {
  public:
    // `cluster init` with these words; nothing runs yet. An empty error() tells that it was made.
    explicit DataCenter(const QStringList& init);
    // `cluster down`, whatever state it is in.
    ~DataCenter();
    DataCenter(const DataCenter&) = delete;
    DataCenter& operator=(const DataCenter&) = delete;

    const QByteArray& error() const { return error_; }
    // `cluster up`, and waits until it is at rest. What went wrong, making it included; empty: it
    // serves.
    QByteArray serve() const;
    const cluster::Cluster& cluster() const { return cluster_; }
    Layout layout() const { return Layout{path().toStdString()}; }
    QString path() const { return dir_.path() + "/dc"; }
    QString outside(const QString& name) const { return dir_.path() + "/" + name; }

    // zzctl WORDS --dir path().
    Run ctl(QStringList words, int patience_ms = 180'000) const;
    // zzctl load on application A in the background.
    std::unique_ptr<QProcess> start_load(const QStringList& words) const;
    // Ends it; its result.
    static Run end_load(QProcess& load, int patience_ms = 60'000);

    std::size_t processes() const;
    int machine_pid(const std::string& name) const; // "0-A2"; 0: none
    QJsonObject application() const;                // of `status`, application A
    std::vector<QString> in_state(const QString& state) const;
    QString primary() const;   // "A1"; empty if unknown
    bool is_at_rest() const;   // f+1 active, f asleep and ready
    std::string front() const; // "127.0.0.1:PORT" of A's Redis gateway

  private:
    QTemporaryDir dir_{"/tmp/zz-it-XXXXXX"};
    QByteArray error_;
    cluster::Cluster cluster_;
};

// One blocking connection to a Redis front.
class RespClient {
  public:
    explicit RespClient(const std::string& front);
    ~RespClient();
    RespClient(const RespClient&) = delete;
    RespClient& operator=(const RespClient&) = delete;

    // The reply as text: "+OK", ":3", the value of a bulk string, "(nil)", "-ERR ...", of an array
    // its parts, joined by blanks. Nothing: the
    // connection broke or the time was over, the outcome is unknown; the next call connects anew.
    std::optional<std::string> call(const std::vector<std::string>& words);
    // Sends bytes as they are; true if the front answered something or closed the connection.
    bool poke(const std::string& bytes);
    // Sends bytes and waits for nothing.
    bool begin(const std::string& bytes);
    // The front closed the connection.
    bool is_closed() const;

  private:
    bool connect();
    void disconnect();
    std::optional<std::string> line();
    std::optional<std::string> value();
    std::optional<std::string> bytes(std::size_t count);
    bool more();

    std::string front_;
    int fd_ = -1;
    std::string input_;
};

} // namespace zz::services::test
