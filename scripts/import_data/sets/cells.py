"""Outlines of cultured mouse osteosarcoma cells, from the geomstats source package: closed curves in pixels."""

import hashlib
import math

from import_data import splits
from import_data.failure import Failure
from import_data.formats import archive
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.tensors import take, tensor

FOLDER = "geomstats-2.8.0/geomstats/datasets/data/cells/"
POINTS = 128
LINES = ("dunn", "dlm8")
TREATMENTS = ("control", "cytd", "jasp")


def outlines(text, what):
    """The curves `[[(x, y)]]` of a file of "x y" lines with an empty line between two curves."""
    curves, curve = [], []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.strip():
                x, y = map(float, line.split())
                if not (math.isfinite(x) and math.isfinite(y)):
                    raise ValueError("not finite")
                curve.append((x, y))
            elif curve:
                curves.append(curve)
                curve = []
        except ValueError as error:
            raise Failure(f"{what}, line {number}: '{line.strip()[:60]}' is no point, expected two numbers") from error
    if curve:
        curves.append(curve)
    return curves


def resample(curve, count):
    """`count` points evenly spaced along the closed polygon, the first one kept: `[(x, y)]`."""
    steps = list(zip(curve, curve[1:] + curve[:1]))
    lengths = [math.dist(a, b) for a, b in steps]
    total, points, step, before = math.fsum(lengths), [], 0, 0.0
    for index in range(count):
        at = total * index / count
        while step < len(steps) - 1 and before + lengths[step] <= at:
            before += lengths[step]
            step += 1
        (x0, y0), (x1, y1) = steps[step]
        share = (at - before) / lengths[step] if lengths[step] else 0.0
        points.append((x0 + share * (x1 - x0), y0 + share * (y1 - y0)))
    return points


def labels(data, classes, count, what):
    found = data.decode("latin-1").split()
    if len(found) != count:
        raise Failure(f"{what} has {len(found)} labels, expected one for each of the {count} outlines")
    for number, label in enumerate(found, 1):
        if label not in classes:
            raise Failure(f"{what}, line {number}: '{label}', expected one of {', '.join(classes)}")
    return [classes.index(label) for label in found]


def make(paths, subset, progress):
    names = {part: f"{FOLDER}{part}.txt" for part in ("cells", "cell_lines", "treatments")}
    files = archive.tarball(paths[0], names.values())
    curves = outlines(files[names["cells"]].decode("latin-1"), names["cells"])
    count = len(curves)
    points, objects = [], []
    for row, curve in enumerate(curves):
        if len(curve) < 3:
            raise Failure(f"{names['cells']}, outline {row}: {len(curve)} points, expected three at least")
        points += [entry for point in resample(curve, POINTS) for entry in point]
        objects.append(hashlib.sha256(repr(curve).encode()).hexdigest())
        progress(row + 1, count, "outlines read")
    fields = {
        "outline": tensor("F32", (count, POINTS, 2), points),
        "line": tensor("U8", (count,), labels(files[names["cell_lines"]], LINES, count, names["cell_lines"])),
        "treatment": tensor("U8", (count,), labels(files[names["treatments"]], TREATMENTS, count, names["treatments"])),
    }
    rows = splits.split("cells", objects, 0.15, 0.15, subset=subset)
    made = {name: {field: take(t, rows[name]) for field, t in fields.items()} for name in rows}
    return Made(made, {"lines": list(LINES), "treatments": list(TREATMENTS)})


SET = DataSet(
    name="cells",
    title="outlines of cancer cells under three treatments",
    packages=(
        Package(
            "PyPI",
            "geomstats",
            "2.8.0",
            "geomstats-2.8.0.tar.gz",
            "d34df1ed96354859f694dfea2f58080d34f6e82bb0a5e49061d49ec213ef48a0",
            10,
        ),
    ),
    recipe=1,
    megabytes=1,
    licence="MIT",
    attribution="geomstats (N. Miolane and others), datasets/data/cells",
    expected_group="SE(2): a culture dish has no preferred place or direction",
    made_by=f"Each closed outline resampled to {POINTS} points evenly spaced along it, counterclockwise, from the "
    "source's first point. In pixels of the source image: neither centred, scaled nor rotated.",
    objects="cell (identical outlines stay together)",
    fields={
        "outline": Field(
            "F32", (POINTS, 2), "vector", "pixel", "points (x, y) along the outline; its start means nothing"
        ),
        "line": Field("U8", (), "scalar", "class", "cell line, index into lines; dlm8 is the more aggressive"),
        "treatment": Field("U8", (), "scalar", "class", "index into treatments"),
    },
    make=make,
)
