#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""f = 3: ten hosts bear three faults of each kind at once. Not in the ordinary run of the tests.

    tests/large/three_faults.py [--bin build/release/bin] [--lanes 4]

Three execution replicas tell wrong results, three are silent, three agreement replicas lie, three
replicas are ended by kill -9 in the same moment, all under load whose every reply is checked.
Prints a line for each; exit 1 if something does not hold.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

F = 3
REST_SECONDS = 180


class DataCenter:
    def __init__(self, bin_folder, folder):
        self.zzctl = os.path.join(bin_folder, "zzctl")
        self.dir = folder

    def words(self, words):
        return [self.zzctl, *words, "--dir", self.dir]

    def run(self, *words, seconds=300):
        done = subprocess.run(self.words(words), capture_output=True, text=True, timeout=seconds,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"zzctl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def application(self):
        return json.loads(self.run("status", "--json"))["applications"][0]

    def in_state(self, state):
        return [r["id"] for r in self.application()["execution"] if r["state"] == state]

    def wait_for_rest(self):
        end = time.monotonic() + REST_SECONDS
        while time.monotonic() < end:
            app = self.application()
            states = [(r["state"], r["ready"], r["complete"]) for r in app["execution"]]
            active = sum(s == "active" and c is not False for s, _, c in states)
            asleep = sum(s == "sleeping" and r is True for s, r, _ in states)
            up = sum(r["state"] == "up" for r in app["agreement"])
            if (active, asleep, up) == (F + 1, F, 3 * F + 1):
                return app
            time.sleep(0.5)
        raise RuntimeError(f"not at rest after {REST_SECONDS} s: {states}")

    def pid(self, machine, missing=None):
        for host in sorted(os.listdir(f"{self.dir}/hosts")):
            path = f"{self.dir}/hosts/{host}/machines/{machine}/pid"
            if os.path.exists(path):
                with open(path, encoding="ascii") as file:
                    return int(file.read().split()[0])
        if missing is not None:
            return missing
        raise RuntimeError(f"no process of {machine}")


def drill(center, name, targets, *more):
    words = [name, "--app", "A"]
    for target in targets:
        words += ["--target", target]
    begun = time.monotonic()
    out = center.run("drill", "start", *words, *more, "--wait", "--json")
    identity = json.loads(out.splitlines()[0])["id"]
    report = json.loads(center.run("drill", "report", identity, "--json"))
    sides = [{k: report[side][k] for k in ("verdict", "wakes", "convicted", "unresponsive")}
             for side in ("predicted", "observed")]
    if sides[0] != sides[1]:
        raise RuntimeError(f"{name}: predicted {sides[0]}, observed {sides[1]}")
    print(f"{name} on {' '.join(targets)}: as predicted, {sides[0]['verdict']}, convicted "
          f"{sides[0]['convicted']}, {time.monotonic() - begun:.1f} s", flush=True)


def kill_three(center):
    """kill -9 of two agreement replicas, one of them the primary, and an execution replica; then of
    three agreement replicas."""
    app = center.application()
    primary = next(r["id"] for r in app["agreement"] if r["primary"])
    others = [r["id"] for r in app["agreement"] if not r["primary"]]
    active = next(r for r in app["execution"] if r["state"] == "active")
    for victims in ([primary, others[0], f"{active['id']}.{active['incarnation']}"], others[1:4]):
        pids = [center.pid(f"0-{v}") for v in victims]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        begun = time.monotonic()
        # A status may be older than the kill: first their controllers start them again.
        while [p for v, p in zip(victims, pids) if center.pid(f"0-{v}", missing=p) == p]:
            time.sleep(0.1)
        time.sleep(3)
        center.wait_for_rest()
        print(f"kill -9 of {' '.join(victims)}: at rest after {time.monotonic() - begun:.1f} s",
              flush=True)


def play(center, lanes):
    begun = time.monotonic()
    center.run("cluster", "up")
    center.wait_for_rest()
    print(f"10 hosts, f = 3: at rest after {time.monotonic() - begun:.1f} s", flush=True)
    load = subprocess.Popen(
        center.words(["load", "--app", "A", "--clients", str(lanes), "--seconds", "3600",
                      "--json"]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(2)
        drill(center, "wrong-reply", center.in_state("active")[:F])
        drill(center, "silent", center.in_state("active")[:F])
        drill(center, "lie-reports", ["A2", "A3", "A4"], "--lease", "6")
        kill_three(center)
    finally:
        load.send_signal(signal.SIGTERM)
        out, err = load.communicate(timeout=90)
    result = json.loads(out)
    print(f"replies checked {result['checked']}, wrong {result['wrong']}, without reply "
          f"{result['errors']}; {result['throughput']:.0f} requests/s", flush=True)
    if result["wrong"] or result["errors"] or not result["checked"]:
        raise RuntimeError(err.strip() or "a reply is wrong or missing")


def main():
    parser = argparse.ArgumentParser(description="f = 3 under three faults of each kind")
    parser.add_argument("--bin", default="build/release/bin", help="folder of zzctl")
    parser.add_argument("--lanes", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zz-large-") as folder:
        center = DataCenter(os.path.abspath(options.bin), os.path.join(folder, "dc"))
        code = 0
        try:
            center.run("cluster", "init", "--hosts", str(3 * F + 1), "--f", str(F), "--apps", "1",
                       "--drills")
            play(center, options.lanes)
        except (RuntimeError, subprocess.TimeoutExpired, OSError, ValueError) as error:
            print(f"three_faults: {error}", file=sys.stderr)
            code = 1
        finally:
            center.run("cluster", "down")
        return code


if __name__ == "__main__":
    sys.exit(main())
