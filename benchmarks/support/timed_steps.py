"""What the references of training steps share: options, and steps that are timed when they are asked for."""

import contextlib
import sys
import time

import torch


def read_options(parser):
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0, help="0: one for every line of standard input")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    return options


def autocast(options):
    return torch.autocast("cpu", torch.bfloat16) if options.precision == "bf16" else contextlib.nullcontext()


def run(step, options):
    """Prints seconds and loss of each step; `step` returns the loss."""

    def timed():
        start = time.perf_counter()
        loss = step()
        print(time.perf_counter() - start, loss, flush=True)

    if options.profile:
        step()
        with torch.profiler.profile() as profile:
            step()
        print(profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=25))
    elif options.steps:
        for _ in range(options.steps):
            timed()
    else:
        for _ in sys.stdin:
            timed()
