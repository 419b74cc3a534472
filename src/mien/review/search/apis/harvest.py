"""Searches that are kept: each answer as it came, so that an interrupted search goes on.

A search is a folder: ``search.json`` says what was asked of whom and when, how far it came and how
many records there are; ``answers`` holds every answer as it came, ``records.json`` what stands in
them once the search is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from mien.errors import FormatError, OutputError, ParameterError
from mien.outputs import check_parent, complete
from mien.progress import Progress
from mien.review.records.reading import read_export
from mien.review.records.record import Record
from mien.review.records.writing import json_text
from mien.review.search.apis.crossref import Crossref
from mien.review.search.apis.openalex import OpenAlex
from mien.review.search.apis.pages import Api, Query
from mien.review.search.apis.pubmed import PubMed
from mien.review.search.apis.transport import Transport

APIS: dict[str, Callable[[], Api]] = {"pubmed": PubMed, "openalex": OpenAlex, "crossref": Crossref}
"""By short names."""


@dataclass(frozen=True)
class Search:
    """A search and how far it came."""

    api: str
    """A name of `APIS`."""
    query: Query
    """What was asked."""
    begun: str
    """Day, such as ``2021-09-30``."""
    total: int = 0
    """Records that the server has."""
    cursor: str = ""
    """From where to go on."""
    answers: int = 0
    """That were kept."""
    done: bool = False
    """Whether all were fetched."""


def harvest(
    folder: Path,
    api: str,
    query: Query,
    transport: Transport,
    *,
    today: date | None = None,
    progress: Progress | None = None,
) -> list[Record]:
    """Search, or go on with a search that was interrupted.

    Parameters
    ----------
    folder : Path
        Of this search; made if it is not there.
    api : str
        ``pubmed``, ``openalex`` or ``crossref``.
    query : Query
        The same as before, if the search goes on.
    transport : Transport
        Who answers.
    today : date, optional
        For the record.
    progress : callable, optional
        Called as ``progress("fetching", records, total)``.

    Returns
    -------
    records : list of Record
        All that the server has for it.

    Raises
    ------
    ParameterError
        If there is no such interface.
    OutputError
        If another search lies in the folder.
    FormatError
        If the server refuses; what was fetched stays, and the same call goes on.
    """
    if api not in APIS:
        raise ParameterError(f"There is no interface {api!r}: choose {', '.join(APIS)}.")
    asked = APIS[api]()
    now = _begun(folder, Search(api, query, (today or date.today()).isoformat()))
    kept = folder / "records.json"
    if now.done and kept.exists():
        return list(read_export(kept).records)
    records = _fetched(folder, now)
    while not now.done:
        page = asked.page(query, now.cursor, transport)
        records.extend(page.records)
        name = f"{now.answers + 1:05d}"
        _write(folder / "answers" / name, page.body)
        _write(folder / "answers" / f"{name}.json", json_text(page.records).encode())
        now = Search(
            api, query, now.begun, page.total, page.cursor, now.answers + 1, not page.cursor
        )
        _write(folder / "search.json", _text(now))
        if progress is not None:
            progress("fetching", len(records), max(page.total, len(records)))
    _write(kept, json_text(records).encode())
    return records


def opened(folder: Path) -> Search:
    """The search in a folder; raises `FormatError` if there is none."""
    try:
        said = json.loads((folder / "search.json").read_text("utf-8"))
        return Search(**{**said, "query": Query(**said["query"])})
    except OSError as exc:
        raise FormatError(f"{folder} holds no search: name one that was made by mien.") from exc
    except (ValueError, TypeError, KeyError) as exc:
        raise FormatError(f"{folder / 'search.json'} is damaged: search again elsewhere.") from exc


def _begun(folder: Path, new: Search) -> Search:
    if not folder.exists():
        check_parent(folder)
        folder.mkdir()
    (folder / "answers").mkdir(exist_ok=True)
    if not (folder / "search.json").exists():
        if any((folder / "answers").iterdir()):
            raise OutputError(f"{folder} holds something else: choose another folder.")
        _write(folder / "search.json", _text(new))
        return new
    old = opened(folder)
    if (old.api, old.query) != (new.api, new.query):
        raise OutputError(
            f"{folder} holds another search, of {old.api} from {old.begun}: choose another folder."
        )
    return old


def _fetched(folder: Path, search: Search) -> list[Record]:
    """Records of the answers that were kept before."""
    return [
        record
        for number in range(1, search.answers + 1)
        for record in read_export(folder / "answers" / f"{number:05d}.json").records
    ]


def _text(search: Search) -> bytes:
    return (json.dumps(asdict(search), indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    with complete(path, overwrite=True) as part:
        part.write_bytes(content)
