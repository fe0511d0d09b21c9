// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/services/data_center_support.h"

#include <QDir>
#include <QJsonDocument>
#include <QTest>

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/runtime/process.h"
#include "backend/services/host_processes.h"

namespace zz::services::test {
namespace {

constexpr int kReplyPatienceSeconds = 20;

Run finish(QProcess& process, int patience_ms) {
    const bool ended = process.waitForFinished(patience_ms);
    return {ended && process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAllStandardOutput(), process.readAllStandardError()};
}

QString zzctl() {
    return QString(ZZ_BIN_DIR) + "/zzctl";
}

} // namespace

double median_rate(const QJsonArray& series, int from, int to) {
    std::vector<double> rates;
    for (int i = from; i < to && i < series.size(); ++i)
        rates.push_back(series[i].toObject()["requests"].toDouble());
    std::sort(rates.begin(), rates.end());
    return rates.empty() ? 0 : rates[rates.size() / 2];
}

std::size_t open_files(int pid) {
    return static_cast<std::size_t>(
        QDir(QString("/proc/%1/fd").arg(pid))
            .entryList(QDir::NoDotAndDotDot | QDir::Files | QDir::System)
            .size());
}

sockaddr_in address_of(const std::string& front) {
    sockaddr_in out{};
    const std::size_t colon = front.rfind(':');
    out.sin_family = AF_INET;
    inet_pton(AF_INET, front.substr(0, colon).c_str(), &out.sin_addr);
    out.sin_port = htons(static_cast<std::uint16_t>(std::stoi(front.substr(colon + 1))));
    return out;
}

QJsonObject Run::json() const {
    return QJsonDocument::fromJson(out).object();
}
QJsonObject Run::first_json() const {
    return QJsonDocument::fromJson(out.left(out.indexOf('\n'))).object();
}

DataCenter::DataCenter(const QStringList& init) {
    const Run made = ctl(QStringList{"cluster", "init"} + init);
    if (made.code != 0) {
        error_ = made.err + "cluster init failed";
        return;
    }
    auto cluster = cluster::load(layout().cluster_file());
    if (cluster)
        cluster_ = std::move(cluster).value();
    else
        error_ = QByteArray::fromStdString(cluster.error().text);
}

DataCenter::~DataCenter() {
    // As production wants it; elsewhere it does no harm.
    ctl({"cluster", "down", "--reason", "end of the test", "--yes", "zz"});
}

Run DataCenter::ctl(QStringList words, int patience_ms) const {
    QProcess process;
    process.start(zzctl(), words + QStringList{"--dir", path()});
    return finish(process, patience_ms);
}

QByteArray DataCenter::serve() const {
    if (!error_.isEmpty())
        return error_;
    const Run up = ctl({"cluster", "up"});
    if (up.code != 0)
        return up.err + "cluster up failed";
    return QTest::qWaitFor([this] { return is_at_rest(); }, 60'000) ? "" : "it is not at rest";
}

std::unique_ptr<QProcess> DataCenter::start_load(const QStringList& words) const {
    auto process = std::make_unique<QProcess>();
    process->start(zzctl(), QStringList{"load", "--app", "A", "--json", "--dir", path()} + words);
    return process;
}

Run DataCenter::end_load(QProcess& load, int patience_ms) {
    load.terminate();
    return finish(load, patience_ms);
}

std::size_t DataCenter::processes() const {
    std::size_t count = 0;
    for (const auto& host : cluster_.hosts)
        count += host_pids(layout(), host).size();
    return count;
}

int DataCenter::machine_pid(const std::string& name) const {
    for (const auto& host : cluster_.hosts)
        if (const int pid = runtime::living_pid(layout().machines(host) + "/" + name + "/pid"))
            return pid;
    return 0;
}

QJsonObject DataCenter::application() const {
    return ctl({"status", "--json"}).json()["applications"].toArray()[0].toObject();
}

std::vector<QString> DataCenter::in_state(const QString& state) const {
    std::vector<QString> out;
    for (const auto& replica : application()["execution"].toArray())
        if (replica.toObject()["state"] == state)
            out.push_back(replica.toObject()["id"].toString());
    return out;
}

QString DataCenter::primary() const {
    for (const auto& replica : application()["agreement"].toArray())
        if (replica.toObject()["primary"].toBool())
            return replica.toObject()["id"].toString();
    return {};
}

bool DataCenter::is_at_rest() const {
    const QJsonObject app = application();
    int active = 0, ready = 0;
    for (const auto& entry : app["execution"].toArray()) {
        const QJsonObject replica = entry.toObject();
        active += replica["state"] == "active" && !(replica["complete"] == false) ? 1 : 0;
        ready += replica["state"] == "sleeping" && replica["ready"] == true ? 1 : 0;
    }
    return active == app["f"].toInt() + 1 && ready == app["f"].toInt();
}

std::string DataCenter::front() const {
    for (const auto& client : cluster_.applications.at(0).clients)
        if (!client.front.empty())
            return client.front;
    return {};
}

RespClient::RespClient(const std::string& front) : front_(front) {}

RespClient::~RespClient() {
    disconnect();
}

void RespClient::disconnect() {
    if (fd_ >= 0)
        close(fd_);
    fd_ = -1;
    input_.clear();
}

bool RespClient::connect() {
    if (fd_ >= 0)
        return true;
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{kReplyPatienceSeconds, 0};
    const int one = 1;
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const sockaddr_in address = address_of(front_);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return true;
    disconnect();
    return false;
}

bool RespClient::more() {
    char buffer[4096];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0)
        return false;
    input_.append(buffer, static_cast<std::size_t>(got));
    return true;
}

std::optional<std::string> RespClient::line() {
    std::size_t end = input_.find("\r\n");
    for (; end == std::string::npos; end = input_.find("\r\n"))
        if (!more())
            return std::nullopt;
    const std::string out = input_.substr(0, end);
    input_.erase(0, end + 2);
    return out;
}

std::optional<std::string> RespClient::bytes(std::size_t count) {
    while (input_.size() < count + 2)
        if (!more())
            return std::nullopt;
    const std::string out = input_.substr(0, count);
    input_.erase(0, count + 2);
    return out;
}

std::optional<std::string> RespClient::call(const std::vector<std::string>& words) {
    if (!connect())
        return std::nullopt;
    std::string request = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words)
        request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    std::optional<std::string> reply;
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(request.size()))
        reply = value();
    if (!reply)
        disconnect();
    return reply;
}

std::optional<std::string> RespClient::value() {
    auto reply = line();
    if (!reply || *reply == "$-1" || *reply == "*-1")
        return reply ? std::optional<std::string>("(nil)") : std::nullopt;
    if (reply->starts_with("$"))
        return bytes(std::stoul(reply->substr(1)));
    if (!reply->starts_with("*"))
        return reply;
    std::string all;
    for (std::size_t left = std::stoul(reply->substr(1)); left > 0; --left) {
        const auto part = value();
        if (!part)
            return std::nullopt;
        all += (all.empty() ? "" : " ") + *part;
    }
    return all;
}

bool RespClient::begin(const std::string& text) {
    return connect() &&
           ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

bool RespClient::is_closed() const {
    char byte = 0;
    return fd_ >= 0 && recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool RespClient::poke(const std::string& text) {
    if (!connect())
        return false;
    (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    const timeval soon{2, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    char byte = 0;
    const ssize_t got = recv(fd_, &byte, 1, 0);
    const bool answered = got >= 0;
    disconnect();
    return answered;
}

QJsonObject essence(const QJsonObject& side) {
    QJsonObject out;
    for (const char* key : {"verdict", "wakes", "convicted", "unresponsive"})
        out[key] = side[key];
    return out;
}

} // namespace zz::services::test
