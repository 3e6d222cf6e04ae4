"""Arrays, and their safetensors files: eight bytes of header length, a JSON header, then the arrays' bytes.

Format: the safetensors specification, 0.4. Files are little-endian whatever the machine. The header is padded with
spaces to a multiple of eight bytes and arrays come widest type first, so that each lies aligned when mapped to memory.
"""

import array
import json
import math
import struct
import sys
import typing

from import_data.failure import Failure

# The safetensors name of a type: array's type code, bytes an entry.
TYPES = {"F64": ("d", 8), "F32": ("f", 4), "I64": ("q", 8), "I32": ("i", 4), "U8": ("B", 1)}


class Tensor(typing.NamedTuple):
    """`values` holds the product of `shape` entries in row-major order."""

    dtype: str
    shape: tuple
    values: array.array


def tensor(dtype, shape, values):
    """A tensor of `values`, any iterable of numbers; their number must be that of the shape."""
    packed = array.array(TYPES[dtype][0], values)
    if len(packed) != math.prod(shape):
        raise ValueError(f"{len(packed)} values for shape {list(shape)}")
    return Tensor(dtype, tuple(shape), packed)


def take(source, rows):
    """The tensor of the given rows (indices along the first axis), in their order."""
    size = math.prod(source.shape[1:])
    values = array.array(source.values.typecode)
    for row in rows:
        values.extend(source.values[row * size : (row + 1) * size])
    return Tensor(source.dtype, (len(rows), *source.shape[1:]), values)


def write(file, tensors, metadata):
    """Writes named tensors and a map of strings to a binary file."""
    names = sorted(tensors, key=lambda name: (-TYPES[tensors[name].dtype][1], name))
    header, offset = {"__metadata__": metadata}, 0
    for name in names:
        dtype, shape, values = tensors[name]
        end = offset + len(values) * values.itemsize
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)))
    file.write(text)
    for name in names:
        values = tensors[name].values
        if sys.byteorder == "big":
            values = array.array(values.typecode, values)
            values.byteswap()
        values.tofile(file)


def from_bytes(dtype, shape, data, what):
    """A tensor of little-endian bytes; `what` names their source in the error."""
    code, size = TYPES[dtype]
    expected = math.prod(shape) * size
    if len(data) != expected:
        raise Failure(f"{what} holds {len(data)} bytes of data, expected {expected} for shape {list(shape)}")
    values = array.array(code)
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return Tensor(dtype, tuple(shape), values)
