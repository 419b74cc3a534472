"""Forms, files of judgements, consensus, and figures of them."""

from __future__ import annotations

import pytest

from mien.errors import FormatError, ParameterError
from mien.report.review.traffic_lights import _labels, bias_summary, traffic_lights
from mien.report.review.words import named
from mien.review.bias.consensus import OPEN, settle
from mien.review.bias.forms import FORMS, OVERALL, form
from mien.review.bias.judgements import (
    APPLICABILITY,
    CONSENSUS,
    JUDGEMENT,
    Judgement,
    empty_form,
    parse_judgements,
    to_csv,
)


def judged(study, who, domain, answer, item=JUDGEMENT):
    return Judgement(study, "quadas2", who, domain, item, answer)


@pytest.mark.parametrize(
    ("key", "domains", "questions", "fits"),
    [
        ("cochrane", 7, 7, 0),
        ("quadas2", 4, 11, 3),
        ("probast", 4, 20, 3),
        ("probast_ai", 8, 16 + 18, 6),
    ],
)
def test_forms_have_the_domains_of_the_published_tools(key, domains, questions, fits):
    found = form(key)
    assert len(found.domains) == domains
    assert sum(len(domain.questions) for domain in found.domains) == questions
    assert sum(bool(domain.applicability) for domain in found.domains) == fits
    assert found.levels == ("low", "unclear", "high")


def test_an_unknown_form_is_refused():
    with pytest.raises(ParameterError, match="quadas2"):
        form("robins")


@pytest.mark.parametrize("key", FORMS)
def test_what_is_written_is_read_back(key):
    rows = empty_form(key, ["A, 2020", '<b>"x"</b>'], "anna")
    rows[0] = Judgement(
        rows[0].study, key, "anna", rows[0].domain, rows[0].item, "yes", "=1+1", "“q”\nr", "'-3"
    )
    assert parse_judgements(to_csv(rows), "f.csv") == rows
    assert "\n=1" not in to_csv(rows) and ",=1" not in to_csv(rows)


def test_a_wide_table_is_read():
    found = parse_judgements("Study,Patient selection,flow,Overall\nA,+,-,?\n", "f.csv", "quadas2")
    assert [(one.domain, one.answer) for one in found] == [
        ("patients", "low"), ("flow", "high"), (OVERALL, "unclear")
    ]  # fmt: skip
    assert {one.assessor for one in found} == {CONSENSUS}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "lacks the column study"),
        ("study,domain,answer\nA,flow,low\n", "line 2: no tool is named"),
        ("study,tool,domain,answer\nA,quadas2,flow,fine\n", "line 2: 'fine' is no answer"),
        ("study,tool,domain,answer\nA,quadas2,colour,low\n", "has no domain 'colour'"),
        ("study,tool,domain,item,answer\nA,quadas2,flow,size,yes\n", "no question 'size'"),
        ("study,tool,domain,answer\nA,rob9,flow,low\n", "'rob9' is not known"),
        ("study,tool,domain,answer\n,quadas2,flow,low\n", "study has no name"),
        ("study,tool\nA,quadas2\n", "neither a column domain"),
    ],
)
def test_a_bad_file_is_one_sentence(written, words):
    with pytest.raises(FormatError, match=words):
        parse_judgements(written, "f.csv")


def test_what_assessors_say_alike_is_settled_and_the_rest_is_open():
    said = [
        judged("A", "anna", "patients", "low"), judged("A", "ben", "patients", "low"),
        judged("A", "anna", "flow", "low"), judged("A", "ben", "flow", "high"),
        judged("B", "anna", "flow", "low"), judged("B", "ben", "flow", "high"),
        judged("B", CONSENSUS, "flow", "unclear"),
    ]  # fmt: skip
    found = settle(said, form("quadas2"))
    assert found.judgements["A", "patients"] == "low"
    assert found.judgements["A", "flow"] == OPEN
    assert found.judgements["B", "flow"] == "unclear"
    assert [(one.study, one.decided) for one in found.differences] == [("A", ""), ("B", "unclear")]
    assert found.summary()["flow"] == {"low": 0, "unclear": 1, "high": 0, OPEN: 1}
    assert found.agreement["n"] == 3 and found.agreement["share"] == pytest.approx(1 / 3)
    assert found.agreement["pabak"] == pytest.approx(0)


def test_a_study_is_as_bad_as_its_worst_domain():
    domains = [domain.key for domain in form("quadas2").domains]

    def overall(*levels):
        said = [judged("A", "anna", d, level) for d, level in zip(domains, levels, strict=False)]
        return settle(said, form("quadas2")).judgements["A", OVERALL]

    assert overall("low", "low", "low", "low") == "low"
    assert overall("low", "unclear", "low", "low") == "unclear"
    assert overall("low", "high") == "high"
    assert overall("low", "low") == OPEN  # two domains were not judged


def test_kappa_is_of_the_judgements():
    """Hand-made: 20 pairs, 15 alike; marginals 10/10 and 11/9: chance .5, kappa .5."""
    cells = {("low", "low"): 8, ("low", "high"): 2, ("high", "low"): 3, ("high", "high"): 7}
    pairs = [pair for pair, count in cells.items() for _ in range(count)]
    said = []
    for k, (one, two) in enumerate(pairs):
        said += [judged(f"S{k}", "anna", "flow", one), judged(f"S{k}", "ben", "flow", two)]
    assert settle(said, form("quadas2")).agreement["kappa"] == pytest.approx(0.5)


def test_figures_are_drawn_whatever_is_missing():
    said = [
        judged("$x_1$ <b>", "anna", "patients", "low"),
        judged("$x_1$ <b>", "anna", "patients", "high", APPLICABILITY),
        judged("B" * 300, "anna", "flow", "high"),
    ]
    found = settle(said, form("quadas2"))
    for drawing in (traffic_lights(found), bias_summary(found)):
        assert drawing.png.startswith(b"\x89PNG") and b"<svg" in drawing.svg
        assert "2 studies" in drawing.caption


def test_new_studies_are_marked_and_formulas_are_text():
    assert named("A 2020", None) == named("A 2020", {"A 2020"}) == "A 2020"
    assert named("B 2021", {"A 2020"}) == "B 2021  (new)"
    assert named("$x$\n" + "y" * 90, None, 10) == r"\$x\$ yyyyy…"


@pytest.mark.parametrize("key", ["quadas2", "probast_ai"])
def test_no_two_columns_have_one_name(key):
    found = settle([], form(key))
    domains = [domain.key for domain in found.form.domains]
    fits = [domain.key for domain in found.form.domains if domain.applicability]
    labels = _labels(found, domains, fits)
    assert len(labels) == len(domains) + len(fits) == len(set(labels))
