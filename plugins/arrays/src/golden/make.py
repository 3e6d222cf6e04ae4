#!/usr/bin/env python3
"""Writes the files that the readers' tests compare with formulas: NumPy and safetensors, nothing of this project.

Every array holds value(i, j) = 3 i + j - 2 for sample i of 4 and component j of 3 (modulo 2 as booleans,
without the -2 where unsigned), unless its name says otherwise.

Usage: python3 make.py    (NumPy 2, safetensors; writes beside itself)
"""
import json
import pathlib
import struct

import numpy as np
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
