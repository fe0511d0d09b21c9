#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the CPU time of a request goes, by cause. Not in the ordinary run of the tests.

    tests/large/request_path.py [--bin build/release/bin] [--lanes 1000] [--seconds 10] [--json]

Makes a data center of four hosts with one application (f = 1, async), drives it with 100-byte
writes whose every reply is checked, and samples all of its processes and the load's with perf
(Debian package linux-perf). The shares of the samples are laid over the CPU time per request that
the load itself measured. Unavoidable is what ZZ-3 and ZZ-4 ask for whatever the code looks like:
signatures, tags, digests and encryption, moving bytes through the kernel, and the application.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

# The first that matches. Fields: cause, unavoidable, shared object, symbol.
CAUSES = [
    ("kernel: sockets, wake-ups, files", True, r"\[", r""),
    ("signatures, tags and digests", True, r"libcrypto", r""),
    ("encryption of links (CURVE)", True, r"libsodium", r""),
    ("ZeroMQ", False, r"libzmq", r""),
    ("allocation", False, r"lib(c|stdc\+\+)[.-]",
     r"malloc|free|calloc|realloc|operator (new|delete)|unlink_chunk|sysmalloc|arena|tcache"),
    ("moving and comparing memory", False, r"libc[.-]", r"mem(move|cpy|set|cmp|chr)|str"),
    ("journal and node store", False, r"librocksdb", r""),
    ("journal and node store", False, r"", r"zz::storage|zz::runtime::Journal"),
    ("the load's own model", False, r"zzctl", r"Model|random|uniform|mersenne"),
    ("client core", False, r"", r"zz::client"),
    ("signatures, tags and digests", True, r"", r"zz::crypto"),
    ("authentication around it", False, r"", r"zz::auth"),
    ("encoding and decoding", False, r"", r"zz::wire|zz::message|zz::transport::(en|de)code"),
    ("transport and loop", False, r"", r"zz::transport|zz::runtime"),
    ("agreement", False, r"", r"zz::agreement|zz::replica"),
    ("detection", False, r"", r"zz::detection|zz::matrix"),
    ("application", True, r"", r"zz::application"),
    ("Merkle state", False, r"", r"zz::state"),
    ("execution", False, r"", r"zz::execution|zz::recovery"),
    ("containers and pointers", False, r"", r"std::|__dynamic_cast"),
    ("waiting and clocks", False, r"", r"poll|epoll|futex|pthread|clock_gettime|vdso"),
    ("telemetry", False, r"", r"protobuf|telemetry|fmt::"),
]


def cause_of(shared_object, symbol):
    for cause, unavoidable, where, what in CAUSES:
        if re.search(where, shared_object) and re.search(what, symbol):
            return cause, unavoidable
    return "other", False


def sample(data):
    out = subprocess.run(
        ["perf", "report", "--stdio", "-q", "--no-children", "-g", "none", "--sort", "dso,sym",
         "-i", data], capture_output=True, text=True, check=True).stdout
    shares, unavoidable = {}, {}
    for line in out.splitlines():
        found = re.match(r"\s*([\d.]+)%\s+(\S+)\s+\[[.kgH]\]\s+(.*)", line)
        if not found:
            continue
        cause, needed = cause_of(found[2], found[3])
        shares[cause] = shares.get(cause, 0.0) + float(found[1])
        unavoidable[cause] = needed
    total = sum(shares.values())
    if not total:
        raise RuntimeError("perf took no samples")
    return {c: s / total for c, s in shares.items()}, unavoidable


def processes(folder):
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if os.path.basename(words[0]).startswith("zz") and any(folder in w for w in words):
            pids.append(pid)
    return pids


def measure(options, folder):
    zzctl = os.path.join(os.path.abspath(options.bin), "zzctl")
    center = os.path.join(folder, "dc")

    def run(*words):
        done = subprocess.run([zzctl, *words, "--dir", center], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"zzctl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    run("cluster", "init", "--hosts", "4", "--f", "1", "--apps", "1")
    try:
        run("cluster", "up")
        words = [zzctl, "load", "--dir", center, "--app", "A", "--clients", str(options.lanes),
                 "--size", "100", "--read-ratio", "0", "--json", "--seconds"]
        subprocess.run([*words, "3"], capture_output=True, check=False)
        with subprocess.Popen([*words, str(options.seconds + 2)], stdout=subprocess.PIPE,
                              text=True) as load:
            time.sleep(1)
            data = os.path.join(folder, "perf.data")
            subprocess.run(["perf", "record", "-q", "-F", "997", "-e", "cpu-clock", "-o", data,
                            "-p", ",".join(processes(center)), "--", "sleep",
                            str(options.seconds)], check=True, stderr=subprocess.DEVNULL)
            result = json.loads(load.communicate()[0])
        return result, *sample(data)
    finally:
        run("cluster", "down")


def main():
    parser = argparse.ArgumentParser(description="CPU time of a request by cause")
    parser.add_argument("--bin", default="build/release/bin", help="folder of zzctl")
    parser.add_argument("--lanes", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="zz-path-") as folder:
            result, shares, unavoidable = measure(options, folder)
    except FileNotFoundError as error:
        print(f"request_path: {error.filename} is missing (perf: apt-get install linux-perf)",
              file=sys.stderr)
        return 1
    except (RuntimeError, subprocess.CalledProcessError, OSError, ValueError) as error:
        print(f"request_path: {error}", file=sys.stderr)
        return 1
    each = result["cpu_us_per_request"]
    rows = [{"cause": c, "us": each * s, "unavoidable": unavoidable[c]}
            for c, s in sorted(shares.items(), key=lambda item: -item[1])]
    needed = sum(row["us"] for row in rows if row["unavoidable"])
    if options.json:
        print(json.dumps({"lanes": options.lanes, "throughput": result["throughput"],
                          "cpu_us_per_request": each, "unavoidable_us": needed, "rows": rows}))
        return 0
    print(f"{options.lanes} lanes: {result['throughput']:.0f} requests/s, {each:.1f} us of CPU per "
          f"request, of them {needed:.1f} unavoidable")
    for row in rows:
        print(f"{row['us']:7.1f} us  {100 * row['us'] / each:4.1f} %  "
              f"{'*' if row['unavoidable'] else ' '} {row['cause']}")
    print("* unavoidable")
    return 0


if __name__ == "__main__":
    sys.exit(main())
