#!/usr/bin/env python3
"""Makes the runs in tests/fixtures with a semola-host that was built, and cuts them down to kilobytes.

    python/tests/make_fixtures.py target/release/semola-host

Of metrics.jsonl the first and the last line of each stage stay, of checkpoints the basis and the model's biases. What
names the machine stays out: run.json and log.jsonl. Needs numpy and safetensors; takes some minutes.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from safetensors.numpy import load_file, save_file

FOLDER = pathlib.Path(__file__).resolve().parent / "fixtures"
ROOT = FOLDER.parent.parent.parent
COMMON = "--quiet --threads 1 --seed 1 --set symmetry.bootstrap=50"
RUNS = {
    # Verdict `symmetric`, with baselines and averages.
    "two-body": "train --plugin dynamics --baselines=plain,oracle --set evaluation.average=4 --set training.steps=3000"
    " --set training.warm_up=0.4",
    # Verdict `none`.
    "field": "train --config configs/dynamics-control.toml --set training.steps=2000 --set training.warm_up=0.5",
    # `discover`: no metrics. Three generators.
    "cone": "discover --plugin synthetic",
    # Verdict `partial`.
    "sector": "train --config configs/synthetic-partial-rotation.toml",
}
# Its record alone is kept. One trial fails, two are stopped early.
SWEEPS = {
    "rates": "sweep --plugin dynamics --set dataset.trajectories=50 --set training.steps=400 --halving=2 "
    "--vary training.learning_rate=[4e-3,1e30,1e-7,1e-6] --vary model.width=[32] --seed 1 --threads 1 -q",
}
KEPT = ("config.toml", "plugins.lock", "generators.npz", "generators.json", "summary.json")
# Killed when metrics.jsonl has so many lines.
ENDED_EARLY = ("ended-early", RUNS["two-body"], 70)


def main(host):
    host = pathlib.Path(host).resolve()
    with tempfile.TemporaryDirectory() as work:
        for name, arguments in RUNS.items():
            run = pathlib.Path(work) / name
            subprocess.run(command(host, arguments, run), cwd=ROOT, check=True)
            keep(run, FOLDER / name)
        for name, arguments in SWEEPS.items():
            sweep = pathlib.Path(work) / name
            subprocess.run([host, *arguments.split(), "--out", sweep], cwd=ROOT, check=True)
            keep_sweep(sweep, FOLDER / name)
        name, arguments, lines = ENDED_EARLY
        run = pathlib.Path(work) / name
        with subprocess.Popen(command(host, arguments, run), cwd=ROOT) as process:
            while process.poll() is None and count(run / "metrics.jsonl") < lines:
                time.sleep(0.01)
            process.kill()
        keep(run, FOLDER / name)


def keep_sweep(sweep, to):
    record = json.loads((sweep / "sweep.json").read_text())
    record["directory"] = "."
    text = json.dumps(record, indent=2, ensure_ascii=False).replace(f"{sweep.parent}/", "")
    to.mkdir(parents=True, exist_ok=True)
    (to / "sweep.json").write_text(text + "\n")


def command(host, arguments, run):
    return [host, *arguments.split(), *COMMON.split(), "--out", run]


def count(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def keep(run, to):
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for name in KEPT:
        if (run / name).exists():
            shutil.copy(run / name, to)
    lines = {}
    for line in (run / "metrics.jsonl").read_text().splitlines(keepends=True):
        first, _ = lines.setdefault(line.split(",")[1], (line, line))
        lines[line.split(",")[1]] = first, line
    (to / "metrics.jsonl").write_text("".join(line for pair in lines.values() for line in dict.fromkeys(pair)))
    checkpoint = run / "checkpoints" / "last.safetensors"
    if checkpoint.exists():
        tensors = {name: tensor for name, tensor in load_file(checkpoint).items() if kept(name)}
        (to / "checkpoints").mkdir()
        save_file(tensors, to / "checkpoints" / "last.safetensors")


def kept(name):
    return name.startswith(("basis.", "model.")) and not name.endswith("weight")


if __name__ == "__main__":
    main(*sys.argv[1:])
