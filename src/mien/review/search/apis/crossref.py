"""Crossref: works by words of their references; it knows no AND and OR, and ranks instead.

References
----------
.. [1] Crossref REST API documentation.
"""

from __future__ import annotations

import re
from typing import Any

from mien.review.duplicates.comparable import folded
from mien.review.records.languages import language_of
from mien.review.records.record import Record, doi_of, each_once, plain
from mien.review.search.apis.pages import Page, Query, listed, parsed, text, under
from mien.review.search.apis.transport import Transport

_WORKS = "https://api.crossref.org/works"
_TAG = re.compile(r"<[^<>]{1,80}>")


class Crossref:
    """The first thousand of what it ranks, unless there are fewer."""

    name = "Crossref"
    most = 1000

    def page(self, query: Query, cursor: str, transport: Transport) -> Page:
        """Up to 200 works."""
        words = folded(re.sub(r"\b(?:AND|OR|NOT)\b|\*", " ", query.words))
        seen, _, at = cursor.partition(":") if cursor else ("0", "", "*")
        values = {"query.bibliographic": words, "rows": "200", "cursor": at}
        names = (
            ("from-created-date", "until-created-date")
            if query.entered
            else ("from-pub-date", "until-pub-date")
        )
        filters = [
            f"{name}:{day}"
            for name, day in zip(names, (query.since, query.until), strict=True)
            if day
        ]
        if filters:
            values["filter"] = ",".join(filters)
        body = transport.get(_WORKS, values)
        message = under(parsed(body, self.name), "message")
        works = listed(under(message, "items"))
        total = under(message, "total-results")
        total = min(total if isinstance(total, int) else 0, self.most)
        count = int(seen) + len(works)
        further = text(under(message, "next-cursor"))
        go_on = works and further and count < total
        return Page(
            tuple(map(record_of, works)), total, f"{count}:{further}" if go_on else "", body
        )


def record_of(work: dict[str, Any]) -> Record:
    """A record of a work."""

    def first(name: str) -> str:
        value = work.get(name)
        return text(value[0]) if isinstance(value, list) and value else text(value)

    authors = []
    for one in listed(work.get("author")):
        family, given = text(one.get("family")), text(one.get("given"))
        authors.append(", ".join(filter(None, (family, given))) or text(one.get("name")))
    dates = under(work, "issued", "date-parts") or [[None]]
    year = dates[0][0] if dates and dates[0] else None
    subtitle = first("subtitle")
    title = first("title")
    if subtitle and folded(subtitle) not in folded(title):
        title = f"{title}: {subtitle}"
    return Record(
        title=plain(_TAG.sub("", title)),
        abstract=plain(_TAG.sub(" ", text(work.get("abstract")))),
        authors=each_once(authors),
        year=year if isinstance(year, int) else None,
        doi=doi_of(text(work.get("DOI"))),
        language=language_of(text(work.get("language"))),
        source=Crossref.name,
        journal=plain(first("container-title")),
        volume=text(work.get("volume")),
        issue=text(work.get("issue")),
        pages=text(work.get("page")) or text(work.get("article-number")),
        url=text(work.get("URL")),
        kind=text(work.get("type")),
        raw=(("DOI", text(work.get("DOI"))), ("type", text(work.get("type")))),
    )
