#!/usr/bin/env python3
"""Writes gradients.json and updates.json, what PyTorch computes in double precision for small
networks; test_golden.c and test_golden_updates.c compare src/core and src/train with them.

    make_golden.py            writes the files beside this script
    make_golden.py --check    compares them with what PyTorch computes now

The exit status is 77 where PyTorch is not installed (Debian: python3-torch).

Parameters, gradients and statistics stand in the order of src/core/mlp.h. Inputs, targets and
first parameters are multiples of powers of two, which single precision holds exactly. Dropout's
masks come from the generator of src/core/rng.h, written here a second time."""

import itertools
import json
import math
import pathlib
import sys

try:
    import torch
except ImportError:
    print("PyTorch is not installed; apt install python3-torch")
    sys.exit(77)
from torch import nn
from torch.nn import functional

UNITS = [5, 4, 3, 3]
BATCH = 6
MOMENTUM = 0.1  # of the running statistics
DROPOUT = 0.3
INPUT_DROPOUT = 0.2
MASK_SEED, MASK_STREAM = 7, 3
UPDATES = 10
WEIGHT_DECAY = 0.05
SEED = 1  # no ReLU comes close to its kink and none rests; asserted below

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
OPTIMIZERS = {"sgd": 0.2, "momentum": 0.05, "adamw": 0.02}  # with their first learning rates


class Generator:
    """xoshiro256**, seeded through splitmix64."""

    WORD = (1 << 64) - 1

    def __init__(self, seed, stream):
        first, _ = self.splitmix(seed)
        at = first ^ stream
        self.state = []
        for _ in range(4):
            value, at = self.splitmix(at)
            self.state.append(value)

    @classmethod
    def splitmix(cls, at):
        at = (at + 0x9E3779B97F4A7C15) & cls.WORD
        z = ((at ^ (at >> 30)) * 0xBF58476D1CE4E5B9) & cls.WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & cls.WORD
        return z ^ (z >> 31), at

    @classmethod
    def rotate(cls, x, bits):
        return ((x << bits) | (x >> (64 - bits))) & cls.WORD

    def next(self):
        s = self.state
        result = (self.rotate((s[1] * 5) & self.WORD, 7) * 9) & self.WORD
        t = (s[1] << 17) & self.WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = self.rotate(s[3], 45)
        return result

    def mask(self, share, rows, columns):
        """Four 16-bit decisions from one number, the lowest bits first; kept values are scaled."""
        threshold = math.floor(share * 65536)
        values = []
        for i in range(rows * columns):
            bits = self.next() if i % 4 == 0 else bits >> 16
            values.append(1 / (1 - share) if bits & 0xFFFF >= threshold else 0.0)
        return torch.tensor(values).reshape(rows, columns)


class Perceptron(nn.Module):
    """forward() gives the values before the output activation."""

    def __init__(self, activation, batch_norm, dropout, draw):
        super().__init__()
        self.activation = activation
        self.masks = Generator(MASK_SEED, MASK_STREAM) if dropout else None
        self.margin = math.inf  # distance of all units from the kink of ReLU
        self.layers = nn.ModuleList()
        for i, (inputs, outputs) in enumerate(zip(UNITS, UNITS[1:])):
            norm = batch_norm and i < len(UNITS) - 2
            self.layers.append(nn.Linear(inputs, outputs, bias=not norm))
            if norm:
                self.layers.append(nn.BatchNorm1d(outputs, eps=1e-5, momentum=MOMENTUM))
        with torch.no_grad():
            for layer in self.layers:
                for value in layer.parameters():
                    shift = 1 if isinstance(layer, nn.BatchNorm1d) and value is layer.weight else 0
                    value.copy_(shift + draw(value.numel()).reshape(value.shape))
                if isinstance(layer, nn.BatchNorm1d):
                    layer.running_mean.copy_(draw(layer.num_features))
                    layer.running_var.copy_(2 + draw(layer.num_features))

    def drop(self, x, share):
        if not self.masks or not self.training:
            return x
        return x * self.masks.mask(share, *x.shape)

    def forward(self, x):
        x = self.drop(x, INPUT_DROPOUT)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i == len(self.layers) - 1 or isinstance(self.layers[i + 1], nn.BatchNorm1d):
                continue
            if self.activation == "relu":
                self.margin = min(self.margin, x.abs().min().item())
            x = self.drop(ACTIVATIONS[self.activation](x), DROPOUT)
        return x


def activate_output(output, z):
    return torch.softmax(z, 1) if output == "softmax" else torch.sigmoid(z)


def cost(output, loss, z, targets):
    """The mean over the batch; squared error has the factor 1/2."""
    if loss == "mse":
        a = activate_output(output, z)
        return functional.mse_loss(a, targets, reduction="sum") / (2 * len(z))
    if output == "softmax":
        return functional.cross_entropy(z, targets)
    return functional.binary_cross_entropy_with_logits(z, targets, reduction="sum") / len(z)


def parameters_of(model):
    return torch.cat([value.flatten() for value in model.parameters()])


def statistics_of(model):
    norms = [layer for layer in model.layers if isinstance(layer, nn.BatchNorm1d)]
    values = [value for norm in norms for value in (norm.running_mean, norm.running_var)]
    return torch.cat(values) if values else torch.tensor([])


def make_draw():
    """Multiples of 1/256 in -1..1, from the seed."""
    generator = Generator(SEED, 0)
    return lambda count: torch.tensor([(generator.next() >> 55) / 256 - 1 for _ in range(count)])


def make_batch():
    draw = make_draw()
    inputs = 2 * draw(BATCH * UNITS[0]).reshape(BATCH, UNITS[0])
    targets = [[16, 0, 0], [3, 5, 8], [0, 12, 4], [0, 0, 16], [9, 2, 5], [1, 14, 1]]
    return inputs, torch.tensor(targets) / 16


def start(activation, batch_norm, dropout):
    draw = make_draw()
    draw(BATCH * UNITS[0])
    return Perceptron(activation, batch_norm, dropout, draw)


def listed(values, digits):
    return [float(f"{value:.{digits}g}") for value in values.flatten().tolist()]


def make_gradients():
    inputs, targets = make_batch()
    inputs.requires_grad_()
    cases = []
    for activation, output, loss, batch_norm, dropout in itertools.product(
        ACTIVATIONS, ["softmax", "sigmoid"], ["cross-entropy", "mse"], [False, True], [False, True]
    ):
        model = start(activation, batch_norm, dropout)
        inputs.grad = None
        z = model(inputs)
        value = cost(output, loss, z, targets)
        value.backward()
        gradients = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
        assert model.margin > 1e-3, "a unit close to its kink; use another SEED"
        assert dropout or gradients.abs().min() > 1e-6, "a unit rests; use another SEED"
        cases.append(
            {
                "activation": activation,
                "output": output,
                "loss": loss,
                "batch_norm": batch_norm,
                "dropout": dropout,
                "cost": float(f"{value.item():.14g}"),
                "outputs": listed(activate_output(output, z), 14),
                "gradients": listed(gradients, 14),
                "d_inputs": listed(inputs.grad, 14),
                "statistics": listed(statistics_of(model), 14),
            }
        )
    return cases


def make_optimizer(name, model):
    groups = [
        {"params": [value for value in model.parameters() if value.dim() == 2]},
        {"params": [value for value in model.parameters() if value.dim() == 1], "weight_decay": 0},
    ]
    rate = OPTIMIZERS[name]
    if name == "adamw":
        return torch.optim.AdamW(
            groups, lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=WEIGHT_DECAY
        )
    momentum = 0.9 if name == "momentum" else 0
    return torch.optim.SGD(groups, lr=rate, momentum=momentum, weight_decay=WEIGHT_DECAY)


def run_updates(name, activation, output, loss, batch_norm, dropout):
    inputs, targets = make_batch()
    model = start(activation, batch_norm, dropout)
    optimizer = make_optimizer(name, model)
    steps = []
    for step in range(UPDATES):
        rate = OPTIMIZERS[name] * (UPDATES - step) / UPDATES
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        value = cost(output, loss, model(inputs), targets)
        value.backward()
        optimizer.step()
        steps.append(
            {
                "rate": rate,
                "cost": float(f"{value.item():.10g}"),
                "parameters": listed(parameters_of(model).detach(), 10),
                "statistics": listed(statistics_of(model), 10),
            }
        )
    assert model.margin > 1e-4, "a unit close to its kink; use another SEED"
    model.eval()
    outputs = activate_output(output, model(inputs))
    return {
        "optimizer": name,
        "activation": activation,
        "output": output,
        "loss": loss,
        "batch_norm": batch_norm,
        "dropout": dropout,
        "steps": steps,
        "inference": listed(outputs.detach(), 10),
    }


def make_updates():
    networks = [
        ("sigmoid", "sigmoid", "mse", False, False),
        ("relu", "softmax", "cross-entropy", True, False),
        ("tanh", "sigmoid", "cross-entropy", False, True),
        ("relu", "softmax", "cross-entropy", True, True),
    ]
    return [run_updates(name, *network) for name in OPTIMIZERS for network in networks]


def make_file(cases):
    inputs, targets = make_batch()
    plain, norm = start("relu", False, False), start("relu", True, False)
    return {
        "units": UNITS,
        "batch": BATCH,
        "batch_norm_momentum": MOMENTUM,
        "dropout": DROPOUT,
        "input_dropout": INPUT_DROPOUT,
        "mask_seed": MASK_SEED,
        "mask_stream": MASK_STREAM,
        "weight_decay": WEIGHT_DECAY,
        "inputs": listed(inputs, 17),
        "targets": listed(targets, 17),
        "parameters": listed(parameters_of(plain).detach(), 17),
        "norm_parameters": listed(parameters_of(norm).detach(), 17),
        "norm_statistics": listed(statistics_of(norm), 17),
        "cases": cases,
    }


def write(path, content):
    """One line for each value of the file, and for each case and step."""
    text = json.dumps(content).replace('"cases": [', '"cases": [\n')
    for key in list(content)[1:]:
        text = text.replace(f', "{key}": ', f',\n"{key}": ', 1)
    for start_of_line in ('{"activation"', '{"optimizer"', '{"rate"'):
        text = text.replace(f" {start_of_line}", f"\n{start_of_line}")
    path.write_text(text + "\n")


def difference(old, new, where):
    """Where two files differ by more than another processor's rounding, or None."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        pairs = [(old[key], new[key], f"{where}.{key}") for key in old]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(old, new))]
    elif isinstance(old, float) and isinstance(new, float):
        return None if math.isclose(old, new, rel_tol=1e-8, abs_tol=1e-11) else where
    else:
        return None if old == new else where
    return next(filter(None, (difference(*pair) for pair in pairs)), None)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).parent
    files = {"gradients.json": make_gradients(), "updates.json": make_updates()}
    for name, cases in files.items():
        content = make_file(cases)
        if "--check" not in sys.argv[1:]:
            write(folder / name, content)
            continue
        where = difference(json.loads((folder / name).read_text()), content, name)
        if where:
            sys.exit(f"{where} is not what PyTorch {torch.__version__} computes")


main()
