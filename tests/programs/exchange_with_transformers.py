"""Hugging Face's transformers loads the checkpoints of aria-train, and aria-eval what transformers saves: both find the
same loss on the same lines.

    python3 exchange_with_transformers.py ARIA_TRAIN ARIA_EVAL

Needs the Python packages torch and transformers; exits with 77 where they are missing, with 0 where all is well.
"""

import csv
import io
import json
import math
import os
import random
import subprocess
import sys
import tempfile

try:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

# Of the arrival-time encoding.
DURATIONS, NOTES, AUTOREGRESS, VOCABULARY = 10_000, 11_000, 55_026, 55_028
EVENTS, LINES = 16, 6
SIZES = {"vocab_size": VOCABULARY, "n_positions": 1 + 3 * EVENTS, "n_embd": 16, "n_layer": 2, "n_head": 2}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"does not hold: {' '.join(command)} succeeds: {done.stderr}")
    return done.stdout


def write_lines(path):
    draw = random.Random(0)
    lines = []
    for _ in range(LINES):
        ids, time = [AUTOREGRESS], 0
        for _ in range(EVENTS):
            ids += [time, DURATIONS + draw.randrange(1000), NOTES + draw.randrange(1024)]
            time += draw.randrange(20)
        lines.append(ids)
    with open(path, mode="w", encoding="ascii") as file:
        file.writelines(" ".join(map(str, ids)) + "\n" for ids in lines)
    return torch.tensor(lines)


def check_same_loss(evaluate, folder, lines):
    """Ours has three digits, but for the bits, from which the loss follows."""
    row = next(csv.DictReader(io.StringIO(run(evaluate, folder, "lines.txt", "--hours", "1"))))
    ours = float(row["bpe"]) * 3600 * math.log(2) / (LINES * 3 * EVENTS)
    model, report = GPT2LMHeadModel.from_pretrained(folder, output_loading_info=True)
    odd = {what: names for what, names in report.items() if names}
    if odd:
        sys.exit(f"does not hold: all weights of {folder} are known, and none is missing: {odd}")
    with torch.no_grad():
        theirs = model.eval()(lines, labels=lines).loss.item()
    print(f"{folder}: {ours:.7f} here, {theirs:.7f} in transformers")
    if not abs(ours - theirs) <= 2e-6 * abs(theirs):
        sys.exit("does not hold: the losses are equal")


def large_weights(seed, **settings):
    """A model that is far from uniform."""
    torch.manual_seed(seed)
    model = GPT2LMHeadModel(GPT2Config(**SIZES, **settings))
    with torch.no_grad():
        for weight in model.parameters():
            weight += torch.randn_like(weight) * 0.2
    return model


def main(train, evaluate):
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        lines = write_lines("lines.txt")

        for number, settings in enumerate(({}, {"scale_attn_by_inverse_layer_idx": True}, {"n_inner": 40})):
            model = large_weights(number, **settings)
            for name, options in {"safetensors": {"safe_serialization": True}, "bin": {"safe_serialization": False},
                                  "shards": {"safe_serialization": True, "max_shard_size": "2MB"}}.items():
                model.save_pretrained(f"{name}{number}", **options)
                check_same_loss(evaluate, f"{name}{number}", lines)

        with open("model.json", mode="w", encoding="ascii") as file:
            json.dump({"model_type": "gpt2", "scale_attn_by_inverse_layer_idx": True, **SIZES}, file)
        run(train, "pretrain", "model.json", "lines.txt", "lines.txt", "--bs", "2", "--epochs", "1", "--lr", "0.05",
            "--pdir", "project")
        check_same_loss(evaluate, "project/checkpoints/epoch1", lines)
        os.chdir(os.path.dirname(folder))
    print("all is well")


if __name__ == "__main__":
    main(*(os.path.abspath(path) for path in sys.argv[1:3]))
