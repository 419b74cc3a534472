"""Exports that were chosen on the page *Review*, until a review is made of them."""

from __future__ import annotations

import re
import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from mien.advice import to_get
from mien.errors import MienError
from mien.web.http.alike import Looked, Place, look
from mien.web.http.problems import Problem

if TYPE_CHECKING:
    from mien.review.living.update import Import
    from mien.review.project.founding import Founding

LARGEST = 256 << 20
"""Bytes of an export."""
_MOST = 100
_REGISTERS = re.compile(r"clinicaltrials|ictrp|regist(er|ry)", re.I)
_OTHERWISE = re.compile(r"citation|cited|citing|references?\b|hand|snowball|website|expert", re.I)


@dataclass(frozen=True)
class Arrived:
    """An export that can be read, or a protocol."""

    id: str
    """By which the page knows it."""
    name: str
    """Of the file."""
    path: Path
    """Where it lies."""
    records: int
    """That it holds; 0 of a protocol."""
    sources: tuple[str, ...]
    """Databases that its records name."""
    protocol: bool
    """Whether it is a protocol."""
    source: str = ""
    """Where its records come from; guessed until somebody says."""
    kind: str = "database"
    """`database`, `register` or `other`, such as citation searching."""
    date: str = ""
    """Of the search; empty for today."""


class Arriving:
    """Exports of one review that is not begun yet.

    Parameters
    ----------
    home : Path
        Where they lie; what is left there of an earlier run is removed.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._arrived: dict[str, Arrived] = {}
        self._decided: dict[tuple[Place, Place], bool] = {}
        self._looked: tuple[tuple[str, ...], Looked] | None = None
        self._looking = Lock()
        if home.is_dir() and not home.is_symlink():
            shutil.rmtree(home, ignore_errors=True)

    def all(self) -> list[Arrived]:
        """In the order they came."""
        return list(self._arrived.values())

    def place(self, name: str) -> Path:
        """Where an export of that name is to be written; a `Problem` if there are too many."""
        if len(self._arrived) >= _MOST:
            raise Problem(409, "many_exports", f"At most {_MOST} exports make a review.")
        folder = self._home / secrets.token_hex(16)
        folder.mkdir(parents=True)
        return folder / (name.lstrip(".") or "export")

    def take(self, path: Path) -> Arrived:
        """Read an export that was written; a `Problem`, and it is gone, if it cannot be read."""
        from mien.review.protocol.protocol import Protocol
        from mien.review.records.reading import read_export

        try:
            if path.suffix.lower() == ".toml":
                Protocol.open(path)
                new = Arrived(path.parent.name, path.name, path, 0, (), True)
            else:
                records = read_export(path).records
                named = Counter(one.source for one in records)
                sources = tuple(name for name, _ in named.most_common(5))
                source = sources[0] if sources and sources[0] else path.stem
                new = Arrived(
                    path.parent.name,
                    path.name,
                    path,
                    len(records),
                    tuple(filter(None, sources)),
                    False,
                    source,
                    _kind(source),
                )
        except MienError as error:
            self.drop(path)
            said = str(error).replace(str(path), path.name)
            raise Problem(422, "unreadable-file", said) from error
        except ModuleNotFoundError as error:
            self.drop(path)
            raise Problem(
                501,
                "no_packages",
                f"Reviews need packages that are not installed: {to_get('review')}, "
                "then start again.",
            ) from error
        self._arrived[new.id] = new
        return new

    def describe(self, export: str, source: str, kind: str, date: str) -> Arrived:
        """Say where an export is from and when it was searched; a `Problem` if there is none."""
        known = self._arrived.get(export)
        if known is None or known.protocol:
            raise Problem(404, "no_export", "This export is not here any more.")
        new = replace(known, source=source.strip() or known.source, kind=kind, date=date)
        self._arrived[export] = new
        return new

    def protocol(self) -> str:
        """The protocol that a review begun now would have."""
        from mien.review.protocol.protocol import published_text

        return next(
            (one.path.read_text("utf-8-sig") for one in self.all() if one.protocol),
            published_text(),
        )

    def remove(self, export: str) -> None:
        """Forget an export; a `Problem` if there is none of that id."""
        gone = self._arrived.pop(export, None)
        if gone is None:
            raise Problem(404, "no_export", "This export is not here any more.")
        self._decided = {
            pair: one
            for pair, one in self._decided.items()
            if export not in (pair[0][0], pair[1][0])
        }
        self.drop(gone.path)

    def duplicates(self) -> Looked:
        """Look for duplicates among the exports; what was found last is kept while they stay."""
        taken = tuple(one for one in self.taken() if not one.protocol)
        key = tuple(one.id for one in taken)
        with self._looking:
            if self._looked is None or self._looked[0] != key:
                files = [(one.id, one.name, one.path) for one in taken]
                self._looked = (key, look(files))
            found = self._looked[1]
        pairs = tuple(
            replace(one, decided=self._decided.get((one.a, one.b))) for one in found.pairs
        )
        return replace(found, pairs=pairs)

    def decide(self, a: Place, b: Place, together: bool | None) -> None:
        """Keep what somebody decided about a pair: one publication, two, or nothing any more."""
        known = {(one.a, one.b) for one in self.duplicates().pairs}
        if (a, b) not in known:
            raise Problem(404, "no_pair", "These two records are not here any more.")
        if together is None:
            self._decided.pop((a, b), None)
        else:
            self._decided[a, b] = together

    def decided(self, *, together: bool) -> list[list[int]]:
        """Numbers of records, counted over all exports, that were decided about."""
        start, starts = 0, {}
        for one in self._arrived.values():
            starts[one.id] = start
            start += one.records
        return [
            [starts[a[0]] + a[1], starts[b[0]] + b[1]]
            for (a, b), said in self._decided.items()
            if said is together
        ]

    def drop(self, path: Path) -> None:
        """Remove a file that was written here, with its folder."""
        shutil.rmtree(path.parent, ignore_errors=True)

    def taken(self) -> list[Arrived]:
        """Those that a review is made of; a `Problem` if there are none."""
        if not any(one.records for one in self._arrived.values()):
            raise Problem(409, "no_exports", "Choose exports with records first.")
        return self.all()

    def clear(self) -> None:
        """Forget all of them."""
        for export in list(self._arrived):
            self.remove(export)


def begin_review(folder: Path, arriving: Arriving, founding: Founding) -> None:
    """Make a review of exports, which people then screen; by the published protocol if none came.

    Parameters
    ----------
    folder : Path
        A new one; gone again if this raises.
    arriving : Arriving
        The exports, and what was decided about pairs of their records.
    founding : Founding
        Who decides.

    Raises
    ------
    Problem
        If it cannot be made, such as for names that are missing.
    """
    from mien.review.living.review_folder import begin
    from mien.review.living.update import add
    from mien.review.project.founding import begin_screening

    arrived = arriving.taken()
    try:
        add(
            begin(arriving.protocol()),
            imports_of(arrived),
            date.today().isoformat(),
            together=arriving.decided(together=True),
            apart=arriving.decided(together=False),
        ).save(folder)
        begin_screening(folder, founding)
    except MienError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Problem(422, "not_begun", str(error)) from error


def imports_of(arrived: Sequence[Arrived]) -> list[Import]:
    """Exports as searches of databases; a protocol is none."""
    from mien.review.living.update import Import
    from mien.review.records.reading import read_export

    return [
        Import(
            one.source,
            one.kind,
            one.name,
            read_export(one.path).records,
            one.date,
        )
        for one in arrived
        if not one.protocol
    ]


def _kind(source: str) -> str:
    """What kind of search a name sounds like."""
    if _REGISTERS.search(source):
        return "register"
    return "other" if _OTHERWISE.search(source) else "database"


def update_review(folder: Path, arriving: Arriving) -> None:
    """Add exports to a review that is being screened: what is known keeps every decision.

    A new version begins if anything was decided, as by `mien review update`.

    Raises
    ------
    Problem
        If it cannot be done, such as for a protocol among the exports.
    """
    from mien.review.living.alone import alone
    from mien.review.living.review_folder import open_review
    from mien.review.living.update import add, freeze
    from mien.review.project.founding import collect, refresh
    from mien.review.project.store import ReviewStore

    arrived = arriving.taken()
    if any(one.protocol for one in arrived):
        raise Problem(
            409, "protocol_stays", "A review keeps its protocol: remove the other one first."
        )
    store = ReviewStore(folder)
    try:
        collect(store)
        with alone(folder):
            before = open_review(folder)
            add(
                freeze(before) if before.decisions else before,
                imports_of(arrived),
                date.today().isoformat(),
                together=arriving.decided(together=True),
                apart=arriving.decided(together=False),
            ).save(folder, overwrite=True)
        refresh(store)
    except MienError as error:
        raise Problem(422, "not_updated", str(error)) from error
