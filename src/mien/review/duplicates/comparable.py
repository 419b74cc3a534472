"""What of a record is compared: titles, names, journals and numbers in forms that can be."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from mien.review.records.record import Record

_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "π": "pi",
    "σ": "sigma",
    "τ": "tau",
    "ω": "omega",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "&": " and ",
    "’": "'",
}
_FOLD = str.maketrans(_GREEK)
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,40}>")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=s\b)")
_WORD = re.compile(r"[^\W_]+")
_LABELS = {
    "erratum": re.compile(
        r"\b(?:errat(?:um|a)|corrigend(?:um|a)|correction|corrections|addendum|publisher note)\b"
    ),
    "retraction": re.compile(r"\b(?:retraction|withdrawal|expression of concern)\b"),
    "reply": re.compile(
        r"\b(?:reply|replies|authors? response|response (?:to|from)|in response|rejoinder|"
        r"author reply)\b|^re "
    ),
    "comment": re.compile(r"\b(?:comments? (?:on|to)|commentary|comment|editorial comment)\b"),
    "protocol": re.compile(r"\bprotocol\b"),
}
_KINDS = re.compile(r"errat|corrigend|correction|retraction", re.IGNORECASE)
_PREPRINTS = re.compile(
    r"rxiv|\bssrn\b|research square|\bpreprint|authorea|osf\.io|\bosf\b", re.IGNORECASE
)
_RETRACTED = re.compile(r"^\W*(?:retracted(?: article)?|withdrawn)\b[\s:.\-–—]*", re.IGNORECASE)
_NOTE = re.compile(
    r"\s*[\[(](?:article in [a-z ]+|[a-z]+ version|in [a-z]+|corrected|author'?s? transl|"
    r"abstract|review|letter|see comments?|proceedings)[\])]\.?\s*$",
    re.IGNORECASE,
)
_SUBTITLE = re.compile(
    r"\s*[:;=/,.]\s+(?=(?:the|an?|official|journal|international|publication|organ|la|le|revista|"
    r"zeitschrift|proceedings)\b)|\s+=\s+",
    re.IGNORECASE,
)
_SMALL = frozenset(
    "a an the of and in for on to with by at from as is are its their or via using der die das "
    "und von mit la le les de des du et el los y e o".split()
)
_JOURNAL_SMALL = frozenset(
    "the of and in for on to a an de la le les des du et der die das und fur y el los "
    "online electronic resource print journal j".split()
)


@dataclass(frozen=True, slots=True)
class Comparable:
    """A record in forms that can be compared."""

    title: str
    """In small letters without accents, marks and markup; words apart by one space."""
    words: tuple[str, ...]
    """Of the title, without small ones."""
    numbers: tuple[str, ...]
    """In the title, also Roman ones, in order."""
    labels: frozenset[str]
    """That it is an erratum, a reply, a comment, a protocol."""
    first: frozenset[str]
    """Words of the first author's name, without initials."""
    names: frozenset[str]
    """Such words of all authors."""
    year: int
    """Or 0."""
    doi: str
    """In small letters."""
    pmid: str
    """Digits."""
    journal: str
    """In small letters, without small words and brackets."""
    preprint: bool
    """Whether it stands on a server of preprints."""
    volume: str
    """Its first number."""
    issue: str
    """Its first number."""
    page: str
    """The first one: its letters but e, and its number."""
    abstract: str
    """The beginning, as the title."""


def comparable(record: Record) -> Comparable:
    """What of a record is compared."""
    title = folded(_NOTE.sub("", _RETRACTED.sub("", record.title)))
    words = title.split()
    labels = {name for name, sign in _LABELS.items() if sign.search(title)}
    if _KINDS.search(record.kind):
        labels.add("retraction" if "retract" in record.kind.lower() else "erratum")
    people = [name_words(name) for name in record.authors]
    return Comparable(
        title=title,
        words=tuple(word for word in words if word not in _SMALL),
        numbers=tuple(number for word in words if (number := _number(word))),
        labels=frozenset(labels),
        first=people[0] if people else frozenset(),
        names=frozenset().union(*people),
        year=record.year or 0,
        doi=record.doi.lower(),
        pmid=record.pmid,
        journal=journal_words(record.journal),
        preprint=bool(_PREPRINTS.search(record.journal) or _PREPRINTS.search(record.kind)),
        volume=_first_number(record.volume),
        issue=_first_number(record.issue),
        page=first_page(record.pages),
        abstract=folded(record.abstract[:1200])[:600],
    )


def folded(text: str) -> str:
    """Text in small letters without accents, marks and markup, words apart by one space."""
    if "<" in text or "&" in text:
        text = _MARKUP.sub("", html.unescape(text))
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_FOLD))
        text = "".join(c for c in text if not unicodedata.combining(c)).translate(_FOLD)
    else:
        text = text.replace("&", " and ")
    return " ".join(_WORD.findall(_APOSTROPHE.sub("", text)))


@lru_cache(maxsize=200_000)
def name_words(name: str) -> frozenset[str]:
    """Words of somebody's name, without initials and titles."""
    words = folded(name.replace("'", "").replace("’", "")).split()
    if "," not in name and len(words) > 1 and words[-1].isalpha() and len(words[-1]) <= 3:
        last = re.split(r"\s+", name.strip())[-1]
        if last.isupper():  # Su ZH
            words = words[:-1]
    found = frozenset(word for word in words if len(word) > 1 and word not in ("jr", "sr", "dr"))
    return found or frozenset(words)


@lru_cache(maxsize=50_000)
def journal_words(journal: str) -> str:
    """A journal's name without brackets, subtitle and small words."""
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", journal)
    bare = _SUBTITLE.split(bare, maxsplit=1)[0]
    plain = re.sub(r" (?:u s a?|usa|united states(?: of america)?)$", "", folded(bare))
    words = [word for word in plain.split() if word not in _JOURNAL_SMALL]
    return " ".join(words) or folded(journal)


@lru_cache(maxsize=100_000)
def same_journal(one: str, other: str) -> bool:
    """Whether two names, as `journal_words` leaves them, may be one journal's.

    One may abbreviate the other word by word, in order, or be made of its initials.
    """
    if one == other:
        return True
    a, b = one.split(), other.split()
    if len(a) > len(b) or (len(a) == len(b) and len(one) > len(other)):
        a, b = b, a
    if len(a) == 1:
        initials = "".join(word[0] for word in b)
        if len(a[0]) > 2 and a[0] in (initials, f"{initials}j", f"j{initials}"):
            return True
        if len(a[0]) > 3 and initials.startswith(a[0]):
            return True
        if len(b) > 1:
            return False
    if len(a) > 1 and all(len(word) == 1 for word in a):
        return "".join(a) == "".join(word[0] for word in b)
    return _abbreviates(a, b) and len(a) >= len(b) - (len(b) > 3)


def _abbreviates(short: list[str], long: list[str]) -> bool:
    """Whether each word of the one begins as words of the other do, in order."""
    at = 0
    for word in short:
        while at < len(long) and not _begins(word, long[at]):
            at += 1
        if at == len(long):
            return False
        at += 1
    return True


def _begins(word: str, full: str) -> bool:
    if full.startswith(word) or (word.startswith(full) and len(full) > 2):
        return True
    if word[0] != full[0] or len(word) >= len(full):
        return False
    rest = iter(full)  # natl, of national
    return len(word) > 2 and all(letter in rest for letter in word)


@lru_cache(maxsize=100_000)
def first_page(pages: str) -> str:
    """The first page, without zeros and the e of electronic ones."""
    found = re.search(r"([A-Za-z]{0,6})[\s.]*0*(\d+)", re.split(r"\s*[-–—‐]\s*", pages)[0])
    if found is None:
        return ""
    letters = found.group(1).lower()
    return (
        found.group(2)
        if letters in ("e", "p", "pp", "art", "no", "article")
        else (letters + found.group(2))
    )


def _first_number(text: str) -> str:
    found = re.search(r"\d+", text)
    return found.group().lstrip("0") if found else ""


def _number(word: str) -> str:
    """A word's number, Arabic or Roman up to 39; or nothing."""
    if any(letter.isdigit() for letter in word):
        return word
    if word in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"):
        values = {"i": 1, "v": 5, "x": 10}
        total, last = 0, 0
        for letter in reversed(word):
            value = values[letter]
            total += value if value >= last else -value
            last = max(last, value)
        return str(total)
    return _ORDINALS.get(word, "")


_ORDINALS = {
    **{"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"},
    **{"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th"},
}
