"""`tensorboard/`: what TensorBoard shows of a run, readable while it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, overload

from .document import REMEDY, content
from .event_file import Event, Histogram, Image, Scalar, events
from .failure import Damaged

Kind = TypeVar("Kind", Scalar, Histogram, Image)
Series = Mapping[str, tuple[tuple[int, Kind], ...]]


class Events(Sequence[Event]):
    """The values in the order of the file."""

    def __init__(self, values: Sequence[Event]) -> None:
        self._values = tuple(values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> Event | Events:
        return Events(self._values[index]) if isinstance(index, slice) else self._values[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._values)

    def __repr__(self) -> str:
        return f"<Events: {len(self)} values under {len(self.tags)} tags>"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in the order in which they first came."""
        return tuple(dict.fromkeys(event.tag for event in self._values))

    @property
    def scalars(self) -> Mapping[str, tuple[tuple[int, float], ...]]:
        """Step and value of each scalar, by tag: `joint/loss/task`, `joint-2/learning_rate`, `test/rmse`."""
        return {tag: tuple((step, scalar.value) for step, scalar in series) for tag, series in self._all(Scalar)}

    @property
    def histograms(self) -> Series[Histogram]:
        """Step and value of each histogram, by tag: `joint/basis`."""
        return dict(self._all(Histogram))

    @property
    def images(self) -> Series[Image]:
        """Number and picture of each image, by tag: `images/generator-1`."""
        return dict(self._all(Image))

    def _all(self, kind: type[Kind]) -> Iterator[tuple[str, tuple[tuple[int, Kind], ...]]]:
        series: dict[str, list[tuple[int, Kind]]] = {}
        for event in self._values:
            if isinstance(event.value, kind):
                series.setdefault(event.tag, []).append((event.step, event.value))
        for tag, values in series.items():
            yield tag, tuple(values)


def read_events(run: Path) -> Events:
    """What the run in that directory has written so far; nothing where it writes none, or has not begun."""
    found: list[Event] = []
    for path in sorted((run / "tensorboard").glob("*tfevents*")):
        try:
            found.extend(events(content(path, run)))
        except ValueError as error:
            raise Damaged(f"{path} is damaged: {error}; {REMEDY}") from error
    return Events(found)
