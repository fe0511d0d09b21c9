// SPDX-License-Identifier: Apache-2.0
// The handlers that the command table names. Each gets arguments that passed `reject`, and writes
// one RESP2 value.
#pragma once

#include "backend/application/kv/operation.h"
#include "backend/application/kv/reply.h"
#include "backend/application/kv/store.h"

namespace zz::application::kv {

// handlers_basic.cpp
void run_ping(Store&, const Arguments&, Reply&);
void run_echo(Store&, const Arguments&, Reply&);
void run_del(Store&, const Arguments&, Reply&);
void run_exists(Store&, const Arguments&, Reply&);
void run_type(Store&, const Arguments&, Reply&);
void run_dbsize(Store&, const Arguments&, Reply&);
void run_flush(Store&, const Arguments&, Reply&);

// handlers_string.cpp
void run_get(Store&, const Arguments&, Reply&);
void run_getdel(Store&, const Arguments&, Reply&);
void run_getset(Store&, const Arguments&, Reply&);
void run_set(Store&, const Arguments&, Reply&);
void run_setnx(Store&, const Arguments&, Reply&);
void run_setex(Store&, const Arguments&, Reply&);
void run_psetex(Store&, const Arguments&, Reply&);
void run_mget(Store&, const Arguments&, Reply&);
void run_mset(Store&, const Arguments&, Reply&);
void run_append(Store&, const Arguments&, Reply&);
void run_strlen(Store&, const Arguments&, Reply&);
void run_incr(Store&, const Arguments&, Reply&);
void run_decr(Store&, const Arguments&, Reply&);
void run_incrby(Store&, const Arguments&, Reply&);
void run_decrby(Store&, const Arguments&, Reply&);

// handlers_expiry.cpp
void run_expire(Store&, const Arguments&, Reply&);
void run_pexpire(Store&, const Arguments&, Reply&);
void run_expireat(Store&, const Arguments&, Reply&);
void run_pexpireat(Store&, const Arguments&, Reply&);
void run_ttl(Store&, const Arguments&, Reply&);
void run_pttl(Store&, const Arguments&, Reply&);
void run_expiretime(Store&, const Arguments&, Reply&);
void run_pexpiretime(Store&, const Arguments&, Reply&);
void run_persist(Store&, const Arguments&, Reply&);

} // namespace zz::application::kv
