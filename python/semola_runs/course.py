"""`metrics.jsonl`: the course of training, readable while the run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from .document import Value, json_lines
from .failure import MissingPackage, Unfinished

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Step:
    """One line: the state after some step of one stage."""

    step: int
    """Optimiser steps of the stage done."""
    stage: str
    """What was trained: `warm_up`, `replica`, `joint`, `extent`, or a baseline's name."""
    loss: Mapping[str, float]
    """Every term of the loss by name, unweighted; NaN where it was not finite."""
    learning_rate: float
    """The backbone's learning rate at that step."""
    steps_per_s: float
    """Steps a second since the line before."""
    cosine: float | None = None
    """The least principal cosine of the generators in training with the known algebra; None where there is none."""

    @classmethod
    def read(cls, value: Value) -> Step:
        return cls(
            step=value["step"].count(),
            stage=value["stage"].text(),
            loss={name: term.number() for name, term in value["loss"].entries().items()},
            learning_rate=value["learning_rate"].number(),
            steps_per_s=value["steps_per_s"].number(),
            cosine=value.optional("cosine", Value.number),
        )


class Course(Sequence[Step]):
    """The lines in the order of the file."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = tuple(steps)

    def __len__(self) -> int:
        return len(self._steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Course: ...
    def __getitem__(self, index: int | slice) -> Step | Course:
        return Course(self._steps[index]) if isinstance(index, slice) else self._steps[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return f"<Course of {len(self)} lines, stages {', '.join(self.stages) or 'none'}>"

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages in the order in which they began."""
        return tuple(dict.fromkeys(step.stage for step in self._steps))

    def stage(self, name: str) -> Course:
        """The lines of one stage; those of `replica` are of several models, whose steps begin again."""
        return Course([step for step in self._steps if step.stage == name])

    def to_pandas(self) -> pandas.DataFrame:
        """One row a line: `step`, `stage`, `loss.NAME` for each term, `learning_rate`, `steps_per_s`, `cosine`."""
        terms = dict.fromkeys(name for step in self._steps for name in step.loss)
        return frame(
            {
                "step": [step.step for step in self._steps],
                "stage": [step.stage for step in self._steps],
                **{f"loss.{name}": [step.loss.get(name) for step in self._steps] for name in terms},
                "learning_rate": [step.learning_rate for step in self._steps],
                "steps_per_s": [step.steps_per_s for step in self._steps],
                "cosine": [step.cosine for step in self._steps],
            }
        )


def read_course(run: Path) -> Course:
    """What the run in that directory has written so far."""
    try:
        return Course([Step.read(line) for line in json_lines(run / "metrics.jsonl", run)])
    except Unfinished:
        return Course(())  # nothing has been trained yet


def frame(columns: Mapping[str, Sequence[object]]) -> pandas.DataFrame:
    """A data frame, if there is pandas."""
    try:
        import pandas
    except ImportError as error:
        raise MissingPackage(f"a data frame needs pandas ({error}): pip install pandas") from error
    return pandas.DataFrame({name: list(column) for name, column in columns.items()})
