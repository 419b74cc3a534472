"""Data and risk of bias of included studies: forms that people fill in, and what they said.

Each answer is one transaction, as decisions are. Reviewers take data and judge by themselves;
whoever settles conflicts sees both and decides where they differ.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mien.errors import ParameterError
from mien.review.bias.forms import ANSWERS, OVERALL
from mien.review.bias.forms import form as tool_form
from mien.review.bias.judgements import APPLICABILITY, JUDGEMENT, checked_judgement
from mien.review.extraction.adjudication import taken_alike
from mien.review.extraction.values import checked
from mien.review.living.decisions import INCLUDE
from mien.review.project.outcomes import FULL
from mien.review.project.store import ARBITER, NotNow, Person, ReviewStore
from mien.review.protocol.protocol import Protocol
from mien.review.records.record import Record

DATA = "data"
"""The form of extraction; other forms are tools of risk of bias."""
LONGEST_QUOTE = 4000


@dataclass(frozen=True)
class Answer:
    """What somebody says in one place of a form."""

    form: str
    """`data`, or the key of a tool."""
    domain: str
    """Of a tool; empty in `data`."""
    item: str
    """Key of a field; or `judgement`, `applicability`, the key of a question."""
    answer: str
    """Empty where it is taken back."""
    support: str = ""
    """Why, in words; of a judgement."""
    quote: str = ""
    """What the report says."""
    page: str = ""
    """Where it says so."""


Key = tuple[str, str, str]
"""Form, domain, item."""


def forms_of(store: ReviewStore) -> list[dict[str, Any]]:
    """The forms of a review, for JSON: that of its protocol, then its tools."""
    protocol = protocol_of(store)
    data = {
        "key": DATA,
        "title": "",
        "fields": [
            {
                "key": one.key,
                "title": one.title,
                "kind": one.kind,
                "options": list(one.options),
                "required": one.required,
                "help": one.help,
            }
            for one in protocol.form
        ],
    }
    return [data, *(_tool(key) for key in protocol.bias_tools)]


def _tool(key: str) -> dict[str, Any]:
    used = tool_form(key)
    return {
        "key": key,
        "title": used.short,
        "source": used.source,
        "levels": list(used.levels),
        "answers": list(ANSWERS),
        "domains": [
            {
                "key": one.key,
                "title": one.title,
                "questions": one.questions,
                "applicability": one.applicability,
            }
            for one in used.domains
        ],
    }


def studies_for(store: ReviewStore, person: Person) -> list[dict[str, Any]]:
    """Included studies in order, and how far somebody is with each.

    Returns
    -------
    studies : list of dict
        `id`, `name`, `title`; `data` whether every field that must be there is,
        `judged` keys of tools whose domains are all judged, `differ` how many answers of two
        people differ and wait (for whoever settles them, else 0).
    """
    protocol = protocol_of(store)
    by_study = _all_answers(store)
    with store.reading() as db:
        rows = db.execute(
            "SELECT c.id, c.content FROM contents c JOIN outcomes o ON o.record = c.id WHERE "
            "o.stage = ? AND o.outcome = ? ORDER BY c.id",
            (FULL, INCLUDE),
        ).fetchall()
    found = []
    for number, content in rows:
        record = Record.from_json(json.loads(content))
        author = record.authors[0].split(",")[0].strip() if record.authors else ""
        by = by_study.get(number, {})
        own = {key: one for key, (one, _) in by.get(person.id, {}).items() if one.answer}
        found.append(
            {
                "id": number,
                "name": f"{author or record.title[:30]} {record.year or ''}".strip(),
                "title": record.title,
                **_done(own, protocol),
                "differ": len(_differing(by, store, protocol)) if person.role == ARBITER else 0,
            }
        )
    return found


def _done(own: Mapping[Key, Answer], protocol: Protocol) -> dict[str, Any]:
    needed = [one.key for one in protocol.form if one.required]
    judged = [
        key
        for key in protocol.bias_tools
        if all((key, one.key, JUDGEMENT) in own for one in tool_form(key).domains)
    ]
    return {
        "data": bool(needed) and all((DATA, "", key) in own for key in needed),
        "judged": judged,
    }


def answers_for(store: ReviewStore, person: Person, number: int) -> dict[str, Any]:
    """What somebody said of a study; of others only to whoever settles differences.

    Raises
    ------
    NotNow
        If the study is not included.
    """
    _need_included(store, number)
    record = store.record(number)
    by = _answers(store, number)
    own = by.get(person.id, {})
    content: dict[str, Any] = {
        "id": number,
        "title": record.title,
        "abstract": record.abstract,
        "doi": record.doi,
        "answers": [vars(one) | {"version": version} for one, version in own.values()],
        "others": [],
        "differ": [],
    }
    if person.role == ARBITER:
        content["others"] = [
            {"name": one.name, "answers": [vars(said) for said, _ in by.get(one.id, {}).values()]}
            for one in store.reviewers
        ]
        content["differ"] = [
            list(key) for key in _differing(by, store, protocol_of(store), settled=True)
        ]
    return content


def answer(
    store: ReviewStore, person: Person, number: int, said: Answer, *, seen: int, now: float
) -> tuple[int, str]:
    """Write one answer, at once.

    Parameters
    ----------
    store : ReviewStore
    person : Person
        A reviewer; or whoever settles conflicts, where answers of two differ.
    number : int
        Of an included record.
    said : Answer
    seen : int
        Version of the answer that this one replaces, 0 if none.
    now : float
        Seconds since 1970.

    Returns
    -------
    version : int
        Of the answer that is there now.
    written : str
        The answer in the form in which it is kept.

    Raises
    ------
    NotNow
        If it was changed in another window meanwhile, is none of what the form holds, or nothing
        is to be settled.
    """
    protocol = protocol_of(store)
    written = _checked(protocol, said)
    key = (said.form, said.domain, said.item)
    if person.role == ARBITER:
        by = _answers(store, number)
        if key not in set(_differing(by, store, protocol, settled=True)):
            raise NotNow("nothing_differs", "Nobody differs here: there is nothing to settle.")
    place = (person.id, number, *key)
    content = (written, *(one[:LONGEST_QUOTE] for one in (said.support, said.quote, said.page)))
    with store.writing() as db:
        _need_included_in(db, number)
        row = db.execute(
            "SELECT answer, support, quote, page, version FROM answers WHERE person = ? AND "
            "record = ? AND form = ? AND domain = ? AND item = ?",
            place,
        ).fetchone()
        version = 0 if row is None else int(row[4])
        if row is not None and row[:4] == content:
            return version, written  # it was sent twice
        if version != seen:
            raise NotNow(
                "changed_elsewhere",
                "This was changed in another window meanwhile: look at it again.",
            )
        if row is None and not any(content):
            return 0, ""
        db.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*place, *content, now, version + 1),
        )
        what = f"{said.domain} {said.item}: {written or 'taken back'}".strip()
        db.execute(
            "INSERT INTO log (at, person, record, stage, what, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (now, person.id, number, said.form, what, said.support),
        )
    return version + 1, written


def _checked(protocol: Protocol, said: Answer) -> str:
    try:
        if said.form == DATA:
            return checked(protocol.field(said.item), said.answer)
        if said.form not in protocol.bias_tools:
            raise ParameterError("This review does not have that form.")
        used = tool_form(said.form)
        if said.domain == OVERALL and said.item != JUDGEMENT:
            raise ParameterError("As a whole a study is only judged.")
        return checked_judgement(used, said.domain, said.item, said.answer)[1]
    except ParameterError as error:
        raise NotNow("no_answer", f"{str(error).rstrip('.')}.") from error


def included(store: ReviewStore) -> list[int]:
    """Numbers of records whose full text was included, in order."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT record FROM outcomes WHERE stage = ? AND outcome = ? ORDER BY record",
            (FULL, INCLUDE),
        ).fetchall()
    return [number for (number,) in rows]


def _need_included(store: ReviewStore, number: int) -> None:
    with store.reading() as db:
        _need_included_in(db, number)


def _need_included_in(db: sqlite3.Connection, number: int) -> None:
    row = db.execute(
        "SELECT outcome FROM outcomes WHERE record = ? AND stage = ?", (number, FULL)
    ).fetchone()
    if row is None or row[0] != INCLUDE:
        raise NotNow("not_included", "This study is not included, or not any more.")


_ByPerson = dict[int, dict[Key, tuple[Answer, int]]]


def _answers(store: ReviewStore, number: int) -> _ByPerson:
    """By person, all of a study, with versions."""
    return _all_answers(store, " WHERE record = ?", (number,)).get(number, {})


def _all_answers(
    store: ReviewStore, which: str = "", values: tuple[int, ...] = ()
) -> dict[int, _ByPerson]:
    """The same by study."""
    found: dict[int, _ByPerson] = defaultdict(lambda: defaultdict(dict))
    with store.reading() as db:
        rows = db.execute(
            "SELECT record, person, form, domain, item, answer, support, quote, page, version "
            f"FROM answers{which}",
            values,
        ).fetchall()
    for record, person, form, domain, item, *rest, version in rows:
        found[record][person][form, domain, item] = (Answer(form, domain, item, *rest), version)
    return found


def _differing(
    by: Mapping[int, Mapping[Key, tuple[Answer, int]]],
    store: ReviewStore,
    protocol: Protocol,
    *,
    settled: bool = False,
) -> list[Key]:
    """Where two people answered differently; those that are settled too, if asked."""
    people = [one.id for one in store.reviewers]
    decided = {
        key
        for one in store.people
        if one.role == ARBITER
        for key, (said, _) in by.get(one.id, {}).items()
        if said.answer
    }
    found = []
    for key in dict.fromkeys(key for one in people for key in by.get(one, {})):
        given = [by[one][key][0].answer for one in people if key in by.get(one, {})]
        if key[0] != DATA and key[2] not in (JUDGEMENT, APPLICABILITY):
            continue  # questions lead to a judgement, which is what has to be settled
        if len(given) > 1 and not _alike(protocol, key, given) and (settled or key not in decided):
            found.append(key)
    return found


def _alike(protocol: Protocol, key: Key, given: list[str]) -> bool:
    if key[0] != DATA:
        return len({one for one in given if one}) < 2
    try:
        return taken_alike(protocol.field(key[2]), given)
    except ParameterError:
        return True  # a field that the protocol does not have any more


def protocol_of(store: ReviewStore) -> Protocol:
    """The protocol of a review."""
    return Protocol.open(store.folder / "protocol.toml")
