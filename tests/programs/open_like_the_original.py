"""Opens data sets that aria wrote as the TokenizedDataset of the original does: the file is mapped, its first line
parsed and held against the configuration, the starts of the other lines are noted with readline(), and each line is
parsed as JSON. Then aria reads one that was written from Python.

    python3 open_like_the_original.py ARIA ARIA_COMPOSE CONFIG_JSON

Needs nothing but Python 3. Exits with 0 where all is well.
"""

import json
import mmap
import os
import random
import subprocess
import sys
import tempfile

KEYS = ["tokenizer_config", "tokenizer_name", "max_seq_len", "padding", "stride_len"]
SPECIAL = {"<S>", "<E>", "<P>", "<U>", "<D>"}


def check(holds, what):
    if not holds:
        sys.exit("does not hold: " + what)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, " ".join(command) + " succeeds: " + done.stderr)


class Opened:
    """A data set as the original sees it."""

    def __init__(self, path, settings):
        with open(path, mode="r", encoding="utf-8") as file:
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.config = json.loads(self.map.readline())
        check(list(self.config) == KEYS, "the first line has the keys of the original, in its order")
        check(self.config["tokenizer_name"] == "lazy", "the tokenizer has its name")
        check(self.config["tokenizer_config"] == settings, "the tokenizer has the settings of the configuration")
        check(list(self.config["tokenizer_config"]) == list(settings), "settings stand in their order")
        self.index = []
        while True:
            position = self.map.tell()
            if self.map.readline() == b"":
                break
            self.index.append(position)

    def line(self, i):
        self.map.seek(self.index[i])
        return self.map.readline()

    def __getitem__(self, i):
        tokens = [tuple(token) if isinstance(token, list) else token for token in json.loads(self.line(i))]
        return tokens, tokens[1:] + ["<P>"]

    def close(self):
        self.map.close()


def check_token(token, instruments):
    if isinstance(token, str):
        return check(token in SPECIAL, "a token that is a text is a special one: " + token)
    kind, *rest = token
    if kind == "prefix":
        check(len(rest) == 2 and rest[0] in ("instrument", "composer"), "a prefix says what of: " + str(token))
    elif kind in ("dur", "wait", "drum"):
        check([type(value) for value in rest] == [int], "a time or a drum is one number: " + str(token))
    else:
        check(kind in instruments, "a note is of a known instrument: " + str(token))
        check([type(value) for value in rest] == [int, int], "a note is two numbers: " + str(token))


def check_sequences(data, length):
    numbers = list(range(len(data.index)))
    random.Random(0).shuffle(numbers)
    instruments = data.config["tokenizer_config"]["instrument_programs"]
    check(data.config["max_seq_len"] == length and data.config["padding"] is True, "the file says how it was cut")
    check(len(numbers) > 60, "music makes more than one sequence a piece")
    for i in numbers:
        source, target = data[i]
        check(len(source) == length and len(target) == length, "sequences have their length")
        for token in set(source):  # all of them are hashable
            check_token(token, instruments)
        again = json.dumps(json.loads(data.line(i)), ensure_ascii=False) + "\n"
        check(again.encode() == data.line(i), "a line is written as Python writes it")
    starts = sum(1 for i in numbers if "<S>" in data[i][0])
    ends = sum(1 for i in numbers if "<E>" in data[i][0])
    check(starts == 60, "each of the 60 pieces starts once")
    check(ends >= 60, "each of the 60 pieces ends")


def write_from_python(data, path):
    """The same data set with other spacing, escapes and order of keys."""
    with open(path, mode="w", encoding="ascii") as file:
        file.write(json.dumps(dict(reversed(list(data.config.items()))), indent=None, separators=(",", ":")) + "\n")
        for i in range(len(data.index)):
            file.write(json.dumps(json.loads(data.line(i)), separators=((",", ":"), (" , ", " : "))[i % 2]) + "\n")


def contents(path):
    with open(path, mode="rb") as file:
        return file.read()


def main(aria, compose, config_path):
    with open(config_path, mode="r", encoding="utf-8") as file:
        settings = json.load(file)["tokenizer"]["lazy"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        run(compose, "music")
        run(aria, "midi-dataset", "music", "music.jsonl")
        for reading in ([], ["--reference"]):
            sizes = ["--max-seq-len", "512", "--stride-len", "256"]
            run(aria, "tokenized-dataset", "-s", "--overwrite", *sizes, *reading, "music.jsonl", "ours.jsonl")
            data = Opened("ours.jsonl", settings)
            check_sequences(data, 512)
            shuffled = Opened("ours_shuffled.jsonl", settings)
            check(shuffled.config == data.config, "a shuffled copy has the same first line")
            lines, moved = ([d.line(i) for i in range(len(d.index))] for d in (data, shuffled))
            check(lines != moved and sorted(lines) == sorted(moved), "a shuffled copy has the same lines, elsewhere")

            write_from_python(data, "theirs.jsonl")
            run(aria, "export", "--overwrite", "ours.jsonl", "ours.bin")
            run(aria, "export", "--overwrite", "theirs.jsonl", "theirs.bin")
            check(contents("ours.bin") == contents("theirs.bin"), "what Python writes is read alike")
            data.close()
            shuffled.close()
        os.chdir(os.path.dirname(folder))
    print("all is well")


if __name__ == "__main__":
    main(*(os.path.abspath(path) for path in sys.argv[1:4]))
