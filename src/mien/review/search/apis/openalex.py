"""OpenAlex: works by words of title and abstract, by what they cite and by what cites them.

References
----------
.. [1] Priem, Piwowar & Orr, OpenAlex, arXiv:2205.01833.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mien.review.records.languages import language_of
from mien.review.records.record import Record, doi_of, each_once, pages_of, plain
from mien.review.search.apis.pages import Page, Query, listed, parsed, text, under
from mien.review.search.apis.transport import Transport

_WORKS = "https://api.openalex.org/works"
_FIELDS = (
    "id,doi,title,display_name,publication_year,publication_date,language,type,ids,biblio,"
    "authorships,primary_location,abstract_inverted_index,keywords,is_retracted,referenced_works"
)


class OpenAlex:
    """Asked with AND, OR, NOT and quotation marks; or with a filter, after ``filter:``."""

    name = "OpenAlex"

    def page(self, query: Query, cursor: str, transport: Transport) -> Page:
        """Up to 200 works."""
        if query.words.startswith("filter:"):
            filters = [query.words.removeprefix("filter:")]
        else:
            filters = [f"title_and_abstract.search:{query.words.replace(',', ' ')}"]
        dates = (
            ("from_created_date",)
            if query.entered
            else ("from_publication_date", "to_publication_date")
        )
        for name, day in zip(dates, (query.since, query.until), strict=False):
            if day:
                filters.append(f"{name}:{day}")
        body = transport.get(
            _WORKS,
            {
                "filter": ",".join(filters),
                "per-page": "200",
                "cursor": cursor or "*",
                "select": _FIELDS,
            },
        )
        said = parsed(body, self.name)
        works = listed(said.get("results"))
        total = under(said, "meta", "count")
        further = text(under(said, "meta", "next_cursor")) if works else ""
        return Page(
            tuple(map(record_of, works)), total if isinstance(total, int) else 0, further, body
        )


def works_with(dois: Sequence[str], transport: Transport) -> list[dict[str, Any]]:
    """Works of OpenAlex that have one of some DOIs, 50 a question."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(dois), 50):
        part = "|".join(f"https://doi.org/{doi.lower()}" for doi in dois[start : start + 50])
        body = transport.get(
            _WORKS, {"filter": f"doi:{part}", "per-page": "100", "select": _FIELDS}
        )
        found += listed(parsed(body, OpenAlex.name).get("results"))
    return found


def record_of(work: dict[str, Any]) -> Record:
    """A record of a work."""
    place = under(work, "primary_location", "source", "display_name")
    biblio = work.get("biblio")
    pmid = text(under(work, "ids", "pmid")).rstrip("/").rpartition("/")[2]
    year = work.get("publication_year")
    authors = [
        text(under(one, "author", "display_name")) for one in listed(work.get("authorships"))
    ]
    kind = text(work.get("type"))
    return Record(
        title=plain(text(work.get("title")) or text(work.get("display_name"))),
        abstract=abstract_of(work.get("abstract_inverted_index")),
        authors=each_once(authors),
        year=year if isinstance(year, int) else None,
        doi=doi_of(text(work.get("doi"))),
        language=language_of(text(work.get("language"))),
        source=OpenAlex.name,
        journal=plain(text(place)),
        keywords=each_once([text(one.get("display_name")) for one in listed(work.get("keywords"))]),
        volume=text(under(biblio, "volume")),
        issue=text(under(biblio, "issue")),
        pages=pages_of(text(under(biblio, "first_page")), text(under(biblio, "last_page"))),
        url=text(work.get("id")),
        kind="retracted" if work.get("is_retracted") is True else kind,
        pmid=pmid if pmid.isdigit() else "",
        raw=(
            ("openalex", text(work.get("id"))),
            ("type", kind),
            ("publication_date", text(work.get("publication_date"))),
        ),
    )


def abstract_of(places: Any) -> str:
    """An abstract from the places of its words."""
    if not isinstance(places, dict):
        return ""
    words = [
        (place, word)
        for word, at in places.items()
        if isinstance(at, list)
        for place in at
        if isinstance(place, int)
    ]
    return plain(" ".join(word for _, word in sorted(words)))
