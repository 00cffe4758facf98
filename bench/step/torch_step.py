"""One fine-tuning step of a RoBERTa-shaped encoder in PyTorch on the CPU, for bench/step/run.mjs to compare with.

The same arithmetic as bench/step/ours.mjs: post-layer-norm encoder with exact GELU, random weights, no dropout, no padding,
cross entropy on the first token, AdamW on what trains.

  components   query, key and value of every layer carry `rank` trainable components; all biases of linear layers train
  selected     `kept` trainable components, spread over the query, key and value of the layers from `from-layer` on
  lora         rank 8 on query and value of every layer
  full         everything trains
  forward      evaluation

The head always trains. Prints one JSON line: seconds of each step after two warm-up steps, peak resident memory in MiB.
"""
import argparse
import json
import math
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--method", choices=["components", "selected", "lora", "full", "forward"], required=True)
for name in ["layers", "hidden", "batch", "seq", "rank", "kept", "from-layer", "steps", "threads", "vocab"]:
    parser.add_argument(f"--{name}", type=int, required=True)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(0)

HIDDEN, BATCH, LENGTH = options.hidden, options.batch, options.seq
HEAD_WIDTH = 64
HEADS = HIDDEN // HEAD_WIDTH
WARM_UP = 2
FULL, COMPONENTS = options.method == "full", options.method == "components"


def ranks():
    """How many components each query, key, value site carries, in order."""
    if options.method == "components":
        return [options.rank] * (3 * options.layers)
    if options.method == "lora":
        return [8, 0, 8] * options.layers
    found = [0] * (3 * options.layers)
    if options.method == "selected":
        sites = range(3 * options.from_layer, 3 * options.layers)
        for node in range(options.kept):
            found[sites[node % len(sites)]] += 1
    return found


class Site(nn.Module):
    """y = x Wᵀ + (x Bᵀ) Aᵀ + b"""

    def __init__(self, rank, width_in=HIDDEN, width_out=HIDDEN):
        super().__init__()
        self.weight = nn.Parameter(0.02 * torch.randn(width_out, width_in), requires_grad=FULL)
        self.bias = nn.Parameter(torch.zeros(width_out), requires_grad=FULL or COMPONENTS)
        self.a = nn.Parameter(0.05 * torch.randn(width_out, rank)) if rank else None
        self.b = nn.Parameter(0.05 * torch.randn(rank, width_in)) if rank else None

    def forward(self, x):
        y = F.linear(x, self.weight, self.bias)
        return y if self.a is None else y + F.linear(F.linear(x, self.b), self.a)


class Layer(nn.Module):
    def __init__(self, site_ranks):
        super().__init__()
        self.query, self.key, self.value = (Site(rank) for rank in site_ranks)
        self.out = Site(0)
        self.intermediate = Site(0, HIDDEN, 4 * HIDDEN)
        self.output = Site(0, 4 * HIDDEN, HIDDEN)
        self.norms = nn.ModuleList(nn.LayerNorm(HIDDEN, eps=1e-5).requires_grad_(FULL) for _ in range(2))

    def forward(self, x):
        def split(y):
            return y.view(BATCH, LENGTH, HEADS, HEAD_WIDTH).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(HEAD_WIDTH), -1)
        context = (weights @ value).transpose(1, 2).reshape(BATCH, LENGTH, HIDDEN)
        x = self.norms[0](x + self.out(context))
        return self.norms[1](x + self.output(F.gelu(self.intermediate(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        every = ranks()
        self.words = nn.Embedding(options.vocab, HIDDEN).requires_grad_(FULL)
        self.positions = nn.Embedding(514, HIDDEN).requires_grad_(FULL)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-5).requires_grad_(FULL)
        self.layers = nn.ModuleList(Layer(every[3 * i : 3 * i + 3]) for i in range(options.layers))
        self.dense, self.logits = nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 2)

    def forward(self, ids):
        x = self.norm(self.words(ids) + self.positions(torch.arange(2, LENGTH + 2)))
        for layer in self.layers:
            x = layer(x)
        return self.logits(torch.tanh(self.dense(x[:, 0])))


model = Model()
ids = torch.randint(3, options.vocab, (BATCH, LENGTH))
labels = torch.arange(BATCH) % 2
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimiser = torch.optim.AdamW(trained, lr=1e-4)
times = []
for _ in range(WARM_UP + options.steps):
    began = time.perf_counter()
    if options.method == "forward":
        with torch.no_grad():
            model(ids)
    else:
        loss = F.cross_entropy(model(ids), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    times.append(time.perf_counter() - began)

print(
    json.dumps(
        {
            "seconds": times[WARM_UP:],
            "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "trained": 0 if options.method == "forward" else sum(p.numel() for p in trained),
            "peer": f"PyTorch {torch.__version__}",
        }
    )
)
