# shellcheck shell=sh disable=SC2034,SC2154  # variables of the scripts that source it
# What the example scripts begin with; sourced by them with their arguments, after `name` is set to their folder.
# Understands --help and --audio, installs what is missing, and says where everything is: $root, $bin (the programs), $out
# (the results), $audio, and in "$@" what is left of the arguments, at most a folder of MIDI files.

case ${1-} in -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
audio=
if [ "${1-}" = --audio ]; then
  audio=--audio
  shift
  command -v fluidsynth >/dev/null ||
    { echo "--audio needs fluidsynth and a sound font: apt-get install fluidsynth fluid-soundfont-gm" >&2; exit 1; }
fi
[ $# -le 1 ] || { echo "usage: sh $0 [--audio] [DIR]" >&2; exit 2; }

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
bin=$root/build/bin
out=$root/$name

# Runs a command that says nothing unless it fails.
quietly() {
  "$@" >"$out/log.txt" 2>&1 || { cat "$out/log.txt" >&2; echo "failed: $*" >&2; exit 1; }
}

# Builds these programs.
build() {
  echo "Building the programs (the first time takes some minutes) ..."
  quietly cmake -S "$root" -B "$root/build" -G Ninja -DCMAKE_BUILD_TYPE=Release
  quietly cmake --build "$root/build" --target "$@" -j 2
}

sh "$root/cmake/install_packages.sh"
mkdir -p "$out"
