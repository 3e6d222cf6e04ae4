"""Reads a table of the reference top-tagging format, in a process of its own: `read_tables.py FILE [FOLDER]`.

The only file that imports pandas, tables (HDF5) and pyarrow (parquet), from FOLDER if they are not installed. Standard
output gets one row a jet, little-endian 32-bit floats: how many constituents the table has room for comes first, as a
64-bit integer, then for each jet E, px, py, pz of every constituent in order, and is_signal_new. Trouble is one
sentence on standard error.
"""

import os
import sys

LABEL = "is_signal_new"
AXES = ("E", "PX", "PY", "PZ")
ROWS = 20_000  # at a time


def room(columns):
    """How many constituents a table with these columns has room for; 0 where it is none of the format."""
    columns = set(columns)
    count = 0
    while all(f"{axis}_{count}" in columns for axis in AXES):
        count += 1
    return count if LABEL in columns else 0


def names(count):
    return [f"{axis}_{place}" for place in range(count) for axis in AXES] + [LABEL]


def hdf5(path):
    """The columns of the first table, and its blocks as data frames."""
    import pandas

    with pandas.HDFStore(path, mode="r") as store:
        # A table under the name "table" makes its folder, the root, look like one.
        keys = [key for key in store.keys() if key != "/"]
        if not keys:
            raise ValueError("it holds no table of pandas")
        rows = store.get_storer(keys[0]).nrows or len(store.select(keys[0]))
        yield list(store.select(keys[0], start=0, stop=1).columns)
        for start in range(0, rows, ROWS):
            yield store.select(keys[0], start=start, stop=start + ROWS)


def parquet(path):
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    yield file.schema_arrow.names
    for batch in file.iter_batches(ROWS, columns=names(room(file.schema_arrow.names))):
        yield batch.to_pandas()


def main(path, folder=None):
    if folder is not None:
        sys.path.append(folder)
    try:
        blocks = parquet(path) if path.endswith((".parquet", ".pq")) else hdf5(path)
        columns = next(blocks)
        count = room(columns)
        if count == 0:
            found = ", ".join(map(str, columns[:6]))
            raise ValueError(f"it has columns {found}, ..., expected E_0, PX_0, PY_0, PZ_0, ..., {LABEL}")
        out = sys.stdout.buffer
        out.write(count.to_bytes(8, "little"))
        for block in blocks:
            out.write(block[names(count)].to_numpy("<f4").tobytes())
    except BrokenPipeError:  # enough was read
        os.close(1)
    except Exception as error:  # whatever the libraries raise becomes the reader's sentence
        raise SystemExit(f"{type(error).__name__}: {error}") from None


if __name__ == "__main__":
    main(*sys.argv[1:])
