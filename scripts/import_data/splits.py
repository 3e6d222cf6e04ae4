"""Splits objects into train, validation and test, the same on every machine and with every Python.

An object's place is the rank of the sha256 of seed, set and object name: no random generator whose sequence a version
could change. Objects of one group (identical content, one formula drawn twice) have one name and stay together.
"""

import hashlib

SEED = 0
NAMES = ("train", "validation", "test")


def rank(set_name, objects, seed=SEED):
    """The distinct objects (strings) in the order of their hashes."""
    return sorted(set(objects), key=lambda name: hashlib.sha256(f"{seed}/{set_name}/{name}".encode()).digest())


def split(set_name, objects, validation=0.1, test=0.1, subset=None, seed=SEED):
    """Rows of each split, `{"train": [...], "validation": [...], "test": [...]}`, in the order of the ranking.

    That order is as good as random: sources are sorted by class or size, and the first rows shall be a fair sample.

    `objects` has the object's name of each row. Shares are of the objects, rounded, at least one each where there are
    three (none where the share is 0). `subset` keeps the first so many objects of the ranking.
    """
    ranked = rank(set_name, objects, seed)[:subset]
    tests, validations = (
        max(1 if share and len(ranked) >= 3 else 0, round(share * len(ranked))) for share in (test, validation)
    )
    place = dict.fromkeys(ranked, "train")
    place.update(dict.fromkeys(ranked[tests : tests + validations], "validation"))
    place.update(dict.fromkeys(ranked[:tests], "test"))
    rows, rows_of = {name: [] for name in NAMES}, {}
    for row, name in enumerate(objects):
        rows_of.setdefault(name, []).append(row)
    for name in ranked:
        rows[place[name]] += rows_of[name]
    return rows
