#!/bin/sh
# The Node that package.json pins is linked to libatomic, which a bare Debian has not: installs it, saying so first.
set -u
node --version > /dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  echo "Installing from Debian: libatomic1, which Node needs"
  apt-get -qq update
  # Ctrl-C must not end dpkg halfway.
  trap '' INT TERM HUP
  DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -qq install --yes --no-install-recommends libatomic1 > /dev/null
fi
node --version > /dev/null && exit 0
echo "The Node that this repository brings does not run on this machine (see above). Where libatomic is missing, on Debian:" >&2
echo "as root, apt-get install libatomic1" >&2
exit 1
