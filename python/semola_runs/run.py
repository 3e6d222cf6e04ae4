"""One run directory, and all of a folder.

Files are read when they are first asked for, so that a run that goes on can be watched; what is complete once it is
there (everything but the metrics) is read once. Nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import read_arrays
from .course import Course, read_course
from .display import run_html
from .document import REMEDY, Value, content, toml_document
from .events import Events, read_events
from .exponential import exponential
from .failure import Damaged, MissingPackage, NotARun, RunError, Unfinished
from .summary import PluginRecord, Summary, read_summary


class Run:
    """The run in a directory, finished or not.

    Raises `NotARun` if the path is no run directory. Everything else that may be wrong, damage included, shows when the
    file in question is asked for: `Unfinished`, `NewerSchema`, `Damaged`.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        """The directory."""
        if not self.path.is_dir():
            what = "is a file" if self.path.exists() else "does not exist"
            raise NotARun(f"{self.path} {what}: give the directory that `semola-host` named at the end of its report")
        if not is_run(self.path):
            raise NotARun(
                f"{self.path} is no run directory, config.toml and run.json are not there: give one that semola-host "
                "wrote; semola_runs.runs(folder) finds those below a folder"
            )

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        try:
            return run_html(self.name, self.summary)
        except Unfinished:
            return run_html(self.name, self._progress())
        except RunError as error:
            return run_html(self.name, str(error))

    def _progress(self) -> str:
        try:
            course = self.metrics()
        except RunError as error:
            return str(error)
        return f"Unfinished, {course[-1].step} steps of {course[-1].stage} done." if course else "Unfinished."

    @property
    def name(self) -> str:
        """The directory's own name."""
        return self.path.resolve().name

    @property
    def finished(self) -> bool:
        """Whether the run ended well: `summary.json`, written last, is there."""
        return (self.path / "summary.json").is_file()

    @cached_property
    def summary(self) -> Summary:
        """`summary.json`."""
        return read_summary(self.path)

    @cached_property
    def config(self) -> dict[str, Any]:
        """`config.toml`: every setting of the run, defaults included."""
        return toml_document(self.path / "config.toml", self.path)

    @cached_property
    def lock(self) -> tuple[PluginRecord, ...]:
        """`plugins.lock`: the plugin files used, by the order of their ids."""
        path = self.path / "plugins.lock"
        plugins = Value(toml_document(path, self.path), path).find("plugin")
        return () if plugins is None else tuple(PluginRecord.read(item) for item in plugins.items())

    def metrics(self) -> Course:
        """`metrics.jsonl` as far as it has been written: read anew at each call."""
        return read_course(self.path)

    def events(self) -> Events:
        """The event files for TensorBoard as far as they have been written: read anew at each call."""
        return read_events(self.path)

    @cached_property
    def arrays(self) -> Mapping[str, NDArray[np.float64]]:
        """All arrays of `generators.npz`, or of `generators.json` where only that is there.

        `generators` `[k, n, n]`, `violation` `[k]`, `range` `[k]`; `approximate` `[m, n, n]`, `approximate_violation`
        and `approximate_range`; `readable` `[k, n, n]`, a sparse basis of the same span; `structure_constants`
        `[k, k, k]` in it; `output` `[k, o, o]` where the output representation was learned.
        """
        return read_arrays(self.path)

    @property
    def generators(self) -> NDArray[np.float64]:
        """The exact generators, `[k, n, n]`; k is 0 where there is no exact symmetry."""
        return self.arrays["generators"]

    def group_element(self, coefficients: ArrayLike) -> NDArray[np.float64]:
        """`exp(Σ_i c_i L_i)`, `[..., n, n]`, of coefficients `[..., k]`, with the exact generators L.

        Coefficients up to `arrays["range"]` were trained with. Raises ValueError for another number of coefficients.
        """
        generators = self.generators
        c = np.asarray(coefficients, dtype=np.float64)
        if c.ndim == 0 or c.shape[-1] != len(generators):
            raise ValueError(
                f"{self.path} has {len(generators)} generators, the coefficients are of shape {list(c.shape)}: "
                f"give [..., {len(generators)}]"
            )
        return exponential(np.tensordot(c, generators, axes=1))

    def draw(self, count: int, random: np.random.Generator) -> NDArray[np.float64]:
        """Coefficients `[count, k]`, each uniform within its generator's range."""
        ranges = self.arrays["range"]
        return random.uniform(-ranges, ranges, (count, len(ranges)))

    def augment(self, x: ArrayLike, coefficients: ArrayLike) -> NDArray[np.floating[Any]]:
        """`g x` for vectors x of the group's R^n in the last axis: `[..., n]`, in the same shape and precision.

        Coefficients `[k]` move everything by one element; `[batch, k]` moves each `x[i]` by its own. For fields that
        are no vectors, use `group_element`: covectors move by the inverse transposed, matrices from both sides.
        """
        x = np.asarray(x)
        if not np.issubdtype(x.dtype, np.floating):
            x = x.astype(np.float64)
        g = self.group_element(coefficients)
        n = g.shape[-1]
        if x.ndim == 0 or x.shape[-1] != n:
            raise ValueError(f"{self.path} has generators {n} × {n}, x is of shape {list(x.shape)}: give [..., {n}]")
        if g.ndim > 3 or (g.ndim == 3 and (x.ndim < 2 or len(x) != len(g))):
            raise ValueError(
                f"coefficients of shape {list(np.shape(coefficients))} do not go with x of shape {list(x.shape)}: "
                "give [k], or [batch, k] for x of [batch, ..., n]"
            )
        transposed = g.swapaxes(-1, -2).astype(x.dtype)
        rows = x.reshape(len(x), -1, n) if g.ndim == 3 else x.reshape(-1, n)
        return np.asarray(rows @ transposed).reshape(x.shape)

    @property
    def checkpoints(self) -> Mapping[str, Path]:
        """The checkpoints by name: `last` of the run itself, others of the models beside it.

        Those of a run's stages, `stages/…`, are there until it has finished.
        """
        folder = self.path / "checkpoints"
        files = sorted(folder.rglob("*.safetensors"))
        return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}

    def weights(self, checkpoint: str = "last") -> dict[str, NDArray[Any]]:
        """The tensors of a checkpoint by name (`model.…`, `basis.weight`, `optimizer.…`). Needs safetensors."""
        try:
            from safetensors import SafetensorError
            from safetensors.numpy import load
        except ImportError as error:
            raise MissingPackage(f"checkpoints need safetensors ({error}): pip install safetensors") from error
        found = self.checkpoints
        if checkpoint not in found:
            names = ", ".join(found) or "none yet"
            raise RunError(f"{self.path} has no checkpoint `{checkpoint}`: choose among those there ({names})")
        path = found[checkpoint]
        try:
            tensors: dict[str, NDArray[Any]] = load(content(path, self.path))
        except SafetensorError as error:
            raise Damaged(f"{path} is damaged: it is not safetensors ({error}); {REMEDY}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path} has tensors that numpy cannot hold ({error!r}): read it with torch") from error
        return tensors


def runs(folder: str | PathLike[str]) -> list[Run]:
    """All runs below a folder, finished or not, in the order of their paths; none below another run.

    Raises `NotARun` if there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotARun(f"{folder} is no folder: give one that holds run directories, by default `runs`")
    return [Run(path) for path in _below(folder)]


def is_run(path: Path) -> bool:
    """Whether a directory looks as the host leaves it as soon as a run has begun."""
    # A config.toml alone may be anybody's.
    beside = any((path / name).is_file() for name in ("run.json", "plugins.lock", "summary.json"))
    return beside and (path / "config.toml").is_file()


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            if is_run(path):
                yield path
            elif not path.is_symlink():  # which could lead round in circles
                yield from _below(path)
