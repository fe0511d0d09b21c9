// SPDX-License-Identifier: Apache-2.0
#include "hv/libvirt/event_loop.h"

#include <chrono>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <thread>

namespace zz::hv {

namespace {

// Texts go into errors; libvirt shall not write to the service's standard error on its own.
void stay_silent(void*, virErrorPtr) {}

Status begin() {
    virSetErrorFunc(nullptr, stay_silent);
    if (virInitialize() != 0)
        return Error{"libvirt cannot be initialised"};
    if (virEventRegisterDefaultImpl() != 0)
        return Error{"libvirt's event loop cannot be registered"};
    std::thread([] {
        for (;;)
            // It fails only if its descriptors do; then the loop must not spin.
            if (virEventRunDefaultImpl() != 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }).detach();
    return Ok{};
}

} // namespace

Status start_event_loop() {
    static const Status started = begin();
    return started;
}

} // namespace zz::hv
