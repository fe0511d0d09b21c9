# SPDX-License-Identifier: Apache-2.0
"""Talks to a Redis front with python3-redis: redis_client.py PORT. Exit 0 if all is well."""
import sys

import redis

r = redis.Redis(port=int(sys.argv[1]), decode_responses=True, socket_timeout=60)


def same(got, expected):
    assert got == expected, f"got {got!r}, expected {expected!r}"


same(r.ping(), True)
r.flushall()

same(r.set("s", "1", ex=100), True)
same(r.incrby("s", 4), 5)
same(r.incrbyfloat("f", 0.1) + 0, 0.1)
same(r.ttl("s") in (99, 100), True)
same(r.getrange("s", 0, 0), "5")
same(r.mget("s", "none"), ["5", None])

same(r.hset("h", mapping={"a": 1, "b": 2}), 2)
same(r.hincrby("h", "a", 41), 42)
same(r.hgetall("h"), {"a": "42", "b": "2"})
same(dict(r.hscan_iter("h")), {"a": "42", "b": "2"})

same(r.rpush("l", *range(100)), 100)
same(r.lpop("l"), "0")
same(r.lrange("l", -2, -1), ["98", "99"])
same(r.lrem("l", 1, "50"), 1)
same(r.llen("l"), 98)

same(r.sadd("x", "a", "b", "c"), 3)
same(r.sadd("y", "b", "c", "d"), 3)
same(r.sinter("x", "y"), {"b", "c"})
same(r.sdiff("x", "y"), {"a"})
same(r.spop("x") in {"a", "b", "c"}, True)

same(r.zadd("z", {"one": 1, "two": 2, "three": 3}), 3)
same(r.zrange("z", 0, -1, withscores=True), [("one", 1.0), ("two", 2.0), ("three", 3.0)])
same(r.zrange("z", 2, "+inf", byscore=True), ["two", "three"])
same(r.zrevrank("z", "one"), 2)
same(r.zpopmin("z"), [("one", 1.0)])
same(r.zincrby("z", 0.5, "two"), 2.5)

same(r.type("z"), "zset")
same(r.rename("z", "zz"), True)
same(sorted(r.scan_iter(count=3)), ["f", "h", "l", "s", "x", "y", "zz"])
same(r.dbsize(), 7)
try:
    r.lpush("h", "x")
    raise SystemExit("LPUSH on a hash was accepted")
except redis.ResponseError as error:
    same(str(error).startswith("WRONGTYPE"), True)

with r.pipeline() as pipe:  # WATCH, MULTI, EXEC
    pipe.watch("s")
    value = int(pipe.get("s"))
    pipe.multi()
    pipe.set("s", value + 1)
    pipe.incr("s")
    same(pipe.execute(), [True, 7])
    pipe.watch("s")
    r.set("s", "changed")
    pipe.multi()
    pipe.set("s", "lost")
    try:
        pipe.execute()
        raise SystemExit("a transaction over a changed key ran")
    except redis.WatchError:
        pass
same(r.get("s"), "changed")
with r.pipeline(transaction=False) as pipe:
    for i in range(300):
        pipe.set(f"p{i}", i)
    same(all(pipe.execute()), True)
same(r.get("p299"), "299")
same(r.flushall(), True)
same(r.dbsize(), 0)
print("ok")
