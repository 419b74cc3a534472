"""Values are checked, come back from files, and are settled between two extractors."""

from __future__ import annotations

import pytest

from mien.errors import FormatError, ParameterError
from mien.report.review.extraction_page import accuracy_csv
from mien.report.review.extraction_sections import characteristics_section
from mien.report.review.fairness_chart import fairness_chart
from mien.review.extraction.adjudication import accuracy_table, adjudicate, check_counts
from mien.review.extraction.fairness import Gap, fairness
from mien.review.extraction.values import (
    CONSENSUS,
    Value,
    checked,
    empty_form,
    groups,
    parse_values,
    to_csv,
)
from mien.review.protocol.protocol import published
from mien.review.records.record import Record
from mien.review.synthesis.accuracy_table import parse_table

PROTOCOL = published()


@pytest.mark.parametrize(
    ("key", "written", "kept"),
    [
        ("tp", " 12.0 ", "12"),
        ("accuracy", "91 %", "0.91"),
        ("accuracy", ".905", "0.905"),
        ("cause", "Neurological", "neurological"),
        ("code", "Y", "yes"),
        ("accuracy_by_sex", "women: 88%/95;men:0.910", "women: 0.88/95; men: 0.91"),
        ("objective", "", ""),
        ("tp", "", ""),
    ],
)
def test_values_are_kept_in_one_form(key, written, kept):
    field = PROTOCOL.field(key)
    assert checked(field, written) == kept
    assert checked(field, kept) == kept


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("tp", "-1"), ("tp", "1.5"), ("tp", "many"), ("tp", "nan"), ("tp", "5%"),
        ("accuracy", "91"), ("cause", "fate"), ("code", "perhaps"),
        ("accuracy_by_sex", "women 0.9"), ("accuracy_by_sex", "women: 1.2.3"),
        ("objective", "x" * 10_001),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(key, written):
    with pytest.raises(ParameterError, match=key):
        checked(PROTOCOL.field(key), written)


def test_files_come_back():
    values = [
        Value("A, 2020", "anna", "objective", "=SUM(1)", 'they said "so"\nand so', "S. 3"),
        Value("<b>B</b>", "anna", "tp", "12", "'=x", ""),
    ]
    assert parse_values(to_csv(values), "v.csv", PROTOCOL) == values
    wide = parse_values("study;tp;cause\nA;3;gene\n", "v.csv", PROTOCOL)
    assert [(one.field, one.value) for one in wide] == [("cause", "gene"), ("tp", "3")]
    empty = empty_form(PROTOCOL, ["A", "B"], "anna")
    assert parse_values(to_csv(empty), "v.csv", PROTOCOL) == empty


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("tp\n3\n", "lacks the column study"),
        ("study,field,value\nA,tp,x\n", "line 2: tp is 'x'"),
        ("study,field,value\nA,colour,x\n", "no field 'colour'"),
        ("study,field,value\n,tp,3\n", "no name"),
        ("study,colour\nA,3\n", "neither a column field"),
        ("study\n", "no value"),
    ],
)
def test_a_bad_file_is_one_sentence(written, words):
    with pytest.raises(FormatError, match=words):
        parse_values(written, "v.csv", PROTOCOL)


def taken(*rows):
    return [Value(*row) for row in rows]


def test_what_both_took_alike_is_settled_and_the_rest_waits():
    found = adjudicate(
        taken(
            ("A", "anna", "tp", "12", "q", "3"), ("A", "ben", "tp", "12"),
            ("A", "anna", "fp", "3"), ("A", "ben", "fp", "4"),
            ("A", "anna", "fn", "3"), ("A", "ben", "fn", "4"), ("A", CONSENSUS, "fn", "5"),
            ("A", "anna", "objective", "To find it"), ("A", "ben", "objective", "to  find it"),
        ),
        PROTOCOL,
    )  # fmt: skip
    assert found.value("A", "tp") == "12" and found.settled["A", "tp"].quote == "q"
    assert found.value("A", "fp") == "" and found.value("A", "fn") == "5"
    assert [(one.field, one.decided is None) for one in found.disagreements] == [
        ("fp", True), ("fn", False)
    ]  # fmt: skip
    assert found.agreement["tp"] == (1, 1) and found.agreement["fp"] == (0, 1)
    assert found.agreement["objective"] == (1, 1)
    assert ("A", "condition") in found.missing and ("A", "fp") not in found.missing


def test_counts_go_on_to_be_pooled():
    rows = []
    for study, counts, cause in (("A", (9, 1, 2, 8), "gene"), ("B", (5, 0, 1, 7), "neurological")):
        cells = zip(("tp", "fp", "fn", "tn"), counts, strict=True)
        rows += [(study, "anna", key, str(count)) for key, count in cells]
        rows.append((study, "anna", "cause", cause))
    rows.append(("C", "anna", "tp", "3"))  # a table that is not whole
    table = accuracy_table(adjudicate(taken(*rows), PROTOCOL))
    assert table is not None and table.studies == ("A", "B")
    assert table.columns["cause"] == ("gene", "neurological")
    again = parse_table(accuracy_csv(table), "x")
    assert again.tp.tolist() == [9, 5] and again.columns["cause"] == table.columns["cause"]
    assert accuracy_table(adjudicate(taken(("A", "a", "tp", "1")), PROTOCOL)) is None


def test_numbers_that_contradict_each_other_are_told():
    rows = [("A", "a", key, "10") for key in ("tp", "fp", "fn", "tn")]
    assert check_counts(adjudicate(taken(*rows, ("A", "a", "accuracy", "0.5")), PROTOCOL)) == []
    (said,) = check_counts(adjudicate(taken(*rows, ("A", "a", "accuracy", "0.9")), PROTOCOL))
    assert said == "A: accuracy is 0.9, but the counts say 0.500."


def test_groups_are_counted_and_compared():
    found = fairness(
        adjudicate(
            taken(
                ("A", "a", "accuracy_by_sex", "women: 0.8/100; men: 0.9/100"),
                ("B", "a", "by_sex", "women: 40; men: 60"),
                ("C", "a", "objective", "x"),
            ),
            PROTOCOL,
        )
    )
    assert found.reported["sex"] == {"accuracy": 1, "people": 1, "nothing": 1}
    assert found.reported["ethnicity"] == {"accuracy": 0, "people": 0, "nothing": 3}
    (gap,) = found.gaps
    assert gap.difference == pytest.approx(0.1) and gap.worst[0] == "women"
    assert found.as_dict()["summary"]["sex"]["largest_difference"] == pytest.approx(0.1)


def test_the_interval_of_a_gap_is_newcombes():
    """Newcombe 1998, table II, 56/70 against 48/80 by method 10: .0524 to .3339."""
    gap = Gap("A", "sex", (("women", 0.8, 70), ("men", 0.6, 80)))
    assert gap.interval() == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert Gap("A", "sex", (("women", 0.8, None), ("men", 0.6, 80))).interval() is None


def test_the_chart_is_drawn_with_and_without_gaps():
    nothing = fairness(adjudicate(taken(("A", "a", "objective", "x")), PROTOCOL))
    assert fairness_chart(nothing).png.startswith(b"\x89PNG")
    some = adjudicate(
        taken(("$x_1$ <b>", "a", "accuracy_by_sex", "$w$: 1/5; <i>: 1; third: 1/9")), PROTOCOL
    )
    assert b"<svg" in fairness_chart(fairness(some)).svg


def test_publications_of_studies_are_named():
    one = Record(title="Faces.", authors=("Su, Z.",), journal="J", year=2020, pages="1-2")
    section = characteristics_section(adjudicate(taken(), PROTOCOL), {"Su 2020": one})
    assert section.tables[0].rows == (("Su 2020", "Su, Z. Faces. J 2020 1-2", "–"),)


def test_groups_are_read():
    assert groups("a b: 5; c:10 %/4;", "x") == [("a b", 5.0, None), ("c", 0.1, 4)]
