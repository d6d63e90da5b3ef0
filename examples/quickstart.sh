#!/bin/sh
# From MIDI files to a data set in one command:  sh examples/quickstart.sh [DIR]
#
# Installs what is missing, builds the programs, and turns the MIDI files in DIR and its subfolders into a MidiDataset.
# Without DIR, music that the project carries is composed first. Everything is written to the folder quickstart/.
set -eu

case ${1-} in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
[ $# -le 1 ] || { echo "usage: sh $0 [DIR]" >&2; exit 2; }

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
bin=$root/build/bin
out=$root/quickstart

# Runs a command that says nothing unless it fails.
quietly() {
  "$@" >"$out/log.txt" 2>&1 || { cat "$out/log.txt" >&2; echo "failed: $*" >&2; exit 1; }
}

sh "$root/cmake/install_packages.sh"
mkdir -p "$out"

echo "Building the programs (the first time takes a minute or two) ..."
quietly cmake -S "$root" -B "$root/build" -G Ninja -DCMAKE_BUILD_TYPE=Release
quietly cmake --build "$root/build" --target aria_program aria_compose -j 2

rm -f "$out"/log.txt "$out"/outcomes.tsv "$out"/music.jsonl "$out"/music_train.jsonl "$out"/music_val.jsonl "$out"/music.svg
if [ $# -eq 0 ]; then
  dir=$out/music
  rm -rf "$dir"
  "$bin/aria-compose" "$dir"
else
  dir=$1
fi

echo
"$bin/aria" midi-dataset -r --split 0.9 --report "$out/outcomes.tsv" -- "$dir" "$out/music.jsonl"
echo
"$bin/aria" inspect --svg "$out/music.svg" -- "$out/music.jsonl"

echo
echo "What became of the files, and the first reasons:"
tail -n +2 "$out/outcomes.tsv" | cut -f 2 | sort | uniq -c | sort -rn
awk -F '\t' 'NR > 1 && $3 != "-" && shown++ < 8 { printf "  %s: %s, %s\n", $1, $2, $3 }' "$out/outcomes.tsv"

cat <<END

In $out:
  music.jsonl                          the data set, one piece a line
  music_train.jsonl, music_val.jsonl   its split for training and validation
  outcomes.tsv                         every file found, and why it was kept or left out
  music.svg                            histograms; open it in a browser

Next:
  sh examples/quickstart.sh DIR        the same with your own MIDI files
  $bin/aria midi-dataset --help
  examples/compose/pieces/             the music, as text: change a piece, and run this again
END
