#!/bin/sh
# The Anticipatory Music Transformer from MIDI files to music:  sh examples/anticipation.sh [--audio] [DIR]
#
# Installs what is missing, builds the programs, lays the MIDI files in DIR and its subfolders out by their MD5, turns them
# into training lines with ten kinds of anticipation, trains a tiny GPT-2 on them for about two minutes and evaluates it.
# Then the model continues a piece, accompanies it and fills a gap in it. Without DIR, music that the project carries is
# composed first. With --audio the results are also written as sound, with fluidsynth, which must be installed. Everything
# is written to the folder anticipation/.
set -eu
name=anticipation
# shellcheck source=examples/setup.sh
. "$(dirname -- "$0")/setup.sh"
build aria_program aria_compose aria_train aria_eval aria_generate

rm -rf "$out/lmd" "$out/lakh" "$out/model"
rm -f "$out"/*.txt "$out"/*.tsv "$out"/*.mid "$out"/*.svg "$out"/*.wav "$out"/*.csv
if [ $# -eq 0 ]; then
  dir=$out/music
  rm -rf "$dir"
  "$bin/aria-compose" "$dir"
  piece=$dir/blues.mid
  keep=bass,drums
  part=reed
else
  dir=$1
  piece=
  keep="piano guitar bass strings ensemble brass reed pipe organ chromatic synth_lead synth_pad ethnic drums percussive"
  part=
fi

echo
"$bin/aria" lakh-layout "$dir" "$out/lmd"
echo
"$bin/aria" lakh -k 10 --memory 64M --report "$out/outcomes.tsv" "$out/lmd" "$out/lakh"
[ -s "$out/lakh/train.txt" ] || { echo "too little music for a training line: see $out/outcomes.tsv" >&2; exit 1; }
if [ -z "$piece" ]; then
  piece=$out/lmd/$(awk -F '\t' '$2 == "kept" { print $1; exit }' "$out/outcomes.tsv")
fi
# Little music may leave nothing for validation or test: then the model is looked at on what it has learnt from. Much of
# it would take longer to look at than the training.
valid=$out/lines.txt
for lines in "$out/lakh/valid.txt" "$out/lakh/train.txt"; do
  head -n 8 "$lines" >"$valid"
  [ ! -s "$valid" ] || break
done
test=$out/lakh/test.txt
[ -s "$test" ] || test=$valid

echo
# As many steps as two cores make in about two minutes.
"$bin/aria-train" pretrain "$root/examples/config/lakh_tiny.json" "$out/lakh/train.txt" "$valid" --bs 1 \
  --pdir "$out/model"
echo
echo "How well it knows music that it has not seen:"
"$bin/aria-eval" "$out/model" "$test" --output "$out/eval.csv" --svg "$out/eval.svg"

echo
"$bin/aria-generate" "$out/model" "$out/continuation.mid" --continue "$piece" --from 8 --end 16 --seed 1 $audio
echo
# The first of these that plays in the piece stays.
for what in $keep; do
  "$bin/aria-generate" "$out/model" "$out/accompaniment.mid" --accompany "$piece" --keep "$what" --end 12 --seed 1 \
    $audio 2>"$out/log.txt" && break
  grep -q "plays no" "$out/log.txt" || { cat "$out/log.txt" >&2; exit 1; }
done
echo
"$bin/aria-generate" "$out/model" "$out/infill.mid" --infill "$piece" --from 5 --to 10 ${part:+--instruments "$part"} \
  --seed 1 $audio

cat <<END

In $out:
  lmd/                          the MIDI files, in sixteen folders by their MD5
  outcomes.tsv                  every file, and why it was kept or left out
  lakh/train.txt                training lines, shuffled; valid.txt, test.txt
  model/loss.svg                how the model learnt: the curve of its losses, a picture for the browser
  model/validation.csv          losses and perplexities along the way
  model/checkpoints/            the model, a folder that Hugging Face's transformers loads as GPT2LMHeadModel
  eval.csv, eval.svg            losses and perplexities on the test lines
  continuation.mid, .svg        what comes after the first eight seconds of a piece
  accompaniment.mid, .svg       twelve seconds of new notes around one or two of its instruments
  infill.mid, .svg              five seconds of it written anew; in the drawings, what was given is pale

Two minutes are not enough for good music: the published models took days on many processors. They run here, too:
  $bin/aria-generate FOLDER new.mid
END
cat <<END

Next:
  sh examples/anticipation.sh DIR        the same with your own MIDI files
  $bin/aria-train pretrain --help
  $bin/aria-eval --help
  $bin/aria-generate --help
END
