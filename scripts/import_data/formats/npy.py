"""NumPy's npy format, versions 1 to 3, as far as ephemerides need it: little-endian doubles and plain records."""

import ast
import struct

from import_data.failure import Failure
from import_data.tensors import from_bytes


def header(data, what):
    """The header's dictionary and where the entries begin."""
    try:
        if data[:6] != b"\x93NUMPY":
            raise ValueError("it does not begin with \\x93NUMPY")
        length, start = struct.unpack_from("<H", data, 8)[0], 10
        if data[6] >= 2:
            length, start = struct.unpack_from("<I", data, 8)[0], 12
        fields = ast.literal_eval(data[start : start + length].decode("latin-1"))
        if fields["fortran_order"]:
            raise ValueError("its order is Fortran's")
        return fields, start + length
    except (ValueError, SyntaxError, KeyError, TypeError, IndexError, struct.error) as error:
        raise Failure(f"{what} is no npy file that can be read here: {error}") from error


def doubles(data, what):
    """The F64 tensor of an npy file of doubles."""
    fields, start = header(data, what)
    if fields["descr"] != "<f8":
        raise Failure(f"{what} holds {fields['descr']}, expected <f8")
    return from_bytes("F64", fields["shape"], data[start:], what)


def named_values(data, what):
    """The dictionary of an npy file of records (six characters, double)."""
    fields, start = header(data, what)
    if [kind.lstrip("|") for _, kind in fields["descr"]] != ["S6", "<f8"] or (len(data) - start) % 14:
        raise Failure(f"{what} holds {fields['descr']}, expected records of a name of six characters and a <f8")
    return {name.rstrip(b"\0 ").decode("latin-1"): value for name, value in struct.iter_unpack("<6sd", data[start:])}
