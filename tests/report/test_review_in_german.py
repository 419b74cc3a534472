"""The report of a review and all that is made of its parts, in German to the last word."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from mien.report.language import Verbatim, entries, told, untold, written_in
from mien.report.review import bias_page, extraction_page, review_page, synthesis_page
from mien.report.review.recall import recall_figure
from mien.report.review.words import cited, grouped, quoted
from mien.review.bias.forms import FORMS, form
from mien.review.demo.staging import stage
from mien.review.living.findings import findings
from mien.review.living.review_folder import MADE_UP, Review, begin
from mien.review.prisma.flow import Flow
from mien.review.protocol.protocol import published, published_text
from mien.review.records.record import Record
from mien.review.screening.simulation import simulate
from mien.review.synthesis.accuracy_table import parse_table
from mien.review.synthesis.synthesis import SynthesisSettings, synthesise

NAMES = re.compile(
    r"PubMed|PsycINFO.*|CINAHL.*|IEEE Xplore|Scopus|PROSPERO.*|T[PN]|F[PN]|[Iτ]²"
    r"|[A-Z][a-z]+ \d{4}[a-z]?.*|r\d{5}|\d+[a-f]|– .*\(n = \d+\)|patients, year|svm|year"
)
"""Databases, studies, records, items of PRISMA, columns of a table, a model: they stay."""
ENGLISH = re.compile(r"\b(?:the|of|and|with|were|was|which|is|are|by|not)\b")
"""Words that German sentences have not."""
ALIKE = [(80, 10, 20, 90), (41, 4, 9, 46), (159, 21, 41, 179), (24, 3, 6, 27), (62, 8, 16, 71)]


@pytest.fixture(scope="module")
def review(tmp_path_factory) -> Review:
    return stage(tmp_path_factory.mktemp("exports"), seed=3, size=60)


def states(review: Review) -> dict[str, Review]:
    """Reviews at other places of their way."""
    first = replace(review.earlier[0], made_up=False)
    name, record = next(iter(first.studies().items()))
    one = replace(
        first,
        records=(record,),
        merged=first.merged[:1],
        searches=(replace(first.searches[0], records=2),),
        decisions=tuple(x for x in first.decisions if x.record == record.id),
        values=tuple(x for x in first.values if x.study == name),
        judgements=tuple(x for x in first.judgements if x.study == name),
        protocol_text=first.protocol_text.replace('"PROSPERO CRD42020196473"', '""')
        + '\n[[amendments]]\nversion = "1.2"\ndate = "2022-03"\nchange = "X."\nreason = "Y."\n',
    )
    return {
        "none": begin(published_text()),
        "one": one,
        "alone": replace(
            first,
            decisions=tuple(x for x in first.decisions if x.reviewer == "1"),
            values=tuple(x for x in first.values if x.extractor == first.values[0].extractor),
        ),
        "open": replace(
            first,
            decisions=tuple(x for x in first.decisions if x.reviewer != "consensus"),
            values=tuple(x for x in first.values if x.extractor != "consensus"),
            judgements=tuple(x for x in first.judgements if x.assessor != "consensus"),
        ),
    }


def named(left: set[str]) -> set[str]:
    return {one for one in left if not NAMES.fullmatch(one)}


def text_of(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>|src=\"[^\"]*\"", "", page, flags=16))


def assert_same_for_programs(folder):
    """Tables, values and numbers are the same in both languages."""
    names = {
        str(path.relative_to(folder / "en"))
        for path in (folder / "en").rglob("*")
        if path.suffix in (".csv", ".json")
    }
    assert len(names) > 2
    for name in names:
        assert (folder / "de" / name).read_bytes() == (folder / "en" / name).read_bytes()


def test_the_report_is_german_and_files_for_programs_are_not(tmp_path, review):
    found, earlier = findings(review), findings(review.earlier[-1], brief=True)
    with untold() as left:
        review_page.write(found, tmp_path / "de", earlier=earlier, language="de")
    review_page.write(found, tmp_path / "en", earlier=earlier)
    assert named(left) == set()
    page = (tmp_path / "de" / "report.html").read_text("utf-8")
    assert '<html lang="de">' in page and "<title>Erfunden: Deep-Learning-basierte" in page
    assert "gepoolte Sensitivität 0," in page and "Verzerrungsrisiko von" in page
    assert entries("de")[MADE_UP] in page and "Ursache: genetisch" in page
    methods = (tmp_path / "de" / "methods.txt").read_text("utf-8")
    assert methods.startswith(entries("de")[MADE_UP])
    assert ENGLISH.findall(methods) == []
    assert_same_for_programs(tmp_path)
    assert (tmp_path / "en" / "methods.txt").read_text("utf-8").startswith(MADE_UP)


@pytest.mark.parametrize("name", ["none", "one", "alone", "open"])
def test_a_review_on_its_way_is_german(tmp_path, review, name):
    found = findings(states(review)[name])
    with untold() as left:
        review_page.write(found, tmp_path / "de", language="de")
        bias_page.write(found.assessed, found.review.judgements, tmp_path / "bias", language="de")
        extraction_page.write(
            found.extracted, found.review.values, tmp_path / "data", language="de"
        )
    assert named(left) == set()
    page = text_of((tmp_path / "de" / "report.html").read_text("utf-8"))
    if name == "one":
        assert "Eingeschlossen: 1 Studie; gefunden: 1 Publikation." in page
        assert "2 Treffer aus 1 Quelle, davon 1 doppelt." in page
        assert re.search(r"[01] von 1 Studie hat in jeder Domäne", page)
        assert "1 Studien" not in page and "nicht registriert" in page
        assert "X. Grund: Y." in page and "Fassung 1.2 (2022-03)" in page
    if name == "open":
        assert "Entscheidungen fehlen, darum" in page and "Noch nicht entschieden" in page
        assert "besteht noch keine Einigkeit" in page and "Noch nicht geeinigt" in page


def table(rows, **columns):
    head = ",".join(["study,tp,fp,fn,tn", *columns])
    lines = [
        ",".join(map(str, (f"Study {2000 + k}", *row, *(each[k] for each in columns.values()))))
        for k, row in enumerate(rows)
    ]
    return parse_table("\n".join([head, *lines]), "t.csv")


def tables():
    many = np.random.default_rng(3).integers(3, 60, (14, 4)).tolist()
    groups = ["symptomatic", "asymptomatic"] * 7
    return {
        "alike": table(ALIKE),
        "perfect": table([(20, 1, 0, 30), (15, 2, 0, 22), (40, 5, 0, 61), (8, 1, 0, 9)]),
        "one": table(ALIKE[:1]),
        "two": table(ALIKE[:2]),
        "lonely": table([*ALIKE, (5, 0, 3, 0), (0, 3, 0, 9)]),
        "sick": table([(5, 0, 3, 0), (7, 0, 1, 0), (7, 0, 2, 0), (9, 0, 2, 0), (9, 0, 1, 0)]),
        "groups": table(many, patients=groups, year=[1990 + k for k in range(14)]),
    }


@pytest.mark.parametrize("name", [*tables()])
def test_a_synthesis_is_german(tmp_path, name):
    settings = SynthesisSettings(4, 3, "zero") if name == "groups" else SynthesisSettings()
    found = synthesise(tables()[name], settings)
    title = "Diagnostic accuracy: studies"
    with untold() as left:
        synthesis_page.write(found, tmp_path / "de", title=title, language="de")
    synthesis_page.write(found, tmp_path / "en", title=title)
    assert named(left) == set()
    assert "Diagnostische Genauigkeit: studies" in (tmp_path / "de" / "report.html").read_text()
    assert ENGLISH.findall((tmp_path / "de" / "methods.txt").read_text()) == []
    assert_same_for_programs(tmp_path)


def test_a_simulated_screening_is_german():
    records = [
        Record(title=f"Number {k} of {'facial palsy' if k % 9 == 0 else 'crops and soil'} {k}")
        for k in range(1200)
    ]
    found = simulate(records, [k % 9 == 0 for k in range(1200)])
    with written_in("de"), untold() as left:
        drawing = recall_figure(found)
    assert named(left) == set()
    assert "unter 1 200 Treffern waren 95 % nach" in drawing.caption


def test_what_does_not_add_up_is_german():
    flow = Flow(databases={"A": 9}, screened=4, studies=7, reports=3, previous_studies=1, pooled=99)
    assert len(flow.problems()) > 3
    with written_in("de"), untold() as left:
        for problem in flow.problems():
            assert told(f"This does not add up: {problem}").startswith("Das geht nicht auf: ")
    assert left == set()


def test_the_tools_and_the_protocol_that_mien_ships_are_told():
    known = entries("de")
    for one in map(form, FORMS):
        assert {one.title, one.short, *(domain.title for domain in one.domains)} <= {*known}
    protocol = published()
    criteria = [*protocol.include, *protocol.exclude, *protocol.causes]
    words = {x for one in criteria for x in (one.title, one.words)}
    words |= {protocol.title, protocol.question, protocol.rationale, *protocol.objectives}
    words |= {x for one in protocol.form for x in (one.title, *one.options)}
    assert words - {*known} == set()


def test_words_of_others_stay():
    record = Record(title="none", authors=(), doi="10.1234/5678", year=2020)
    with written_in("de"):
        assert told("10.1234") == "10,1234" and told(Verbatim("10.1234")) == "10.1234"
        assert told(quoted("gene")) == "genetisch" and told(quoted("mouth")) == "mouth"
        assert told(grouped("cause", "gene")) == "Ursache: genetisch"
        assert told(grouped("patients", "none")) == "patients: none"
        assert told(cited(record)) == "none. 2020"
        assert (
            told(cited(replace(record, kind="Retracted Publication")))
            == "Zurückgezogen. none. 2020"
        )
        assert told(cited(Record(title="", authors=()))) == "(ohne Titel)"
