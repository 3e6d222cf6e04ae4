"""What a joint step costs as one thing grows: read by `scripts/bench scale`.

Every point is a short run of the program itself on vectors of R^n, with the generators asked for, so that no verdict changes the
work; a figure is the median over rounds in which all points of a curve take turns.
"""

import json
import operator
import os
import pathlib
import statistics
import subprocess
import tempfile

BASE = {
    "dataset.component": "synthetic/invariant",
    "dataset.n": 3,
    "dataset.samples": 8000,
    "model.component": "mlp/mlp",
    "model.width": 128,
    "model.depth": 2,
    "symmetry.generators": 1,
    "symmetry.augmentations": 1,
    "training.batch_size": 64,
    "training.warm_up": 0.2,
    "evaluation.components": "false",
}
LARGE = {"model.width": 512, "training.batch_size": 1024}
STEPS = 1000
# What grows: the setting, its values, what else is set, joint and warm-up steps, and the terms of the model.
CURVES = (
    ("samples a step (batch)", "training.batch_size", (32, 64, 128, 256, 512, 1024), {}, STEPS, ("1", "x")),
    ("moved copies of each sample (K)", "symmetry.augmentations", (1, 2, 4, 8), {"training.batch_size": 256}, STEPS, ("1", "x")),
    ("dimension (n), one generator", "dataset.n", (2, 3, 4, 6, 8), {"training.batch_size": 256}, STEPS, ("1", "x^3")),
    ("generators (C), n = 6", "symmetry.generators", (1, 2, 4, 8, 15), {"dataset.n": 6, "training.batch_size": 256}, STEPS, ("1",)),
    ("training samples", "dataset.samples", (1000, 10_000, 100_000, 1_000_000), {}, STEPS, ("1",)),
    ("processes", None, (1, 2, 4), LARGE, 60, ("1", "1/min(x, cores)")),
)
TERMS = {"1": lambda x: x**0, "x": lambda x: x, "x^3": lambda x: x**3, "1/min(x, cores)": lambda x: 1 / min(x, os.cpu_count())}
ROUNDS = 3


def milliseconds(program, settings, steps, processes, threads, run):
    """Of a joint step, by the last line of it in metrics.jsonl."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "run"
        command = [program, "train", "--plugin", "synthetic", "--quiet", "--threads", threads, "--out", out]
        for name, value in {**BASE, **settings, "training.steps": steps}.items():
            command += ["--set", f"{name}={value}"]
        if processes > 1:
            launcher = ["mpirun", "--oversubscribe", "--allow-run-as-root", "--mca", "mpi_yield_when_idle", "1"]
            command = [*launcher, "-n", processes, *command]
        run(*command, why="a run failed", stdout=subprocess.DEVNULL)
        lines = map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
        return 1e3 / [line for line in lines if line["stage"] == "joint"][-1]["steps_per_s"]


def fitted(values, times, terms):
    """Coefficients of one term or two by relative least squares, and the largest relative error."""
    columns = [[TERMS[term](value) / time for value, time in zip(values, times)] for term in terms]
    products = [[sum(map(operator.mul, one, other)) for other in columns] for one in columns]
    sums = [sum(column) for column in columns]
    if len(terms) == 1:
        factors = [sums[0] / products[0][0]]
    else:
        (a, b), (_, d) = products
        factors = [(d * sums[0] - b * sums[1]) / (a * d - b * b), (a * sums[1] - b * sums[0]) / (a * d - b * b)]
    ratios = [sum(map(operator.mul, factors, row)) for row in zip(*columns)]
    return factors, max(abs(ratio - 1) for ratio in ratios)


def curves(program, options, run):
    """Prints a Markdown table for each curve; the rows for --json."""
    doctor = json.loads(run(program, "doctor", "--json", why="doctor failed", stdout=subprocess.PIPE, text=True).stdout)
    several = any(finding["what"] == "several processes" and finding["found"] == "by MPI" for finding in doctor)
    rows = []
    for name, setting, values, more, steps, terms in CURVES:
        if setting is None and not several:
            print(f"\n{name}: skipped, the program is built without MPI")
            continue
        times = {value: [] for value in values}
        for _ in range(1 if options.quick else ROUNDS):
            for value in values:
                settings, processes = ({**more, setting: value}, 1) if setting else (more, value)
                times[value].append(milliseconds(program, settings, steps, processes, options.threads, run))
        medians = [statistics.median(times[value]) for value in values]
        factors, error = fitted(values, medians, terms)
        model = " + ".join(f"{factor:.3g}" if term == "1" else f"{factor:.3g} {term}" for factor, term in zip(factors, terms))
        print(f"\n| {name} | {' | '.join(f'{value:,}' for value in values)} |")
        print("|---|" + "---:|" * len(values))
        print(f"| ms a joint step | {' | '.join(f'{median:.2f}' for median in medians)} |")
        print(f"\nms = {model}, within {error:.0%}", flush=True)
        rows.append({"name": name, "x": values, "ms": medians, "terms": terms, "factors": factors, "error": error})
    return rows
