"""The sets that can be imported, in the order of `--list`."""

import difflib

from import_data.sets import cells, digits, ephemeris, fashion, furniture, jets, qm9

SETS = {module.SET.name: module.SET for module in (digits, fashion, furniture, qm9, ephemeris, jets, cells)}


def nearest(name):
    """The sentence for a name that no set has."""
    close = difflib.get_close_matches(name.lower(), SETS, 1, 0.5)
    guess = f"did you mean {close[0]}? " if close else ""
    return f"there is no data set '{name}'; {guess}There are {', '.join(SETS)}"
