"""PubMed, by NCBI's E-utilities.

References
----------
.. [1] Sayers, Entrez Programming Utilities Help, NCBI 2010-.
"""

from __future__ import annotations

from mien.errors import FormatError, ParameterError
from mien.review.records import meaning
from mien.review.records.tagged import read_medline
from mien.review.search.apis.pages import Page, Query, parsed, text, under
from mien.review.search.apis.transport import Transport

_BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
_AT_ONCE = 200
_MOST = 10_000  # of a search, since 2022


class PubMed:
    """Numbers are searched once, and the cursor keeps those that are still to be fetched."""

    name = "PubMed"

    def page(self, query: Query, cursor: str, transport: Transport) -> Page:
        """Up to 200 records; the first answer holds numbers only."""
        if not cursor:
            return self._numbers(query, transport)
        total, _, rest = cursor.partition(":")
        numbers = rest.split(",")
        now, left = numbers[:_AT_ONCE], numbers[_AT_ONCE:]
        body = transport.get(
            f"{_BASE}/efetch.fcgi",
            {
                "db": "pubmed",
                "id": ",".join(now),
                "rettype": "medline",
                "retmode": "text",
                "tool": "mien",
            },
        )
        return Page(records_of(body), int(total), f"{total}:{','.join(left)}" if left else "", body)

    def _numbers(self, query: Query, transport: Transport) -> Page:
        values = {
            "db": "pubmed",
            "term": query.words,
            "retmax": str(_MOST),
            "retmode": "json",
            "tool": "mien",
        }
        if query.since or query.until:
            values |= {
                "datetype": "edat" if query.entered else "pdat",
                "mindate": (query.since or "1800").replace("-", "/"),
                "maxdate": (query.until or "3000").replace("-", "/"),
            }
        body = transport.get(f"{_BASE}/esearch.fcgi", values)
        said = under(parsed(body, self.name), "esearchresult")
        wrong = text(under(said, "ERROR"))
        count = text(under(said, "count"))
        if wrong or not count.isdigit():
            raise FormatError(f"PubMed does not understand the query: {wrong or 'no count'}.")
        total = int(count)
        if total > _MOST:
            raise ParameterError(
                f"PubMed has {total:,} records for this and gives 10,000 at most: narrow the query "
                "or its dates."
            )
        numbers = [text(one) for one in under(said, "idlist") or []]
        return Page((), total, f"{total}:{','.join(numbers)}" if numbers else "", body)


def records_of(body: bytes) -> tuple:
    """Records of an answer in MEDLINE's form."""
    from dataclasses import replace

    return tuple(
        replace(meaning.medline(one.pairs), raw=tuple(one.pairs))
        for one in read_medline(body.decode("utf-8", "replace"))
        if one.holds()
    )
