#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh BIN OUT: kernel and initramfs of the guests into OUT, with the execution service of BIN.
# Everything else comes out of Debian packages, unpacked and not installed, in the versions that
# this machine has or can get. The same packages and the same service give the same bytes. What
# belongs to one replica is not in it: that comes from the disk of its domain.
#   OUT/vmlinuz OUT/initramfs   OUT/guest.sha256: their digests, checked before every boot
#   OUT/manifest.txt            packages, versions and digests that went in
set -eu
export LC_ALL=C
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
say() { printf '%s\n' "guest: $*" >&2; }
fail() { say "$*"; exit 1; }
[ $# -eq 2 ] || { say "usage: build.sh BIN OUT"; exit 2; }
service=$1/zz-execution
[ -x "$service" ] || fail "$service is not there: ./zz build"
mkdir -p "$2/debs"
out=$(CDPATH='' cd -- "$2" && pwd)
work=$out/work
rm -rf "$work"
mkdir -p "$work/packages" "$work/root"
trap 'rm -rf "$work"' EXIT

# --- which packages ---------------------------------------------------------------------------

libraries() { # PROGRAM...: their libraries and the loader
    ldd "$@" | sed -n -e 's/.* => \(\/[^ ]*\) .*/\1/p' \
        -e 's/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\) .*/\1/p' | sort -u
}

package_of() { # FILE: its package; /lib is a link into /usr on some machines
    dpkg-query -S "$1" 2>/dev/null | sed -n 's/^\([^:, ]*\)[:,].*/\1/p' | head -n 1 | grep . ||
        dpkg-query -S "${1#/usr}" "/usr$1" 2>/dev/null | sed -n 's/^\([^:, ]*\)[:,].*/\1/p' |
            head -n 1 | grep . || fail "no package has $1"
}

needed=$(libraries "$service" /sbin/mke2fs /sbin/e2fsck)
packages="busybox-static e2fsprogs"
for file in $needed; do
    packages="$packages $(package_of "$file")"
done
kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$kernel" ] || fail "apt knows no linux-image-cloud-amd64; run apt-get update"
packages=$(printf '%s\n' $packages "$kernel" | sort -u)

# --- fetch and unpack -------------------------------------------------------------------------

installed() { # PACKAGE: the version that the service was linked with, if it is on this machine
    dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null |
        sed -n 's/^installed //p' | head -n 1
}
offered() { # PACKAGE: the version that apt offers
    apt-cache policy "$1" | sed -n 's/^  Candidate: \([^ (].*\)/\1/p' | grep . ||
        fail "apt knows no package $1; run apt-get update"
}
file_of() { # PACKAGE VERSION
    printf '%s/debs/%s_%s_amd64.deb\n' "$out" "$1" "$(printf '%s' "$2" | sed 's/:/%3a/')"
}
fetched() { # PACKAGE VERSION: true once its file is there
    [ -f "$(file_of "$1" "$2")" ] && return 0
    (cd "$out/debs" && apt-get download -qq -o APT::Sandbox::User=root "$1=$2" >&2) &&
        [ -f "$(file_of "$1" "$2")" ]
}

: >"$work/manifest"
for package in $packages; do
    version=$(installed "$package")
    if [ -z "$version" ] || ! fetched "$package" "$version"; then
        # The archive keeps one version: a later one of the same release, which serves as well.
        ours=$version
        version=$(offered "$package")
        [ -z "$ours" ] || say "the archive has no $package $ours any more: takes $version"
        fetched "$package" "$version" || fail "cannot fetch $package $version; apt-get update"
    fi
    file=$(file_of "$package" "$version")
    dpkg-deb -x "$file" "$work/packages" || fail "cannot unpack $file: remove it and try again"
    printf '%s %s %s\n' "$package" "$version" "$(sha256sum <"$file" | cut -d ' ' -f 1)" \
        >>"$work/manifest"
done

# --- the tree ---------------------------------------------------------------------------------

unpacked() { # PATH: the file as a package has it, in or below /usr
    for place in "$work/packages$1" "$work/packages/usr$1" "$work/packages${1#/usr}"; do
        if [ -e "$place" ]; then
            printf '%s\n' "$place"
            return 0
        fi
    done
    fail "no unpacked package has $1"
}

root=$work/root
mkdir -p "$root/bin" "$root/sbin" "$root/etc" "$root/usr/bin" "$root/lib/modules" "$root/lib64" \
    "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/data"
cp "$here/init" "$root/init"
cp "$here/udhcpc.sh" "$root/etc/udhcpc.sh"
chmod 755 "$root/init" "$root/etc/udhcpc.sh"
busybox=$(unpacked /bin/busybox)
cp "$busybox" "$root/bin/busybox"
for applet in sh cat cut date dd echo hexdump insmod ip mkdir mount poweroff sleep sync tar udhcpc \
    umount; do
    ln -s busybox "$root/bin/$applet"
    "$busybox" --list | grep -qx "$applet" || [ "$applet" = sh ] ||
        fail "this busybox has no $applet"
done
cp "$(unpacked /sbin/mke2fs)" "$(unpacked /sbin/e2fsck)" "$root/sbin/"
cp "$(unpacked /etc/mke2fs.conf)" "$root/etc/"
strip -o "$root/usr/bin/zz-execution" "$service"
for file in $needed; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$(unpacked "$file")" "$root$file"
done
ln -s ../proc/mounts "$root/etc/mtab"
echo 'root:x:0:0:root:/run:/bin/sh' >"$root/etc/passwd"

modules=$(echo "$work"/packages/lib/modules/*)
[ -d "$modules" ] || modules=$(echo "$work"/packages/usr/lib/modules/*)
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/modules.txt" | while read -r module; do
    file=$(find "$modules/kernel" -name "$module.ko" | head -n 1)
    if [ -n "$file" ]; then
        cp "$file" "$root/lib/modules/"
        echo "$module" >>"$root/etc/modules"
    elif ! grep -q "/$module.ko\$" "$modules/modules.builtin"; then
        fail "the kernel has no module $module"
    fi
done

# Nothing that is missing shall be found out by a guest that does not come up.
find "$root/usr/bin" "$root/sbin" "$root/lib" -type f ! -name '*.ko' | while read -r file; do
    readelf -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
done | sort -u | while read -r name; do
    find "$root" -name "$name" | grep -q . || fail "the image lacks $name"
done

# --- the files --------------------------------------------------------------------------------

find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | sort | cpio --quiet --reproducible -o -H newc -R 0:0) |
    gzip -n -9 >"$work/initramfs"
cp "$(echo "$work"/packages/boot/vmlinuz-*)" "$work/vmlinuz"
chmod 644 "$work/vmlinuz" "$work/initramfs"
printf 'zz-execution - %s\n' "$(sha256sum <"$root/usr/bin/zz-execution" | cut -d ' ' -f 1)" \
    >>"$work/manifest"
(cd "$work" && sha256sum vmlinuz initramfs >guest.sha256)
mv "$work/vmlinuz" "$work/initramfs" "$work/guest.sha256" "$out/"
mv "$work/manifest" "$out/manifest.txt"
say "$(wc -l <"$out/manifest.txt") parts, initramfs of $(wc -c <"$out/initramfs") bytes"
cat "$out/guest.sha256"
