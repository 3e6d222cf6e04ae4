"""The trials of a sweep: the fixture, which semola-host wrote, against its own text; and what is wrong with others."""

import importlib.util
import json
import math
import unittest

from semola_runs import Damaged, NewerSchema, NotARun, read_sweep, runs
from tests import FIXTURES, InFolder

without_pandas = unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")


class Sweeps(InFolder):
    def test_every_trial_is_there_with_its_parameters(self):
        sweep = read_sweep(FIXTURES / "rates")
        self.assertEqual((sweep.method, sweep.seed, sweep.seeds, sweep.wanted), ("grid", 1, 1, 4))
        self.assertEqual((sweep.measure, sweep.larger_is_better), ("validation.rmse", False))
        self.assertEqual(sweep.keys, ("training.learning_rate", "model.width"))
        self.assertEqual([trial.state for trial in sweep], ["finished", "failed", "pruned", "pruned"])
        self.assertEqual([trial.parameters["training.learning_rate"] for trial in sweep], [4e-3, 1e30, 1e-7, 1e-6])
        raw = json.loads((FIXTURES / "rates" / "sweep.json").read_text())["trials"][0]
        first = sweep.trials[0]
        self.assertEqual(
            (first.metric, first.verdict, first.dimension), (raw["metric"], raw["verdict"], raw["dimension"])
        )
        self.assertIn("the loss is not finite", sweep.trials[1].reason)
        self.assertEqual(first.paths, (FIXTURES / "rates" / "trials" / "0001",))

    def test_the_best_is_first_whichever_way_is_better(self):
        def best(larger, *metrics):
            trials = [
                {"number": number, "parameters": {}, "state": "finished", "metric": metric, "runs": []}
                for number, metric in enumerate(metrics, 1)
            ]
            sweep = read_sweep(self.written(larger_is_better=larger, trials=trials))
            return [trial.number for trial in sweep.ranked], sweep.best and sweep.best.number

        self.assertEqual(best(False, 0.5, None, 0.1), ([3, 1, 2], 3))
        self.assertEqual(best(True, 0.5, None, 0.1), ([1, 3, 2], 1))
        self.assertEqual(best(False, None), ([1], None))

    def test_runs_of_a_trial(self):
        folder = self.copy("rates")
        (folder / "trials").mkdir()
        self.copy("field").rename(folder / "trials" / "0001")
        sweep = read_sweep(folder)
        self.assertEqual(sweep.best.runs[0].summary.symmetry.verdict, "none")
        with self.says(NotARun, "0002 does not exist"):
            _ = sweep.trials[1].runs
        self.assertEqual([run.name for run in runs(folder)], ["0001"], "trials are runs like others")

    @without_pandas
    def test_a_data_frame(self):
        frame = read_sweep(FIXTURES / "rates").to_pandas()
        self.assertEqual(list(frame.columns)[-2:], ["training.learning_rate", "model.width"])
        self.assertEqual(frame["state"].tolist()[1], "failed")
        self.assertTrue(math.isnan(frame["metric"][1]))

    def test_shown(self):
        page = read_sweep(FIXTURES / "rates")._repr_html_()
        self.assertLess(page.index("<td>1</td>"), page.index("<td>2</td>"))
        self.assertIn("<th>validation.rmse</th>", page)
        self.assertIn("<td>failed</td>", page)

    def test_what_is_wrong(self):
        with self.says(NotARun, "is no sweep, sweep.json is not there"):
            read_sweep(FIXTURES / "field")
        with self.says(NewerSchema, "has schema 2, and this package knows 1"):
            read_sweep(self.written(schema=2))
        with self.says(Damaged, '`trials[0].number` is "x", expected a count'):
            read_sweep(self.written(trials=[{"number": "x"}]))
        (self.folder / "sweep" / "sweep.json").write_text("{")
        with self.says(Damaged, "it is not JSON"):
            read_sweep(self.folder / "sweep")

    def written(self, **changes):
        record = json.loads((FIXTURES / "rates" / "sweep.json").read_text()) | changes
        folder = self.folder / "sweep"
        folder.mkdir(exist_ok=True)
        (folder / "sweep.json").write_text(json.dumps(record))
        return folder


if __name__ == "__main__":
    unittest.main()
