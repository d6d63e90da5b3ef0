"""One training step of the model of `aria::nn::TransformerLM` in Python's torch, timed.

The program benchmark_training_step runs this beside its own step. What a step is: forward, loss, backward, AdamW, with
dropout, in the way a Python program writes it. By hand:

    /usr/bin/python3 reference.py examples/config/models/test.json --vocabulary 17000 --batch 4 --steps 5
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


def attention(q, k, v, dropout):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
    return F._scaled_dot_product_attention(q, k, v, None, dropout, False, True)[0]


class Rotary(nn.Module):
    def __init__(self, size, length):
        super().__init__()
        frequencies = 1.0 / 10000 ** (torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(length).float(), frequencies)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, x):  # (batch, heads, length, size)
        first, second = x.chunk(2, dim=-1)
        length = x.shape[-2]
        return x * self.cos[:length] + torch.cat((-second, first), dim=-1) * self.sin[:length]


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["d_model"]
        self.heads = config["n_heads"]
        self.attention_dropout = config.get("attention_drop_p", 0.1)
        self.rotary = Rotary(width // self.heads, config["max_seq_len"])
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.projection = nn.Linear(width, width)
        self.feed_1 = nn.Linear(width, width * config["ff_mult"])
        self.feed_2 = nn.Linear(width * config["ff_mult"], width)
        self.norm_1 = nn.LayerNorm(width)
        self.norm_2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config["drop_p"])

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(self.norm_1(x)).chunk(3, dim=-1)
        )
        y = attention(self.rotary(q), self.rotary(k), v, self.attention_dropout if self.training else 0.0)
        x = x + self.dropout(self.projection(y.transpose(1, 2).reshape(batch, length, width)))
        return x + self.dropout(self.feed_2(F.gelu(self.feed_1(self.norm_2(x)))))


class Model(nn.Module):
    def __init__(self, config, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, config["d_model"])
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["n_layers"]))
        self.norm = nn.LayerNorm(config["d_model"])
        self.head = nn.Linear(config["d_model"], vocabulary, bias=False)

    def forward(self, ids):
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--vocabulary", type=int, default=17000)
    options = timed_steps.read_options(parser)

    with open(options.config) as file:
        config = json.load(file)
    model = Model(config, options.vocabulary).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), eps=1e-5, weight_decay=0.01)
    loss_fn = nn.CrossEntropyLoss(ignore_index=0)
    ids = torch.randint(1, options.vocabulary, (options.batch, config["max_seq_len"] + 1))
    source, target = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

    def step():
        with timed_steps.autocast(options):
            loss = loss_fn(model(source).flatten(0, 1), target.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    timed_steps.run(step, options)


main()
