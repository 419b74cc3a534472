"""Whether a publication was retracted, by what databases say of it."""

from __future__ import annotations

import re

from mien.review.records.record import Record

_KINDS = re.compile(
    r"\b(?:retracted|withdrawn|retraction of|retraction notice)\b|^retraction$",
    re.IGNORECASE,
)
"""Types of publication: PubMed's "Retracted Publication" and "Retraction of Publication",
Scopus's "Retracted", Web of Science's "Article; Retracted Publication", OpenAlex's."""
_TITLES = re.compile(
    r"^\W*(?:retracted|withdrawn|retraction note|retraction notice|retraction)\b\W*[:\]).–—-]"
    r"|^\W*(?:retracted|withdrawn) (?:article|paper|chapter|publication)\b"
    r"|^\W*retraction (?:of|notice to|note to|notice for)\b"
    r"|[([](?:retracted(?: article| paper)?|withdrawn|retraction)\b[^()\[\]]*[)\]]\W*$",
    re.IGNORECASE,
)
"""How publishers mark a title, at its beginning or in brackets at its end. A "retracted eardrum"
or "withdrawn patients" are words of a title."""
_FIELDS = {"rin", "retraction in", "retracted in", "is_retracted", "isretracted"}
"""Fields that only what was retracted has: MEDLINE's RIN, OpenAlex's is_retracted."""
_KIND_FIELDS = {"pt", "m3", "dt", "document type", "publication type", "publicationtype", "type"}
_TITLE_FIELDS = {"ti", "t1", "title", "article title", "document title"}
_NO = {"", "0", "false", "no", "none", "nan"}


def retracted(record: Record) -> bool:
    """Whether a record says that its publication was retracted, or is a notice of that.

    A record of several counts if one of them says so.

    Parameters
    ----------
    record : Record
    """
    if _KINDS.search(record.kind) or _TITLES.search(record.title):
        return True
    for name, value in record.raw:
        key = name.strip().lower()
        if key in _FIELDS and value.strip().lower() not in _NO:
            return True
        if key in _KIND_FIELDS and _KINDS.search(value.strip()):
            return True
        if key in _TITLE_FIELDS and _TITLES.search(value):
            return True
    return False
