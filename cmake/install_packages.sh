#!/bin/sh
# Installs what building aria needs on Debian 12 (or a relative with apt-get), and nothing that is there already.
# As root, or as a user who may use sudo. Elsewhere: install the packages named below under your system's names.
set -eu
packages="g++ cmake ninja-build pkg-config libsimdjson-dev libssl-dev libcxxopts-dev libsmf-dev catch2 python3 libtorch-dev libopenblas0-openmp libgloo-dev"

command -v dpkg-query >/dev/null || { echo "Not a Debian system; aria needs: $packages" >&2; exit 0; }
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

command -v apt-get >/dev/null || { echo "aria needs:$missing. Please install them with your system's package manager." >&2; exit 1; }
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "aria needs:$missing. Run this as root, or install sudo." >&2; exit 1; }
  sudo="sudo"
fi
echo "Installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086  # one word a package
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
