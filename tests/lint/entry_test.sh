#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The contract of ./zz that needs no build: help, exit 2 on bad usage with the reason on standard
# error, nothing on standard output.
set -eu
cd "$1"
failures=0

expect() { # EXIT TEXT ARGUMENTS...: TEXT must be part of standard error
    wanted=$1
    text=$2
    shift 2
    code=0
    out=$(./zz "$@" 2>/dev/null </dev/null) || code=$?
    err=$(./zz "$@" 2>&1 >/dev/null </dev/null) || true
    case $err in
    *"$text"*) ;;
    *) echo "./zz $*: '$text' is not in: $err"; failures=$((failures + 1)) ;;
    esac
    if [ "$code" -ne "$wanted" ] || { [ "$wanted" -eq 2 ] && [ -n "$out" ]; }; then
        echo "./zz $*: exit $code, expected $wanted; standard output: $out"
        failures=$((failures + 1))
    fi
}

expect 2 "usage: ./zz"
expect 2 "no command 'bogus'" bogus
expect 2 "no preset 'bogus'" build bogus
expect 2 "'build' takes one preset" build release dev
expect 2 "'deps' takes no arguments" deps now
expect 2 "'lint' takes no arguments" lint all
expect 2 "'format' takes no arguments" format all
expect 2 "'package' takes no arguments" package deb
expect 2 "'guest' takes one word" guest
expect 2 "'guest' takes one word" guest destroy
expect 2 "'-x' is no label" test -x
expect 0 "" help
expect 0 "" deps

for word in deps build demo test sim bench ctl console format lint package guest; do
    ./zz help | grep -q "^  $word" || { echo "./zz help lacks $word"; failures=$((failures + 1)); }
done
for package in $(sed -e 's/#.*//' installers/debian-packages.txt); do
    grep -c "^$package " installers/debian-packages.txt | grep -qx 1 ||
        { echo "installers/debian-packages.txt: $package is listed twice or without a reason"
          failures=$((failures + 1)); }
done
sh -n zz
[ -x .ci/run ] || { echo ".ci/run cannot be executed"; failures=$((failures + 1)); }
[ "$failures" -eq 0 ] && echo "entry: as the contract says"
