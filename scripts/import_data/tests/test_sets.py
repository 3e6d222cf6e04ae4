"""Each set's own arithmetic, against closed forms and published values."""

import array
import io
import json
import math
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest
import zipfile
from unittest import mock

from import_data import read_tables, simulate_jets, store
from import_data.failure import Failure
from import_data.formats import obj
from import_data.sets import cells, digits, ephemeris, fashion, furniture, jets, qm9, top_tagging
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


class Particle:
    """As much of a particle of the event record as the choice of jets looks at."""

    def __init__(self, code, momentum=(1.0, 1.0, 0.0, 0.0), daughters=(), last=None):
        self.code, self.vector, self.daughters, self.last = code, momentum, list(daughters), last

    def idAbs(self):
        return abs(self.code)

    def daughterList(self):
        return self.daughters

    def iBotCopyId(self):
        return self.last

    def e(self):
        return self.vector[0]

    def px(self):
        return self.vector[1]

    def py(self):
        return self.vector[2]

    def pz(self):
        return self.vector[3]


class Event(list):
    def size(self):
        return len(self)


def towards(pt, eta, phi):
    """The massless momentum in this direction."""
    return (pt * math.cosh(eta), pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta))


class Simulation(unittest.TestCase):
    def test_constituents_are_sorted_cut_and_padded(self):
        momenta = [(9.0, 1.0, 0.0, 8.0), (5.0, 3.0, 4.0, 0.0), (2.0, 0.0, -2.0, 0.0)]
        # Transverse momenta 1, 5 and 2.
        self.assertEqual(simulate_jets.padded(momenta, 2), [5, 3, 4, 0, 2, 0, -2, 0])
        self.assertEqual(simulate_jets.padded(momenta, 4)[8:], [9, 1, 0, 8, 0, 0, 0, 0])
        self.assertEqual(len(simulate_jets.padded([])), 4 * simulate_jets.KEPT)

    def test_directions(self):
        self.assertAlmostEqual(simulate_jets.pseudorapidity(towards(3, -1.25, 2)), -1.25, places=12)
        # Across the seam of the azimuth.
        first, second = towards(1, 0.3, math.pi - 0.1), towards(7, 0.0, -math.pi + 0.3)
        self.assertAlmostEqual(simulate_jets.distance(first, second), 0.5, places=12)

    def test_the_window(self):
        for pt, eta, inside in ((600, 0, True), (549, 0, False), (651, 0, False), (600, -1.9, True), (600, 2.1, False)):
            self.assertEqual(simulate_jets.in_window(towards(pt, eta, 1)), inside, (pt, eta))

    def test_a_top_counts_with_all_its_quarks(self):
        jet, near, far = towards(600, 0, 0), towards(1, 0.4, 0.4), towards(1, 0.7, 0.7)
        self.assertTrue(simulate_jets.is_top(jet, [[near] * 4]))
        self.assertFalse(simulate_jets.is_top(jet, [[near, near, near, far]]))
        self.assertTrue(simulate_jets.is_top(jet, [[far] * 4, [near] * 4]))
        self.assertFalse(simulate_jets.is_top(jet, []))

    def test_quarks_are_those_of_the_last_copies(self):
        vectors = [(float(i), 0.0, 0.0, 0.0) for i in range(8)]
        event = Event(
            [
                Particle(6, vectors[0], [1], 1),  # copied once
                Particle(6, vectors[1], [2, 3], 1),
                Particle(24, vectors[2], [4], 4),  # copied once, too
                Particle(5, vectors[3]),
                Particle(24, vectors[4], [5, 6], 4),
                Particle(2, vectors[5]),
                Particle(-1, vectors[6]),
                Particle(-6, vectors[7], [3], 7),  # a decay without W: not counted
            ]
        )
        self.assertEqual(simulate_jets.top_quarks(event), [[vectors[1], vectors[3], vectors[5], vectors[6]]])


class Jets(Temporary):
    def simulated(self, command, cwd, **_):
        """In the place of a simulation: jet i has i % 64 + 1 constituents, energy 1 + seed in all of them."""
        self.assertEqual(pathlib.Path(cwd), self.folder.resolve() / "jets-1")  # nothing lies there that is not its own
        _, _, _, kind, seed, count, out = command
        records = array.array("f")
        for row in range(int(count)):
            filled = row % 64 + 1
            records.extend([filled * (1.0 + int(seed)), 0, 0, 0])
            records.extend([1.0 + int(seed), 0, 0, 0] * filled + [0.0] * (4 * (64 - filled)))
        pathlib.Path(out).write_bytes(records.tobytes())
        self.calls.append((kind, int(seed)))
        return subprocess.CompletedProcess(command, 0, b"")

    def setUp(self):
        super().setUp()
        self.calls = []
        self.wheel = self.folder / "made.whl"
        with zipfile.ZipFile(self.wheel, "w") as wheel:
            for name in ("pythia8mc.so", jets.DATA + "share/Pythia8/xmldoc/Index.xml", "a.dist-info/RECORD"):
                wheel.writestr(name, name)
        patch = mock.patch.object(jets.subprocess, "run", self.simulated)
        patch.start()
        self.addCleanup(patch.stop)

    def test_chunks_become_splits_of_labelled_jets(self):
        made = jets.make([self.wheel], 1500, silent)
        self.assertEqual(sorted(self.calls), [("qcd", 1), ("qcd", 2), ("top", 100_001), ("top", 100_002)])
        shapes = [made.splits[name]["constituents"].shape for name in ("train", "validation", "test")]
        self.assertEqual(shapes, [(1050, 64, 4), (225, 64, 4), (225, 64, 4)])
        store.check(jets.SET, made)
        test = made.splits["test"]
        self.assertEqual(made.facts["classes"], ["qcd", "top"])
        for row in range(225):
            label, count = test["label"].values[row], test["count"].values[row]
            first = test["constituents"].values[256 * row]
            self.assertEqual(first > 100_000, label == 1)
            self.assertEqual(test["jet"].values[4 * row], array.array("f", [count * first])[0])
            self.assertEqual(sum(energy > 0 for energy in test["constituents"].values[256 * row :: 4][:64]), count)

    def test_finished_chunks_are_kept_and_broken_ones_made_again(self):
        first = jets.make([self.wheel], 600, silent)
        self.assertEqual(len(self.calls), 2)
        (self.folder / "jets-1" / "top-000.f32").write_bytes(b"half")
        (self.folder / "jets-1" / "top-000.f32.7.part").write_bytes(b"half")
        self.assertEqual(jets.make([self.wheel], 600, silent), first)
        self.assertEqual(self.calls[2:], [("top", 100_001)])
        self.assertEqual(list((self.folder / "jets-1").glob("*.part")), [])

    def test_a_damaged_chunk_is_named(self):
        jets.make([self.wheel], 10, silent)
        path = self.folder / "jets-1" / "qcd-000.f32"
        whole = path.read_bytes()
        for place, number in ((0, math.nan), (4, 0.0)):  # the jet's energy; that of the only constituent of jet 0
            records = array.array("f", whole)
            records[place] = number
            path.write_bytes(records.tobytes())
            with self.assertRaisesRegex(Failure, "^qcd-000.f32, jet 0 is damaged; remove the file"):
                jets.make([self.wheel], 10, silent)

    def test_a_simulation_that_fails_leaves_its_words(self):
        failed = subprocess.CompletedProcess([], -11, b"segmentation fault")
        with mock.patch.object(jets.subprocess, "run", return_value=failed):
            sentence = "the simulation of .*-000.f32 failed with status -11; .*log$"
            with self.assertRaisesRegex(Failure, sentence) as caught:
                jets.make([self.wheel], 10, silent)
        log = pathlib.Path(str(caught.exception).split("what it said: ")[1])
        self.assertEqual(log.read_bytes(), b"segmentation fault")

    def test_the_wheel_is_unpacked_once_and_without_its_manuals(self):
        folder = jets.unpack(self.wheel)
        found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        self.assertEqual(found, ["pythia8mc.so", "share/Pythia8/xmldoc/Index.xml"])
        self.wheel.write_bytes(b"")
        self.assertEqual(jets.unpack(self.wheel), folder)
        other = self.folder / "other.whl"
        other.write_bytes(b"no zip")
        with self.assertRaisesRegex(Failure, "other.whl is no sound wheel"):
            jets.unpack(other)

    def test_where_there_is_no_wheel(self):
        self.assertIsNone(jets.refusal((3, 9), "Linux", "x86_64"))
        self.assertIn("this is Python 3.14 on Linux x86_64", jets.refusal((3, 14), "Linux", "x86_64"))
        self.assertIn("on Darwin arm64", jets.refusal((3, 12), "Darwin", "arm64"))
        self.assertIn("-cp39-cp39-", jets.wheel((3, 9)).file)
        self.assertEqual(len({jets.wheel(python).sha256 for python in jets.WHEELS}), 5)


class TopTagging(Temporary):
    def row(self, filled, label=1.0, room=3):
        momenta = [entry for place in range(filled) for entry in (10.0 - place, 1.0, 2.0, 3.0)]
        return array.array("f", momenta + [0.0] * (4 * (room - filled)) + [label])

    def stream(self, rows, room=3):
        return io.BytesIO(room.to_bytes(8, "little") + b"".join(row.tobytes() for row in rows))

    def test_a_row_becomes_a_jet(self):
        total, members, count, label = top_tagging.jet(self.row(2), "t.h5, row 0")
        self.assertEqual((total, count, label), ([19, 2, 4, 6], 2, 1))
        self.assertEqual(members[:9], [10, 1, 2, 3, 9, 1, 2, 3, 0])
        self.assertEqual(len(members), 256)

    def test_more_constituents_than_are_kept_count_for_the_jet(self):
        row = array.array("f", [1.0, 0.0, 0.0, 0.5] * 70 + [0.0])
        total, members, count, label = top_tagging.jet(row, "")
        self.assertEqual((total, count, label, len(members)), ([70, 0, 0, 35], 64, 0, 256))

    def test_what_is_no_jet_is_named(self):
        hole, negative, broken = self.row(3), self.row(2), self.row(1)
        hole[4], negative[0], broken[2] = 0.0, -1.0, math.nan
        for row, sentence in (
            (self.row(1, label=2.0), "t.h5, row 7: is_signal_new is 2, expected 0 or 1"),
            (self.row(0), "t.h5, row 7: expected one constituent of positive energy"),
            (hole, "and zeros after the last"),
            (negative, "t.h5, row 7: expected one constituent"),
            (broken, "t.h5, row 7 holds a number that is not finite"),
        ):
            with self.subTest(sentence), self.assertRaisesRegex(Failure, sentence):
                top_tagging.jet(row, "t.h5, row 7")

    def test_the_stream_of_rows(self):
        rows = [self.row(1), self.row(3, 0.0)]
        self.assertEqual(list(top_tagging.rows(self.stream(rows), "t")), rows)
        self.assertEqual(list(top_tagging.rows(io.BytesIO(), "t")), [])
        with self.assertRaisesRegex(Failure, "t ended in the middle of a row"):
            list(top_tagging.rows(io.BytesIO(self.stream(rows).getvalue()[:-1]), "t"))

    def test_columns_of_the_format(self):
        names = read_tables.names(2)
        self.assertEqual(names, ["E_0", "PX_0", "PY_0", "PZ_0", "E_1", "PX_1", "PY_1", "PZ_1", "is_signal_new"])
        self.assertEqual(read_tables.room([*names, "truthE", "ttv"]), 2)
        self.assertEqual(read_tables.room(names[:-1]), 0)
        self.assertEqual(read_tables.room(["a", "is_signal_new"]), 0)

    def test_files_are_looked_at_before_anything_is_made(self):
        here = self.folder / "a.h5"
        here.write_bytes(b"")
        for path, sentence in (("b.h5", "b.h5 is not there"), ("a.csv", "ends in '.csv', expected one of .h5")):
            with self.subTest(path), self.assertRaisesRegex(Failure, sentence):
                top_tagging.data_set([here, here, self.folder / path], True, self.folder, silent)

    def test_a_table_that_cannot_be_read(self):
        path = self.folder / "a.parquet"
        path.write_bytes(b"nonsense")
        # Whether or not the libraries are here, it is a sentence about the file.
        with self.assertRaisesRegex(Failure, r"a\.parquet cannot be read as a table of jets: \w+Error: "):
            top_tagging.read(path, None, None, silent)

    def test_libraries_are_not_downloaded_offline(self):
        with mock.patch.object(top_tagging, "installed", return_value=False):
            with self.assertRaisesRegex(Failure, r"needs pandas==[\d.]+, tables==[\d.]+, and --offline forbids"):
                top_tagging.environment(("pandas", "tables"), self.folder, True, silent)

    def test_the_card_is_that_of_the_fields(self):
        self.assertEqual(top_tagging.Columns().tensors().keys(), jets.SET.fields.keys())
        columns = top_tagging.Columns()
        columns.add(*top_tagging.jet(self.row(2), ""))
        made = mock.Mock(splits=dict.fromkeys(("train", "validation", "test"), columns.tensors()))
        store.check(jets.SET, made)
        json.dumps(jets.FIELDS)


class Fields(unittest.TestCase):
    def test_bytes_of_the_wrong_number_are_refused(self):
        with self.assertRaises(ValueError):
            tensor("U8", (2,), [1])
        self.assertIsInstance(tensor("U8", (1,), [1]), Tensor)
        self.assertEqual(tensor("F32", (1,), [1]).values, array.array("f", [1]))


if __name__ == "__main__":
    unittest.main()
