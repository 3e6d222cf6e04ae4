"""The readers, the splits and the writer, on crafted and on damaged files."""

import io
import math
import pathlib
import struct
import tempfile
import unittest

from import_data import splits, tensors
from import_data.failure import Failure
from import_data.formats import archive, idx, npy, obj
from import_data.tests import fixtures


class Idx(unittest.TestCase):
    images = (fixtures.DATA / "three-images-idx3-ubyte").read_bytes()

    def test_reads_images_and_labels(self):
        found = idx.read(self.images, "images", 3)
        self.assertEqual(found.shape, (3, 28, 28))
        lit = [index for index, value in enumerate(found.values) if value]
        self.assertEqual(lit, [0, 784 + 29, 2 * 784 + 58])
        labels = idx.read((fixtures.DATA / "three-labels-idx1-ubyte").read_bytes(), "labels", 1)
        self.assertEqual(list(labels.values), [7, 0, 9])

    def test_damage_is_named(self):
        for data, sentence in (
            (self.images[:-1], "images holds 2351 bytes of data, expected 2352 for shape [3, 28, 28]"),
            (self.images + b"x", "images holds 2353 bytes of data, expected 2352 for shape [3, 28, 28]"),
            (
                b"\0\0\x0d\x03" + self.images[4:],
                "images is no IDX file of unsigned bytes with 3 axes: it begins with 00 00 0d 03",
            ),
            (b"", "images is no IDX file of unsigned bytes with 3 axes: it begins with "),
            (b"\x1f\x8bxx", "images is no sound gzip file"),
        ):
            with self.subTest(sentence), self.assertRaises(Failure) as caught:
                idx.read(data, "images", 3)
            self.assertIn(sentence, str(caught.exception))


class Obj(unittest.TestCase):
    cube = (fixtures.DATA / "cube.obj").read_text()

    def test_reads_a_cube(self):
        vertices, triangles = obj.read(self.cube, "cube.obj")
        self.assertEqual(len(vertices), 8)
        self.assertEqual(len(triangles), 12)  # the face of two corners is left out
        self.assertEqual(triangles[:2], [(0, 1, 2), (0, 2, 3)])
        self.assertEqual(triangles[-2:], [(0, 3, 7), (0, 7, 4)])  # indices from the end

    def test_damage_names_the_line(self):
        for text, sentence in (
            ("v 0 0 0\nv 1 0\n", "m.obj, line 2 ('v 1 0'): "),
            ("v 0 0 zero\n", "m.obj, line 1 ('v 0 0 zero'): "),
            (
                "v 0 0 0\nf 1 1 4\n",
                "m.obj, line 2 ('f 1 1 4'): a face names a vertex that is not among the 1 before it",
            ),
            ("v 0 0 0\nf 1 1 -2\n", "a face names a vertex that is not among the 1 before it"),
            ("v 0 0 0\nf 1 a 1\n", "m.obj, line 2 ('f 1 a 1'): "),
            ("v 0 0 0\n", "m.obj holds no face"),
            ("", "m.obj holds no face"),
        ):
            with self.subTest(text), self.assertRaises(Failure) as caught:
                obj.read(text, "m.obj")
            self.assertIn(sentence, str(caught.exception))


class Npy(unittest.TestCase):
    def test_reads_doubles_and_records(self):
        data = fixtures.npy("<f8", (2, 1), struct.pack("<2d", 1.5, -2))
        found = npy.doubles(data, "a.npy")
        self.assertEqual((found.shape, list(found.values)), ((2, 1), [1.5, -2.0]))
        record = fixtures.npy([("name", "|S6"), ("value", "<f8")], (1,), struct.pack("<6sd", b"AU", 149597870.7))
        self.assertEqual(npy.named_values(record, "c.npy"), {"AU": 149597870.7})

    def test_damage_is_named(self):
        good = fixtures.npy("<f8", (2,), struct.pack("<2d", 1, 2))
        for data, sentence in (
            (good[:-1], "a.npy holds 15 bytes of data, expected 16 for shape [2]"),
            (b"NUMPY", "a.npy is no npy file that can be read here"),
            (good[:9], "a.npy is no npy file that can be read here"),
            (fixtures.npy("<f4", (1,), b"1234"), "a.npy holds <f4, expected <f8"),
        ):
            with self.subTest(sentence), self.assertRaises(Failure) as caught:
                npy.doubles(data, "a.npy")
            self.assertIn(sentence, str(caught.exception))


class Archives(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "p"

    def test_members_of_a_tarball_and_of_a_debian_package(self):
        for make, read in ((fixtures.tarball, archive.tarball), (fixtures.debian, archive.debian)):
            make(self.path, {"a/one": b"1", "a/two": b"22", "a/three": b"333"})
            self.assertEqual(read(self.path, ["a/one", "a/three"]), {"a/one": b"1", "a/three": b"333"})
            with self.assertRaisesRegex(Failure, "^p lacks a/four$"):
                read(self.path, ["a/one", "a/four"])

    def test_damage_is_named(self):
        fixtures.debian(self.path, {"a": bytes(5000)})
        whole = self.path.read_bytes()
        for data, sentence in (
            (whole[:-60], "p is no sound tarball"),
            (whole[:100], "p is no sound Debian package: a member's header is damaged"),
            (whole[:72], "p is no sound Debian package: it has no data.tar"),
            (b"PK" + whole, "p is no Debian package: it does not begin with !<arch>"),
        ):
            self.path.write_bytes(data)
            with self.subTest(sentence), self.assertRaises(Failure) as caught:
                archive.debian(self.path, ["a"])
            self.assertIn(sentence, str(caught.exception))


class Splits(unittest.TestCase):
    def test_ranking_is_that_of_sha256(self):
        # printf '0/x/%s' a | sha256sum, and so on: b 2188, d 336e, a 8330, c b604
        self.assertEqual(splits.rank("x", ["a", "b", "c", "d", "a"]), ["b", "d", "a", "c"])

    def test_rows_of_one_object_stay_together(self):
        rows = splits.split("x", ["a", "b", "c", "d", "a", "b"], 0.25, 0.25)
        self.assertEqual(rows, {"train": [0, 4, 2], "validation": [3], "test": [1, 5]})

    def test_shares_are_disjoint_and_whole(self):
        rows = splits.split("x", [str(index) for index in range(1000)])
        self.assertEqual(
            {name: len(found) for name, found in rows.items()}, {"train": 800, "validation": 100, "test": 100}
        )
        self.assertEqual(sorted(sum(rows.values(), [])), list(range(1000)))

    def test_small_sets_have_every_split_unless_its_share_is_none(self):
        self.assertEqual([len(found) for found in splits.split("x", "abc").values()], [1, 1, 1])
        self.assertEqual([len(found) for found in splits.split("x", "abc", 0, 0).values()], [3, 0, 0])

    def test_a_subset_keeps_the_first_of_the_ranking(self):
        rows = splits.split("x", ["a", "b", "c", "d"], subset=2)
        self.assertEqual(rows, {"train": [1, 3], "validation": [], "test": []})


class Safetensors(unittest.TestCase):
    def test_an_independent_reader_finds_the_same(self):
        written = {
            "u": tensors.tensor("U8", (3,), [1, 2, 255]),
            "f": tensors.tensor("F32", (1, 2), [0.5, -math.inf]),
            "d": tensors.tensor("F64", (2,), [math.pi, 1e-300]),
            "i": tensors.tensor("I32", (), [-7]),
            "none": tensors.tensor("F32", (0, 4), []),
        }
        file = io.BytesIO()
        tensors.write(file, written, {"set": "prüfung"})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.safetensors"
            path.write_bytes(file.getvalue())
            found, metadata = fixtures.load(path)
        self.assertEqual(metadata, {"set": "prüfung"})
        self.assertEqual(found["u"], ("U8", [3], (1, 2, 255)))
        self.assertEqual(found["f"], ("F32", [1, 2], (0.5, -math.inf)))
        self.assertEqual(found["d"], ("F64", [2], (math.pi, 1e-300)))
        self.assertEqual(found["i"], ("I32", [], (-7,)))
        self.assertEqual(found["none"], ("F32", [0, 4], ()))

    def test_rows_are_taken_in_order(self):
        source = tensors.tensor("U8", (3, 2), [0, 1, 10, 11, 20, 21])
        self.assertEqual(list(tensors.take(source, [2, 0]).values), [20, 21, 0, 1])


if __name__ == "__main__":
    unittest.main()
