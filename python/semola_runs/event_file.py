"""Event files, as TensorBoard reads them: records with checksums (TFRecord), each a protobuf message.

It knows nothing of runs and needs nothing but Python. Fields that nobody asks for are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Scalar:
    """A number, in single precision."""

    value: float


@dataclass(frozen=True)
class Histogram:
    """How some numbers are spread."""

    min: float
    max: float
    count: float
    sum: float
    sum_squares: float
    limits: tuple[float, ...]
    """Where each bucket ends; the first one begins at `min`."""
    counts: tuple[float, ...]
    """How many numbers are in each."""


@dataclass(frozen=True)
class Image:
    """A picture."""

    width: int
    height: int
    png: bytes
    """The bytes of a PNG file."""


@dataclass(frozen=True)
class Event:
    """A value under a tag, at a step."""

    tag: str
    step: int
    wall_time: float
    """Seconds since 1970."""
    value: Scalar | Histogram | Image


def events(data: bytes) -> Iterator[Event]:
    """The values of a file in their order; a last record that is not complete is not there yet.

    Raises ValueError with the place in bytes where a checksum is wrong or a record is no event.
    """
    for place, record in records(data):
        try:
            yield from _event(record)
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise ValueError(f"the record at byte {place} is no event ({error})") from None


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each whole record with its place."""
    place = 0
    while place + 12 <= len(data):
        length, checksum = struct.unpack_from("<QI", data, place)
        if masked_crc(data[place : place + 8]) != checksum:
            raise ValueError(f"the checksum of the length at byte {place} is wrong")
        end = place + 12 + length
        if end + 4 > len(data):
            return
        record = data[place + 12 : end]
        if masked_crc(record) != struct.unpack_from("<I", data, end)[0]:
            raise ValueError(f"the checksum of the record at byte {place} is wrong")
        yield place, record
        place = end + 4


def _table() -> tuple[int, ...]:
    values = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        values.append(value)
    return tuple(values)


_CRC = _table()


def masked_crc(data: bytes) -> int:
    """CRC-32C (Castagnoli), turned and shifted as TFRecord wants it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _event(record: bytes) -> Iterator[Event]:
    fields = dict(_fields(record))
    wall_time, step, summary = fields.get(1, bytes(8)), fields.get(2, 0), fields.get(5, b"")
    for number, message in _fields(_bytes(summary)):
        if number != 1:
            continue
        value = dict(_fields(_bytes(message)))
        parsed = _value(value)
        if parsed is not None:
            tag = _bytes(value.get(1, b"")).decode()
            yield Event(tag, _signed(_integer(step)), _double(wall_time), parsed)


def _value(fields: dict[int, int | bytes]) -> Scalar | Histogram | Image | None:
    if 2 in fields:
        (value,) = struct.unpack("<f", _bytes(fields[2]))
        return Scalar(value)
    if 4 in fields:
        image = dict(_fields(_bytes(fields[4])))
        return Image(_integer(image.get(2, 0)), _integer(image.get(1, 0)), _bytes(image.get(4, b"")))
    if 5 in fields:
        numbers = dict(_fields(_bytes(fields[5])))
        least, most, count, total, squares = (_double(numbers.get(number, bytes(8))) for number in range(1, 6))
        limits, counts = (_doubles(_bytes(numbers.get(number, b""))) for number in (6, 7))
        return Histogram(least, most, count, total, squares, limits, counts)
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a protobuf message: an integer, or the bytes of anything else."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise struct.error(f"a field of wire type {kind}")
        if place + length > len(message):
            raise struct.error("a field that is longer than its message")
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _integer(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise struct.error("bytes in place of an integer")
    return value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise struct.error("an integer in place of bytes")
    return value


def _double(value: int | bytes) -> float:
    (number,) = struct.unpack("<d", _bytes(value))
    return float(number)


def _doubles(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(data) // 8}d", data)
