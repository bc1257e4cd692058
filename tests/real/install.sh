#!/usr/bin/env bash
# Installs the packages of Debian that `make real` drives: clients, a Docker engine, the original's templates.
# Nothing is started: without systemd no daemon would be, and with it a running Docker is left as it is.
set -euo pipefail

packages=(
  docker.io mmdebstrap iproute2 iptables nftables
  python3-openstackclient python3-heatclient python3-magnumclient python3-magnum
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
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
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt-get update -qq
apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" > /dev/null
