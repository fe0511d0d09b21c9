// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/link/link.h"

#include "console/link/worker.h"

namespace zz::console {

Link::Link(Credentials credentials) : credentials_(std::move(credentials)) {}

Result<std::unique_ptr<Link>> Link::open(Credentials credentials) {
    std::unique_ptr<Link> link(new Link(std::move(credentials)));
    link->worker_ = std::make_unique<Worker>(link->credentials_, link->inbox_);
    if (const Status started = link->worker_->start(); !started)
        return started.error();
    link->thread_ = std::thread([worker = link->worker_.get()] { worker->run(); });
    return link;
}

Link::~Link() {
    if (thread_.joinable()) {
        worker_->stop();
        thread_.join();
    }
}

std::uint64_t Link::ask(telemetry::CommandBody body, std::vector<std::uint32_t> hosts) {
    const std::uint64_t request = ++last_request_;
    worker_->order([request, body = std::move(body), hosts = std::move(hosts)](Worker& worker) {
        worker.ask(request, body, hosts, false);
    });
    return request;
}

void Link::refetch() {
    worker_->order([](Worker& worker) {
        for (auto& [id, host] : worker.hosts)
            host.stream.ask_again();
    });
}

void Link::enable(std::uint32_t host, bool yes) {
    worker_->order([host, yes](Worker& worker) { worker.enable(host, yes); });
}

void Link::record(const std::string& path) {
    worker_->order([path](Worker& worker) { worker.begin_recording(path); });
}

Recording Link::recording() const {
    const std::lock_guard lock(worker_->mutex);
    return worker_->recording;
}

} // namespace zz::console
