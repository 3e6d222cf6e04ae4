"""The finished sets on disk: `DIR/NAME/{train,validation,test}.safetensors` and `card.json`, whole or not there at all.

A set is written into a folder beside its place and renamed once everything is on the disk. The card holds the sha256 of
each file: a set counts as finished if its card fits the recipe and the files fit the card.
"""

import contextlib
import datetime
import errno
import fcntl
import json
import os
import pathlib
import shutil

from import_data import splits, tensors
from import_data.failure import Failure
from import_data.packages import sha256

SCHEMA = 1


def root():
    """`$XDG_CACHE_HOME/semola/data`, or below ~/.cache. Relative values are ignored, as XDG asks."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    base = pathlib.Path(base) if os.path.isabs(base) else pathlib.Path.home() / ".cache"
    return base / "semola" / "data"


def folder(data, data_set, subset):
    """A subset has a folder of its own: it never replaces the whole set."""
    return data / (data_set.name if subset is None else f"{data_set.name}-{subset}")


def recipe(data_set, subset):
    """What a finished set must agree in to be kept."""
    return {
        "schema": SCHEMA,
        "name": data_set.name,
        "recipe": data_set.recipe,
        "subset": subset,
        "split_seed": splits.SEED,
        "packages": [package._asdict() for package in data_set.packages],
    }


def read_card(place):
    """The card of a folder, or None if there is no readable one."""
    try:
        card = json.loads((place / "card.json").read_text())
        return card if isinstance(card, dict) else None
    except (OSError, ValueError):
        return None


def doubt(place, data_set, subset):
    """Why the folder is no finished set as asked for, in a few words; None if it is."""
    if not place.exists():
        return "not there"
    card = read_card(place)
    if card is None:
        return "its card.json cannot be read"
    expected = json.loads(json.dumps(recipe(data_set, subset)))
    if any(card.get(key) != value for key, value in expected.items()):
        return "it was made by another recipe"
    for name in splits.NAMES:
        file = f"{name}.safetensors"
        try:
            if sha256(place / file) != card["files"][file]["sha256"]:
                return f"{file} is damaged"
        except (OSError, KeyError, TypeError):
            return f"{file} is missing"
    return None


def check(data_set, made):
    """The made tensors against the fields that the card will promise."""
    for split in splits.NAMES:
        found = made.splits[split]
        rows = {tensor.shape[0] for tensor in found.values()}
        if found.keys() != data_set.fields.keys() or len(rows) != 1:
            raise ValueError(f"{data_set.name}: {split} has fields {sorted(found)} with {rows} rows")
        for name, tensor in found.items():
            field = data_set.fields[name]
            if (tensor.dtype, tensor.shape[1:]) != (field.dtype, field.shape):
                raise ValueError(f"{data_set.name}: {name} is {tensor.dtype} {tensor.shape[1:]}, the card says {field}")


def write(place, data_set, subset, made):
    """Puts a set into `place`, which it replaces as a whole."""
    check(data_set, made)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    old = place.with_name(f".{place.name}.old")
    for left in (part, old):  # by a run that was killed: the caller holds the lock
        shutil.rmtree(left, ignore_errors=True)
    try:
        part.mkdir()
        files = {}
        for split in splits.NAMES:
            path = part / f"{split}.safetensors"
            with open(path, "wb") as file:
                tensors.write(file, made.splits[split], {"set": data_set.name, "split": split, "card": "card.json"})
                flush(file)
            samples = next(iter(made.splits[split].values())).shape[0]
            files[path.name] = {"sha256": sha256(path), "bytes": path.stat().st_size, "samples": samples}
        with open(part / "card.json", "w") as file:
            json.dump(card(data_set, subset, made, files), file, indent=1, ensure_ascii=False)
            file.write("\n")
            flush(file)
        if place.exists():
            os.replace(place, old)
        os.replace(part, place)
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def flush(file):
    file.flush()
    os.fsync(file.fileno())


def card(data_set, subset, made, files):
    return {
        **recipe(data_set, subset),
        "title": data_set.title,
        "licence": data_set.licence,
        "attribution": data_set.attribution,
        "expected_group": data_set.expected_group,
        "made_by": data_set.made_by,
        "split_objects": data_set.objects,
        "counts": {name: files[f"{name}.safetensors"]["samples"] for name in splits.NAMES},
        "files": files,
        "fields": {name: {**field._asdict(), "shape": list(field.shape)} for name, field in data_set.fields.items()},
        "imported": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        **made.facts,
    }


@contextlib.contextmanager
def lock(data, name, say):
    """One process at a time makes a set; whoever comes second waits, and then finds it done."""
    data.mkdir(parents=True, exist_ok=True)
    with open(data / f".{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is importing it; waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def need_space(data, megabytes, what):
    """Refuses to begin what will not fit."""
    free = shutil.disk_usage(data).free // 1_000_000
    if free < megabytes:
        raise Failure(f"{what} needs {megabytes} MB in {data}, {free} MB are free; free some, or name another --cache")


def explain(error, data):
    """The sentence for an error of the operating system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full at {error.filename or data}; free some space, or name another --cache, and run again"
    return f"cannot use {error.filename or data}: {error.strerror or error}; make it usable, or name another --cache"
