"""The user's own files in the format of the reference top-tagging set (Zenodo 2603256), as a set like `jets`.

That format is a table of a row a jet with columns E_0, PX_0, PY_0, PZ_0, E_1, ... in GeV, zeros after the last
constituent, and is_signal_new, in HDF5 (as pandas writes it) or parquet. `read_tables.py` reads it with libraries that
this project does not need otherwise; here rows become jets, and what is none is refused by file and row.
"""

import array
import contextlib
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from import_data import read_tables, simulate_jets, splits
from import_data.failure import Failure
from import_data.packages import sha256
from import_data.sets import DataSet, Made, jets
from import_data.simulate_jets import KEPT
from import_data.tensors import tensor

# What reads the tables, where it is not installed: into a folder of the cache, never into the user's Python.
LIBRARIES = {".h5": ("pandas", "tables"), ".hdf5": ("pandas", "tables")} | dict.fromkeys(
    (".parquet", ".pq"), ("pandas", "pyarrow")
)
PINNED = {"pandas": "2.3.3", "tables": "3.10.2" if sys.version_info >= (3, 11) else "3.10.1", "pyarrow": "21.0.0"}


def jet(values, what):
    """Jet's momentum, kept constituents, their number and label of a row of the table (constituents, then label)."""
    label, momenta = values[-1], values[:-1]
    if not all(map(math.isfinite, values)):
        raise Failure(f"{what} holds a number that is not finite")
    if label not in (0.0, 1.0):
        raise Failure(f"{what}: {read_tables.LABEL} is {label:g}, expected 0 or 1")
    energies = momenta[0::4]
    count = sum(energy != 0 for energy in energies)
    if count == 0 or min(energies) < 0 or any(energies[count:]):
        raise Failure(f"{what}: expected one constituent of positive energy or more, and zeros after the last")
    total = [math.fsum(momenta[axis::4]) for axis in range(4)]
    kept = list(momenta[: 4 * min(count, KEPT)])
    return total, kept + [0.0] * (4 * KEPT - len(kept)), min(count, KEPT), int(label)


class Columns:
    """The fields of one split, as they grow."""

    def __init__(self):
        self.momenta, self.constituents = array.array("f"), array.array("f")
        self.counts, self.labels = array.array("B"), array.array("B")

    def add(self, total, members, count, label):
        self.momenta.extend(total)
        self.constituents.extend(members)
        self.counts.append(count)
        self.labels.append(label)

    def tensors(self):
        jets = len(self.labels)
        return {
            "constituents": tensor("F32", (jets, KEPT, 4), self.constituents),
            "jet": tensor("F32", (jets, 4), self.momenta),
            "count": tensor("U8", (jets,), self.counts),
            "label": tensor("U8", (jets,), self.labels),
        }


def rows(stream, what):
    """The rows of what `read_tables.py` writes, as arrays of floats."""
    head = stream.read(8)
    if len(head) < 8:
        return
    size = 4 * (4 * int.from_bytes(head, "little") + 1)
    while data := stream.read(size):
        if len(data) < size:
            raise Failure(f"{what} ended in the middle of a row; try again")
        values = array.array("f", data)
        if sys.byteorder == "big":
            values.byteswap()
        yield values


def read(path, folder, limit, progress):
    """The tensors of the first `limit` jets (None: all) of a table."""
    command = [sys.executable, read_tables.__file__, str(path)] + ([] if folder is None else [str(folder)])
    columns = Columns()
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as reader:
        try:
            for number, values in enumerate(rows(reader.stdout, path)):
                if number == limit:
                    break
                columns.add(*jet(values, f"{path}, row {number}"))
                if number % 1000 == 0:
                    progress(number, limit or number + 1, f"jets of {path.name} read")
        finally:
            reader.stdout.close()
        if reader.wait() != 0:
            log.seek(0)
            said = log.read().decode(errors="replace").strip().splitlines() or ["nothing"]
            raise Failure(f"{path} cannot be read as a table of jets: {said[-1]}")
    if not columns.labels:
        raise Failure(f"{path} has no jets")
    return columns.tensors()


def libraries(path):
    """The libraries that read this file."""
    found = LIBRARIES.get(path.suffix.lower())
    if found is None:
        raise Failure(f"{path} ends in '{path.suffix}', expected one of {', '.join(LIBRARIES)}")
    if not path.is_file():
        raise Failure(f"{path} is not there; give the table's path")
    return found


def installed(wanted, folder=None):
    """Whether a Python of this kind can import them, from the folder too if there is one."""
    places = [] if folder is None else [f"import sys; sys.path.append({str(folder)!r})"]
    line = "; ".join([*places, *(f"import {name}" for name in wanted)])
    return subprocess.run([sys.executable, "-c", line], capture_output=True).returncode == 0


def environment(wanted, downloads, offline, say):
    """None where the libraries are installed, else a folder of the cache that has them, made if need be."""
    if installed(wanted):
        return None
    folder = downloads / f"tables-{sys.version_info[0]}.{sys.version_info[1]}-{'-'.join(wanted)}"
    if folder.is_dir() and installed(wanted, folder):
        return folder
    pinned = [f"{name}=={PINNED[name]}" for name in wanted]
    by_hand = f"install {' and '.join(wanted)} for {sys.executable}"
    if offline:
        raise Failure(f"reading the tables needs {', '.join(pinned)}, and --offline forbids a download; {by_hand}")
    say(f"installing {', '.join(pinned)} into {folder}")
    downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tables-part-", dir=downloads) as work:
        part = pathlib.Path(work) / "part"
        command = [sys.executable, "-m", "pip", "install", "--only-binary", ":all:", "--target", str(part), *pinned]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            log = downloads / "tables.log"
            log.write_bytes(done.stdout)
            raise Failure(f"pip cannot install {', '.join(pinned)} (what it said: {log}); {by_hand}")
        with contextlib.suppress(OSError):  # another import was quicker
            os.replace(part, folder)
    return folder


def data_set(files, offline, downloads, say):
    """The set that the tables make: `files` are those of training, validation and test."""
    files = dict(zip(splits.NAMES, map(pathlib.Path, files)))
    wanted = sorted({name for path in files.values() for name in libraries(path)})

    def make(_paths, subset, progress):
        folder = environment(wanted, downloads, offline, say)
        made = {name: read(path, folder, subset, progress) for name, path in files.items()}
        sources = {name: {"file": path.name, "sha256": sha256(path)} for name, path in files.items()}
        return Made(made, {"classes": list(jets.KINDS), "sources": sources})

    return DataSet(
        name="top-tagging",
        title="the user's tables in the reference top-tagging format",
        packages=(),
        recipe=1,
        megabytes=3 * sum(path.stat().st_size for path in files.values()) // 1_000_000,
        licence="that of the tables",
        attribution="the reference set: A. Butter, G. Kasieczka, T. Plehn, M. Russell and others, arXiv 1902.09914",
        expected_group=jets.SET.expected_group,
        made_by=f"The first {KEPT} constituents of each row, as they stand there: neither sorted, centred, scaled, "
        f"rotated nor boosted. At most the subset's number of rows of each table, from its beginning.",
        objects="as the tables do",
        fields=jets.FIELDS,
        make=make,
    )
