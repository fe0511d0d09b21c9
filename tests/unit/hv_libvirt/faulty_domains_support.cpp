// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/hv_libvirt/faulty_domains_support.h"

#include <stdexcept>
#include <utility>

namespace zz::hv {

class FaultyDomains final : public Domains {
  public:
    FaultyDomains(FaultyHost& host, int generation) : host_(host), generation_(generation) {}

    std::string kind() override { return host_.real_->kind(); }
    std::string domain_type() override { return host_.real_->domain_type(); }
    bool alive() override {
        const std::lock_guard guard(host_.mutex_);
        return generation_ == host_.generation_;
    }
    Result<std::vector<DomainLook>> look(const std::string& prefix) override {
        return around<std::vector<DomainLook>>("look", [&] { return host_.real_->look(prefix); });
    }
    Result<std::string> note(const std::string& name) override {
        return around<std::string>("note", [&] { return host_.real_->note(name); });
    }
    Status set_note(const std::string& name, const std::string& text) override {
        return around<Ok>("set_note", [&] { return host_.real_->set_note(name, text); });
    }
    Status define(const std::string& xml) override {
        return around<Ok>("define", [&] { return host_.real_->define(xml); });
    }
    Status create(const std::string& name) override {
        return around<Ok>("create", [&] { return host_.real_->create(name); });
    }
    Status suspend(const std::string& name) override {
        return around<Ok>("suspend", [&] { return host_.real_->suspend(name); });
    }
    Status resume(const std::string& name) override {
        return around<Ok>("resume", [&] { return host_.real_->resume(name); });
    }
    Status save(const std::string& name) override {
        return around<Ok>("save", [&] { return host_.real_->save(name); });
    }
    Status destroy(const std::string& name) override {
        return around<Ok>("destroy", [&] { return host_.real_->destroy(name); });
    }
    Status drop_saved(const std::string& name) override {
        return around<Ok>("drop_saved", [&] { return host_.real_->drop_saved(name); });
    }
    Status undefine(const std::string& name) override {
        return around<Ok>("undefine", [&] { return host_.real_->undefine(name); });
    }
    std::vector<DomainChange> take_changes() override {
        std::vector<DomainChange> out = host_.real_->take_changes();
        const std::lock_guard guard(host_.mutex_);
        for (DomainChange& change : std::exchange(host_.told_, {}))
            out.push_back(std::move(change));
        return out;
    }

  private:
    template <class T, class Function>
    Result<T> around(const std::string& call, Function&& function) {
        std::unique_lock lock(host_.mutex_);
        ++host_.calls_[call];
        host_.released_.wait(lock, [&] { return !host_.hanging_.contains(call); });
        if (generation_ != host_.generation_)
            return Error{"libvirt says: Cannot recv data: Connection reset by peer"};
        const auto it = host_.rules_.find(call);
        if (it == host_.rules_.end()) {
            lock.unlock();
            return function();
        }
        const FaultyHost::Rule rule = it->second;
        host_.rules_.erase(it);
        lock.unlock();
        if (rule.late)
            if (const auto done = function(); !done)
                return done;
        return Error{"libvirt says: " + rule.text};
    }

    FaultyHost& host_;
    int generation_;
};

FaultyHost::FaultyHost(const std::string& uri) {
    auto opened = connect_to_libvirt(uri);
    if (!opened)
        throw std::runtime_error(opened.error().text);
    real_ = std::move(opened).value();
}

FaultyHost::~FaultyHost() {
    release();
}

Connect FaultyHost::connect() {
    return [this](const std::string&) -> Result<std::shared_ptr<Domains>> {
        std::unique_lock lock(mutex_);
        ++connections_;
        released_.wait(lock, [&] { return !hanging_.contains("connect"); });
        if (cut_)
            return Error{"libvirt says: Failed to connect socket: Connection refused"};
        return std::shared_ptr<Domains>(std::make_shared<FaultyDomains>(*this, generation_));
    };
}

void FaultyHost::hang(const std::string& call) {
    const std::lock_guard guard(mutex_);
    hanging_.insert(call);
}
void FaultyHost::release() {
    const std::lock_guard guard(mutex_);
    hanging_.clear();
    released_.notify_all();
}
void FaultyHost::fail(const std::string& call, const std::string& text, bool late) {
    const std::lock_guard guard(mutex_);
    rules_[call] = {text, late};
}
void FaultyHost::cut() {
    const std::lock_guard guard(mutex_);
    cut_ = true;
    ++generation_;
}
void FaultyHost::mend() {
    const std::lock_guard guard(mutex_);
    cut_ = false;
}
void FaultyHost::tell(const DomainChange& change) {
    const std::lock_guard guard(mutex_);
    told_.push_back(change);
}
int FaultyHost::calls(const std::string& call) {
    const std::lock_guard guard(mutex_);
    return calls_[call];
}
int FaultyHost::connections() {
    const std::lock_guard guard(mutex_);
    return connections_;
}

} // namespace zz::hv
