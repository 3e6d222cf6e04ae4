"""Top and QCD jets, simulated here by the pythia8mc wheel: the data are made, not downloaded.

Chunks of jets are simulated by `simulate_jets.py`, each in a process of its own and with a seed of its own, so that the
numbers do not depend on how many run at once. Finished chunks stay beside the downloads: an import that was interrupted
goes on from them.
"""

import concurrent.futures
import math
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile

from import_data import simulate_jets, splits
from import_data.failure import Failure
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.simulate_jets import KEPT, RECORD
from import_data.tensors import from_bytes, take, tensor

RECIPE = 1
JETS = 20_000
CHUNK = 500  # jets of one kind: about six seconds
KINDS = ("qcd", "top")  # their places are the labels
VERSION = "8.317.2"
# sha256 of the wheels of Linux on x86-64 by the Python that they are for.
WHEELS = {
    (3, 9): "0282b29d4c30156cc753a355ca4b2d0523bd1651e6d171612e12fa9227d525f7",
    (3, 10): "b2256c5193cdfa1a13ed5c522c43b08840ae55d95f8c95228c9208525a3f30da",
    (3, 11): "166b8885d0f53c97c87b7817d0576206f1d1c6fbad427afb46d43528a2a3dc42",
    (3, 12): "810a54b74a508ad52bfa910f4a50011147cd78d730a09abe02252b05ab47a27c",
    (3, 13): "d1157ceb741a96d3931d88a52aaca502e33a9d8dbb11a35ee6fb31281d116c2b",
}
DATA = f"pythia8mc-{VERSION}.data/data/"  # of the wheel: what an installation puts beside the library
# The rest is manuals.
NEEDED = ("share/Pythia8/xmldoc/", "share/Pythia8/pdfdata/", "share/Pythia8/tunes/", "pythia8mc.")


def wheel(python):
    """The package for a Python version; for one without a wheel that of 3.11, which `refusal` keeps from being used."""
    python = python if python in WHEELS else (3, 11)
    tag = f"cp{python[0]}{python[1]}"
    file = f"pythia8mc-{VERSION}-{tag}-{tag}-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    return Package("PyPI", "pythia8mc", VERSION, file, WHEELS[python], 30)


def refusal(python=None, system=None, machine=None):
    """Why there is no simulation for this Python and machine, in a sentence; None where there is."""
    python = python or sys.version_info[:2]
    system, machine = system or platform.system(), machine or platform.machine()
    if python in WHEELS and (system, machine) == ("Linux", "x86_64"):
        return None
    return (
        f"pythia8mc {VERSION} has wheels for Python 3.9 to 3.13 on Linux x86_64, this is Python "
        f"{python[0]}.{python[1]} on {system} {machine}; import the set with such a Python, or copy its folder "
        "from another machine"
    )


def unpack(path):
    """The folder beside the wheel that holds what the simulation needs of it."""
    folder = path.with_suffix("")
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(prefix=".pythia8mc-unpacked-", dir=path.parent) as work:
        part = pathlib.Path(work) / "part"
        try:
            with zipfile.ZipFile(path) as whole:
                for entry in whole.infolist():
                    entry.filename = entry.filename.removeprefix(DATA)
                    if entry.filename.startswith(NEEDED):
                        whole.extract(entry, part)
        except zipfile.BadZipFile as error:
            raise Failure(f"{path.name} is no sound wheel ({error}); remove it to have it downloaded again") from error
        os.replace(part, folder)
    return folder


def chunk(folder, package, kind, number):
    """The records of a chunk, simulated unless they are there."""
    path = folder / f"{kind}-{number:03}.f32"
    size = CHUNK * RECORD * 4
    if not path.exists() or path.stat().st_size != size:
        # Pythia takes seeds from 1 on; kinds share none.
        seed = 1 + number + 100_000 * KINDS.index(kind)
        command = [sys.executable, simulate_jets.__file__, package, kind, seed, CHUNK, path]
        # Not where the user is: at its import Pythia executes whatever lies in a folder `python` there.
        done = subprocess.run(list(map(str, command)), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log = path.with_suffix(".log")
        if done.returncode != 0 or not path.exists():
            log.write_bytes(done.stdout)
            raise Failure(f"the simulation of {path.name} failed with status {done.returncode}; what it said: {log}")
        log.unlink(missing_ok=True)  # of a failure before
    return path.read_bytes()


def chunks(folder, package, count, progress):
    """The records of the first `count` chunks of each kind: `{(kind, number): bytes}`."""
    wanted = [(kind, number) for number in range(count) for kind in KINDS]
    found = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        tasks = {pool.submit(chunk, folder, package, *which): which for which in wanted}
        try:
            for task in concurrent.futures.as_completed(tasks):
                found[tasks[task]] = task.result()
                progress(len(found) * CHUNK, len(wanted) * CHUNK, "jets simulated")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return found


def read(records, kind, what):
    """The fields of a chunk's jets: `[(jet, constituents, number of constituents)]`, flat lists of floats."""
    values = from_bytes("F32", (CHUNK, RECORD), records, what).values
    jets = []
    for row in range(CHUNK):
        record = values[row * RECORD : (row + 1) * RECORD]
        energies = record[4::4]
        count = sum(energy > 0 for energy in energies)
        if not all(map(math.isfinite, record)) or count == 0 or any(energies[count:]):
            raise Failure(f"{what}, jet {row} is damaged; remove the file to have it simulated again")
        jets.append((record[:4], record[4:], count))
    return jets


def make(paths, subset, progress):
    package = unpack(paths[0].resolve())
    folder = paths[0].parent.resolve() / f"jets-{RECIPE}"
    folder.mkdir(exist_ok=True)
    for left in folder.glob("*.part"):  # by a run that was killed: the caller holds the set's lock
        left.unlink(missing_ok=True)
    jets = JETS if subset is None else min(subset, JETS)
    found = chunks(folder, package, math.ceil(jets / (2 * CHUNK)), progress)
    objects, labels, counts = [], [], []
    momenta, constituents = tensor("F32", (0, 4), []).values, tensor("F32", (0, KEPT, 4), []).values
    for kind, number in sorted(found):
        for row, (jet, members, count) in enumerate(read(found[kind, number], kind, f"{kind}-{number:03}.f32")):
            objects.append(f"{kind}/{number}/{row}")
            labels.append(KINDS.index(kind))
            counts.append(count)
            momenta.extend(jet)
            constituents.extend(members)
    fields = {
        "constituents": tensor("F32", (len(labels), KEPT, 4), constituents),
        "jet": tensor("F32", (len(labels), 4), momenta),
        "count": tensor("U8", (len(labels),), counts),
        "label": tensor("U8", (len(labels),), labels),
    }
    rows = splits.split("jets", objects, 0.15, 0.15, subset=subset)
    made = {name: {field: take(t, rows[name]) for field, t in fields.items()} for name in rows}
    return Made(made, {"classes": list(KINDS)})


FIELDS = {
    "constituents": Field(
        "F32",
        (KEPT, 4),
        "vector",
        "GeV",
        "momenta (E, px, py, pz), z along the beam, by falling transverse momentum; zeros after the last",
    ),
    "jet": Field("F32", (4,), "vector", "GeV", "sum over all constituents of the jet, also those left out"),
    "count": Field("U8", (), "scalar", "number", "how many rows of constituents are filled"),
    "label": Field("U8", (), "scalar", "class", "index into classes; 1 is top"),
}

SET = DataSet(
    name="jets",
    title="jets of top quarks and of QCD, simulated (20,000; Pythia 8, no detector)",
    packages=(wheel(sys.version_info[:2]),),
    recipe=RECIPE,
    megabytes=150,  # the set, the chunks that it is made from, and the unpacked wheel
    licence="none needed: numbers made here. Pythia (GPL-2.0-or-later) makes them and is no part of them",
    attribution="made with Pythia 8.317, C. Bierlich and others, SciPost Phys. Codebases 8 (2022), arXiv 2203.11601, "
    "and its FastJet core, M. Cacciari, G. P. Salam, G. Soyez, Eur. Phys. J. C 72 (2012) 1896",
    expected_group="so(1,3) of the law: whether a jet is a top's does not depend on the frame. The selection does: "
    "rotations about the beam (z) and boosts along it keep it, the others leave the window in transverse momentum",
    made_by=f"Proton collisions at 14 TeV, without multiple interactions, pile-up and detector: the settings of the "
    f"reference top-tagging set (arXiv 1902.09914), whose events had a detector's simulation besides. The jet of most "
    f"transverse momentum by anti-kT with R = {simulate_jets.RADIUS}, between {simulate_jets.PT[0]:.0f} and "
    f"{simulate_jets.PT[1]:.0f} GeV, |eta| < {simulate_jets.ETA:.0f}. top: tt, both W to quarks; a top and its three "
    f"quarks within R of the jet's axis. qcd: two-to-two scattering of light partons and heavier ones. Up to {KEPT} "
    "constituents, neutrinos left out, in the laboratory's frame: neither centred, scaled, rotated nor boosted.",
    objects="jet (one an event)",
    fields=FIELDS,
    make=make,
    refusal=refusal,
)
