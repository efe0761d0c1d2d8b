#!/bin/sh
# Installs the servers that chatd is measured beside, from Debian's packages; what cannot be installed is told
# when it is needed. Installing a server's package starts it as a service on its default port: Debian asks
# policy-rc.d before that, so one that refuses (101) is there meanwhile. An existing policy was chosen by someone.
missing=
for package in inspircd ngircd nats-server redis-server; do
    dpkg --status $package >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi
# A fresh container has no package lists, and old ones name files that are gone.
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
for package in $missing; do
    apt-get -q -y --no-install-recommends install $package
done
exit 0
