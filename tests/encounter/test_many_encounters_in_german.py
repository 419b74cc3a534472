"""Studies of encounters in German, to the last word, and of one of everything."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from cohorts import cohort

from mien.encounter.cohort import (
    NO_CLOCK,
    NO_FACE,
    NO_REPORT,
    NO_ROLES,
    SHORT,
    TWICE,
    UNREADABLE,
    Cohort,
)
from mien.encounter.pooled import Pooled
from mien.encounter.rereading import Agreement
from mien.report.encounter import cohort_page
from mien.report.encounter.cohort_page import CohortStudy
from mien.report.language import untold

pytest.importorskip("statsmodels", reason="statsmodels is for studies only")
EVEN = [1.0, 1.0, 1.0, 2.0, 6.0, 2.0, 1.0]
NO_FEAR = [1.0, 1.0, 0.0, 2.0, 6.0, 2.0, 1.0]
NAMES = re.compile(r"[fm]|language|MODEL\.npz|D\d")
"""What a table says of its encounters, and files: they stay as they are."""


def written(study: CohortStudy, folder, language: str) -> tuple[str, set[str]]:
    with untold() as left:
        cohort_page.write(study, folder / language, language=language)
    return (folder / language / "report.md").read_text("utf-8"), left


def whole(made: Cohort) -> CohortStudy:
    """A study of which everything is known."""
    import numpy as np

    from mien.encounter.clustered import differences

    names = (UNREADABLE, NO_REPORT, NO_FACE, NO_CLOCK, NO_ROLES, SHORT, TWICE, "language")
    left_out = tuple((f"X{k}", why) for k, why in enumerate(names))
    made = replace(made, recruited=made.recruited + len(left_out), excluded=left_out)
    pooled = Pooled(np.eye(7, dtype=np.int64), 1, 1.0, (0.5, 1.0), (0.5, 1.0), 2)
    return CohortStudy(
        made,
        differences(made) if len(made.tallies) > 1 else (),
        {"scores": made, "both": made, "MODEL.npz": made},
        dict.fromkeys(("scores", "both", "MODEL.npz"), Agreement(10, 0.5, 0.25)),
        {"all": pooled, "doctor": pooled, "patient": pooled},
    )


@pytest.mark.parametrize(
    ("doctor", "patient", "encounters"), [(EVEN, NO_FEAR, 30), (NO_FEAR, EVEN, 3), (EVEN, EVEN, 1)]
)
def test_a_study_is_german_to_the_last_word(doctor, patient, encounters, tmp_path):
    made = cohort(doctor, patient, encounters, doctors=min(encounters, 2))
    text, left = written(whole(made), tmp_path, "de")
    assert {one for one in left if not NAMES.fullmatch(one)} == set()
    for line in text.splitlines():
        if line.startswith("|") and "---" not in line:
            assert "_" not in line, line  # the name of a column in a file
    english = {"expression", "role", "doctor", "patient", "anger", "who", "steps", "value"}
    assert not english & {word.strip() for word in text.split("|")}


@pytest.mark.parametrize("language", ["en", "de"])
def test_one_of_everything_is_no_plural(language, tmp_path):
    text, _ = written(CohortStudy(cohort(EVEN, EVEN, 1, doctors=1)), tmp_path, language)
    assert re.search(r"\b1 (?:encounters|Gespräche|steps|doctors)\b", text) is None
