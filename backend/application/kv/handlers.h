// SPDX-License-Identifier: Apache-2.0
// The handlers that the command table names. Each gets arguments that passed `reject`, and writes
// one RESP2 value: if that is an error, it wrote nothing to the store.
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
void run_dbsize(Store&, const Arguments&, Reply&);
void run_flush(Store&, const Arguments&, Reply&);

// handlers_keys.cpp
void run_type(Store&, const Arguments&, Reply&);
void run_rename(Store&, const Arguments&, Reply&);
void run_renamenx(Store&, const Arguments&, Reply&);
void run_version(Store&, const Arguments&, Reply&);
void run_randomkey(Store&, const Arguments&, Reply&);
void run_keys(Store&, const Arguments&, Reply&);
void run_scan(Store&, const Arguments&, Reply&);
void run_hscan(Store&, const Arguments&, Reply&);
void run_sscan(Store&, const Arguments&, Reply&);
void run_zscan(Store&, const Arguments&, Reply&);

// handlers_string.cpp
void run_get(Store&, const Arguments&, Reply&);
void run_getdel(Store&, const Arguments&, Reply&);
void run_getex(Store&, const Arguments&, Reply&);
void run_getset(Store&, const Arguments&, Reply&);
void run_set(Store&, const Arguments&, Reply&);
void run_setnx(Store&, const Arguments&, Reply&);
void run_setex(Store&, const Arguments&, Reply&);
void run_psetex(Store&, const Arguments&, Reply&);
void run_mget(Store&, const Arguments&, Reply&);
void run_mset(Store&, const Arguments&, Reply&);
void run_msetnx(Store&, const Arguments&, Reply&);
void run_append(Store&, const Arguments&, Reply&);
void run_strlen(Store&, const Arguments&, Reply&);
void run_getrange(Store&, const Arguments&, Reply&);
void run_setrange(Store&, const Arguments&, Reply&);
void run_incr(Store&, const Arguments&, Reply&);
void run_decr(Store&, const Arguments&, Reply&);
void run_incrby(Store&, const Arguments&, Reply&);
void run_decrby(Store&, const Arguments&, Reply&);
void run_incrbyfloat(Store&, const Arguments&, Reply&);

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

// handlers_hash.cpp
void run_hset(Store&, const Arguments&, Reply&);
void run_hmset(Store&, const Arguments&, Reply&);
void run_hsetnx(Store&, const Arguments&, Reply&);
void run_hget(Store&, const Arguments&, Reply&);
void run_hmget(Store&, const Arguments&, Reply&);
void run_hgetall(Store&, const Arguments&, Reply&);
void run_hkeys(Store&, const Arguments&, Reply&);
void run_hvals(Store&, const Arguments&, Reply&);
void run_hdel(Store&, const Arguments&, Reply&);
void run_hexists(Store&, const Arguments&, Reply&);
void run_hlen(Store&, const Arguments&, Reply&);
void run_hstrlen(Store&, const Arguments&, Reply&);
void run_hincrby(Store&, const Arguments&, Reply&);
void run_hincrbyfloat(Store&, const Arguments&, Reply&);

// handlers_list.cpp
void run_lpush(Store&, const Arguments&, Reply&);
void run_rpush(Store&, const Arguments&, Reply&);
void run_lpushx(Store&, const Arguments&, Reply&);
void run_rpushx(Store&, const Arguments&, Reply&);
void run_lpop(Store&, const Arguments&, Reply&);
void run_rpop(Store&, const Arguments&, Reply&);
void run_lrange(Store&, const Arguments&, Reply&);
void run_llen(Store&, const Arguments&, Reply&);
void run_lindex(Store&, const Arguments&, Reply&);
void run_lset(Store&, const Arguments&, Reply&);
void run_ltrim(Store&, const Arguments&, Reply&);
void run_lrem(Store&, const Arguments&, Reply&);
void run_linsert(Store&, const Arguments&, Reply&);
void run_rpoplpush(Store&, const Arguments&, Reply&);

// handlers_set.cpp
void run_sadd(Store&, const Arguments&, Reply&);
void run_srem(Store&, const Arguments&, Reply&);
void run_smove(Store&, const Arguments&, Reply&);
void run_sismember(Store&, const Arguments&, Reply&);
void run_smismember(Store&, const Arguments&, Reply&);
void run_smembers(Store&, const Arguments&, Reply&);
void run_scard(Store&, const Arguments&, Reply&);
void run_spop(Store&, const Arguments&, Reply&);
void run_srandmember(Store&, const Arguments&, Reply&);
void run_sinter(Store&, const Arguments&, Reply&);
void run_sunion(Store&, const Arguments&, Reply&);
void run_sdiff(Store&, const Arguments&, Reply&);
void run_sinterstore(Store&, const Arguments&, Reply&);
void run_sunionstore(Store&, const Arguments&, Reply&);
void run_sdiffstore(Store&, const Arguments&, Reply&);

// handlers_sorted_set.cpp
void run_zadd(Store&, const Arguments&, Reply&);
void run_zincrby(Store&, const Arguments&, Reply&);
void run_zrem(Store&, const Arguments&, Reply&);
void run_zscore(Store&, const Arguments&, Reply&);
void run_zmscore(Store&, const Arguments&, Reply&);
void run_zcard(Store&, const Arguments&, Reply&);
void run_zrank(Store&, const Arguments&, Reply&);
void run_zrevrank(Store&, const Arguments&, Reply&);
void run_zpopmin(Store&, const Arguments&, Reply&);
void run_zpopmax(Store&, const Arguments&, Reply&);

// handlers_sorted_set_range.cpp
void run_zrange(Store&, const Arguments&, Reply&);
void run_zrevrange(Store&, const Arguments&, Reply&);
void run_zrangebyscore(Store&, const Arguments&, Reply&);
void run_zrevrangebyscore(Store&, const Arguments&, Reply&);
void run_zremrangebyrank(Store&, const Arguments&, Reply&);
void run_zremrangebyscore(Store&, const Arguments&, Reply&);
void run_zcount(Store&, const Arguments&, Reply&);

} // namespace zz::application::kv
