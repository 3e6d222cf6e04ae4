"""`sweep.json`: the trials of `semola-host sweep`, readable while the sweep goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .course import frame
from .document import Value, json_document
from .failure import NewerSchema, NotARun
from .run import Run
from .text import html_table, number

if TYPE_CHECKING:
    import pandas

SCHEMA = 1
"""The newest version that is read."""


@dataclass(frozen=True)
class Trial:
    """One point of the space."""

    number: int
    """From 1, in the order in which they were begun."""
    parameters: Mapping[str, Any]
    """The settings that vary, by their dotted keys."""
    state: str
    """`waiting`, `running`, `interrupted`, `finished`, `pruned` or `failed`."""
    metric: float | None
    """What trials are ranked by, mean over seeds; None unless it finished."""
    standard_error: float | None
    """Of that mean; None for one seed."""
    verdict: str | None
    """What most of its runs found: `symmetric`, `approximate`, `partial`, `none`."""
    dimension: int | None
    """Number of exact generators."""
    algebra: str | None
    """What they span; None where there are none."""
    wall_s: float | None
    """Seconds of its runs together."""
    reason: str | None
    """Why it failed or was stopped early."""
    paths: tuple[Path, ...]
    """The run directories, one for each seed; those of trials that wait are not there yet."""

    @classmethod
    def read(cls, value: Value, folder: Path) -> Trial:
        return cls(
            number=value["number"].count(),
            parameters={key: entry.plain() for key, entry in value["parameters"].entries().items()},
            state=value["state"].text(),
            metric=value.optional("metric", Value.number),
            standard_error=value.optional("standard_error", Value.number),
            verdict=value.optional("verdict", Value.text),
            dimension=value.optional("dimension", Value.count),
            algebra=value.optional("algebra", Value.text),
            wall_s=value.optional("wall_s", Value.number),
            reason=value.optional("reason", Value.text),
            paths=tuple(folder / run["directory"].text() for run in value["runs"].items()),
        )

    @property
    def runs(self) -> tuple[Run, ...]:
        """Its runs. Raises `NotARun` for one that has not begun."""
        return tuple(Run(path) for path in self.paths)


@dataclass(frozen=True)
class Sweep:
    """The trials of a sweep, in the order in which they were begun."""

    path: Path
    """Its directory."""
    method: str
    """`grid`, `random` or `tpe`."""
    seed: int
    """Seed of the draws, and of the first run of each trial."""
    seeds: int
    """Runs of each trial."""
    wanted: int
    """How many trials there are in the end."""
    measure: str
    """What trials are ranked by: `validation.rmse`; before the first result as it was asked for."""
    larger_is_better: bool
    """Which way."""
    keys: tuple[str, ...]
    """The settings that vary."""
    trials: tuple[Trial, ...]
    """All that have begun."""

    def __len__(self) -> int:
        return len(self.trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.trials)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """The best first; those without a result behind."""
        sign = -1.0 if self.larger_is_better else 1.0

        def place(trial: Trial) -> tuple[bool, float]:
            return trial.metric is None, 0.0 if trial.metric is None else sign * trial.metric

        return tuple(sorted(self.trials, key=place))

    @property
    def best(self) -> Trial | None:
        """The best trial; None before the first result."""
        return next((trial for trial in self.ranked if trial.metric is not None), None)

    def to_pandas(self) -> pandas.DataFrame:
        """A row for each trial, with a column for each setting that varies."""
        fields = ("number", "state", "metric", "standard_error", "verdict", "dimension", "algebra", "wall_s", "reason")
        columns: dict[str, list[Any]] = {name: [getattr(trial, name) for trial in self.trials] for name in fields}
        columns |= {key: [trial.parameters.get(key) for trial in self.trials] for key in self.keys}
        return frame(columns)

    def _repr_html_(self) -> str:
        rows = [
            (
                str(trial.number),
                number(trial.metric, trial.standard_error),
                " ".join(word for word in (trial.verdict or trial.state, trial.algebra) if word),
                *(str(trial.parameters.get(key, "-")) for key in self.keys),
            )
            for trial in self.ranked
        ]
        return html_table(("trial", self.measure, "verdict", *self.keys), rows)


def read_sweep(folder: str | PathLike[str]) -> Sweep:
    """The sweep in a directory, finished or not.

    Raises `NotARun` if there is none, `NewerSchema` or `Damaged` if it cannot be read.
    """
    folder = Path(folder)
    path = folder / "sweep.json"
    if not path.is_file():
        raise NotARun(f"{folder} is no sweep, sweep.json is not there: give the directory of `semola-host sweep --out`")
    value = json_document(path, folder)
    schema = value["schema"].count()
    if schema > SCHEMA:
        raise NewerSchema(f"{path} has schema {schema}, and this package knows {SCHEMA}: update semola-runs")
    return Sweep(
        path=folder,
        method=value["method"].text(),
        seed=value["seed"].count(),
        seeds=value["seeds"].count(),
        wanted=value["wanted"].count(),
        measure=value.optional("measured", Value.text) or value["metric"].text(),
        larger_is_better=value["larger_is_better"].flag(),
        keys=tuple(parameter["key"].text() for parameter in value["space"].items()),
        trials=tuple(Trial.read(trial, folder) for trial in value["trials"].items()),
    )
