"""The training step of scripts/bench in PyTorch, as a careful Python programmer writes it.

Started by scripts/bench, with a Python that has torch:

    bench_step.py --case joint/mlp64/b192 --threads 1

For every line `VARIANT STEPS` on standard input it trains that many steps and answers with one line of JSON,
`{"ms": milliseconds a step}`. Variants: `foreach` (Adam's default), `fused` (fused Adam), `compile` (the loss
through torch.compile, fused Adam). Each has a model of its own, made and warmed up when first asked for.

The step is the host's: a batch drawn with replacement, an MLP on 4 vectors of R^2, the squared error over the
targets' variance, Adam under a one-cycle schedule; `joint` adds a learned generator, sampled group elements,
one stacked forward for x and gx, and the augmented and the equivariance loss.
"""

import argparse
import json
import math
import sys
import time

import torch
from torch import nn

# Hidden width and depth.
MODELS = {"mlp64": (64, 3), "mlp128": (128, 2), "mlp512": (512, 1)}
SAMPLES, VECTORS, N = 4096, 4, 2
WARM_UP = 30
# Steps between two looks at the generator's eigenvalues, as in the host.
REFRESH = 10
LARGEST_STRETCH = 2.0


class Mlp(nn.Module):
    def __init__(self, width: int, depth: int):
        super().__init__()
        sizes = [VECTORS * N] + [width] * depth
        hidden = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(sizes[-1], VECTORS * N))

    def forward(self, x):
        return self.layers(x.flatten(1)).view_as(x)


class Generator(nn.Module):
    """One generator, of norm 1 in the data metric; samples g = exp(u r L), one for each sample of a batch."""

    def __init__(self, x):
        super().__init__()
        # Directions that are orthonormal in the data metric: E_ij times the inverse of the moments' root.
        moments = torch.einsum("smi,smj->ij", x, x) / x.square().sum()
        root = torch.linalg.inv(torch.linalg.cholesky(moments))
        self.register_buffer("directions", (torch.eye(N * N).view(N * N, N, N) @ root).flatten(1))
        self.weight = nn.Parameter(torch.randn(1, N * N))
        self.refresh()

    def generator(self):
        return (self.weight / self.weight.norm()) @ self.directions

    @torch.no_grad()
    def refresh(self):
        eigenvalues = torch.linalg.eigvals(self.generator().view(N, N))
        turn = math.pi / eigenvalues.imag.abs().max().clamp_min(1e-3)
        stretch = math.log(LARGEST_STRETCH) / eigenvalues.real.abs().max().clamp_min(1e-3)
        self.range = min(turn.item(), stretch.item(), 2 * math.pi)

    def forward(self, batch: int):
        u = (torch.rand(batch, 1) * 2 - 1) * self.range
        return torch.linalg.matrix_exp((u @ self.generator()).view(batch, N, N))


class Trainer:
    def __init__(self, case: str, variant: str):
        kind, model, batch = case.split("/")
        self.batch = int(batch.removeprefix("b"))
        torch.manual_seed(0)
        self.x, self.y = torch.randn(SAMPLES, VECTORS, N), torch.randn(SAMPLES, VECTORS, N)
        self.scale = 1.0 / self.y.var().item()
        self.model = Mlp(*MODELS[model])
        self.generator = Generator(self.x) if kind == "joint" else None
        self.loss = self.joint_loss if self.generator else self.plain_loss
        if variant == "compile":
            self.loss = torch.compile(self.loss)
        fused = True if variant in ("fused", "compile") else None
        self.optimizers = [torch.optim.Adam(self.model.parameters(), lr=4e-3, fused=fused)]
        if self.generator:
            self.optimizers.append(torch.optim.Adam(self.generator.parameters(), lr=5e-3, fused=fused))
        # Long enough for any number of rounds.
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizers[0], max_lr=4e-3, total_steps=10**7)
        self.steps = 0
        for _ in range(WARM_UP):
            self.step()

    def error(self, a, b):
        return nn.functional.mse_loss(a, b) * self.scale

    def plain_loss(self, x, y, g):
        return self.error(self.model(x), y)

    def joint_loss(self, x, y, g):
        turn = g.mT
        fx, fgx = self.model(torch.cat([x, x @ turn])).chunk(2)
        return self.error(fx, y) + self.error(fgx, y @ turn) + self.error(fgx, fx @ turn)

    def step(self):
        index = torch.randint(SAMPLES, (self.batch,))
        g = None
        if self.generator:
            if self.steps % REFRESH == 0:
                self.generator.refresh()
            g = self.generator(self.batch)
        loss = self.loss(self.x[index], self.y[index], g)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        self.schedule.step()
        self.steps += 1
        return loss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", required=True, metavar="plain|joint/MODEL/bBATCH")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    trainers = {}
    for line in sys.stdin:
        variant, steps = line.split()
        if variant not in trainers:
            trainers[variant] = Trainer(arguments.case, variant)
        trainer = trainers[variant]
        start = time.perf_counter()
        for _ in range(int(steps)):
            loss = trainer.step()
        elapsed = time.perf_counter() - start
        if not math.isfinite(loss.item()):
            sys.exit(f"{arguments.case}, {variant}: the loss is {loss.item()}")
        print(json.dumps({"ms": 1e3 * elapsed / int(steps)}), flush=True)


if __name__ == "__main__":
    main()
