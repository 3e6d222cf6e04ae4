"""Tables and notebooks, with the words and figures of the host's own report about the fixtures."""

import importlib.util
import json
import unittest

from semola_runs import Run, runs, table
from semola_runs.text import entry, number
from tests import FIXTURES, InFolder

TABLE = """\
run       plugin     seed  verdict    symmetry  model                    measure               test            shifted  equivariance_error
cone      synthetic  1     symmetric  so(3)     ours                                              -                  -                   -
field     dynamics   1     none       trivial   ours                     rmse                0.0122              0.512                   -
sector    synthetic  1     partial    SO(2)     ours                     rmse                0.0157             0.0701                1.40
two-body  dynamics   1     symmetric  SO(2)     plain                    rmse               0.00879               1.14                1.16
two-body  dynamics   1     symmetric  SO(2)     oracle                   rmse               0.00783             0.0132              0.0113
two-body  dynamics   1     symmetric  SO(2)     ours                     rmse                0.0102             0.0216              0.0200
two-body  dynamics   1     symmetric  SO(2)     oracle, averaged over 4  rmse     0.0102 ± 0.000140  0.0101 ± 0.000122                   -
two-body  dynamics   1     symmetric  SO(2)     ours, averaged over 4    rmse     0.0173 ± 0.000193  0.0177 ± 0.000203                   -
1 unfinished run left out"""  # noqa: E501


class Tables(InFolder):
    def test_the_whole_text(self):
        self.assertEqual(str(table(runs(FIXTURES))), TABLE)

    def test_rows(self):
        found = table(runs(FIXTURES))
        self.assertEqual(len(found), 8)
        self.assertEqual([run.name for run in found.unfinished], ["ended-early"])
        ours = next(row for row in found if (row.run, row.model) == ("two-body", "ours"))
        self.assertEqual(ours.shifted, Run(FIXTURES / "two-body").summary.metrics.shifted["rmse"])
        self.assertIsNone(ours.shifted_error)

    def test_accuracy_comes_before_the_loss(self):
        path = self.copy("two-body")
        summary = json.loads((path / "summary.json").read_text())
        summary["baselines"] = {"zeta": summary["metrics"]}
        summary["metrics"] = {"test": {"auc": 0.8, "loss": 0.3, "accuracy": 0.9}, "shifted": {}}
        (path / "summary.json").write_text(json.dumps(summary))
        rows = table([Run(path)]).rows
        self.assertEqual(
            [(row.model, row.measure, row.test, row.shifted) for row in rows][:2],
            [("zeta", "accuracy", None, None), ("ours", "accuracy", 0.9, None)],
        )

    @unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
    def test_a_data_frame(self):
        frame = table(runs(FIXTURES)).to_pandas()
        self.assertEqual(frame.shape, (8, 12))
        oracle = frame[(frame.run == "two-body") & (frame.model == "oracle")].iloc[0]
        self.assertEqual(round(oracle.equivariance_error, 4), 0.0113)

    def test_html(self):
        shown = table(runs(FIXTURES))._repr_html_()
        self.assertIn("<td>0.0177 ± 0.000203</td>", shown)
        self.assertTrue(shown.endswith("<p>1 unfinished run left out</p>"))
        self.assertNotIn("left out", table([Run(FIXTURES / "cone")])._repr_html_())

    def test_names_are_escaped(self):
        path = self.copy("cone")
        path.rename(self.folder / "<b>")
        self.assertIn("<td>&lt;b&gt;</td>", table([Run(self.folder / "<b>")])._repr_html_())


class Notebooks(InFolder):
    def test_every_run_has_its_sentences(self):
        for name, parts in {
            "cone": (
                "<p>Symmetric under so(3): 3 generators.</p>",
                "<p>Known symmetry of the data: so(3); smallest principal cosine 1.0000.</p>",
                "<p>Generators, in a basis made for reading:</p>",
                "<li>violation 0.00738, range ±2.79</li>",
            ),
            "field": (
                "No symmetry of the kind searched for was found; the model was trained without augmentation.",
                "<td>ours</td><td>0.0122</td><td>0.512</td><td>-</td>",
            ),
            "sector": (
                "Symmetric under a bounded part of so(2): 1 generator.",
                "Generator (violation 0.00610, holds up to ±0.838 of ±3.19, δ = 0.05):",
            ),
            "two-body": (
                "Symmetric under so(2): 1 generator.",
                "Generator (violation 0.00199, range ±3.14):",
                "<p>Group with its components: SO(2).</p>",
            ),
            "ended-early": ("Unfinished, 200 steps of replica done.",),
        }.items():
            shown = Run(FIXTURES / name)._repr_html_()
            for part in (f"<strong>{name}</strong>", *parts):
                self.assertIn(part, shown)

    def changed(self, change):
        path = self.copy("two-body")
        summary = json.loads((path / "summary.json").read_text())
        change(summary["symmetry"])
        (path / "summary.json").write_text(json.dumps(summary))
        return Run(path)._repr_html_()

    def test_less_usual_findings(self):
        def change(symmetry):
            symmetry["approximate"] = [{"matrix": [[1, 0], [0, 1]], "violation": 0.04, "range": 0.7}]
            symmetry["note"] = "a < b"
            symmetry["components"][0]["accepted"] = True
            symmetry["reference"] = {"name": "so(3)", "min_cosine": 0, "principal_cosines": [1.0, 0.7071]}

        shown = self.changed(change)
        self.assertIn("Symmetric under so(2): 1 generator, and 1 that holds approximately.", shown)
        self.assertIn("<p>Note: a &lt; b.</p>", shown)
        self.assertIn("SO(2), with reflection of x1.", shown)
        self.assertIn("so(3); of 2 principal cosines the smallest is 0.7071.", shown)

    def test_only_approximate(self):
        def change(symmetry):
            symmetry["approximate"] = symmetry["generators"] * 2
            symmetry.update(verdict="approximate", dimension=0, generators=[])
            del symmetry["algebra"]

        self.assertIn("Approximately symmetric: 2 generators, none exact.", self.changed(change))

    def test_large_generators_are_left_to_the_array(self):
        def change(symmetry):
            symmetry["generators"][0]["matrix"] = [[0.0] * 9] * 9
            symmetry["algebra"]["readable"] = [[[0.0] * 9] * 9]

        self.assertIn("1 generator, 9 × 9, see <code>Run.generators</code>.", self.changed(change))

    def test_a_basis_that_does_not_fit_is_not_shown(self):
        shown = self.changed(lambda symmetry: symmetry["algebra"].update(readable=[[[7.0]]]))
        self.assertNotIn(">7<", shown)

    def test_numbers(self):
        cases = (
            (0.0, "0"),
            (1.0, "1.00"),
            (-0.01234, "-0.0123"),
            (123.4, "123"),
            (12345.0, "12345"),
            (1e-7, "1.00e-7"),
            (2.5e8, "2.50e8"),
            (None, "-"),
            (float("nan"), "NaN"),
            (float("inf"), "inf"),
        )
        for value, expected in cases:
            self.assertEqual(number(value), expected)
        for value, expected in ((-0.019, "0"), (0.985, "1"), (-0.5, "-0.50"), (float("nan"), "nan")):
            self.assertEqual(entry(value), expected)


if __name__ == "__main__":
    unittest.main()
