"""A folder that appears under its name only when everything in it is written."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mien.errors import OutputError

_LIST = ".mien-files"  # in a finished folder: the files that mien put there, one a line


def check_folder(path: Path, overwrite: bool = False) -> None:
    """Refuse a folder early, before any work.

    Raises
    ------
    OutputError
        If something is in the way, or there is no folder to put it in.
    """
    parent = path.absolute().parent
    if not parent.is_dir():
        raise OutputError(f"The folder {parent} does not exist: create it first.")
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise OutputError(f"{path} is not a folder: choose another name.")
    if path.is_dir() and any(path.iterdir()):
        if not overwrite:
            raise OutputError(f"{path} is not empty: choose another name or add --overwrite.")
        if not (path / _LIST).is_file():
            raise OutputError(f"{path} is not empty and holds no report: choose another name.")


def write_files(folder: Path, files: Mapping[str, str | bytes], overwrite: bool = False) -> None:
    """Write files into a folder that may hold others; each appears when it is complete.

    Raises
    ------
    OutputError
        If one of them exists already and must not be replaced, or cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        for name in files:
            if os.path.lexists(folder / name) and not overwrite:
                raise OutputError(
                    f"{folder / name} already exists: choose another folder or add --overwrite."
                )
        listed = {*files, *_listed(folder)}
        content_of = {_LIST: "".join(f"{name}\n" for name in sorted(listed)), **files}
        for name, content in content_of.items():
            part = folder / f".{name}.{os.getpid()}-{secrets.token_hex(4)}.part"
            try:
                part.write_bytes(content.encode() if isinstance(content, str) else content)
                os.replace(part, folder / name)
            finally:
                part.unlink(missing_ok=True)
    except OutputError:
        raise
    except OSError as exc:
        raise OutputError(f"{folder} cannot be written: {exc.strerror or exc}.") from exc


def remove_if_empty(folder: Path) -> None:
    """Remove a folder into which nothing was written after all."""
    with suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {_LIST}:
            shutil.rmtree(folder)


class Staged:
    """Collects files in a hidden folder beside their place; `commit` moves it there.

    Parameters
    ----------
    path : Path
        The folder's place.
    overwrite : bool
        Whether a report that is there may be replaced.

    Raises
    ------
    OutputError
        If something is in the way, or the folder cannot be written.

    Attributes
    ----------
    part : Path
        The hidden folder.
    """

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        check_folder(path, overwrite)
        self.path = path
        token = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.part = path.absolute().with_name(f".{path.absolute().name}.{token}.part")
        self._old = self.part.with_suffix(".old")
        try:
            self.part.mkdir()
        except OSError as exc:
            raise self._failed(exc) from exc
        except BaseException:  # interrupted
            shutil.rmtree(self.part, ignore_errors=True)
            raise

    def __enter__(self) -> Staged:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.part, ignore_errors=True)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file; `name` may lead into folders."""
        place = self.part / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        except OSError as exc:
            raise self._failed(exc) from exc

    def commit(self) -> None:
        """Give the folder its name; what others put into an older one stays in it."""
        check_folder(self.path, overwrite=True)
        try:
            names = sorted(str(path.relative_to(self.part)) for path in _files(self.part))
            (self.part / _LIST).write_text("".join(f"{name}\n" for name in names))
            if self.path.is_dir():
                os.replace(self.path, self._old)
            try:
                os.replace(self.part, self.path)
            except OSError:
                if self._old.is_dir():
                    os.replace(self._old, self.path)
                raise
            self._keep_what_is_not_ours()
            shutil.rmtree(self._old, ignore_errors=True)
        except OSError as exc:
            raise self._failed(exc) from exc

    def _keep_what_is_not_ours(self) -> None:
        """Move files that somebody else put into the older folder to the new one."""
        ours = {_LIST, *_listed(self._old)}
        for path in _files(self._old):
            name = path.relative_to(self._old)
            place = self.path / name
            if str(name) in ours:
                continue
            while os.path.lexists(place):
                place = place.with_name(f"{place.name}.old")
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)

    def _failed(self, exc: OSError) -> OutputError:
        return OutputError(f"{self.path} cannot be written: {exc.strerror or exc}.")


def _files(folder: Path) -> list[Path]:
    """Everything in a folder and the folders in it that is not a folder."""
    return [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]


def _listed(folder: Path) -> list[str]:
    """What mien put into a folder before."""
    listed = folder / _LIST
    return listed.read_text().splitlines() if listed.is_file() else []
