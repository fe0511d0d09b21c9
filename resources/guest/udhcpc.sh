#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Called by udhcpc with what a DHCP server said. No name servers: cluster files hold addresses.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/${mask:-24}" dev "$interface"
for gateway in $router; do
    ip route add default via "$gateway"
done
