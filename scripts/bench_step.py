"""The training step of scripts/bench in PyTorch, as a careful Python programmer writes it.

Started by scripts/bench, with a Python that has torch:

    bench_step.py --case joint/mlp64/b192 --threads 1

For every line `VARIANT STEPS` on standard input it trains that many steps and answers with one line of JSON,
`{"ms": milliseconds a step}`. Variants: `foreach` (Adam's default), `fused` (fused Adam), `compile` (the loss
through torch.compile, fused Adam), `graphs` (the same with CUDA graphs, mode "reduce-overhead"). Each has a model of its own,
made and warmed up when first asked for.

The step is the host's: a batch drawn with replacement, Adam under a one-cycle schedule; `joint` adds a learned generator,
sampled group elements, one stacked forward for x and gx, and the augmented and the equivariance loss. Networks: an MLP on
4 vectors of R^2, a convolutional one on pictures (moved by affine maps, bicubic; cross-entropy and the Jensen-Shannon
divergence), PointNet on clouds of 96 points, a transformer on sets of 12 to 29 atoms. `paper512` is what one writes from the paper: an 8 x 8 block-diagonal generator,
f(x) and f(gx) each by itself, five terms.
"""

import argparse
import json
import math
import sys
import time

import torch
from torch import nn

# Hidden width and depth.
MLPS = {"mlp64": (64, 3), "mlp128": (128, 2), "mlp512": (512, 2)}
SAMPLES, VECTORS = 4096, 4
WARM_UP = 30
# Steps between two looks at the generator's eigenvalues, as in the host.
REFRESH = 10
LARGEST_STRETCH = 2.0


class Problem:
    """Data, network, and constants of the action."""

    def to(self, device):
        self.network.to(device)
        for name, value in vars(self).items():
            if isinstance(value, torch.Tensor):
                setattr(self, name, value.to(device))


class Vectors(Problem):
    """Vectors on both sides: g moves inputs and targets."""

    n = 2

    def __init__(self, width, depth):
        sizes = [VECTORS * self.n] + [width] * depth
        hidden = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.SiLU())]
        self.network = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(sizes[-1], VECTORS * self.n))
        self.x, self.y = (torch.randn(SAMPLES, VECTORS, self.n) for _ in range(2))
        self.scale = 1.0 / self.y.var().item()
        self.free = torch.ones(self.n, self.n)

    def model(self, x):
        return self.network(x).view_as(x)

    def move(self, g, x):
        return x @ g.mT

    move_target = move

    def loss(self, prediction, target):
        return nn.functional.mse_loss(prediction, target) * self.scale

    distance = loss


class Paper(Vectors):
    """Vectors as one of eight numbers; ReLU."""

    n = 8

    def __init__(self):
        def layers(*sizes):
            return [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]

        self.model = self.network = nn.Sequential(*layers(8, 512, 512), nn.Linear(512, 8))
        self.x, self.y = (torch.randn(SAMPLES, 8) for _ in range(2))
        self.scale = 1.0 / self.y.var().item()
        self.free = torch.block_diag(*[torch.ones(2, 2)] * 4)

    def move(self, g, x):
        return (g @ x.unsqueeze(-1)).squeeze(-1)

    move_target = move


class Pictures(Problem):
    """Labels: g moves the inputs alone."""

    n = 3

    def __init__(self):
        def block(a, b):
            return (nn.Conv2d(a, b, 5, stride=2, padding=2), nn.BatchNorm2d(b), nn.SiLU())

        blocks = [layer for a, b in ((1, 24), (24, 48), (48, 96)) for layer in block(a, b)]
        self.network = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(96 * 16, 64), nn.SiLU(), nn.Linear(64, 10))
        self.model = self.network
        self.x, self.y = torch.rand(SAMPLES, 1, 28, 28), torch.randint(10, (SAMPLES,))
        centres = (torch.arange(28) + 0.5 - 14) / 14
        rows, columns = torch.meshgrid(-centres, centres, indexing="ij")
        self.points = torch.stack([columns, rows, torch.ones_like(rows)], -1).view(-1, 3)
        self.axes = torch.tensor([1.0, -1.0])
        self.free = torch.tensor([[1.0] * 3, [1.0] * 3, [0.0] * 3])

    def move(self, g, x):
        sources = self.points @ torch.linalg.inv(g).mT
        grid = sources[..., :2] / sources[..., 2:].clamp_min(0.05) * self.axes
        return nn.functional.grid_sample(x, grid.view(-1, 28, 28, 2), mode="bicubic", align_corners=False)

    def move_target(self, g, y):
        return y

    def loss(self, prediction, target):
        return nn.functional.cross_entropy(prediction, target)

    def distance(self, left, right):
        p, q = left.log_softmax(-1), right.log_softmax(-1)
        middle = ((p.exp() + q.exp()) / 2).clamp_min(1e-12).log()
        return ((p.exp() * (p - middle)).sum(-1) / 2 + (q.exp() * (q - middle)).sum(-1) / 2).mean()


class Clouds(Problem):
    """Numbers that no rotation changes, from points."""

    n = 3

    def __init__(self):
        def layers(*sizes):
            return [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.SiLU())]

        self.network = nn.ModuleList([nn.Sequential(*layers(3, 32, 64, 128)), nn.Sequential(*layers(128, 64), nn.Linear(64, 3))])
        self.x, self.y = torch.randn(SAMPLES, 96, 3), torch.randn(SAMPLES, 3)
        self.free = torch.ones(3, 3)

    def model(self, x):
        points, head = self.network
        return head(points(x).max(1)[0])

    def move(self, g, x):
        return x @ g.mT

    def move_target(self, g, y):
        return y

    def loss(self, prediction, target):
        return nn.functional.mse_loss(prediction, target)

    distance = loss


class Molecules(Problem):
    """One number that no rotation changes, from atoms: position, kind (one of five), whether there is one."""

    n = 3
    atoms, width, heads = 29, 48, 4

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(2)])
            self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.perceptron = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))

        def forward(self, x, present):
            parts = self.project(self.norms[0](x)).chunk(3, -1)
            query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
            mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=present)
            x = x + self.out(mixed.transpose(1, 2).flatten(2))
            return x + self.perceptron(self.norms[1](x))

    def __init__(self):
        def perceptron(inputs, outputs):
            return nn.Sequential(nn.Linear(inputs, self.width), nn.SiLU(), nn.Linear(self.width, outputs))

        self.network = nn.ModuleDict({
            "embed": perceptron(3 + 5, self.width),
            "blocks": nn.ModuleList([self.Block(self.width, self.heads) for _ in range(2)]),
            "readout": perceptron(self.width, 1),
        })
        there = (torch.arange(self.atoms) < torch.randint(12, self.atoms + 1, (SAMPLES, 1))).float()[..., None]
        kinds = nn.functional.one_hot(torch.randint(5, (SAMPLES, self.atoms)), 5)
        # One tensor: one gather a batch.
        self.x = torch.cat([torch.randn(SAMPLES, self.atoms, 3) * there, kinds * there, there], -1)
        self.y = torch.randn(SAMPLES, 1)
        self.vectors = self.x[..., :3]
        self.free = torch.ones(3, 3)

    def model(self, x):
        there = x[..., 8:]
        present = there.squeeze(-1).bool()[:, None, None]
        x = self.network["embed"](x[..., :8])
        for block in self.network["blocks"]:
            x = block(x, present)
        return (self.network["readout"](x) * there).sum(1) / self.atoms

    def move(self, g, x):
        return torch.cat([x[..., :3] @ g.mT, x[..., 3:]], -1)

    def move_target(self, g, y):
        return y

    def loss(self, prediction, target):
        return nn.functional.mse_loss(prediction, target)

    distance = loss


class Generator(nn.Module):
    """One generator, of norm 1 in the data metric; samples g = exp(u r L), one for each sample of a batch."""

    def __init__(self, problem):
        super().__init__()
        self.n = problem.n
        # Directions E_ij that may differ from 0; for vectors orthonormal in the data metric, by the moments' root.
        directions = torch.eye(self.n**2).view(-1, self.n, self.n)[problem.free.flatten() > 0]
        x = getattr(problem, "vectors", problem.x)
        if x.dim() == 3:
            moments = torch.einsum("smi,smj->ij", x, x) / x.square().sum()
            directions = directions @ torch.linalg.inv(torch.linalg.cholesky(moments))
        self.register_buffer("directions", directions.flatten(1))
        self.weight = nn.Parameter(torch.randn(1, len(directions)))
        self.refresh()

    def generator(self):
        return (self.weight / self.weight.norm()) @ self.directions

    @torch.no_grad()
    def refresh(self):
        eigenvalues = torch.linalg.eigvals(self.generator().view(self.n, self.n))
        turn = math.pi / eigenvalues.imag.abs().max().clamp_min(1e-3)
        stretch = math.log(LARGEST_STRETCH) / eigenvalues.real.abs().max().clamp_min(1e-3)
        self.range = min(turn.item(), stretch.item(), 2 * math.pi)

    def forward(self, batch: int):
        u = (torch.rand(batch, 1, device=self.weight.device) * 2 - 1) * self.range
        return torch.linalg.matrix_exp((u @ self.generator()).view(batch, self.n, self.n))


class Trainer:
    def __init__(self, case: str, variant: str, device: str, bfloat16: bool):
        kind, model, batch = case.split("/")
        self.batch = int(batch.removeprefix("b"))
        self.bfloat16 = torch.autocast(device.split(":")[0], dtype=torch.bfloat16, enabled=bfloat16)
        torch.manual_seed(0)
        others = {"cnn": Pictures, "pointnet": Clouds, "molecules": Molecules, "paper512": Paper}
        self.problem = Vectors(*MLPS[model]) if model in MLPS else others[model]()
        self.problem.to(device)
        self.generator = Generator(self.problem).to(device) if kind == "joint" else None
        self.loss = self.joint_loss if self.generator else self.plain_loss
        if model == "paper512":
            self.loss = self.paper_loss
        if variant in ("compile", "graphs"):
            self.loss = torch.compile(self.loss, mode="reduce-overhead" if variant == "graphs" else None)
        fused = True if variant != "foreach" else None
        self.optimizers = [torch.optim.Adam(self.problem.network.parameters(), lr=4e-3, fused=fused)]
        if self.generator:
            self.optimizers.append(torch.optim.Adam(self.generator.parameters(), lr=5e-3, fused=fused))
        # Long enough for any number of rounds.
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizers[0], max_lr=4e-3, total_steps=10**7)
        self.steps = 0
        for _ in range(WARM_UP):
            self.step()

    def plain_loss(self, x, y, g):
        return self.problem.loss(self.problem.model(x), y)

    def joint_loss(self, x, y, g):
        problem = self.problem
        fx, fgx = problem.model(torch.cat([x, problem.move(g, x)])).chunk(2)
        moved_y = problem.move_target(g, y)
        expected = problem.move_target(g, fx)
        return problem.loss(fx, y) + problem.loss(fgx, moved_y) + problem.distance(fgx, expected)

    def paper_loss(self, x, y, g):
        problem = self.problem
        gx = problem.move(g, x)
        fx, fgx = problem.model(x), problem.model(gx)
        return (
            problem.loss(fx, y)
            + problem.loss(fgx, problem.move(g, y))
            + problem.loss(fgx, problem.move(g, fx))
            + nn.functional.cosine_similarity(x, gx).mean().abs()
            + 0.01 * self.generator.generator().abs().mean()
        )

    def step(self):
        index = torch.randint(SAMPLES, (self.batch,), device=self.problem.x.device)
        g = None
        if self.generator:
            if self.steps % REFRESH == 0:
                self.generator.refresh()
            g = self.generator(self.batch)
        x, y = self.problem.x[index], self.problem.y[index]
        with self.bfloat16:
            loss = self.loss(x, y, g)
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
    parser.add_argument("--device", default="cpu", metavar="cpu|cuda:N")
    parser.add_argument("--bfloat16", action="store_true", help="automatic mixed precision")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    trainers = {}
    for line in sys.stdin:
        variant, steps = line.split()
        if variant not in trainers:
            trainers[variant] = Trainer(arguments.case, variant, arguments.device, arguments.bfloat16)
        trainer = trainers[variant]
        start = time.perf_counter()
        for _ in range(int(steps)):
            loss = trainer.step()
        loss = loss.item()  # waits for a GPU
        elapsed = time.perf_counter() - start
        if not math.isfinite(loss):
            sys.exit(f"{arguments.case}, {variant}: the loss is {loss}")
        print(json.dumps({"ms": 1e3 * elapsed / int(steps)}), flush=True)


if __name__ == "__main__":
    main()
