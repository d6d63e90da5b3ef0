#!/bin/sh
# From MIDI files to new music in one command:  sh examples/quickstart.sh [--audio] [DIR]
#
# Installs what is missing, builds the programs, and turns the MIDI files in DIR and its subfolders into training data:
# a MidiDataset, sequences of tokens, and one of these changed as training does, as music and as a drawing. Then a small
# model is trained on them for about a minute, and continues one of the pieces. Without DIR, music that the project
# carries is composed first. With --audio the new music is also written as sound, with fluidsynth, which must be
# installed. Everything is written to the folder quickstart/.
set -eu
name=quickstart
# shellcheck source=examples/setup.sh
. "$(dirname -- "$0")/setup.sh"
build aria_program aria_compose aria_train aria_sample

rm -rf "$out/lakh" "$out/model" "$out/samples"
rm -f "$out"/*.txt "$out"/*.tsv "$out"/*.jsonl "$out"/*.svg "$out"/*.mid "$out"/*.bin "$out"/*.json
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

echo
# Of a handful of pieces, one side of the split may get none.
pieces=$out/music_train.jsonl
[ -s "$pieces" ] || pieces=$out/music.jsonl
"$bin/aria" tokenized-dataset -s --max-seq-len 512 --stride-len 256 "$pieces" "$out/train.jsonl"
if [ -s "$out/music_val.jsonl" ]; then
  "$bin/aria" tokenized-dataset --max-seq-len 512 --stride-len 512 "$out/music_val.jsonl" "$out/val.jsonl"
fi
echo
"$bin/aria" inspect --svg "$out/train.svg" "$out/train.jsonl"
echo
"$bin/aria" detokenize --augment --seed 1 "$out/train.jsonl" 0 "$out/augmented.mid"
"$bin/aria" piano-roll "$out/augmented.mid" "$out/augmented.svg"
"$bin/aria" piano-roll --sequence 0 "$out/train.jsonl" "$out/sequence.svg"
"$bin/aria" export "$out/train_shuffled.jsonl" "$out/train.bin"
echo
# Music of a minute or two may be too little for a sequence.
if "$bin/aria" lakh --by-hash -k 10 --memory 64M --overwrite "$dir" "$out/lakh" && [ -s "$out/lakh/train.txt" ]; then
  "$bin/aria" piano-roll --sequence 0 "$out/lakh/train.txt" "$out/lakh.svg"
fi

echo
# The test model takes sequences of 256 tokens. So many of them are about a minute's work for two cores.
sequences=1024
"$bin/aria" tokenized-dataset -s --max-seq-len 256 --stride-len 128 --overwrite "$pieces" "$out/train256.jsonl"
head -n $((sequences + 1)) "$out/train256_shuffled.jsonl" >"$out/train_model.jsonl"
# Little music may leave nothing for validation: then the model is looked at on what it has learnt from.
valid=$out/train_model.jsonl
if [ -s "$out/music_val.jsonl" ]; then
  "$bin/aria" tokenized-dataset --max-seq-len 256 --stride-len 256 --overwrite "$out/music_val.jsonl" "$out/val256.jsonl"
  valid=$out/val256.jsonl
fi
count=$(($(wc -l <"$out/train_model.jsonl") - 1))
epochs=$((count == 0 ? 1 : (sequences + count - 1) / count))
[ "$epochs" -le 8 ] || epochs=8
if [ "$count" -ge 8 ]; then
  echo
  # Fast rather than thorough: a minute is not enough to learn from pieces in all keys and tempos.
  "$bin/aria-train" pretrain test "$out/train_model.jsonl" "$valid" --epochs "$epochs" --bs 8 --workers 1 \
    --lr 3e-3 --warmup 20 --no-augment --pdir "$out/model"
  piece=$(awk -F '\t' '$2 == "kept" { print $1; exit }' "$out/outcomes.tsv")
  echo
  "$bin/aria-sample" test "$out/model" "$dir/$piece" --var 2 --trunc 96 --seed 1 --out "$out/samples" $audio
fi

cat <<END

In $out:
  music.jsonl                          the data set, one piece a line
  music_train.jsonl, music_val.jsonl   its split for training and validation
  outcomes.tsv                         every file found, and why it was kept or left out
  train.jsonl, val.jsonl               sequences of 512 tokens; train_shuffled.jsonl in random order
  train.bin                            the same as flat ids for other trainers
  augmented.mid                        the first sequence, changed as training does: listen to it
  music.svg, train.svg                 histograms; open them in a browser
  sequence.svg, augmented.svg          that sequence before and after, drawn
  lakh/train.txt, valid.txt, test.txt  sequences of the Anticipatory Music Transformer; lakh.svg, one of them drawn
END
[ ! -d "$out/model" ] || cat <<END
  model/loss.svg                       how the model learnt: the curve of its losses, a picture for the browser
  model/checkpoints/                   the model: model.safetensors, and what training needs to go on
  samples/res_1.svg, res_2.svg         what the model made of the beginning of a piece: look, the prompt is pale
  samples/res_1.mid, res_2.mid         the same to listen to
END
cat <<END

Next:
  sh examples/quickstart.sh DIR        the same with your own MIDI files
  $bin/aria midi-dataset --help
  $bin/aria-train pretrain --help
  $bin/aria-sample --help
  examples/compose/pieces/             the music, as text: change a piece, and run this again
END
