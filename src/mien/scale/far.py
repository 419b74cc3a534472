"""Files that lie far away, by their URL: in an object store, on a server.

They are read and written through fsspec, which knows its protocols by their names. What opens a
place (keys, certificates) comes from where the protocol's own programs look for it, never from a
plan: for ``s3`` the variables and files of AWS, for ``sftp`` the agent and ``~/.ssh``. A server
whose key is not among the known hosts is refused: somebody else could be in its place.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from mien.advice import to_get
from mien.errors import EngineError, MienError, ParameterError, StorageError, VideoError

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_CHANGES = ("ETag", "etag", "LastModified", "last_modified", "mtime")
"""What file systems call that by which a file that changed is known, the surest first."""
_BLOCK = 16 << 20  # bytes that are asked for at once


@dataclass(frozen=True)
class Url:
    """A file far away, or what the names of several begin with."""

    written: str
    """As in ``s3://bucket/folder/clip.mp4``."""

    def __str__(self) -> str:
        return self.written

    @property
    def protocol(self) -> str:
        """What it begins with, in small letters."""
        found = _URL.match(self.written)
        assert found is not None
        return found.group(1).lower()

    @property
    def name(self) -> str:
        """Its last part."""
        return self.written.rstrip("/").rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""
        return PurePosixPath(self.name).suffix

    def __truediv__(self, name: str) -> Url:
        return Url(f"{self.written.rstrip('/')}/{name}")

    def stamp(self) -> list[Any]:
        """Its size, and what changes when it does; None where nobody says.

        Raises
        ------
        VideoError
            If it is not there, or may not be read.
        StorageError
            If nobody answers.
        """
        with told(self):
            files, path = opened(self)
            files.invalidate_cache()
            info = files.info(path)
            if info["type"] != "file":
                raise VideoError(f"{self} cannot be read: it is no file.")
            change = next((info[key] for key in _CHANGES if info.get(key)), None)
            return [int(info["size"]), None if change is None else str(change)]

    def checksum(self) -> str:
        """SHA-256 of its content, hexadecimal, which is read once and kept nowhere; errors are
        those of `stamp`."""
        with told(self):
            files, path = opened(self)
            with files.open(path, "rb", block_size=_BLOCK) as stream:
                if hasattr(stream, "prefetch"):  # sftp: ask for the next before this one came
                    stream.prefetch()
                return hashlib.file_digest(stream, "sha256").hexdigest()

    def fetch(self, place: Path) -> None:
        """Bring it here; errors are those of `stamp`, and `OSError` if it cannot be written."""
        with told(self):
            files, path = opened(self)
            files.get_file(path, str(place))


def place_of(written: str, folder: Path = Path()) -> Path | Url:
    """Where something lies: on a disk of this machine, or far away.

    Parameters
    ----------
    written : str
        A path, or a URL. ``file://`` is a path.
    folder : Path
        Where relative paths start.

    Raises
    ------
    ParameterError
        If a URL names a password, or no place.
    """
    found = _URL.match(written)
    if found is None:
        return folder / written
    parts = urlsplit(written)
    if parts.password is not None:
        raise ParameterError(
            f"A URL of {parts.hostname} has a password in it: leave it out, and keep it where "
            f"programs for {found.group(1)} look for it."
        )
    if found.group(1).lower() == "file":
        return Path(unquote(parts.path))
    if not written[found.end() :].strip("/"):
        raise ParameterError(f"{written} names no file and no folder: add one.")
    return Url(written)


def opened(url: Url) -> tuple[Any, str]:
    """The file system of a URL, and what the URL is called there.

    Raises
    ------
    EngineError
        If a package for it is missing.
    ParameterError
        If nobody knows its protocol.
    """
    try:
        import fsspec
    except ImportError as exc:
        raise _lacking(url, "fsspec") from exc
    try:
        kind = _kind(url.protocol)
    except ImportError as exc:
        raise _lacking(url, _PACKAGES.get(url.protocol, str(exc).rstrip("."))) from exc
    except ValueError as exc:
        raise ParameterError(
            f"{url.protocol}:// is no protocol that fsspec {fsspec.__version__} knows."
        ) from exc
    path = kind._strip_protocol(url.written)
    return kind(**kind._get_kwargs_from_urls(url.written)), str(path)


_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "sftp": "paramiko", "ssh": "paramiko"}
"""What mien's extra brings for protocols."""


def _lacking(url: Url, package: str) -> EngineError:
    known = package == "fsspec" or package in _PACKAGES.values()
    if known:
        return EngineError(
            f"{url.protocol}:// needs the package {package}, which is not installed: "
            f"{to_get('scale')} brings it."
        )
    return EngineError(f"{url.protocol}:// needs a package that is not installed: {package}.")


@cache
def _kind(protocol: str) -> Any:
    """The class of file systems of a protocol."""
    import fsspec

    kind = fsspec.get_filesystem_class(protocol)
    return _of_known_hosts(kind) if protocol in ("sftp", "ssh") else kind


def _of_known_hosts(kind: Any) -> Any:
    """The same, but connecting to known hosts alone: fsspec's own takes whoever answers."""

    def connect(self: Any) -> None:
        import paramiko

        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        self.client.connect(self.host, **self.ssh_kwargs)
        self.ftp = self.client.open_sftp()

    return type(kind)(kind.__name__, (kind,), {"_connect": connect})


@contextmanager
def told(url: Url) -> Iterator[None]:
    """Turn errors of anybody's file system into sentences about a URL."""
    try:
        yield
    except (MienError, ImportError):
        raise
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise VideoError(f"{url} cannot be read: there is nothing of this name.") from exc
    except PermissionError as exc:
        raise VideoError(f"{url} may not be read or written: ask who keeps it.") from exc
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):  # this machine's own disk
            raise
        raise _unanswered(url, exc) from exc
    except Exception as exc:  # libraries of protocols have errors of their own, without a base
        raise _unanswered(url, exc) from exc


def _unanswered(url: Url, error: Exception) -> StorageError:
    said = " ".join(str(error).split())
    if not said or "/" in said or PurePosixPath(url.name).stem in said or len(said) > 200:
        said = type(error).__name__  # what it says could say where an original lies
    return StorageError(f"{url} could not be reached ({said}): look after the connection.")
