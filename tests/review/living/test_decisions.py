"""What decisions come to, and how far reviewers agree."""

from __future__ import annotations

import pytest

from mien.errors import FormatError
from mien.review.living.decisions import (
    CONSENSUS,
    Decision,
    agreement,
    outcomes,
    parse_decisions,
    to_csv,
)


def said(*rows, stage="title"):
    return [Decision(record, stage, who, what, why) for record, who, what, why in rows]


def test_two_have_to_say_the_same():
    found = outcomes(
        said(
            ("a", "1", "include", ""), ("a", "2", "maybe", ""),
            ("b", "1", "exclude", "not_human"), ("b", "2", "exclude", "not_medical"),
            ("c", "1", "include", ""), ("c", "2", "exclude", ""),
            ("d", "1", "include", ""),
            ("e", "1", "include", ""), ("e", "2", "exclude", ""), ("e", CONSENSUS, "exclude", "x"),
        ),
        "title",
        2,
    )  # fmt: skip
    assert {key: one.decision for key, one in found.items()} == {
        "a": "include", "b": "exclude", "c": "", "d": "", "e": "exclude"
    }  # fmt: skip
    assert found["b"].reason == "not_human" and found["e"].reason == "x"


def test_the_last_word_of_a_reviewer_counts():
    rows = said(("a", "1", "include", ""), ("a", "1", "exclude", ""), ("a", "2", "exclude", ""))
    assert outcomes(rows, "title", 2)["a"].decision == "exclude"


def test_nobody_is_unsure_of_a_full_text_in_the_end():
    rows = said(("a", "1", "maybe", ""), ("a", "2", "include", ""), stage="full")
    assert outcomes(rows, "full", 2)["a"].decision == ""


def test_a_full_text_is_excluded_for_one_reason():
    two = said(
        ("a", "1", "exclude", "not_human"), ("a", "2", "exclude", "not_medical"),
        ("b", "1", "exclude", "not_human"), ("b", "2", "exclude", "not_human"),
        ("c", "1", "unavailable", ""), ("c", "2", "unavailable", ""), stage="full",
    )  # fmt: skip
    found = outcomes(two, "full", 2)
    assert (found["a"].decision, found["b"].decision) == ("", "exclude")
    assert found["c"].decision == "unavailable"


def test_kappa_is_of_pairs_before_consensus():
    """8 + 7 of 20 alike, marginals 10/10 and 11/9: κ .5, adjusted .5."""
    cells = {("include", "include"): 8, ("include", "exclude"): 2,
             ("exclude", "include"): 3, ("exclude", "exclude"): 7}  # fmt: skip
    rows, k = [], 0
    for (one, two), count in cells.items():
        for _ in range(count):
            rows += said((f"r{k}", "1", one, ""), (f"r{k}", "2", two, ""),
                         (f"r{k}", CONSENSUS, "include", ""))  # fmt: skip
            k += 1
    found = agreement(rows, "title")
    assert found["n"] == 20 and found["table"] == [[8, 2], [3, 7]]
    assert found["kappa"] == pytest.approx(0.5) and found["pabak"] == pytest.approx(0.5)
    assert agreement(rows, "full")["kappa"] is None


def test_files_come_back():
    rows = [Decision("r1", "full", '=A"x"', "exclude", "not_human", "<b>\nnote")]
    assert parse_decisions(to_csv(rows), "d.csv") == rows
    with pytest.raises(FormatError, match="lacks the column"):
        parse_decisions("record,stage\n", "d.csv")
    with pytest.raises(FormatError, match="line 2"):
        parse_decisions("record,stage,reviewer,decision\nr1,title,1,perhaps\n", "d.csv")
