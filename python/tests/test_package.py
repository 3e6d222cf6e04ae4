"""The package as a whole: its README runs, its types hold, its version is the workspace's."""

import contextlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import unittest

import semola_runs
from tests import FIXTURES, HERE, InFolder

PYTHON = HERE.parent


class Package(InFolder):
    @unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
    @unittest.skipUnless(importlib.util.find_spec("safetensors"), "safetensors is not installed")
    def test_the_readme_runs(self):
        """Its Python, block after block as in a notebook; a block of text after one is what that prints."""
        shutil.copytree(FIXTURES, self.folder / "runs")
        text = (PYTHON / "README.md").read_text()
        blocks = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", text, re.DOTALL | re.MULTILINE)
        self.assertGreater(len(blocks), 3)
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        names = {}
        for code, expected in blocks:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, "README.md", "exec"), names)
            printed = "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())
            self.assertEqual(printed, expected, code)

    @unittest.skipUnless(importlib.util.find_spec("mypy"), "mypy is not installed")
    def test_the_types_hold(self):
        cache = PYTHON.parent / "target" / "mypy"
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "semola_runs"]
        done = subprocess.run(command, cwd=PYTHON, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue((PYTHON / "semola_runs" / "py.typed").is_file())

    def test_the_version_is_that_of_the_workspace(self):
        def version(path):
            return re.search(r'^version = "(.*)"', path.read_text(), re.MULTILINE)[1]

        self.assertEqual(version(PYTHON / "pyproject.toml"), version(PYTHON.parent / "Cargo.toml"))

    def test_public_names_are_there_and_described(self):
        for name in semola_runs.__all__:
            thing = getattr(semola_runs, name)
            if callable(thing) and name != "Verdict":
                self.assertTrue(thing.__doc__, name)

    def test_fixtures_name_no_machine(self):
        for path in FIXTURES.rglob("*"):
            if path.is_file():
                self.assertIsNone(re.search(rb"/(tmp|home|root|work|Users)/", path.read_bytes()), path)
        size = sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file())
        self.assertLess(size, 100_000)


if __name__ == "__main__":
    unittest.main()
