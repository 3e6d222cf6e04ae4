"""Packages made on the spot, and a reader of safetensors that shares no code with the writer."""

import hashlib
import io
import json
import pathlib
import struct
import tarfile

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests" / "data" / "import"


def tarball(path, members, mode="w:gz"):
    """A tarball of `{name: bytes}`."""
    with tarfile.open(path, mode) as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def debian(path, members):
    """A Debian package whose data holds the members: three `ar` entries, the first of odd length."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:xz") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo("./" + name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    with open(path, "wb") as file:
        file.write(b"!<arch>\n")
        for name, data in (("debian-binary", b"2.0"), ("control.tar.xz", b"none"), ("data.tar.xz", inner.getvalue())):
            file.write(b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(data)))
            file.write(data + b"\n" * (len(data) % 2))
    return path


def digits(path, images_of_each=3):
    """The npm package: image k of digit d has ink (d + 1) / 255 at pixel k and a full pixel in the last row."""
    members = {}
    for digit in range(10):
        pixels = []
        for image in range(images_of_each):
            picture = [0] * 784
            picture[image], picture[783] = round((digit + 1) / 255, 3), 1
            pixels += picture
        members[f"package/src/digits/{digit}.json"] = json.dumps({"data": pixels}).encode()
    return tarball(path, members)


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def npy(descr, shape, data):
    """An npy file, version 1."""
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def load(path):
    """`{name: (dtype, shape, values)}` and the metadata of a safetensors file, by its specification."""
    raw = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata, body, tensors, covered = header.pop("__metadata__", {}), raw[8 + length :], {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        code = {"F64": "d", "F32": "f", "I64": "q", "I32": "i", "U8": "B"}[entry["dtype"]]
        if begin != covered or (8 + length + begin) % struct.calcsize(code):
            raise AssertionError(f"{name} lies at {begin}: a hole, or not aligned")
        covered = end
        count = (end - begin) // struct.calcsize(code)
        tensors[name] = (entry["dtype"], entry["shape"], struct.unpack(f"<{count}{code}", body[begin:end]))
    if covered != len(body):
        raise AssertionError(f"{len(body) - covered} bytes after the last tensor")
    return tensors, metadata
