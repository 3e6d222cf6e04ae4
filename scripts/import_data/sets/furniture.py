"""Furniture of Sweet Home 3D: labelled OBJ meshes, sampled to clouds of points on their surfaces."""

import bisect
import hashlib
import io
import itertools
import math
import random
import zipfile
import zlib

from import_data import splits
from import_data.failure import Failure
from import_data.formats import archive, obj
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.tensors import take, tensor

FOLDER = "usr/share/sweethome3d/furniture/"
CATALOGUE = "PluginFurnitureCatalog.properties"
POINTS = 2048
# Where the models of each library come from: licence, and whom to name beside the model's own creator.
LIBRARIES = {
    "BlendSwap-CC-0": ("CC0-1.0", "the BlendSwap contributors; Emmanuel Puybaret / eTeks"),
    "BlendSwap-CC-BY": ("CC-BY-3.0", "the BlendSwap contributors; Emmanuel Puybaret / eTeks"),
    "KatorLegaz": ("CC-BY-3.0-US", "Andrew Kator and Jennifer Legaz"),
    "Reallusion": ("CC-BY-3.0-US", "Reallusion"),
    "Scopia": ("CC-BY-3.0", "Emmanuel Puybaret / eTeks and Scopia Visual Interfaces Systems, s.l."),
}
CATEGORIES = (
    "Bathroom",
    "Bedroom",
    "Characters",
    "Doors and windows",
    "Exterior",
    "Kitchen",
    "Lights",
    "Living room",
    "Miscellaneous",
    "Office",
    "Staircases",
    "Vehicles",
)
# Kind of shape by the last word of the catalogue's English name; categories group by room instead.
KINDS = {
    "other": (),
    "chair": ("chair", "armchair", "stool"),
    "table": ("table", "desk"),
    "sofa": ("sofa", "couch", "bench"),
    "bed": ("bed", "bunkbed", "crib"),
    "cabinet": ("cabinet", "bookcase", "wardrobe", "shelves", "unit", "dresser", "chest", "sideboard"),
    "lamp": ("lamp", "light", "lantern", "candle", "chandelier"),
    "opening": ("door", "window", "panes"),
    "person": ("male", "female", "boy", "girl", "man", "woman"),
    "plant": ("plant", "tree", "bush"),
}


def properties(text):
    """`{number: {key: value}}` of a furniture catalogue: lines "key#number=value"."""
    models = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        name, mark, number = key.strip().partition("#")
        if equals and mark and name and number.isdigit():
            models.setdefault(int(number), {})[name] = value.strip()
    return models


def kind(name):
    word = name.lower().split()[-1] if name.split() else ""
    return next((index for index, words in enumerate(KINDS.values()) if word in words), 0)


def turned(vertices, rotation, what):
    """The vertices after the catalogue's modelRotation (nine numbers, row by row): it puts the model upright."""
    if rotation is None:
        return vertices
    try:
        a, b, c, d, e, f, g, h, i = map(float, rotation.split())
    except ValueError as error:
        raise Failure(f"{what}: modelRotation '{rotation}' is not nine numbers") from error
    return [(a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z) for x, y, z in vertices]


def surface(vertices, triangles, count, random_source, what):
    """`count` points uniform by area, centred on the surface's centroid and scaled into the unit ball.

    Returns the points (flat), the centroid [3] and the scale: model coordinates are point * scale + centroid. The
    scale is the largest distance of a used vertex from the centroid.
    """
    areas, moments = [], []
    for i, j, k in triangles:
        a, b, c = vertices[i], vertices[j], vertices[k]
        u, v = [q - p for p, q in zip(a, b)], [q - p for p, q in zip(a, c)]
        cross = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
        area = math.sqrt(cross[0] ** 2 + cross[1] ** 2 + cross[2] ** 2) / 2
        areas.append(area)
        moments.append(area / 3)
    total = math.fsum(areas)
    if not (math.isfinite(total) and total > 0):
        raise Failure(f"{what} has a surface of area {total}, expected a positive number")
    centre = [
        math.fsum(m * (vertices[i][x] + vertices[j][x] + vertices[k][x]) for m, (i, j, k) in zip(moments, triangles))
        / total
        for x in range(3)
    ]
    used = {corner for triangle in triangles for corner in triangle}
    scale = max(math.dist(vertices[corner], centre) for corner in used)
    sums, points = list(itertools.accumulate(areas)), []
    for _ in range(count):
        index = min(bisect.bisect(sums, random_source.random() * sums[-1]), len(sums) - 1)
        a, b, c = (vertices[corner] for corner in triangles[index])
        # The square root makes the point uniform in the triangle.
        root, share = math.sqrt(random_source.random()), random_source.random()
        weights = (1 - root, root * (1 - share), root * share)
        points += [
            (weights[0] * p + weights[1] * q + weights[2] * r - o) / scale for p, q, r, o in zip(a, b, c, centre)
        ]
    return points, centre, scale


def entries(files):
    """Every model of the libraries: (library, zip file, catalogue entry), in the order of the catalogues."""
    found = []
    for library in LIBRARIES:
        name = f"{FOLDER}{library}.sh3f"
        try:
            models = zipfile.ZipFile(io.BytesIO(files[name]))
            catalogue = properties(models.read(CATALOGUE).decode("latin-1"))
        except (zipfile.BadZipFile, zlib.error, KeyError) as error:
            raise Failure(f"{name} is no sound furniture library: {error}") from error
        found += [(library, models, entry) for _, entry in sorted(catalogue.items()) if "model" in entry]
    return found


def make(paths, subset, progress):
    found = entries(archive.debian(paths[0], [f"{FOLDER}{library}.sh3f" for library in LIBRARIES]))
    if subset is not None:
        # Spread over the libraries and their alphabet.
        found = [found[index * len(found) // min(subset, len(found))] for index in range(min(subset, len(found)))]
    points, sizes, centres, scales, categories, kinds, objects, models = [], [], [], [], [], [], [], []
    for row, (library, container, entry) in enumerate(found):
        what = f"{library}.sh3f: {entry['model']}"
        try:
            text = container.read(entry["model"].lstrip("/"))
            size = [float(entry[side]) for side in ("width", "height", "depth")]
            categories.append(CATEGORIES.index(entry["category"]))
        except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise Failure(f"{what}: the catalogue or the model is damaged: {error}") from error
        vertices, triangles = obj.read(text.decode("latin-1"), what)
        vertices = turned(vertices, entry.get("modelRotation"), what)
        source = random.Random(f"{splits.SEED}/furniture/{entry['model']}")
        cloud, centre, scale = surface(vertices, triangles, POINTS, source, what)
        points += cloud
        sizes += size
        centres += centre
        scales.append(scale)
        kinds.append(kind(entry["name"]))
        objects.append(hashlib.sha256(text).hexdigest())
        licence, holders = LIBRARIES[library]
        models.append(
            {
                "model": entry["model"].lstrip("/"),
                "name": entry["name"],
                "creator": entry.get("creator", ""),
                "holders": holders,
                "licence": licence,
            }
        )
        progress(row + 1, len(found), "meshes sampled")
    count = len(found)
    fields = {
        "point": tensor("F32", (count, POINTS, 3), points),
        "size": tensor("F32", (count, 3), sizes),
        "centre": tensor("F32", (count, 3), centres),
        "scale": tensor("F32", (count,), scales),
        "category": tensor("U8", (count,), categories),
        "kind": tensor("U8", (count,), kinds),
        "model": tensor("I32", (count,), range(count)),
    }
    rows = splits.split("furniture", objects, 0.15, 0.15)
    made = {name: {field: take(t, rows[name]) for field, t in fields.items()} for name in rows}
    return Made(made, {"categories": list(CATEGORIES), "kinds": list(KINDS), "models": models})


SET = DataSet(
    name="furniture",
    title="furniture as clouds of surface points (820 meshes of Sweet Home 3D)",
    packages=(
        Package(
            "Debian",
            "sweethome3d-furniture",
            "1.8-1",
            "sweethome3d-furniture_1.8-1_all.deb",
            "3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
            120,
        ),
    ),
    recipe=1,
    megabytes=21,
    licence="CC0-1.0, CC-BY-3.0 and CC-BY-3.0-US by model: see models in the card; sampled from the originals",
    attribution="Emmanuel Puybaret / eTeks; Scopia Visual Interfaces Systems, s.l.; Andrew Kator and Jennifer Legaz; "
    "Reallusion; the BlendSwap contributors; each model's creator in models",
    expected_group="SO(2) about the vertical (y) as imported, upright; SO(3) once a plugin rotates the clouds",
    made_by=f"Turned upright by the catalogue's modelRotation, y up; {POINTS} points uniform by area, from a seeded "
    "stream of each model; centred on the surface's centroid and divided by the largest distance of a vertex from it "
    "(fields centre and scale undo both). Not rotated otherwise, and the fronts of most models look along +z: "
    "rotations are the plugin's part.",
    objects="mesh",
    fields={
        "point": Field("F32", (POINTS, 3), "vector", "scale", "points on the surface, within the unit ball"),
        "size": Field("F32", (3,), "custom", "cm", "width (x), height (y), depth (z) in the catalogue"),
        "centre": Field("F32", (3,), "vector", "model's unit", "centroid of the surface that was subtracted"),
        "scale": Field("F32", (), "scalar", "model's unit", "radius that was divided by"),
        "category": Field("U8", (), "scalar", "class", "room or use, index into categories"),
        "kind": Field("U8", (), "scalar", "class", "shape by the name's last word, index into kinds; 0 is the rest"),
        "model": Field("I32", (), "index", "index", "into models: name, creator and licence"),
    },
    make=make,
)
