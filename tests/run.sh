#!/bin/sh
# Builds everything and runs every test: installs what is missing (see cmake/install_packages.sh), configures and builds
# in build/, and runs ctest. Arguments go to ctest:
#
#   sh tests/run.sh -R midi
set -eu
cd "$(dirname "$0")/.."

sh cmake/install_packages.sh
cmake --preset default --log-level=WARNING
quiet=""
[ -t 1 ] || quiet="-- --quiet" # a line a file is for terminals, which write it over the one before
# Two jobs: a compiler takes up to 1 GB for some of the files.
# shellcheck disable=SC2086
cmake --build build --parallel 2 $quiet
ctest --test-dir build --output-on-failure --parallel 2 "$@"
