#!/usr/bin/env python3
"""Writes the files that the readers' tests compare with formulas: NumPy and safetensors, nothing of this project.

Every array holds value(i, j) = 3 i + j - 2 for sample i of 4 and component j of 3 (modulo 2 as booleans,
without the -2 where unsigned), unless its name says otherwise.

Usage: python3 make.py    (NumPy 2, safetensors, pyarrow; writes beside itself)
"""
import json
import pathlib
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
i, j = np.arange(4)[:, None], np.arange(3)[None, :]
value = 3 * i + j - 2

arrays = {kind: value.astype(kind) for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8"]}
arrays |= {kind: (value + 2).astype(kind) for kind in ["u1", "u2", "u4", "u8"]}
arrays |= {"bool": value % 2 == 1}

numpy_only = {
    "big_f4": value.astype(">f4"),
    "big_i8": value.astype(">i8"),
    "fortran": np.asfortranarray(value.astype("f8")),
    # 100 i + 10 j + k, 4 samples of 3 by 2
    "fortran_3d": np.asfortranarray(np.fromfunction(lambda i, j, k: 100 * i + 10 * j + k, (4, 3, 2))),
    "list": value[:, 0].astype("f4"),
    "single": np.float32(1.5),
    "empty": np.zeros((0, 3), "f4"),
    "large_u8": np.array([2**63], "u8"),
    "complex": value.astype("c16"),
    "object": np.array([[1], [1, 2]], dtype=object),
    "strings": np.array(["a", "bc"]),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "long": value.astype("f16"),
    "structured": np.zeros(2, dtype=[("x", "f4"), ("y", "f4")]),
}
np.savez(here / "stored.npz", **arrays, **numpy_only)
np.savez_compressed(here / "deflated.npz", **arrays)
save_file(arrays, here / "values.safetensors")

directory = here / "npy"
directory.mkdir(exist_ok=True)
for name in ["f4", "fortran"]:
    np.save(directory / f"{name}.npy", (arrays | numpy_only)[name])
with open(directory / "version_3.npy", "wb") as file:
    np.lib.format.write_array(file, arrays["f4"], version=(3, 0))

# Types that NumPy lacks, laid out by hand: length of the header, header, numbers. bfloat16 is the upper half of a
# 32-bit float.
bfloat16 = (value.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
header = json.dumps({
    "bf16": {"dtype": "BF16", "shape": [4, 3], "data_offsets": [0, 24]},
    "f8": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [24, 28]},
}).encode()
(here / "rare.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bfloat16 + bytes(4))

lines = [",".join(map(str, [*(value[k] / 4), "ball" if k < 2 else "dense, round", k % 2])) for k in range(4)]
lines = [line.replace("dense, round", '"dense, round"') for line in lines]
(here / "values.csv").write_text("\ufeffx,y,z,object,label\n" + "\n".join(lines) + "\n", encoding="utf-8")

# Component j of sample i as in the arrays; columns x, y, z and objects as in the CSV. Small row groups and pages, a
# dictionary where pyarrow makes one, each compression.
def lists(kind, numbers):
    return pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel(), kind), 3).cast(pa.list_(kind))

columns = {
    "x": pa.array(value[:, 0] / 4, pa.float64()),
    "y": pa.array(value[:, 1] / 4, pa.float32()),
    "z": pa.array((value[:, 2] / 4).astype("f2"), pa.float16()),
    "object": pa.array(["ball", "ball", "dense, round", "dense, round"]),
    "label": pa.array([0, 1, 0, 1], pa.uint8()),
    "flag": pa.array([False, True, False, True]),
    "fixed": pa.FixedSizeListArray.from_arrays(pa.array(value.ravel(), pa.float32()), 3),
    "bools": lists(pa.bool_(), value % 2 == 1),
}
for bits in [8, 16, 32, 64]:
    columns[f"i{bits // 8}"] = lists(getattr(pa, f"int{bits}")(), value)
    columns[f"u{bits // 8}"] = lists(getattr(pa, f"uint{bits}")(), value + 2)
for name, kind in [("f2", pa.float16()), ("f4", pa.float32()), ("f8", pa.float64())]:
    columns[name] = lists(kind, value.astype(name))
table = pa.table(columns)
for compression in ["none", "snappy", "gzip", "zstd"]:
    kept = table if compression == "snappy" else table.select(["x", "object", "f4", "i8"])
    pq.write_table(kept, here / f"{compression}.parquet", compression=compression, row_group_size=3)
# The other page format, and encodings that are not the default.
pq.write_table(
    table.select(["x", "y", "object", "f4", "i4", "i8", "bools"]), here / "version_2.parquet", data_page_version="2.0",
    use_dictionary=False, column_encoding={"x": "BYTE_STREAM_SPLIT", "i8.list.element": "DELTA_BINARY_PACKED",
                                           "object": "DELTA_BYTE_ARRAY", "bools.list.element": "RLE"})

refused = {
    "null": pa.array([0.5, None, 1.5]),
    "null_list": pa.array([[1.0], None, [2.0]], pa.list_(pa.float32())),
    "null_entry": pa.array([[1.0, 2.0], [1.0, None], [2.0, 3.0]]),
    "empty_list": pa.array([[1], [2], []]),
    "ragged": pa.array([[1, 2], [3, 4], [5]]),
    "nested": pa.array([[[1]], [[2]], [[3]]]),
    "texts": pa.array(["a", "b", "c"]),
    "text_null": pa.array(["a", None, "c"]),
    "text_lists": pa.array([["a"], ["b"], ["c"]]),
    "struct": pa.array([{"a": 1, "b": 2}] * 3),
    "structs": pa.array([[{"a": 1}]] * 3),
    "map": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int32())),
    "date": pa.array([1, 2, 3], pa.date32()),
    "time": pa.array([1, 2, 3], pa.timestamp("ns")),
    "decimal": pa.array([1, 2, 3], pa.decimal128(5, 2)),
    "bytes": pa.array([b"abc"] * 3, pa.binary(3)),
    "nothing": pa.nulls(3),
    "large": pa.array([2**63, 1, 2], pa.uint64()),
    "nan": pa.array([0.5, 1.5, float("nan")]),
    "half_list": pa.array([[0.5], [1.5], [2.5]]),
}
pq.write_table(pa.table(refused), here / "refused.parquet")
pq.write_table(pa.table({"x": pa.array([1.0, 2.0])}), here / "brotli.parquet", compression="brotli")
pq.write_table(pa.table({"x": pa.array([], pa.float64())}), here / "no_rows.parquet")
