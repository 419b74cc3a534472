"""What the user is told when something fails, and the exit status that goes with it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from types import FrameType
from typing import ParamSpec

import typer

from mien.advice import to_get
from mien.errors import MienError
from mien.shortfall import STATUS, Shortfall, listening

P = ParamSpec("P")

STATUSES = (
    "Exit status: 0 done, 1 another failure, 2 wrong usage, 3 the input cannot be read, "
    "4 no face was found, 5 somebody could be recognised (a result is then withheld), "
    "6 the output cannot be written, 7 done, but much of an input is missing or damaged, "
    "8 the application's list of clips is damaged, 130 interrupted."
)
INTERRUPTED = 130
_REPORTS = ("jinja2", "markupsafe", "pandas", "plotly", "pyarrow")
_STATISTICS = ("sklearn", "statsmodels")
BRINGS: Mapping[str, tuple[str, ...]] = {
    "reports": _REPORTS,
    "web": (*_REPORTS, "fastapi", "sqlalchemy", "starlette", "uvicorn"),
    "study": (*_REPORTS, *_STATISTICS, "krippendorff", "pingouin"),
    "review": (*_REPORTS, *_STATISTICS, "bibtexparser", "openpyxl", "rapidfuzz", "rispy"),
    "dicom": ("pydicom", "pynetdicom"),
    "train": ("torch",),
}
"""By extra of mien, all packages that it brings and that not everybody needs."""
EXTRAS: Mapping[str, str] = {
    package: extra for extra in list(BRINGS)[::-1] for package in BRINGS[extra]
}
"""By package, the first of these extras that brings it."""
_asked = Event()


def wants_traceback() -> bool:
    """Whether `MIEN_TRACEBACK` asks for everything that an unexpected failure has to say."""
    return os.environ.get("MIEN_TRACEBACK", "") not in ("", "0")


def explain(error: Exception) -> tuple[str, int]:
    """One sentence about an error, and its exit status."""
    if isinstance(error, MienError):
        return " ".join(str(error).split()), error.exit_status
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        name = Path(os.fsdecode(error.filename or "")).name
        return f"the name {name[:30]}… is too long: choose one of at most 255 bytes.", 6
    package = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package in EXTRAS:
        extra = error.extra if isinstance(error, Lacking) else EXTRAS[package]
        return (
            f"this needs the package {package}, which is not installed: {to_get(extra)} brings it."
        ), 1
    words = " ".join(str(error).split()) or "no details"
    return (
        f"something unexpected went wrong ({type(error).__name__}: {words}): run again with "
        "MIEN_TRACEBACK=1 for details."
    ), 1


class Lacking(ModuleNotFoundError):
    """A command needs an extra of mien that is not installed, or not all of it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"No module named {package!r}", name=package)
        self.extra = extra


def need(extra: str) -> None:
    """Refuse at once what would fail after long work, and name the one command that helps.

    Parameters
    ----------
    extra : str
        Of mien, all of whose packages a command needs; one extra brings everything that it does.

    Raises
    ------
    Lacking
        If one of them is not installed.
    """
    for package in BRINGS[extra]:
        if find_spec(package) is None:
            raise Lacking(package, extra)


def tell(sentence: str) -> None:
    """Print one sentence on stderr."""
    print(f"mien: {sentence}", file=sys.stderr, flush=True)


def stop(number: int, frame: FrameType | None) -> None:
    """Handle a signal: interrupt the run, but wait for the end of an import.

    Extension modules swallow an interruption while they are imported, or make another error of
    it; `check` then interrupts soon after. A second signal does not wait.
    """
    first = not _asked.is_set()
    _asked.set()
    while first and frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def check() -> None:
    """Interrupt the run if a signal has asked for it."""
    if _asked.is_set():
        raise KeyboardInterrupt


def interrupted(error: BaseException) -> bool:
    """Whether an error is an interruption, or comes of one."""
    return isinstance(error, KeyboardInterrupt) or _asked.is_set()


def go_on_after(error: Exception) -> tuple[str, int]:
    """What `explain` says of a failed clip, where others may follow; what ends them all is raised.

    To be called where the error was caught.
    """
    if interrupted(error) or (wants_traceback() and not isinstance(error, MienError)):
        raise
    return explain(error)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """A command that ends with a sentence and a status, never with a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        incomplete: dict[Path, None] = {}

        def note(path: Path, missing: Shortfall) -> None:
            if path not in incomplete:
                incomplete[path] = None
                tell(missing.sentence(str(path)))

        try:
            with listening(note):
                command(*args, **kwargs)
            if incomplete:
                raise typer.Exit(STATUS)
        except typer.Exit as end:
            if incomplete and not end.exit_code:
                raise typer.Exit(STATUS) from None
            raise
        except (typer.Abort, typer.BadParameter):
            raise
        except BrokenPipeError:  # whoever reads the output has read enough
            sys.stdout = open(os.devnull, "w")
            raise typer.Exit(0) from None
        except (Exception, KeyboardInterrupt) as error:
            if interrupted(error):
                tell("interrupted; no unfinished file was left.")
                raise typer.Exit(INTERRUPTED) from None
            assert isinstance(error, Exception)
            if wants_traceback() and not isinstance(error, MienError):
                raise
            sentence, status = explain(error)
            tell(sentence)
            raise typer.Exit(status) from None

    return run
