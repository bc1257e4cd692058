#!/usr/bin/env bash
# Installs the packages of Debian that `make real` drives: clients, a Docker engine, the original's templates, and an
# OpenStack with the original Magnum. Nothing is started: without systemd no daemon would be, and with it a running
# Docker is left as it is.
set -euo pipefail

packages=(
  procps
  docker.io mmdebstrap openssl openssh-client iproute2 iptables nftables busybox-static
  python3-openstackclient python3-heatclient python3-magnumclient python3-magnum
  # The OpenStack of tests/real/openstack. Not nova-compute: it brings libvirt and QEMU, and the fake driver needs neither.
  mariadb-server rabbitmq-server memcached sudo uwsgi-plugin-python3
  keystone glance-api placement-api nova-api nova-scheduler nova-conductor
  neutron-server neutron-linuxbridge-agent heat-api heat-engine
  magnum-api magnum-conductor tempest magnum-tempest-plugin
  # Sends requests, for make bench.
  wrk
  postgresql
)

mapfile -t missing < <(comm -23 <(printf '%s\n' "${packages[@]}" | sort) \
  <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u))
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" != 0 ]; then
  echo "make real needs root to install: ${missing[*]}" >&2
  exit 1
fi
echo "installing from Debian: ${missing[*]}"

# A package's scripts ask policy-rc.d whether they may start its daemon: no, for the time of this installation.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
# Debian's Python first: the packages' scripts byte-compile with it, whatever other Python a machine has.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8
apt-get update -qq
log=$(mktemp)
if ! apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" > "$log" 2>&1; then
  tail -50 "$log" >&2
  exit 1
fi
rm -f "$log"
