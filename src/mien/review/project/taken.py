"""Answers of forms as the review's own tables: `values.csv` and `judgements.csv`, and back."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from mien.review.bias.judgements import Judgement
from mien.review.extraction.values import Value
from mien.review.living.decisions import CONSENSUS
from mien.review.living.review_folder import Review
from mien.review.project.forms import DATA
from mien.review.project.store import ARBITER, Person, ReviewStore


def with_answers(store: ReviewStore, review: Review) -> Review:
    """A state of a review with what was said in the forms.

    What others said there, and what these people said there and not here, stays.

    Parameters
    ----------
    store : ReviewStore
    review : Review
        With its decisions, which name the studies.
    """

    values, judgements = _said(store, review)
    taken = {(one.study, one.extractor, one.field) for one in values}
    judged = {_place(one) for one in judgements}
    kept = [x for x in review.values if (x.study, x.extractor, x.field) not in taken]
    kept_judged = [x for x in review.judgements if _place(x) not in judged]
    found = ((*kept, *values), (*kept_judged, *judgements))
    if set(found[0]) == set(review.values) and set(found[1]) == set(review.judgements):
        return review
    return replace(review, values=found[0], judgements=found[1])


def _place(one: Judgement) -> tuple[str, str, str, str, str]:
    return one.study, one.tool, one.assessor, one.domain, one.item


def _said(store: ReviewStore, review: Review) -> tuple[list[Value], list[Judgement]]:
    names = {int(one.id[1:]): name for name, one in review.studies().items()}
    known = {one.key for one in review.protocol.form}
    with store.reading() as db:
        rows = db.execute(
            "SELECT person, record, form, domain, item, answer, support, quote, page FROM answers "
            "ORDER BY record, form, person, domain, item"
        ).fetchall()
    people = {one.id: one for one in store.people}
    values, judgements = [], []
    for person, record, form, domain, item, answer, support, quote, page in rows:
        who, study = _who(people[person]), names.get(record)
        if study is None or (who == CONSENSUS and not answer):
            continue  # not included any more; or a decision that was taken back
        if form != DATA:
            judgements.append(
                Judgement(study, form, who, domain, item, answer, support, quote, page)
            )
        elif item in known:
            values.append(Value(study, who, item, answer, quote, page))
    return values, judgements


def _who(person: Person) -> str:
    return CONSENSUS if person.role == ARBITER else person.name


def take_over_answers(db: sqlite3.Connection, review: Review, people: tuple[Person, ...]) -> None:
    """Put values and judgements of a review into a screening, where it does not have them yet.

    Those of people of the same names become theirs, those of `consensus` whoever settles conflicts.
    """
    whose = {_who(one): one.id for one in people}
    numbers = {name: int(one.id[1:]) for name, one in review.studies().items()}
    rows = [
        (whose[one.extractor], numbers[one.study], DATA, "", one.field, one.value, "", one.quote,
         one.page)
        for one in review.values
        if one.extractor in whose and one.study in numbers
    ] + [
        (whose[one.assessor], numbers[one.study], one.tool, one.domain, one.item, one.answer,
         one.support, one.quote, one.page)
        for one in review.judgements
        if one.assessor in whose and one.study in numbers
    ]  # fmt: skip
    last = {row[:5]: row for row in rows if any(row[5:])}
    db.executemany(
        "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1)", last.values()
    )
