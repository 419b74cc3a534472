"""A folder that appears under its name only when everything in it is written."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from mien.errors import OutputError

_OURS = ("report.html", "metrics.json", "cohort.html", "comparison.html")


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
        if not any((path / name).is_file() for name in _OURS):
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
        for name, content in files.items():
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
        """Give the folder its name."""
        check_folder(self.path, overwrite=True)
        try:
            if self.path.is_dir():
                os.replace(self.path, self._old)
            try:
                os.replace(self.part, self.path)
            except OSError:
                if self._old.is_dir():
                    os.replace(self._old, self.path)
                raise
        except OSError as exc:
            raise self._failed(exc) from exc
        finally:
            shutil.rmtree(self._old, ignore_errors=True)

    def _failed(self, exc: OSError) -> OutputError:
        return OutputError(f"{self.path} cannot be written: {exc.strerror or exc}.")
