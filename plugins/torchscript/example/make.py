#!/usr/bin/env python3
"""Writes two-body.pt, the module that the plugin trains when it is given none.

A plain network for the data set dynamics/two-body, as anyone would write it in PyTorch, which knows nothing of symmetry.
Inputs and results are the fields of the data set, in its order: q and p to dq and dp. Needs PyTorch, 2.13 or older.

    python3 make.py [FILE]
"""

import sys
from typing import Tuple

import torch
from torch import nn


class TwoBody(nn.Module):
    """Positions and momenta [batch, 2, 2] (two bodies in the plane) to how much they change in one time step."""

    def __init__(self, width: int = 32, depth: int = 3):
        super().__init__()
        layers, inputs = [], 8
        for _ in range(depth):
            layers += [nn.Linear(inputs, width), nn.SiLU()]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, 8))

    def forward(self, q: torch.Tensor, p: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        change = self.layers(torch.cat([q.flatten(1), p.flatten(1)], 1))
        dq, dp = change.reshape(-1, 2, 2, 2).unbind(1)
        return dq, dp


if __name__ == "__main__":
    torch.manual_seed(0)
    path = sys.argv[1] if len(sys.argv) > 1 else "two-body.pt"
    torch.jit.script(TwoBody()).save(path)
