"""What databases say of retracted publications is understood, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.review.duplicates.merging import merged
from mien.review.records.record import Record
from mien.review.records.retraction import retracted

TITLE = "Faces of Noonan syndrome seen by a network"
SAID = [
    Record(title=f"RETRACTED: {TITLE}"),
    Record(title=f"Retracted Article: {TITLE}"),
    Record(title=f"WITHDRAWN: {TITLE}"),
    Record(title=f"{TITLE} (Retracted article. See vol. 5, p. 9, 2021)"),
    Record(title=f"{TITLE} [Retraction]"),
    Record(title=f"Retraction Note: {TITLE}"),
    Record(title=f"Retraction notice to {TITLE!r} [J. Faces 12 (2020) 1-9]"),
    Record(title=TITLE, kind="Retracted Publication"),
    Record(title=TITLE, kind="Article; Retracted Publication"),
    Record(title=TITLE, kind="Retracted"),
    Record(title=TITLE, kind="Journal Article", raw=(("PT", "Retracted Publication"),)),
    Record(title=TITLE, raw=(("RIN", "Face Res. 2021;5:9. PMID: 1"),)),
    Record(title=TITLE, raw=(("is_retracted", "True"),)),
]
NOT_SAID = [
    Record(title="Massive retracted rotator cuff tears, seen in faces of pain"),
    Record(title="Retracted eardrums in children with cleft palate"),
    Record(title="Withdrawn adolescents and how they look at faces"),
    Record(title="Withdrawal of steroids changes the face"),
    Record(title=TITLE, kind="Journal Article", raw=(("is_retracted", "False"), ("RIN", ""))),
    Record(title=TITLE, abstract="Retracted studies were left out."),
]


@pytest.mark.parametrize("record", SAID)
def test_a_retracted_publication_is_known(record):
    assert retracted(record)


@pytest.mark.parametrize("record", NOT_SAID)
def test_words_of_a_title_are_no_retraction(record):
    assert not retracted(record)


@pytest.mark.parametrize("record", SAID)
def test_one_of_several_databases_is_enough(record):
    long = Record(title=f"{TITLE}: a study of adults in several hospitals of three countries",
                  abstract="Longer.", authors=("Weber, A.",), year=2020, doi="10.5555/x.1",
                  kind="Article", source="Scopus", journal="J", pages="1-9")  # fmt: skip
    raw = record.raw or (("TI", record.title), ("PT", record.kind))
    other = replace(record, source="PubMed", raw=raw)
    assert retracted(merged([long, other]))
