#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks what is installed: units parse, their exposure is at most 2.0, programs are hardened,
# scripts and manual pages are well formed. With a package as second argument also: it unpacks, and
# its programs run.
# usage: check.sh FOLDER-OF-PROGRAMS [PACKAGE.deb]; exit 0 good, 1 bad, 77 systemd is not there.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
programs=$1
package=${2:-}
command -v systemd-analyze >/dev/null 2>&1 || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "installers: $*" >&2; bad=1; }

# Units, as they are when installed for a host of the name h1.
root=$work/root
mkdir -p "$root/usr/lib/systemd/system" "$root/usr/bin"
for unit in "$here"/systemd/*@.service; do
    name=$(basename "$unit" @.service)
    cp "$unit" "$root/usr/lib/systemd/system/"
    printf '#!/bin/sh\n' >"$root/usr/bin/$name"
    chmod 755 "$root/usr/bin/$name"
    [ -x "$programs/$name" ] || complain "$name: no such program in $programs"
    # Every option that a unit gives is one that the program knows.
    for option in $(sed -n 's/^ExecStart=//p' "$unit" | tr ' ' '\n' | grep '^--'); do
        "$programs/$name" --help | grep -q -- "$option" ||
            complain "$(basename "$unit"): $name knows no $option"
    done
    systemd-analyze security --offline=true --threshold=20 "$unit" >"$work/exposure" 2>&1 ||
        complain "$(basename "$unit"): $(grep -i exposure "$work/exposure" | head -1)"
    sed 's/%i/h1/g' "$unit" >"$work/$name-h1.service"
    sed -i "s|/usr/bin/$name|$root/usr/bin/$name|" "$work/$name-h1.service"
    systemd-analyze verify --man=no --recursive-errors=no "$work/$name-h1.service" \
        >"$work/verify" 2>&1 || true
    if grep -F "$name-h1.service" "$work/verify" >"$work/own"; then
        complain "$(cat "$work/own")"
    fi
done
# A unit that is wrong would have been complained about.
printf '[Service]\nExecStart=/usr/bin/zz-host\nNoSuchDirective=yes\n' >"$work/wrong.service"
systemd-analyze verify --man=no "$work/wrong.service" >"$work/verify" 2>&1 || true
grep -q 'NoSuchDirective' "$work/verify" ||
    complain "systemd-analyze verify finds no fault in a wrong unit"
# Hardening of every program, whatever built it.
for program in "$programs"/zz*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    name=$(basename "$program")
    readelf -hldW "$program" >"$work/elf"
    readelf -sW "$program" >"$work/symbols"
    grep -q 'Type:.*DYN' "$work/elf" || complain "$name: not position independent"
    grep -q 'GNU_RELRO' "$work/elf" || complain "$name: no RELRO"
    grep -q 'BIND_NOW' "$work/elf" || complain "$name: RELRO is not full"
    grep 'GNU_STACK' "$work/elf" | grep -q 'RWE' && complain "$name: executable stack"
    grep -q '__stack_chk_fail' "$work/symbols" || complain "$name: no stack protector"
    # Without optimization (presets dev, asan) there is nothing to fortify.
    case $programs in
    *release* | */ci/*)
        grep -q '__[a-z]*_chk@' "$work/symbols" || complain "$name: not fortified"
        ;;
    esac
done
for script in "$here"/debian/*; do
    sh -n "$script" || complain "$script: not a shell script"
done
if command -v man >/dev/null 2>&1; then
    for page in "$here"/man/*; do
        text=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 "$page" \
            2>&1 >/dev/null) || text="man cannot format it: $text"
        [ -z "$text" ] || complain "$page: $text"
    done
fi

if [ -n "$package" ]; then
    dpkg-deb -x "$package" "$work/x"
    for path in "$work"/x/usr/bin/*; do
        "$path" --help >/dev/null || complain "$(basename "$path") of $package does not run"
    done
    dpkg-deb -f "$package" Version Depends | grep -q 'libzmq5' ||
        complain "$package does not depend on libzmq5"
    for file in lib/systemd/system/zz-host@.service lib/sysusers.d/zz.conf \
        share/polkit-1/rules.d/50-zz-controller.rules; do
        [ -f "$work/x/usr/$file" ] || complain "$package lacks $file"
    done
fi
exit $bad
