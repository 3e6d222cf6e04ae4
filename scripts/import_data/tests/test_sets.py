"""Each set's own arithmetic, against closed forms and published values."""

import array
import io
import math
import pathlib
import random
import struct
import tempfile
import unittest
import zipfile

from import_data.failure import Failure
from import_data.formats import obj
from import_data.sets import cells, digits, ephemeris, fashion, furniture, qm9
from import_data.tensors import Tensor, tensor
from import_data.tests import fixtures


def silent(*_):
    pass


class Temporary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Digits(Temporary):
    def test_three_decimals_give_back_the_byte(self):
        text = "[" + ",".join(f"{value / 255:.3f}" for value in range(256)) + "," + ",".join(["0"] * 528) + "]"
        self.assertEqual(list(digits.pixels(f'{{"data": {text}}}', "x.json")[:256]), list(range(256)))

    def test_identical_images_stay_in_one_split(self):
        path = fixtures.digits(self.folder / "p.tgz", 4)
        made = digits.make([path], None, silent).splits
        seen = [
            {bytes(t.values[784 * i : 784 * i + 784]) for i in range(t.shape[0])}
            for t in (made[name]["image"] for name in ("train", "validation", "test"))
        ]
        self.assertEqual([len(found) for found in seen], [32, 4, 4])
        self.assertFalse(seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
        image, label = made["test"]["image"], made["test"]["label"]
        for row in range(4):  # the fixture's ink tells the digit
            self.assertEqual(sum(image.values[784 * row : 784 * row + 783]), label.values[row] + 1)

    def test_damage_is_named(self):
        for data, sentence in (
            (b'{"data": [0, 1]}', "x.json holds 2 pixels, expected a multiple of 784"),
            (b'{"data": []}', "x.json holds 0 pixels"),
            (b'{"data": [2]}', "x.json is no JSON list of pixels from 0 to 1"),
            (b'{"data": [NaN]}', "x.json is no JSON list of pixels from 0 to 1"),
            (b"{", "x.json is no JSON list of pixels from 0 to 1"),
            (b"[]", "x.json is no JSON list of pixels from 0 to 1"),
        ):
            with self.subTest(data), self.assertRaises(Failure) as caught:
                digits.pixels(data, "x.json")
            self.assertIn(sentence, str(caught.exception))


class Fashion(Temporary):
    def package(self, labels):
        images = (fixtures.DATA / "three-images-idx3-ubyte").read_bytes()
        names = [
            fashion.FOLDER + f"{part}-{kind}-ubyte.gz"
            for part in ("train", "t10k")
            for kind in ("images-idx3", "labels-idx1")
        ]
        return fixtures.debian(self.folder / "p.deb", dict(zip(names, [images, labels, images, labels])))

    def test_published_test_images_stay_the_test(self):
        path = self.package((fixtures.DATA / "three-labels-idx1-ubyte").read_bytes())
        made = fashion.make([path], None, silent).splits
        self.assertEqual([made[name]["label"].shape for name in ("train", "validation", "test")], [(2,), (1,), (3,)])
        self.assertEqual(sorted(made["test"]["label"].values), [0, 7, 9])

    def test_a_label_out_of_range_and_one_too_few(self):
        with self.assertRaisesRegex(Failure, "train-labels-idx1-ubyte.gz, record 1: label 10, expected 0 to 9"):
            fashion.make([self.package(struct.pack(">4BI3B", 0, 0, 8, 1, 3, 7, 10, 9))], None, silent)
        with self.assertRaisesRegex(Failure, "has 3 images, but .* has 2 labels"):
            fashion.make([self.package(struct.pack(">4BI2B", 0, 0, 8, 1, 2, 7, 9))], None, silent)


class Furniture(Temporary):
    def sampled(self, count):
        vertices, triangles = obj.read((fixtures.DATA / "cube.obj").read_text(), "cube.obj")
        return furniture.surface(vertices, triangles, count, random.Random(1), "cube.obj")

    def test_a_cube(self):
        points, centre, scale = self.sampled(6000)
        self.assertEqual([round(value, 12) for value in centre], [10, 20, 30])
        self.assertAlmostEqual(scale, math.sqrt(3), places=12)
        rows = [points[start : start + 3] for start in range(0, len(points), 3)]
        side = 1 / math.sqrt(3)
        for row in rows:
            self.assertAlmostEqual(max(map(abs, row)), side, places=9)
        for axis in range(3):  # 1000 expected on each face; standard deviation 29
            for sign in (1, -1):
                count = sum(abs(row[axis] - sign * side) < 1e-9 for row in rows)
                self.assertLess(abs(count - 1000), 120)
        # The second moment of a coordinate over the surface of a cube of half side h is 5 h^2 / 9.
        second = sum(row[0] ** 2 for row in rows) / len(rows)
        self.assertAlmostEqual(second, 5 / 27, delta=0.01)

    def test_a_mesh_without_area(self):
        with self.assertRaisesRegex(Failure, "m has a surface of area 0.0, expected a positive number"):
            furniture.surface([(0, 0, 0), (1, 1, 1), (2, 2, 2)], [(0, 1, 2)], 1, random.Random(1), "m")
        with self.assertRaisesRegex(Failure, "m has a surface of area nan"):
            furniture.surface([(0, 0, 0), (1, 0, 0), (0, math.nan, 0)], [(0, 1, 2)], 1, random.Random(1), "m")

    def test_model_rotation_acts_from_the_left(self):
        self.assertEqual(furniture.turned([(1.0, 2.0, 3.0)], "0 0 1 -1 0 0 0 -1 0", "m"), [(3, -1, -2)])
        with self.assertRaisesRegex(Failure, "m: modelRotation '1 0' is not nine numbers"):
            furniture.turned([(1.0, 2.0, 3.0)], "1 0", "m")

    def library(self, entry):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as models:
            models.writestr(furniture.CATALOGUE, entry)
            models.writestr("a/cube.obj", (fixtures.DATA / "cube.obj").read_text())
        return file.getvalue()

    def package(self, entry):
        files = {f"{furniture.FOLDER}{name}.sh3f": self.library(entry) for name in furniture.LIBRARIES}
        return fixtures.debian(self.folder / "p.deb", files)

    entry = (
        "# a catalogue\nid=x\nid#3=a\nname#3=Swivel chair\nmodel#3=/a/cube.obj\ncategory#3=Office\nwidth#3=50\n"
        "depth#3=40\nheight#3=90.5\ncreator#3=Ada\n"
    )

    def test_labels_and_attribution(self):
        made = furniture.make([self.package(self.entry)], None, silent)
        # Five times the same mesh: one object, one split.
        self.assertEqual([made.splits[name]["kind"].shape[0] for name in ("train", "validation", "test")], [5, 0, 0])
        train = made.splits["train"]
        self.assertEqual(made.facts["kinds"][train["kind"].values[0]], "chair")
        self.assertEqual(made.facts["categories"][train["category"].values[0]], "Office")
        self.assertEqual(list(train["size"].values[:3]), [50, 90.5, 40])
        self.assertEqual(made.facts["models"][0]["licence"], "CC0-1.0")
        self.assertEqual(made.facts["models"][0]["creator"], "Ada")

    def test_a_damaged_entry_names_the_model(self):
        for change in (("Office", "Nowhere"), ("50", "wide"), ("a/cube.obj", "a/missing.obj")):
            with self.subTest(change), self.assertRaisesRegex(Failure, r"BlendSwap-CC-0.sh3f: /a/.*damaged"):
                furniture.make([self.package(self.entry.replace(*change))], None, silent)


class Qm9(unittest.TestCase):
    molecules = (fixtures.DATA / "two-molecules.csv").read_bytes()
    tensors = (fixtures.DATA / "two-polarizabilities.csv").read_bytes()

    def read(self, molecules=None, tensors=None, subset=None):
        return qm9.read(
            [(io.BytesIO(self.molecules if molecules is None else molecules), "m.csv")],
            [(io.BytesIO(self.tensors if tensors is None else tensors), "a.csv")],
            2,
            subset,
        )

    def test_methane_and_water(self):
        fields, objects = self.read()
        self.assertEqual(objects, ["InChI=1S/CH4/h1H4", "InChI=1S/H2O/h1H2"])
        self.assertEqual(list(fields["atoms"].values), [5, 3])
        self.assertEqual(list(fields["charge"].values[:6]), [6, 1, 1, 1, 1, 0])
        self.assertEqual(list(fields["charge"].values[29:33]), [8, 1, 1, 0])
        position = fields["position"].values
        self.assertEqual(fields["position"].shape, (2, 29, 3))
        for hydrogen in range(1, 5):
            self.assertAlmostEqual(math.dist(position[:3], position[3 * hydrogen : 3 * hydrogen + 3]), 1.09, places=5)
        first, second = position[87 + 3 : 87 + 6], position[87 + 6 : 87 + 9]
        angle = math.degrees(math.acos(sum(a * b for a, b in zip(first, second)) / 0.96**2))
        self.assertAlmostEqual(angle, 104.5, places=3)
        self.assertEqual(list(fields["gap"].values), [0.5, 0.37])
        self.assertEqual(list(fields["u0"].values), [-40.5, -76.4])
        # By the file's name, not by the row.
        self.assertEqual(list(fields["polarizability_standard"].values[6:]), [4, 0.1, 0.2, 8, 0.3, 6])

    def test_a_subset_is_spread(self):
        self.assertEqual(self.read(subset=1)[1], ["InChI=1S/H2O/h1H2"])

    def test_damage_names_file_and_line(self):
        for old, new, sentence in (
            (b"'O'", b"'Xx'", "m.csv, line 3 (m2.xyz): element 'Xx', expected one of H, C, N, O, F"),
            (b"0.5,35.", b"nan,35.", "m.csv, line 2 (m1.xyz): 'nan' is not finite"),
            (b"0.5,35.", b",35.", "m.csv, line 2 (m1.xyz)"),
            (b"[0,0,0],[0.7", b"[0,0],[0.7", "m.csv, line 3 (m2.xyz): 8 coordinates and 3 elements for N_atoms = 3"),
            (b",6.5\n", b"\n", "m.csv, line 2: another number of columns than the header's"),
            (b"InChi", b"Inchi", "m.csv has no column 'InChi'"),
            (b"HOMO_LUMO_gap_au", b"gap", "m.csv has no column 'HOMO_LUMO_gap_au'"),
            (b'"C"', b'"\xff"', "m.csv, after line"),
        ):
            changed = self.molecules.replace(old, new, 1)
            self.assertNotEqual(changed, self.molecules)
            with self.subTest(sentence), self.assertRaises(Failure) as caught:
                self.read(changed)
            self.assertIn(sentence, str(caught.exception))

    def test_a_molecule_without_polarisability(self):
        with self.assertRaisesRegex(Failure, "a.csv has no polarisability for m1.xyz"):
            self.read(tensors=self.tensors.replace(b"m1", b"m3"))


class Ephemeris(unittest.TestCase):
    def test_chebyshev_series_and_their_derivative(self):
        # On two granules of 4 days: x^3 = (3 T_1 + T_3) / 4; 2 x^2 - 1 = T_2; 5. Then the same times 10.
        rows = [[0, 0.75, 0, 0.25], [0, 0, 1, 0], [5, 0, 0, 0]]
        flat = [entry for factor in (1, 10) for row in rows for entry in (factor * value for value in row)]
        series = tensor("F64", (2, 3, 4), flat)
        for epoch, x, factor in ((101.0, -0.5, 1), (103.5, 0.75, 1), (104.0, -1.0, 10), (107.0, 0.5, 10)):
            position, velocity = ephemeris.evaluate(series, 100.0, 108.0, epoch, "test")
            for found, expected in zip(position, (x**3, 2 * x * x - 1, 5)):
                self.assertAlmostEqual(found, factor * expected, places=12)
            for found, expected in zip(velocity, (3 * x * x / 2, 4 * x / 2, 0)):
                self.assertAlmostEqual(found, factor * expected, places=12)
        with self.assertRaisesRegex(Failure, "test covers Julian dates 100.0 to 108.0, not 108.0"):
            ephemeris.evaluate(series, 100.0, 108.0, 108.0, "test")

    def test_earth_and_moon_share_their_barycentre(self):
        series = {name: tensor("F64", (1, 3, 2), [0, 0, 0, 0, 0, 0]) for name in ephemeris.FILES}
        series["earthmoon"] = tensor("F64", (1, 3, 2), [100, 0, 0, 0, 0, 0])
        series["moon"] = tensor("F64", (1, 3, 2), [82, 0, 41, 0, 0, 0])
        constants = {"jalpha": 0.0, "jomega": 1.0, "AU": 2.0, "EMRAT": 81.0}
        position, velocity = ephemeris.states(series, constants, 0.5)
        earth, moon = position[9:12], position[12:15]
        self.assertEqual(earth, [49.5, -0.25, 0])  # 100 - 82 / 82 and 0 - 41 / 82 km, in units of 2 km
        self.assertEqual([m - e for m, e in zip(moon, earth)], [41, 20.5, 0])
        self.assertEqual(velocity, [0.0] * 33)

    def test_masses_are_in_the_order_of_the_bodies(self):
        constants = {f"GM{number}": number for number in (1, 2, 4, 5, 6, 7, 8, 9)} | {
            "GMB": 82,
            "EMRAT": 81,
            "GMS": 1000,
        }
        self.assertEqual(ephemeris.masses(constants), [1000, 1, 2, 81, 1, 4, 5, 6, 7, 8, 9])


class Cells(unittest.TestCase):
    def test_a_square_is_walked_evenly(self):
        square = [(0, 0), (2, 0), (2, 1), (2, 2), (0, 2)]
        expected = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
        for found, point in zip(cells.resample(square, 8), expected):
            self.assertEqual(found, point)

    def test_repeated_points_do_no_harm(self):
        found = cells.resample([(0, 0), (0, 0), (4, 0), (4, 0)], 4)
        self.assertEqual(found, [(0, 0), (2, 0), (4, 0), (2, 0)])

    def test_curves_are_divided_by_empty_lines(self):
        self.assertEqual(cells.outlines("1 2\n3 4\n\n\n5 6\n", "c"), [[(1, 2), (3, 4)], [(5, 6)]])

    def test_damage_names_the_line(self):
        for text in ("1 2\n3\n", "1 2\n3 x\n", "1 2\n3 nan\n", "1 2\n3 4 5\n"):
            with (
                self.subTest(text),
                self.assertRaisesRegex(Failure, "^c, line 2: '3.*' is no point, expected two numbers$"),
            ):
                cells.outlines(text, "c")
        with self.assertRaisesRegex(Failure, "l, line 2: 'hela', expected one of dunn, dlm8"):
            cells.labels(b"dunn\nhela\n", cells.LINES, 2, "l")
        with self.assertRaisesRegex(Failure, "l has 1 labels, expected one for each of the 2 outlines"):
            cells.labels(b"dunn\n", cells.LINES, 2, "l")


class Fields(unittest.TestCase):
    def test_bytes_of_the_wrong_number_are_refused(self):
        with self.assertRaises(ValueError):
            tensor("U8", (2,), [1])
        self.assertIsInstance(tensor("U8", (1,), [1]), Tensor)
        self.assertEqual(tensor("F32", (1,), [1]).values, array.array("f", [1]))


if __name__ == "__main__":
    unittest.main()
