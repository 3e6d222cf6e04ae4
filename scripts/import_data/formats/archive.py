"""Members of tarballs and Debian packages, read in place: nothing is unpacked, no path of theirs is followed."""

import io
import lzma
import tarfile
import zlib

from import_data.failure import Failure


def tar_members(file, names, what):
    """The bytes of the named members of an open tarball, compressed or not, as a dictionary."""
    wanted, found = set(names), {}
    try:
        with tarfile.open(fileobj=file, mode="r|*") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if name in wanted and member.isfile():
                    found[name] = tar.extractfile(member).read()
                    if len(found) == len(wanted):
                        break
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        raise Failure(f"{what} is no sound tarball ({error}); remove it to have it downloaded again") from error
    if missing := sorted(wanted - found.keys()):
        raise Failure(f"{what} lacks {missing[0]}")
    return found


def tarball(path, names):
    with open(path, "rb") as file:
        return tar_members(file, names, path.name)


def debian(path, names):
    """Members of a Debian package's data: an `ar` archive (deb(5)) with data.tar.* inside."""
    with open(path, "rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise Failure(f"{path.name} is no Debian package: it does not begin with !<arch>")
        while header := file.read(60):
            if len(header) != 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
                raise Failure(f"{path.name} is no sound Debian package: a member's header is damaged")
            size = int(header[48:58])
            if header[:16].strip().rstrip(b"/").startswith(b"data.tar"):
                return tar_members(io.BytesIO(file.read(size)), names, path.name)
            file.seek(size + size % 2, io.SEEK_CUR)
    raise Failure(f"{path.name} is no sound Debian package: it has no data.tar")
