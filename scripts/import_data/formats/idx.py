"""IDX, the format of MNIST and its relatives: two zero bytes, type, number of axes, big-endian lengths, entries.

Only unsigned bytes (type 8) are read, the type of all published sets of this kind.
"""

import gzip
import math
import struct
import zlib

from import_data.failure import Failure
from import_data.tensors import from_bytes


def read(data, what, axes):
    """The U8 tensor of an IDX file, gzipped or not, with the given number of axes."""
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise Failure(f"{what} is no sound gzip file ({error})") from error
    if len(data) < 4 + 4 * axes or data[:3] != b"\0\0\x08" or data[3] != axes:
        raise Failure(f"{what} is no IDX file of unsigned bytes with {axes} axes: it begins with {data[:4].hex(' ')}")
    shape = struct.unpack_from(f">{axes}I", data, 4)
    body = data[4 + 4 * axes :]
    if len(body) != math.prod(shape):
        raise Failure(f"{what} holds {len(body)} bytes of data, expected {math.prod(shape)} for shape {list(shape)}")
    return from_bytes("U8", shape, body, what)
