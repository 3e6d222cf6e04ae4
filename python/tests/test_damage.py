"""Directories that are none, unfinished, newer or damaged: each a sentence of the right kind, no other error."""

import importlib.util
import io
import json
import os
import random
import unittest
from unittest import mock

import numpy as np

from semola_runs import Damaged, MissingPackage, NewerSchema, NotARun, Run, RunError, Unfinished, runs, table
from tests import FIXTURES, InFolder


class Sentences(InFolder):
    def change(self, change, fixture="two-body"):
        """A copy with a changed summary."""
        path = self.copy(fixture)
        summary = json.loads((path / "summary.json").read_text())
        change(summary)
        (path / "summary.json").write_text(json.dumps(summary))
        return Run(path)

    def test_no_run(self):
        with self.says(NotARun, f"{self.folder / 'x'} does not exist", "give the directory"):
            Run(self.folder / "x")
        with self.says(NotARun, "config.toml is a file", "give the directory"):
            Run(FIXTURES / "cone" / "config.toml")
        with self.says(
            NotARun, f"{self.folder} is no run directory", "config.toml and run.json are not", "runs(folder)"
        ):
            Run(self.folder)
        with self.says(NotARun, f"{self.folder / 'x'} is no folder", "give one"):
            runs(self.folder / "x")
        self.assertEqual(runs(self.folder), [])

    def test_unfinished(self):
        run = Run(self.copy("ended-early"))
        for file, read in (("summary.json", lambda: run.summary), ("generators.npz", lambda: run.generators)):
            with self.says(Unfinished, f"{run.path / file} is not there", f"`semola-host resume {run.path}`"):
                read()

    def test_a_run_that_was_removed(self):
        path = self.copy("cone")
        run = Run(path)
        path.rename(self.folder / "elsewhere")
        with self.says(NotARun, f"{path} is no directory any more"):
            _ = run.summary

    def test_a_newer_schema(self):
        run = self.change(lambda summary: summary.update(schema=2, symmetry="all of it is different"))
        with self.says(NewerSchema, f"{run.path / 'summary.json'} has schema 2", "up to 1", "install"):
            _ = run.summary
        self.assertIn("has schema 2", run._repr_html_())
        with self.assertRaises(NewerSchema):
            table([run])

    def test_no_schema(self):
        for schema in (0, -1, True, "1", 1.0, None):
            with self.subTest(schema=schema):
                run = self.change(lambda summary, schema=schema: summary.update(schema=schema))
                with self.says(Damaged, "`schema` is ", "expected a "):
                    _ = run.summary

    def test_wrong_fields_are_named_with_their_place(self):
        def generator(summary, **changed):
            summary["symmetry"]["generators"][0].update(changed)

        cases = (
            (lambda s: s.update(seed="one"), '`seed` is "one", expected a count'),
            (lambda s: s.update(steps=True), "`steps` is true, expected a count"),
            (lambda s: s.update(baselines=[]), "`baselines` is [], expected an object"),
            (
                lambda s: s["symmetry"].update(verdict="perhaps"),
                '`symmetry.verdict` is "perhaps", expected one of symm',
            ),
            (lambda s: s["symmetry"].pop("candidates"), "`symmetry` lacks the field `candidates`"),
            (lambda s: s.pop("plugin"), "it lacks the field `plugin`"),
            (lambda s: generator(s, range="3"), '`symmetry.generators[0].range` is "3", expected a number'),
            (
                lambda s: generator(s, matrix=[[0, 1], [1]]),
                "`symmetry.generators[0].matrix` is [[0, 1], [1]], expected rows",
            ),
            (
                lambda s: generator(s, matrix=[[0, "x"]]),
                '`symmetry.generators[0].matrix[0][1]` is "x", expected a number',
            ),
            (lambda s: generator(s, matrix=[0]), "`symmetry.generators[0].matrix[0]` is 0, expected a list"),
            (lambda s: generator(s, violation=10**400), "expected a number of double precision"),
            (
                lambda s: s["symmetry"]["components"][0].update(accepted=1),
                "`symmetry.components[0].accepted` is 1, expected",
            ),
            (lambda s: s["metrics"]["test"].update(rmse=[]), "`metrics.test.rmse` is [], expected a number"),
        )
        for change, expected in cases:
            with self.subTest(expected):
                run = self.change(change)
                with self.says(Damaged, f"{run.path / 'summary.json'} is damaged: ", expected, "; restore the file"):
                    _ = run.summary

    def test_text_that_is_not_json(self):
        cases = (
            (b"", "line 1, column 1"),
            (b'{"schema": 1,', "line 1, column 14"),
            (b'{"a": "\xff"}', "byte 8 is not UTF-8"),
            (b"[" * 100_000, "recursion"),
            (b"[1]", "the whole is [1], expected an object"),
        )
        path = self.copy("cone")
        for content, expected in cases:
            (path / "summary.json").write_bytes(content)
            with self.subTest(content[:10]), self.says(Damaged, f"{path / 'summary.json'} is damaged: ", expected):
                _ = Run(path).summary

    def test_config_and_lock(self):
        path = self.copy("cone")
        (path / "config.toml").write_text("seed = \n")
        with self.says(Damaged, "config.toml is damaged: it is not TOML (", "line 1"):
            _ = Run(path).config
        (path / "plugins.lock").write_text('[[plugin]]\nid = "a"\nversion = "1"\n')
        with self.says(Damaged, "plugins.lock is damaged: `plugin[0]` lacks the field `sha256`"):
            _ = Run(path).lock
        (path / "plugins.lock").unlink()
        with self.says(Damaged, "plugins.lock is missing, although the run has finished"):
            _ = Run(path).lock

    def test_metrics(self):
        path = self.copy("two-body")
        whole = (path / "metrics.jsonl").read_bytes()
        (path / "metrics.jsonl").write_bytes(whole[:-5])
        with self.says(Damaged, "metrics.jsonl is damaged: it is not JSON (line 10, column"):
            Run(path).metrics()
        (path / "summary.json").unlink()
        self.assertEqual(len(Run(path).metrics()), 9)
        (path / "metrics.jsonl").write_bytes(whole.replace(b'"plain"', b"plain", 1))
        with self.says(Damaged, "it is not JSON (line 7, column"):
            Run(path).metrics()
        (path / "metrics.jsonl").write_bytes(whole.replace(b'"step":20', b'"step":"20"', 1))
        with self.says(Damaged, '`line 1.step` is "20", expected a count'):
            Run(path).metrics()

    def test_archives(self):
        path = self.copy("cone")
        whole = (path / "generators.npz").read_bytes()
        file = path / "generators.npz"
        for content in (
            b"",
            b"PK",
            whole[:500],
            whole[:-30],
            b"\x93NUMPY\x01\x00",
            npy(np.zeros(3)),
            npy(np.array([{}])),
        ):
            file.write_bytes(content)
            with (
                self.subTest(content[:8]),
                self.says(Damaged, f"{file} is damaged: it is not npz", "; restore the file"),
            ):
                _ = Run(path).generators
        for arrays, expected in (
            ({"a": np.zeros(3)}, "it lacks `generators`"),
            ({"generators": np.zeros((2, 3, 3))}, "it lacks `range`"),
            ({"generators": np.zeros((2, 3, 2)), "range": np.zeros(2)}, "has shape [2, 3, 2], expected [k, n, n]"),
            ({"generators": np.zeros(()), "range": np.zeros(2)}, "has shape [], expected [k, n, n]"),
            ({"generators": np.zeros((2, 3, 3)), "range": np.zeros(3)}, "`range` has shape [3], expected [2]"),
        ):
            np.savez(file, **arrays)
            with self.subTest(expected), self.says(Damaged, expected):
                _ = Run(path).generators

    def test_archives_run_no_code(self):
        path = self.copy("cone")
        np.savez(path / "generators.npz", generators=np.array([Call(self.folder / "called")], dtype=object))
        with self.says(Damaged, "it is not npz"):
            _ = Run(path).generators
        self.assertFalse((self.folder / "called").exists())

    def test_the_json_file_of_generators(self):
        path = self.copy("cone")
        (path / "generators.npz").unlink()
        file = path / "generators.json"
        value = json.loads(file.read_text())
        value["approximate"] = [{"matrix": [[0.0]], "violation": 0.1, "range": 1.0}]
        file.write_text(json.dumps(value))
        with self.says(Damaged, "generators.json is damaged: `approximate` is ", "expected matrices 3 × 3"):
            _ = Run(path).generators
        file.write_text("{}")
        with self.says(Damaged, "it lacks the field `generators`"):
            _ = Run(path).generators

    @unittest.skipUnless(importlib.util.find_spec("safetensors"), "safetensors is not installed")
    def test_checkpoints(self):
        path = self.copy("two-body")
        with self.says(RunError, f"{path} has no checkpoint `best`", "(last)"):
            Run(path).weights("best")
        file = path / "checkpoints" / "last.safetensors"
        whole = file.read_bytes()
        for content in (b"", whole[:20], whole[:-1], b"\xff" * 64):
            file.write_bytes(content)
            with self.subTest(content[:8]), self.says(Damaged, f"{file} is damaged: it is not safetensors"):
                Run(path).weights()
        file.unlink()
        with self.says(RunError, "no checkpoint `last`", "(none yet)"):
            Run(path).weights()

    def test_packages_that_are_missing(self):
        run = Run(FIXTURES / "two-body")
        with mock.patch.dict("sys.modules", {"pandas": None, "safetensors": None}):
            with self.says(MissingPackage, "pip install pandas"):
                run.metrics().to_pandas()
            with self.says(MissingPackage, "pip install pandas"):
                table([run]).to_pandas()
            with self.says(MissingPackage, "pip install safetensors"):
                run.weights()

    def test_a_file_that_may_not_be_read(self):
        path = self.copy("cone")
        (path / "config.toml").unlink()
        run = Run(FIXTURES / "cone")
        run.path = path
        (path / "config.toml").mkdir()
        with self.says(RunError, f"cannot read {path / 'config.toml'}: Is a directory"):
            _ = run.config

    def test_notebooks_show_a_sentence_in_place_of_a_trace(self):
        path = self.copy("ended-early")
        (path / "metrics.jsonl").write_text("<b>\n")
        self.assertIn("it is not JSON (line 1, column 1", Run(path)._repr_html_())
        (path / "summary.json").write_text('{"schema": "<script>"}')
        shown = Run(path)._repr_html_()
        self.assertIn("&lt;script&gt;", shown)
        self.assertNotIn("<script>", shown)

    def test_flipped_bytes_give_no_other_errors(self):
        """Whatever is written into the files: a result or a sentence."""
        source = random.Random(0)
        path = self.copy("cone")
        for name in ("summary.json", "metrics.jsonl", "generators.npz", "config.toml", "plugins.lock"):
            whole = (path / name).read_bytes()
            sentences = 0
            for _ in range(150):
                content = bytearray(whole)
                for _ in range(source.randint(1, 3)):
                    content[source.randrange(len(content))] = source.randrange(256)
                (path / name).write_bytes(content)
                run = Run(path)
                try:
                    _ = run.summary, run.generators, run.config, run.lock, run.metrics(), str(table([run]))
                except RunError as error:
                    self.assertIn(name, str(error))
                    sentences += 1
                run._repr_html_()
            self.assertGreater(sentences, 10, name)
            (path / name).write_bytes(whole)


class Call:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


if __name__ == "__main__":
    unittest.main()
