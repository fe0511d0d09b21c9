// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/command_table.h"
#include "backend/application/kv/handlers.h"

namespace zz::application::kv {

// Ordered like all else: a health check that ends at the gateway would say nothing about the
// service.
void run_ping(Store&, const Arguments& arguments, Reply& reply) {
    if (arguments.size() > 2) {
        reply.error("ERR wrong number of arguments for 'ping' command");
    } else if (arguments.size() == 2) {
        reply.bulk(arguments[1]);
    } else {
        reply.simple("PONG");
    }
}

void run_echo(Store&, const Arguments& arguments, Reply& reply) {
    reply.bulk(arguments[1]);
}

void run_del(Store& store, const Arguments& arguments, Reply& reply) {
    std::int64_t erased = 0;
    for (std::size_t i = 1; i < arguments.size() && !store.exhausted(); ++i) {
        erased += store.erase(arguments[i]) ? 1 : 0;
    }
    reply.integer(erased);
}

void run_exists(Store& store, const Arguments& arguments, Reply& reply) {
    std::int64_t found = 0;
    for (std::size_t i = 1; i < arguments.size() && !store.exhausted(); ++i) {
        found += store.read(arguments[i]) ? 1 : 0;
    }
    reply.integer(found);
}

void run_dbsize(Store& store, const Arguments&, Reply& reply) {
    reply.integer(static_cast<std::int64_t>(store.keys()));
}

void run_flush(Store& store, const Arguments& arguments, Reply& reply) {
    const bool known = arguments.size() == 1 ||
                       (arguments.size() == 2 &&
                        (same_word(arguments[1], "sync") || same_word(arguments[1], "async")));
    if (!known) {
        reply.error(kSyntaxError);
        return;
    }
    store.flush();
    reply.ok();
}

} // namespace zz::application::kv
