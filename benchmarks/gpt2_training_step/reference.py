"""One training step of the model of `aria::nn::Gpt2LM` in Python's torch, timed.

The program benchmark_gpt2_training_step runs this beside its own step. What a step is: forward, loss, backward, gradients
clipped, AdamW, with dropout, in the way a Python program writes it. By hand, with a folder of config.json and
model.safetensors:

    /usr/bin/python3 reference.py FOLDER --batch 2 --steps 5
"""

import argparse
import json
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import timed_steps


def attention(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return F._scaled_dot_product_attention(q, k, v, None, 0.0, False, True)[0]


class Linear(nn.Module):
    """Weights lie as the file has them: (in, out)."""

    def __init__(self, inside, outside):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inside, outside))
        self.bias = nn.Parameter(torch.empty(outside))

    def forward(self, x):
        return torch.addmm(self.bias, x.flatten(0, -2), self.weight).view(*x.shape[:-1], -1)


class Attention(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        width = config["n_embd"]
        self.heads = config["n_head"]
        self.layer_scale = 1.0 / (layer + 1)
        self.c_attn = Linear(width, 3 * width)
        self.c_proj = Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=-1)
        )
        y = attention(q * self.layer_scale, k, v)
        return self.c_proj(y.transpose(1, 2).reshape(batch, length, width))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = Linear(config["n_embd"], 4 * config["n_embd"])
        self.c_proj = Linear(4 * config["n_embd"], config["n_embd"])

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config["n_embd"], eps=config["layer_norm_epsilon"])
        self.attn = Attention(config, layer)
        self.ln_2 = nn.LayerNorm(config["n_embd"], eps=config["layer_norm_epsilon"])
        self.mlp = FeedForward(config)
        self.dropout = nn.Dropout(config["resid_pdrop"])

    def forward(self, x):
        x = x + self.dropout(self.attn(self.ln_1(x)))
        return x + self.dropout(self.mlp(self.ln_2(x)))


class Transformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.wte = nn.Embedding(config["vocab_size"], config["n_embd"])
        self.wpe = nn.Embedding(config["n_positions"], config["n_embd"])
        self.drop = nn.Dropout(config["embd_pdrop"])
        self.h = nn.ModuleList(Block(config, layer) for layer in range(config["n_layer"]))
        self.ln_f = nn.LayerNorm(config["n_embd"], eps=config["layer_norm_epsilon"])

    def forward(self, ids):
        x = self.drop(self.wte(ids) + self.wpe(torch.arange(ids.shape[1])))
        for block in self.h:
            x = block(x)
        return self.ln_f(x)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.transformer = Transformer(config)

    def forward(self, ids):
        return F.linear(self.transformer(ids), self.transformer.wte.weight)


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float32).view(entry["shape"])
    return tensors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    options = timed_steps.read_options(parser)

    with open(os.path.join(options.folder, "config.json")) as file:
        config = json.load(file)
    model = Model(config).train()
    model.load_state_dict(read_safetensors(os.path.join(options.folder, "model.safetensors")))
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    torch.manual_seed(1)
    ids = torch.randint(1, config["vocab_size"], (options.batch, config["n_positions"] + 1))
    source, target = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

    def step():
        with timed_steps.autocast(options):
            loss = F.cross_entropy(model(source).flatten(0, 1), target.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    timed_steps.run(step, options)


main()
