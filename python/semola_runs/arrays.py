"""`generators.npz` and `generators.json`: the same generators twice, read as arrays that cannot be written to.

Shapes are checked, so that callers may rely on `generators` `[k, n, n]` and `range` `[k]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .document import REMEDY, Value, content, json_document
from .failure import Damaged

Arrays = dict[str, NDArray[np.float64]]


def read_arrays(run: Path) -> Mapping[str, NDArray[np.float64]]:
    """The arrays of the npz, or of the JSON file where only that is there. Raises `Unfinished` or `Damaged`."""
    path = run / "generators.npz"
    text = run / "generators.json"
    if text.exists() and not path.exists():
        path = text
        arrays = _from_json(json_document(path, run))
    else:
        arrays = _from_npz(path, content(path, run))
    _check(path, arrays)
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def _from_npz(path: Path, data: bytes) -> Arrays:
    try:
        with np.load(BytesIO(data), allow_pickle=False) as archive:
            return {name: np.array(archive[name], dtype=np.float64) for name in archive.files}
    # numpy, zipfile, zlib and struct each have their own for what is broken, and none lists them.
    except Exception as error:
        raise Damaged(f"{path} is damaged: it is not npz ({error}); {REMEDY}") from error


def _from_json(document: Value) -> Arrays:
    sets = {"generators": "", "approximate": "approximate_"}
    matrices = {name: [item["matrix"].array(2) for item in document[name].items()] for name in sets}
    n = next((len(matrix) for name in sets for matrix in matrices[name]), 0)
    arrays: Arrays = {}
    for name, before in sets.items():
        if any(matrix.shape != (n, n) for matrix in matrices[name]):
            raise document[name].wrong(f"matrices {n} × {n}")
        arrays[name] = np.array(matrices[name], dtype=np.float64).reshape(-1, n, n) if n else np.zeros((0, 0, 0))
        for column in ("violation", "range"):
            arrays[before + column] = np.array([item[column].number() for item in document[name].items()])
    for name in ("readable", "structure_constants", "output"):
        value = document.find(name)
        if value is not None:
            arrays[name] = value.array(3).copy()
    if not arrays.get("readable", np.ones(1)).size:
        arrays["readable"] = np.zeros((0, n, n))
    return arrays


def _check(path: Path, arrays: Arrays) -> None:
    shapes = {name: _shape(path, arrays, name) for name in ("generators", "range")}
    k, *square = shapes["generators"] or (0,)
    for name, expected, right in (
        ("generators", "[k, n, n]", len(square) == 2 and square[0] == square[1]),
        ("range", f"[{k}]", shapes["range"] == (k,)),
    ):
        if not right:
            found = list(shapes[name])
            raise Damaged(f"{path} is damaged: `{name}` has shape {found}, expected {expected}; {REMEDY}")


def _shape(path: Path, arrays: Arrays, name: str) -> tuple[int, ...]:
    if name not in arrays:
        raise Damaged(f"{path} is damaged: it lacks `{name}`, which is always there; {REMEDY}")
    return arrays[name].shape
