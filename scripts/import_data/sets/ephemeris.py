"""Sun, planets and Moon from the Chebyshev coefficients of JPL's ephemeris DE421."""

import math

from import_data.failure import Failure
from import_data.formats import archive, npy
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.tensors import tensor

FOLDER = "de421-2008.1/de421/"
FILES = ("sun", "mercury", "venus", "earthmoon", "mars", "jupiter", "saturn", "uranus", "neptune", "pluto", "moon")
BODIES = ("sun", "mercury", "venus", "earth", "moon", "mars", "jupiter", "saturn", "uranus", "neptune", "pluto")
START, END = 2415020.5, 2469807.5  # 1900-01-01 and 2050-01-01, 0 h TDB: the years that the package promises
VALIDATION, TEST = 2453371.5, 2461771.5  # 2005-01-01 and 2028-01-01


def evaluate(coefficients, begin, end, epoch, what):
    """Position [3] in km (geocentric or barycentric, as the file's) and velocity [3] in km/day at a Julian date.

    `coefficients` has shape [granules, 3, terms], the granules of equal length from `begin` to `end`, coefficients of
    the Chebyshev polynomials T_0, T_1, ... on each granule mapped to [-1, 1]; their derivatives follow
    T'_n = 2 T_(n-1) + 2 x T'_(n-1) - T'_(n-2).
    """
    granules, axes, terms = coefficients.shape
    days = (end - begin) / granules
    place, rest = divmod(epoch - begin, days)
    if not 0 <= place < granules:
        raise Failure(f"{what} covers Julian dates {begin} to {end}, not {epoch}")
    x = 2 * rest / days - 1
    t, derivative = [1.0, x], [0.0, 1.0]
    for _ in range(terms - 2):
        derivative.append(2 * t[-1] + 2 * x * derivative[-1] - derivative[-2])
        t.append(2 * x * t[-1] - t[-2])
    start = int(place) * axes * terms
    rows = [coefficients.values[start + axis * terms : start + (axis + 1) * terms] for axis in range(axes)]
    position = [sum(map(float.__mul__, row, t)) for row in rows]
    return position, [sum(map(float.__mul__, row, derivative)) * 2 / days for row in rows]


def states(series, constants, epoch):
    """Positions [11, 3] in au and velocities [11, 3] in au/day of BODIES, barycentric, flat lists."""
    begin, end, unit = constants["jalpha"], constants["jomega"], constants["AU"]
    of = {name: evaluate(found, begin, end, epoch, name) for name, found in series.items()}
    # The file has the Earth-Moon barycentre, and the Moon as seen from the Earth.
    share = 1 / (1 + constants["EMRAT"])
    flat = []
    for part in range(2):
        centre, moon = of["earthmoon"][part], of["moon"][part]
        earth = [c - share * m for c, m in zip(centre, moon)]
        here = {name: found[part] for name, found in of.items()}
        here |= {"earth": earth, "moon": [e + m for e, m in zip(earth, moon)]}
        flat.append([entry / unit for body in BODIES for entry in here[body]])
    return flat


def masses(constants):
    """G times mass of BODIES, au^3/day^2."""
    pair = constants["GMB"]
    moon = pair / (1 + constants["EMRAT"])
    planets = {name: constants[f"GM{number}"] for number, name in [(1, "mercury"), (2, "venus"), (4, "mars")]}
    outer = ("jupiter", "saturn", "uranus", "neptune", "pluto")
    planets |= {name: constants[f"GM{number}"] for number, name in enumerate(outer, 5)}
    planets |= {"sun": constants["GMS"], "moon": moon, "earth": pair - moon}
    return [planets[body] for body in BODIES]


def make(paths, subset, progress):
    names = [FOLDER + "constants.npy"] + [f"{FOLDER}jpl-{name}.npy" for name in FILES]
    files = archive.tarball(paths[0], names)
    constants = npy.named_values(files[names[0]], names[0])
    series = {name: npy.doubles(files[path], path) for name, path in zip(FILES, names[1:])}
    for name, found in series.items():
        if len(found.shape) != 3 or found.shape[1] != 3 or found.shape[2] < 2:
            raise Failure(f"jpl-{name}.npy has shape {list(found.shape)}, expected [granules, 3, terms]")
    days = int(END - START) + 1
    count = days if subset is None else min(subset, days)
    made = {name: {"epoch": [], "position": [], "velocity": []} for name in ("train", "validation", "test")}
    for index in range(count):
        # A subset is spread over all years.
        epoch = START + index * (days - 1) // max(1, count - 1)
        into = made["train" if epoch < VALIDATION else "validation" if epoch < TEST else "test"]
        position, velocity = states(series, constants, epoch)
        into["epoch"].append(epoch)
        into["position"] += position
        into["velocity"] += velocity
        if index % 500 == 0:
            progress(index, count, "days evaluated")
    shapes = {"epoch": (), "position": (len(BODIES), 3), "velocity": (len(BODIES), 3)}
    tensors = {
        name: {field: tensor("F64", (len(rows["epoch"]), *shapes[field]), values) for field, values in rows.items()}
        for name, rows in made.items()
    }
    gm = masses(constants)
    if not all(map(math.isfinite, gm)):
        raise Failure(f"{names[0]} has a mass that is not finite")
    return Made(tensors, {"bodies": list(BODIES), "gm_au3_per_day2": gm, "au_km": constants["AU"]})


SET = DataSet(
    name="ephemeris",
    title="Sun, planets and Moon, every day from 1900 to 2050 (JPL DE421)",
    packages=(
        Package(
            "PyPI",
            "de421",
            "2008.1",
            "de421-2008.1.tar.gz",
            "a66faf7be328573d0028e45632ba614dd573cee88e3b6f099059149acc024df8",
            27,
        ),
    ),
    recipe=1,
    megabytes=30,
    licence="MIT (the package); the ephemeris was published by NASA's Jet Propulsion Laboratory for anyone's use",
    attribution="W. M. Folkner, J. G. Williams, D. H. Boggs, The Planetary and Lunar Ephemeris DE 421, "
    "IPN Progress Report 42-178 (2009), Jet Propulsion Laboratory; package de421 by B. Rhodes",
    expected_group="so(3) of the law of gravity; the orbits lie within a few degrees of the ecliptic (Pluto 17), so "
    "that data alone show so(2) about its pole most clearly; translations once the origin is not the barycentre",
    made_by="Chebyshev series and their derivatives evaluated at 0 h TDB of each day. Origin at the barycentre of the "
    "solar system, axes of the ICRF (equator of J2000: the ecliptic is inclined by 23.44 degrees about x); neither "
    "centred, scaled nor rotated further.",
    objects="stretch of time: train to the end of 2004, validation 2005 to 2027, test 2028 to 2050-01-01",
    fields={
        "epoch": Field("F64", (), "scalar", "Julian date, TDB", "time"),
        "position": Field("F64", (len(BODIES), 3), "vector", "au", "of bodies, in the card's order"),
        "velocity": Field("F64", (len(BODIES), 3), "vector", "au/day", "of bodies, in the card's order"),
    },
    make=make,
)
