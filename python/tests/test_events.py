"""Event files: against bytes that were put together here after the format's own description."""

import math
import struct
import unittest

from semola_runs import Damaged, Histogram, Image, Run, Scalar
from semola_runs.event_file import events, masked_crc
from tests import InFolder


def field(number, kind, data):
    """A field of a protobuf message whose number and length are below 16 and 128."""
    return bytes([number << 3 | kind]) + (bytes([len(data)]) if kind == 2 else b"") + data


def record(message):
    length = struct.pack("<Q", len(message))
    return length + struct.pack("<I", masked_crc(length)) + message + struct.pack("<I", masked_crc(message))


def event(step, *values, wall_time=1.5):
    summary = b"".join(field(1, 2, value) for value in values)
    return field(1, 1, struct.pack("<d", wall_time)) + field(2, 0, bytes([step])) + field(5, 2, summary)


def scalar(tag, value):
    return field(1, 2, tag.encode()) + field(2, 5, struct.pack("<f", value))


VERSION = record(field(1, 1, struct.pack("<d", 1.0)) + field(3, 2, b"brain.Event:2"))


class Format(unittest.TestCase):
    def test_checksums(self):
        """CRC-32C of RFC 3720, B.4, masked by hand; and the head of any file that TensorFlow writes."""
        self.assertEqual(masked_crc(bytes(32)), ((0x8A9136AA >> 15 | 0x8A9136AA << 17) + 0xA282EAD8) & 0xFFFFFFFF)
        self.assertEqual(struct.pack("<I", masked_crc(struct.pack("<Q", 24))).hex(), "a37f4b22")

    def test_scalars(self):
        data = VERSION + record(event(5, scalar("a/b", 0.25), scalar("c", math.inf)))
        first, second = events(data)
        self.assertEqual((first.tag, first.step, first.wall_time, first.value), ("a/b", 5, 1.5, Scalar(0.25)))
        self.assertEqual((second.tag, second.value), ("c", Scalar(math.inf)))

    def test_histograms_and_images(self):
        numbers = b"".join(field(number, 1, struct.pack("<d", number)) for number in range(1, 6))
        packed = field(6, 2, struct.pack("<2d", 0.5, 1.0)) + field(7, 2, struct.pack("<2d", 3.0, 4.0))
        histogram = field(1, 2, b"h") + field(5, 2, numbers + packed)
        image = field(1, 2, b"i") + field(4, 2, field(1, 0, b"\x02") + field(2, 0, b"\x03") + field(4, 2, b"PNG"))
        found = [one.value for one in events(record(event(1, histogram)) + record(event(2, image)))]
        self.assertEqual(found, [Histogram(1, 2, 3, 4, 5, (0.5, 1.0), (3.0, 4.0)), Image(3, 2, b"PNG")])

    def test_long_numbers_and_unknown_fields(self):
        steps = field(2, 0, b"\xac\x02") + field(5, 2, field(1, 2, scalar("a", 1.0) + field(9, 2, b"later")))
        negative = field(2, 0, b"\xff" * 9 + b"\x01") + field(5, 2, field(1, 2, scalar("a", 1.0)))
        self.assertEqual([one.step for one in events(record(steps) + record(negative))], [300, -1])


class OfARun(InFolder):
    def write(self, data, name="events.out.tfevents.1.semola"):
        run = Run(self.copy("cone"))
        (run.path / "tensorboard").mkdir()
        (run.path / "tensorboard" / name).write_bytes(data)
        return run

    def test_by_tag(self):
        run = self.write(VERSION + b"".join(record(event(step, scalar("joint/loss/task", step / 4))) for step in (1, 2)))
        found = run.events()
        self.assertEqual(found.scalars, {"joint/loss/task": ((1, 0.25), (2, 0.5))})
        self.assertEqual((found.tags, found.histograms, found.images), (("joint/loss/task",), {}, {}))
        self.assertEqual((len(found), len(found[1:]), found[0].step), (2, 1, 1))
        self.assertEqual(repr(found), "<Events: 2 values under 1 tags>")

    def test_a_run_without(self):
        self.assertEqual(len(Run(self.copy("cone")).events()), 0)

    def test_at_each_length(self):
        """A run at work: the last record is whole or not there."""
        first, second = record(event(1, scalar("a", 1.0))), record(event(2, scalar("a", 2.0)))
        for length in range(len(second)):
            self.assertEqual(len(list(events(first + second[:length]))), 1, length)

    def test_damage(self):
        data = VERSION + record(event(1, scalar("a", 1.0)))
        for place in range(len(data)):
            broken = data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
            with self.subTest(place):
                run = self.write(broken)
                path = run.path / "tensorboard" / "events.out.tfevents.1.semola"
                with self.says(Damaged, f"{path} is damaged: the checksum of the ", "is wrong; restore"):
                    run.events()
        for message in (b"\x00", b"\x2a\x7f", b"\x0f", b"\x28\x01", b"\x2a\x04\x0a\x02\x12\x00", b"\x2a\x03\x0a\x01"):
            with self.subTest(message):
                run = self.write(record(message))
                with self.says(Damaged, "is damaged: the record at byte 0 is no event (", "; restore"):
                    run.events()


if __name__ == "__main__":
    unittest.main()
