"""What sound runs say: the fixtures, which semola-host wrote, against what it printed about them."""

import importlib.util
import json
import shutil
import unittest

import numpy as np

from semola_runs import Run, runs
from tests import FIXTURES, InFolder

without_pandas = unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
without_safetensors = unittest.skipUnless(importlib.util.find_spec("safetensors"), "safetensors is not installed")


class Fixtures(unittest.TestCase):
    def test_verdicts_and_dimensions(self):
        expected = {
            "cone": ("symmetric", 3),
            "field": ("none", 0),
            "sector": ("partial", 1),
            "two-body": ("symmetric", 1),
        }
        found = {}
        for run in runs(FIXTURES):
            if run.finished:
                found[run.name] = (run.summary.symmetry.verdict, run.summary.symmetry.dimension)
        self.assertEqual(found, expected)

    def test_a_summary_has_what_the_host_printed(self):
        summary = Run(FIXTURES / "two-body").summary
        self.assertEqual((summary.schema, summary.plugin, summary.seed, summary.steps), (1, "dynamics", 1, 3000))
        symmetry = summary.symmetry
        self.assertEqual(
            (symmetry.algebra.name, symmetry.algebra.killing, symmetry.group), ("so(2)", (0, 0, 1), "SO(2)")
        )
        self.assertEqual((symmetry.confidence.agreement, symmetry.confidence.dimensions), (1.0, {"1": 50}))
        self.assertAlmostEqual(symmetry.reference.min_cosine, 1.0, 4)
        self.assertEqual([component.name for component in symmetry.components], ["reflection of x1"])
        self.assertFalse(symmetry.components[0].supported)
        self.assertEqual(len(symmetry.candidates), 4)
        self.assertEqual(round(symmetry.candidates[3].rel, 2), 2.50)
        self.assertEqual(round(summary.metrics.test["rmse"], 4), 0.0102)
        self.assertEqual(round(summary.metrics.averaged.shifted["rmse"].value, 4), 0.0177)
        self.assertEqual(round(summary.metrics.averaged.shifted["rmse"].error, 6), 0.000203)
        self.assertEqual(round(summary.baselines["plain"].shifted["rmse"], 2), 1.14)
        self.assertEqual([plugin.id for plugin in summary.plugins], ["dynamics", "mlp"])
        self.assertEqual([(field.name, field.shape) for field in summary.fields.inputs], [("q", (2, 2)), ("p", (2, 2))])
        (curve,) = summary.metrics.equivariance_curves
        self.assertEqual((curve.matrix.shape, curve.coefficients.shape, curve.errors.shape), ((2, 2), (25,), (25,)))
        self.assertLess(curve.errors[12], 1e-5)

    def test_a_partial_symmetry_has_its_extent(self):
        symmetry = Run(FIXTURES / "sector").summary.symmetry
        generator = symmetry.generators[0]
        self.assertEqual(symmetry.extent_tolerance, 0.05)
        self.assertLess(generator.extent, generator.whole_range)
        self.assertEqual(generator.extent, generator.range)

    def test_what_does_not_apply_is_none_or_empty(self):
        cone, field = Run(FIXTURES / "cone").summary, Run(FIXTURES / "field").summary
        self.assertEqual((cone.metrics, cone.baselines, cone.symmetry.components), (None, {}, ()))
        self.assertIsNone(cone.symmetry.group)
        self.assertEqual((field.symmetry.algebra, field.symmetry.reference), (None, None))
        self.assertIsNone(field.metrics.equivariance_error)

    def test_every_field_of_the_files_is_kept(self):
        """Against the JSON itself: nothing is lost, renamed or moved."""
        for name in ("cone", "field", "sector", "two-body"):
            with self.subTest(name):
                raw = json.loads((FIXTURES / name / "summary.json").read_text())
                self.assertEqual(plain(Run(FIXTURES / name).summary), raw)

    def test_three_generators_are_so3(self):
        run = Run(FIXTURES / "cone")
        self.assertEqual(run.generators.shape, (3, 3, 3))
        self.assertLess(np.abs(run.generators + run.generators.swapaxes(1, 2)).max(), 0.1)
        self.assertEqual(run.arrays["structure_constants"].shape, (3, 3, 3))
        for index, generator in enumerate(run.summary.symmetry.generators):
            np.testing.assert_array_equal(run.generators[index], generator.matrix)
            self.assertEqual(run.arrays["range"][index], generator.range)

    def test_no_generators_are_an_empty_array(self):
        run = Run(FIXTURES / "field")
        self.assertEqual(run.generators.shape, (0, 0, 0))
        self.assertEqual(run.draw(5, np.random.default_rng(0)).shape, (5, 0))

    def test_results_cannot_be_changed_by_accident(self):
        run = Run(FIXTURES / "cone")
        for array in (run.generators, run.summary.symmetry.generators[0].matrix, run.summary.symmetry.algebra.readable):
            with self.assertRaises(ValueError):
                array[0] = 1.0
        with self.assertRaises(AttributeError):
            run.summary.seed = 2

    def test_config_and_lock(self):
        run = Run(FIXTURES / "two-body")
        self.assertEqual(run.config["dataset"]["component"], "dynamics/two-body")
        self.assertEqual(run.config["training"]["steps"], 3000)
        self.assertEqual(run.lock, run.summary.plugins)

    def test_the_course_of_training(self):
        course = Run(FIXTURES / "two-body").metrics()
        self.assertEqual(course.stages, ("warm_up", "replica", "joint", "plain", "oracle"))
        self.assertEqual([step.step for step in course.stage("joint")], [20, 1800])
        self.assertEqual(set(course.stage("joint")[-1].loss), {"augmented", "task"})
        self.assertEqual((len(course), len(course[2:4]), course[-1].stage), (10, 2, "oracle"))

    @without_pandas
    def test_the_course_as_a_data_frame(self):
        frame = Run(FIXTURES / "two-body").metrics().to_pandas()
        expected = ["step", "stage", "loss.task", "loss.augmented", "learning_rate", "steps_per_s", "cosine"]
        self.assertEqual(list(frame.columns), expected)
        self.assertEqual(frame["loss.augmented"].isna().sum(), 6, "only joint and oracle have that term")
        self.assertEqual(frame["step"].tolist()[-1], 1800)

    @without_safetensors
    def test_weights(self):
        run = Run(FIXTURES / "two-body")
        self.assertEqual(list(run.checkpoints), ["last"])
        weights = run.weights()
        self.assertEqual(weights["model.layers.0.bias"].shape, (64,))
        np.testing.assert_allclose(weights["basis.generators"], run.generators, rtol=1e-6)


class Folders(InFolder):
    def test_runs_are_found_below_a_folder_and_not_below_runs(self):
        for name in ("b/two", "a", "b/one", "a/checkpoints/inner", ".hidden"):
            shutil.copytree(FIXTURES / "field", self.folder / name)
        (self.folder / "b" / "round").symlink_to(self.folder)
        (self.folder / "c").mkdir()
        (self.folder / "c" / "config.toml").write_text("")
        found = [str(run.path.relative_to(self.folder)) for run in runs(self.folder)]
        self.assertEqual(found, ["a", "b/one", "b/two"])

    def test_a_run_is_named_by_its_directory(self):
        (self.folder / "link").symlink_to(self.copy("field"))
        self.assertEqual(Run(self.folder / "link").name, "field")
        self.assertEqual(repr(Run(FIXTURES / "cone")), f"Run('{FIXTURES / 'cone'}')")

    def test_fields_added_later_are_passed_over(self):
        path = self.copy("two-body")
        summary = json.loads((path / "summary.json").read_text())
        summary["colour"] = [1]
        summary["symmetry"]["generators"][0]["phase"] = {"of": "moon"}
        summary["metrics"]["test"]["auc"] = 0.9
        (path / "summary.json").write_text(json.dumps(summary))
        with (path / "metrics.jsonl").open("a") as file:
            file.write('{"step":1,"stage":"next","loss":{},"learning_rate":1,"steps_per_s":1,"new":null}\n')
        self.assertEqual(Run(path).summary.metrics.test["auc"], 0.9)
        self.assertEqual(Run(path).metrics()[-1].stage, "next")

    def test_summaries_of_older_hosts_are_read(self):
        path = self.copy("two-body")
        summary = json.loads((path / "summary.json").read_text())
        for name in ("confidence", "components", "group"):
            del summary["symmetry"][name]
        for name in ("readable", "structure_constants"):
            del summary["symmetry"]["algebra"][name]
        del summary["symmetry"]["reference"]["principal_cosines"]
        (path / "summary.json").write_text(json.dumps(summary))
        symmetry = Run(path).summary.symmetry
        self.assertEqual((symmetry.confidence, symmetry.components, symmetry.group), (None, (), None))
        self.assertEqual(symmetry.algebra.readable.shape, (0, 0, 0))
        self.assertIn("Generator (violation 0.00199, range ±3.14)", Run(path)._repr_html_())

    def test_numbers_that_were_not_finite_are_nan(self):
        path = self.copy("two-body")
        summary = json.loads((path / "summary.json").read_text())
        summary["metrics"]["test"]["rmse"] = None
        (path / "summary.json").write_text(json.dumps(summary))
        self.assertTrue(np.isnan(Run(path).summary.metrics.test["rmse"]))

    def test_a_run_that_goes_on_can_be_watched(self):
        path = self.copy("ended-early")
        run = Run(path)
        self.assertFalse(run.finished)
        whole = run.metrics()
        self.assertEqual((whole[-1].stage, len(whole)), ("replica", 4))
        line = (path / "metrics.jsonl").read_text().splitlines()[-1]
        for length in range(1, len(line)):
            with (path / "metrics.jsonl").open("a") as file:
                file.write(line[length - 1])
            self.assertEqual(len(run.metrics()), 4, line[:length])
        with (path / "metrics.jsonl").open("a") as file:
            file.write(line[-1])
        self.assertEqual(len(run.metrics()), 5, "all but its newline is there")
        (path / "metrics.jsonl").unlink()
        self.assertEqual(run.metrics().stages, ())

    def test_a_summary_is_found_once_it_is_there(self):
        path = self.copy("two-body")
        (path / "summary.json").rename(path / "later")
        run = Run(path)
        self.assertFalse(run.finished)
        self.assertIn("Unfinished, 1800 steps of oracle done.", run._repr_html_())
        (path / "later").rename(path / "summary.json")
        self.assertEqual(run.summary.seed, 1)

    def test_the_json_file_stands_in_for_the_npz(self):
        for name in ("cone", "field", "sector", "two-body"):
            path = self.copy(name)
            (path / "generators.npz").unlink()
            found, expected = Run(path).arrays, Run(FIXTURES / name).arrays
            self.assertEqual(found.keys(), expected.keys(), name)
            for array in expected:
                np.testing.assert_array_equal(found[array], expected[array], f"{name} {array}")


def plain(value):
    """A dataclass as the JSON it was read from, without what is None or empty where the host leaves that out."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
        left_out = (("components", []), ("validation", {}))
        return {name: field for name, field in fields.items() if field is not None and (name, field) not in left_out}
    return value


if __name__ == "__main__":
    unittest.main()
