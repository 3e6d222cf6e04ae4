"""The errors of several runs beside each other: a row for each baseline and for the run's own model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from .course import frame
from .summary import Averaged, Estimate, Summary
from .text import html_table, number

if TYPE_CHECKING:
    import pandas

    from .run import Run


@dataclass(frozen=True)
class Row:
    """One model of one run. Numbers that were not measured are None."""

    run: str
    """The run directory's name."""
    plugin: str
    """The plugin whose experiment was run."""
    seed: int
    """The run's seed."""
    verdict: str
    """Of the run: `symmetric`, `approximate`, `partial`, `none`."""
    symmetry: str
    """The group with its components where these were tested, else the algebra; empty where there is none."""
    model: str
    """`plain`, `oracle`, `ours`, or one of them with its predictions averaged: `ours, averaged over K`."""
    measure: str
    """What `test` and `shifted` are: `rmse`, `accuracy`, …; empty where nothing was measured."""
    test: float | None
    """On test data."""
    shifted: float | None
    """On test data moved by the whole group."""
    equivariance_error: float | None
    """In units of the targets' standard deviation."""
    test_error: float | None = None
    """Standard error of `test` by the draws of an average over the group."""
    shifted_error: float | None = None
    """The same of `shifted`."""

    def cells(self) -> tuple[str, ...]:
        """As texts, one for each of `SHOWN`."""
        words = (self.run, self.plugin, str(self.seed), self.verdict, self.symmetry, self.model, self.measure)
        figures = ((self.test, self.test_error), (self.shifted, self.shifted_error), (self.equivariance_error, None))
        return (*words, *(number(value, error) for value, error in figures))


COLUMNS = tuple(field.name for field in fields(Row))
SHOWN = COLUMNS[:-2]
"""The columns of a table for people, where errors stand beside their numbers."""


@dataclass(frozen=True)
class Table:
    """Rows of the finished runs."""

    rows: tuple[Row, ...]
    """In the order of the runs; within one: plain, oracle, other baselines, ours, and what was averaged."""
    unfinished: tuple[Run, ...]
    """Runs without a summary, which have no rows."""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __str__(self) -> str:
        texts = [SHOWN, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        first = SHOWN.index("test")
        lines = []
        for row in texts:
            words = [cell.ljust(width) for cell, width in zip(row[:first], widths[:first], strict=True)]
            figures = [cell.rjust(width) for cell, width in zip(row[first:], widths[first:], strict=True)]
            lines.append("  ".join(words + figures))
        return "\n".join(lines + self._left_out())

    def _repr_html_(self) -> str:
        left_out = "".join(f"<p>{line}</p>" for line in self._left_out())
        return html_table(SHOWN, [row.cells() for row in self.rows]) + left_out

    def _left_out(self) -> list[str]:
        count = len(self.unfinished)
        return [f"{count} unfinished run{'' if count == 1 else 's'} left out"] if count else []

    def to_pandas(self) -> pandas.DataFrame:
        """The rows, with the columns of `Row`."""
        return frame({column: [getattr(row, column) for row in self.rows] for column in COLUMNS})


def table(runs: Iterable[Run]) -> Table:
    """The errors of the finished ones among these runs.

    A run of `discover` measures none, and has one row without numbers for its verdict. Raises `NewerSchema` or
    `Damaged` for a summary that cannot be read.
    """
    rows: list[Row] = []
    unfinished: list[Run] = []
    for run in runs:
        if run.finished:
            rows += rows_of(run.name, run.summary)
        else:
            unfinished.append(run)
    return Table(tuple(rows), tuple(unfinished))


def rows_of(name: str, summary: Summary) -> list[Row]:
    """The rows of the run of that name, in the order of the host's report."""
    symmetry = summary.symmetry
    nothing = Row(
        run=name,
        plugin=summary.plugin,
        seed=summary.seed,
        verdict=symmetry.verdict,
        symmetry=symmetry.group or ("" if symmetry.algebra is None else symmetry.algebra.name),
        model="ours",
        measure="",
        test=None,
        shifted=None,
        equivariance_error=None,
    )
    known = ("plain", "oracle")
    order = sorted(summary.baselines, key=lambda name: known.index(name) if name in known else len(known))
    models = {name: summary.baselines[name] for name in order}
    if summary.metrics is not None:
        models["ours"] = summary.metrics
    # One measure for all, so that they can be compared.
    measure = list(models.values())[-1].measure if models else ""
    plain = [
        replace(
            nothing,
            model=model,
            measure=measure,
            test=metrics.test.get(measure),
            shifted=metrics.shifted.get(measure),
            equivariance_error=metrics.equivariance_error,
        )
        for model, metrics in models.items()
    ]
    averaged = [
        _averaged(replace(nothing, model=model, measure=measure), metrics.averaged)
        for model, metrics in models.items()
        if metrics.averaged is not None
    ]
    return plain + averaged + ([nothing] if summary.metrics is None else [])


def _averaged(row: Row, averaged: Averaged) -> Row:
    test, test_error = _parts(averaged.test.get(row.measure))
    shifted, shifted_error = _parts(averaged.shifted.get(row.measure))
    return replace(
        row,
        model=f"{row.model}, averaged over {averaged.draws}",
        test=test,
        test_error=test_error,
        shifted=shifted,
        shifted_error=shifted_error,
    )


def _parts(estimate: Estimate | None) -> tuple[float | None, float | None]:
    return (None, None) if estimate is None else (estimate.value, estimate.error)
