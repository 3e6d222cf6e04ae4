#!/usr/bin/env python3
"""Writes the modules that the tests read, and what PyTorch makes of one of them. Needs PyTorch 2.13.

    python3 make.py

Also packs the example. All but state.pt and legacy.pt are TorchScript, packed again without the map from their code to
the Python files: that keeps them small, and paths of the machine that made them out.
"""

import importlib.util
import pathlib
import zipfile
from typing import Tuple

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
EXAMPLE = HERE.parent.parent / "example"


def pack(name):
    """Compresses an archive's texts and leaves out the map from its code to the Python files."""
    path = HERE / name
    with zipfile.ZipFile(path) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            if not entry.endswith(".debug_pkl"):
                method = zipfile.ZIP_STORED if "/data/" in entry else zipfile.ZIP_DEFLATED
                archive.writestr(zipfile.ZipInfo(entry), content, method)


def script(module, name):
    torch.jit.script(module).save(HERE / name)
    pack(name)


class Lasting(nn.Module):
    """Every kind of tensor that lasts: for dynamics/two-body."""

    def __init__(self):
        super().__init__()
        self.input = nn.Linear(8, 6)
        self.norm = nn.BatchNorm1d(6)
        self.output = nn.Linear(6, 8)
        self.tied = nn.Linear(6, 8)
        self.tied.weight = self.output.weight
        self.offset = nn.Parameter(torch.tensor([0.5, -0.5]), requires_grad=False)
        self.register_buffer("mean", torch.zeros(1))  # replaced by another tensor in training
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))  # changed in place
        self.scale = torch.tensor(2.0)  # an attribute, not registered

    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        x = torch.cat([q.flatten(1), p.flatten(1)], 1)
        hidden = torch.relu(self.norm(self.input(x)))
        y = (self.output(hidden) + self.tied(hidden)) * self.scale + self.mean
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * y.detach().mean()
            self.seen += x.size(0)
        parts = y.reshape(-1, 2, 2, 2)
        return parts[:, 0], parts[:, 1] + self.offset


class Linear(nn.Module):
    """Both inputs side by side, one layer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def both(self, q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.cat([q.flatten(1), p.flatten(1)], 1)).reshape(-1, 2, 2, 2)


class Good(Linear):
    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        y = self.both(q, p)
        return y[:, 0], y[:, 1]


class OneInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        return self.layer(x), x


class OneOutput(Linear):
    def forward(self, q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        return self.both(q, p)


class Flat(Linear):
    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        y = self.both(q, p)
        return y[:, 0].flatten(1), y[:, 1]


class Fails(Linear):
    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        return self.layer(q.flatten(1)), p


class Integer(Linear):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.arange(3), requires_grad=False)

    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        y = self.both(q, p)
        return y[:, 0], y[:, 1] + self.table.sum()


class Listed(Linear):
    def __init__(self):
        super().__init__()
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(1))])

    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        y = self.both(q, p)
        for scale in self.scales:
            y = y * scale
        return y[:, 0], y[:, 1]


@torch.jit.interface
class Layer(nn.Module):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        pass


class Hidden(Linear):
    other: Layer

    def __init__(self):
        super().__init__()
        self.other = nn.Linear(8, 8)

    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        y = self.other.forward(self.both(q, p).flatten(1)).reshape(-1, 2, 2, 2)
        return y[:, 0], y[:, 1]


class Precise(Linear):
    def __init__(self):
        super().__init__()
        self.register_buffer("third", torch.tensor(1 / 3, dtype=torch.float64))

    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        y = self.both(q, p) * self.third.float()
        return y[:, 0], y[:, 1]


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("example", EXAMPLE / "make.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)

    torch.manual_seed(0)
    script(example.TwoBody(), EXAMPLE / "two-body.pt")
    script(Lasting(), "lasting.pt")
    script(Fails(), "fails.pt")
    traced = torch.jit.trace(Good().eval(), (torch.randn(3, 2, 2), torch.randn(3, 2, 2)))
    traced.save(HERE / "traced.pt")
    pack("traced.pt")
    script(OneInput(), "one_input.pt")
    script(OneOutput(), "one_output.pt")
    script(Flat(), "flat.pt")
    script(Good().double(), "double.pt")
    script(Integer(), "integer.pt")
    script(Listed(), "listed.pt")
    script(Precise(), "precise.pt")
    script(Hidden(), "hidden.pt")
    script(Good().requires_grad_(False), "untrained.pt")
    torch.jit.freeze(torch.jit.script(Good().eval())).save(HERE / "frozen.pt")
    pack("frozen.pt")
    torch.save(Good().state_dict(), HERE / "state.pt")
    torch.save(Good().state_dict(), HERE / "legacy.pt", _use_new_zipfile_serialization=False)

    # What PyTorch itself makes of lasting.pt: two training steps, then an evaluation.
    module = torch.jit.load(HERE / "lasting.pt")
    q = torch.arange(12.0).reshape(3, 2, 2) / 10
    p = q.flip(0) - 0.5
    module.train()
    lines = []
    for _ in range(2):
        dq, dp = module(q, p)
    lines.append(("train dq", dq))
    module.eval()
    dq, dp = module(q, p)
    lines += [("eval dq", dq), ("eval dp", dp)]
    lines += sorted(module.named_buffers())
    with open(HERE / "lasting.txt", "w") as file:
        for name, value in lines:
            numbers = " ".join(repr(float(number)) for number in value.detach().flatten())
            print(name.replace(" ", "_"), numbers, file=file)
