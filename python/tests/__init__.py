"""Tests of the reader. `python3 -m unittest discover -s python/tests -t python` from the repository's root.

They need numpy; those of pandas, safetensors and mypy are skipped where these are not installed.
"""

import contextlib
import pathlib
import shutil
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE / "fixtures"


class InFolder(unittest.TestCase):
    """A folder of its own for each test, and copies of the fixtures to break."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def copy(self, fixture):
        """The path of a copy, in place of an earlier one."""
        to = self.folder / fixture
        shutil.rmtree(to, ignore_errors=True)
        return pathlib.Path(shutil.copytree(FIXTURES / fixture, to))

    @contextlib.contextmanager
    def says(self, kind, *parts):
        """A context in which just that error is raised, on one line with these parts."""
        with self.assertRaises(kind) as raised:
            yield
        message = str(raised.exception)
        self.assertIs(type(raised.exception), kind, message)
        self.assertNotIn("\n", message)
        for part in parts:
            self.assertIn(part, message)
