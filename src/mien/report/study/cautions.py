"""What a reader has to know of a study of expressions before any figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.counted import plural
from mien.report.study.tables import Study

FEW = 20
"""Snapshots of an expression under which a network hardly learns it, and a figure says little."""
_OF_MOST = 0.05  # of the most frequent expression's: under it, one is rare beside the others


def cautions(study: Study) -> list[str]:
    """A sentence each, none if there is nothing."""
    said = []
    people = [person.name for person in study.evaluation.people]
    if people == [""]:
        said.append("Nobody is named in the test set: of how many people it is, is not known.")
    elif len(people) == 1:
        said.append(
            "One participant is in the test set: the accuracy is that of one person, and says "
            "nothing of others."
        )
    if "" in people and len(people) > 1:
        said.append("Snapshots that name no participant count as those of one.")
    unknown = int((study.snapshots.labels < 0).sum())
    if unknown:
        said.append(
            f"{plural(unknown, 'snapshot')} of {len(study.snapshots)} "
            f"{'names' if unknown == 1 else 'name'} no expression, and "
            f"{'is' if unknown == 1 else 'are'} left out."
        )
    if len(study.split.train):
        said += _of_training(study)
    return said + _of_test(study)


def _of_training(study: Study) -> list[str]:
    counts, people = _of(study, study.split.train)
    words = study.snapshots.expressions
    said = []
    never = [words[k] for k in np.flatnonzero(counts == 0)]
    if never:
        said.append(
            f"Nobody in the training set shows {_listed(never)}: the network cannot learn it."
        )
    few = [k for k in np.flatnonzero(counts) if counts[k] < max(FEW, _OF_MOST * counts.max())]
    if few:
        each = _listed([f"{words[k]} ({counts[k]})" for k in few])
        said.append(
            f"The training set has few snapshots of {each}: what the network says of it is hardly "
            "learned."
        )
    if len(set(study.snapshots.participants[study.split.train].tolist())) > 1:
        alone = [words[k] for k in np.flatnonzero(people == 1)]
        if alone:
            said.append(
                f"One participant alone shows {_listed(alone)} in the training set: the network "
                "may learn who that is in place of the expression."
            )
    return said


def _of_test(study: Study) -> list[str]:
    counts, people = _of(study, study.split.test)
    words = study.snapshots.expressions
    said = []
    known = [k for k, word in enumerate(words) if word in study.network.expressions]
    never = [words[k] for k in known if not counts[k]]
    if never:
        said.append(
            f"Nobody in the test set shows {_listed(never)}: how well it is read is not known."
        )
    few = [k for k in known if 0 < counts[k] < FEW]
    if few:
        each = _listed([f"{words[k]} ({counts[k]})" for k in few])
        said.append(f"The test set has few snapshots of {each}: its figures are rough.")
    alone = [words[k] for k in known if people[k] == 1]
    if alone and len(study.evaluation.people) > 1:
        said.append(
            f"One participant alone shows {_listed(alone)} in the test set: its figures are of "
            "one person."
        )
    return said


def _of(study: Study, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Snapshots and participants of each expression among these rows."""
    labels, whose = study.snapshots.labels[rows], study.snapshots.participants[rows]
    n = len(study.snapshots.expressions)
    counts = np.bincount(labels[labels >= 0], minlength=n)
    return counts, np.array([len(np.unique(whose[labels == k])) for k in range(n)], np.int64)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
