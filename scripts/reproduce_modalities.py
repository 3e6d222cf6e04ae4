"""The table of real data: rows, and what each has to show. Read by `scripts/reproduce modalities`.

A row is what scripts/reproduce calls one; `demands` are `(what, key, statistic, least, most)`: of the figure `key` over the
seeds the statistic must lie between the two, None leaves an end open. Nothing here is read from a run.
"""

import math

QUARTER = math.pi / 4


def symmetric(name, source, algebra, dimension, cosine, *demands, **more):
    """A row in which the whole algebra must be found on every seed."""
    found = ("the number of generators on every seed", "right", "min", 1, 1)
    close = (f"cosine at least {cosine}", "cosine", "min", cosine, None)
    return {"name": name, "kind": "symmetric", "source": source, "algebra": algebra, "dimension": dimension,
            "demands": (found, close, *demands), **more}


def control(name, source, **more):
    """A row in which nothing may be found."""
    nothing = ("nothing claimed on any seed", "dimension", "max", None, 0)
    return {"name": name, "kind": "control", "source": source, "algebra": "none", "dimension": 0, "demands": (nothing,),
            **more}


FOUND = ("the number of generators on every seed", "right", "min", 1, 1)


def reported(name, source, algebra, dimension, **more):
    """A row without a demand of its own: what is found is reported."""
    return {"name": name, "kind": "symmetric", "source": source, "algebra": algebra, "dimension": dimension, "demands": (),
            **more}


SHIFTED = ("shifted error at most 1.3 times the oracle's", "factor", "median", None, 1.3)
RANDOM_FRAMES = ("dataset.frames=random", "dataset.coverage=1.0", 'dataset.bodies=["mercury","venus","earth","mars"]')

ROWS = (
    symmetric("digits over the circle", "plugin images", "so(2)", 1, 0.99,
              ("test accuracy at least .97", "test", "median", 0.97, None),
              ("test accuracy at least plain's", "gain_test", "median", 0.0, None),
              ("agreement of predictions under rotation at least .97", "agreement", "median", 0.97, None)),
    symmetric("digits of ±45°", "images-partial", "so(2)", 1, 0.98,
              ("extent within 25 %", "extent", "min", 0.75 * QUARTER, None),
              ("extent within 25 %", "extent", "max", None, 1.25 * QUARTER),
              ("accuracy over the circle above plain's by .05", "gain", "min", 0.05, None), extent=QUARTER),
    control("fashion, upright", "images-fashion"),
    reported("digits, affine", "images-affine", "so(2)", 1, demands=(FOUND,)),
    reported("digits, homography", "images-homography", "so(2)", 1),
    symmetric("furniture, rotated", "plugin pointnet", "so(3)", 3, 0.95),
    symmetric("furniture, upright", "pointnet-upright", "so(2)", 1, 0.95),
    control("furniture, extents along the axes", "pointnet-extents"),
    symmetric("QM9", "plugin molecules", "so(3)", 3, 0.98, SHIFTED),
    symmetric("QM9, not centred", "molecules-translations", "se(3)", 6, 0.98),
    symmetric("QM9 with a preferred direction", "molecules-control", "so(2)", 1, 0.98),
    reported("jets", "plugin jets", "so(1,3)", 6),
    symmetric("cells", "plugin cells", "se(2)", 3, 0.95, quick=True),
    reported("cells, ways along the axes", "cells-control", "R^2", 2, demands=(FOUND,)),
    symmetric("charged particles", "dynamics-charged", "so(3)", 3, 0.98, SHIFTED),
    reported("charged particles anywhere", "dynamics-charged-anywhere", "se(3)", 6),
    symmetric("planets in their plane", "dynamics-ephemeris", "so(2)", 1, 0.98, quick=True),
    symmetric("planets in random frames", "dynamics-ephemeris", "so(3)", 3, 0.98, SHIFTED, settings=RANDOM_FRAMES),
)
