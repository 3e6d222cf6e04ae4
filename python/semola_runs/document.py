"""Values read from a file that know where they stand in it, so that an error names file and place.

Fields that nobody asks for are passed over: the host may add some at any time. `null` is what the host writes for a
number that is not finite, and is read as NaN; anywhere else it is as good as absent.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .failure import Damaged, NotARun, RunError, Unfinished

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")

REMEDY = "restore the file, or repeat the run with its config.toml"


class Value:
    """A value of a JSON or TOML document."""

    def __init__(self, raw: Any, file: Path, place: str = "") -> None:
        self._raw = raw
        self._file = file
        self._place = place

    def wrong(self, expected: str) -> Damaged:
        """An error about this value: `expected` is a noun with its article."""
        shown = json.dumps(self._raw, default=str)
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        place = f"`{self._place}`" if self._place else "the whole"
        return Damaged(f"{self._file} is damaged: {place} is {shown}, expected {expected}; {REMEDY}")

    def number(self) -> float:
        """A float; NaN for `null`."""
        if self._raw is None:
            return math.nan
        if isinstance(self._raw, bool) or not isinstance(self._raw, (int, float)):
            raise self.wrong("a number")
        try:
            return float(self._raw)
        except OverflowError:
            raise self.wrong("a number of double precision") from None

    def whole(self) -> int:
        """An integer."""
        if isinstance(self._raw, bool) or not isinstance(self._raw, int):
            raise self.wrong("an integer")
        return self._raw

    def count(self) -> int:
        """An integer, at least 0."""
        if isinstance(self._raw, bool) or not isinstance(self._raw, int) or self._raw < 0:
            raise self.wrong("a count")
        return self._raw

    def text(self) -> str:
        """A string."""
        if not isinstance(self._raw, str):
            raise self.wrong("a text")
        return self._raw

    def flag(self) -> bool:
        """A boolean."""
        if not isinstance(self._raw, bool):
            raise self.wrong("true or false")
        return self._raw

    def plain(self) -> Any:
        """Whatever it is, as Python has it."""
        return self._raw

    def items(self) -> tuple[Value, ...]:
        """The items of a list."""
        if not isinstance(self._raw, list):
            raise self.wrong("a list")
        return tuple(Value(item, self._file, f"{self._place}[{index}]") for index, item in enumerate(self._raw))

    def entries(self) -> dict[str, Value]:
        """The fields of an object."""
        if not isinstance(self._raw, dict):
            raise self.wrong("an object")
        before = f"{self._place}." if self._place else ""
        return {name: Value(raw, self._file, before + name) for name, raw in self._raw.items()}

    def find(self, name: str) -> Value | None:
        """A field that may be absent."""
        value = self.entries().get(name)
        return None if value is None or value._raw is None else value

    def __getitem__(self, name: str) -> Value:
        """A field that is always there."""
        value = self.entries().get(name)
        if value is None:
            place = f"`{self._place}`" if self._place else "it"
            raise Damaged(f"{self._file} is damaged: {place} lacks the field `{name}`, which is always there; {REMEDY}")
        return value

    def optional(self, name: str, read: Callable[[Value], T]) -> T | None:
        """A field that may be absent, read by a function."""
        value = self.find(name)
        return None if value is None else read(value)

    def array(self, axes: int) -> NDArray[np.float64]:
        """Nested lists of numbers with so many axes, as an array that cannot be written to."""
        try:
            array = np.array(self._nested(axes), dtype=np.float64)
        except ValueError:
            raise self.wrong(f"rows of one length, with {axes} axes") from None
        if array.ndim != axes:  # lists that end early: nothing is in them
            array = np.zeros((0,) * axes)
        array.setflags(write=False)
        return array

    def _nested(self, axes: int) -> Any:
        return self.number() if axes == 0 else [item._nested(axes - 1) for item in self.items()]


def content(path: Path, run: Path) -> bytes:
    """All bytes of a file of a run; one that is missing tells how far the run has come."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise missing(path, run) from None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}; make it readable") from error


def missing(path: Path, run: Path) -> RunError:
    """The error about a file that is not there."""
    if not run.is_dir():
        return NotARun(f"{run} is no directory any more: a run directory was read from there; look where it went")
    if (run / "summary.json").exists():
        return Damaged(f"{path} is missing, although the run has finished; {REMEDY}")
    return Unfinished(
        f"{path} is not there, so the run goes on or was ended early: wait for it, or continue it with "
        f"`semola-host resume {run}`"
    )


def json_document(path: Path, run: Path) -> Value:
    """A JSON file of a run."""
    return Value(_parsed(path, content(path, run), json.loads, "JSON"), path)


def toml_document(path: Path, run: Path) -> dict[str, Any]:
    """A TOML file of a run."""
    parsed: dict[str, Any] = _parsed(path, content(path, run), tomllib.loads, "TOML")
    return parsed


def json_lines(path: Path, run: Path) -> Iterator[Value]:
    """The lines of a file that the run appends to. Only while it goes on may the last one be written in half."""
    finished = (run / "summary.json").exists()  # before the file is read, which may end the run meanwhile
    *lines, last = content(path, run).split(b"\n")
    for number, line in enumerate(lines, 1):
        yield Value(_parsed(path, line, json.loads, "JSON", number), path, f"line {number}")
    if last:
        number = len(lines) + 1
        try:
            parsed = _parsed(path, last, json.loads, "JSON", number)
        except Damaged:
            if finished:
                raise
        else:
            yield Value(parsed, path, f"line {number}")


def _parsed(path: Path, data: bytes, parse: Callable[[str], Any], form: str, line: int | None = None) -> Any:
    try:
        return parse(data.decode())
    except json.JSONDecodeError as error:
        reason = f"line {line or error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1}{f' of line {line}' if line else ''} is not UTF-8"
    # tomllib's own, and nesting without end.
    except (ValueError, RecursionError) as error:
        reason = str(error)
    raise Damaged(f"{path} is damaged: it is not {form} ({reason}); {REMEDY}")
