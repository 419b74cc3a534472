"""A folder that appears under its name only when everything in it is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mien.errors import OutputError
from mien.outputs import check_free, check_parent, complete, hidden, publish_folder, put_back

_LIST = ".mien-files"  # in a finished folder: the files that mien put there, one a line


def check_folder(path: Path, overwrite: bool = False) -> None:
    """Refuse a folder early, before any work.

    Raises
    ------
    OutputError
        If something is in the way, or there is no folder to put it in.
    """
    put_back(path)
    check_parent(path)
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
            check_free(folder / name, overwrite)
        listed = {*files, *_listed(folder)}
        content_of = {_LIST: "".join(f"{name}\n" for name in sorted(listed)), **files}
        for name, content in content_of.items():
            with complete(folder / name, overwrite=overwrite or name == _LIST) as part:
                part.write_bytes(content.encode() if isinstance(content, str) else content)
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
        self.part = hidden(path)
        self._holds_theirs = False  # the hidden folder is the older one, with files of others
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
        if not self._holds_theirs:
            shutil.rmtree(self.part, ignore_errors=True)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file; `name` may lead into folders, but not out of this one."""
        place = self.part / name
        if ".." in Path(name).parts or not place.is_relative_to(self.part):
            raise OutputError(f"{name} leads out of {self.path}: nothing is written there.")
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
            # before the new folder has its name, so that it never lacks them
            kept = _keep_what_is_not_ours(self.path, self.part, _copy)
            older = publish_folder(self.part, self.path)
            if older is not None:
                self._holds_theirs = True
                _keep_what_is_not_ours(older, self.path, os.replace, but=kept)  # came meanwhile
                self._holds_theirs = False
                shutil.rmtree(older, ignore_errors=True)
        except OSError as exc:
            raise self._failed(exc) from exc

    def _failed(self, exc: OSError) -> OutputError:
        return OutputError(f"{self.path} cannot be written: {exc.strerror or exc}.")


def _keep_what_is_not_ours(
    older: Path,
    newer: Path,
    put: Callable[[Path, Path], object],
    but: Collection[Path] = (),
) -> set[Path]:
    """Put files that somebody else put into the older folder into the new one; their names."""
    ours = {_LIST, *_listed(older)}
    names = {path.relative_to(older) for path in _files(older)} - set(but)
    names = {name for name in names if str(name) not in ours}
    for name in sorted(names):
        place = newer / name
        while os.path.lexists(place):
            place = place.with_name(f"{place.name}.old")
        place.parent.mkdir(parents=True, exist_ok=True)
        put(older / name, place)
    return names


def _copy(path: Path, place: Path) -> None:
    """Give a file a second name or, where it can have only one, copy it."""
    try:
        os.link(path, place, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(path, place, follow_symlinks=False)


def _files(folder: Path) -> list[Path]:
    """Everything in a folder and the folders in it that is not a folder."""
    return [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]


def _listed(folder: Path) -> list[str]:
    """What mien put into a folder before."""
    listed = folder / _LIST
    return listed.read_text().splitlines() if listed.is_file() else []
