"""One table of concepts is asked of each database in its own language; flaws are found."""

from __future__ import annotations

import json

import pytest

from mien.errors import ParameterError
from mien.review.protocol.protocol import Concept, published
from mien.review.search.lint import lint
from mien.review.search.strings import search_string, strings_of
from mien.review.search.syntax import SYNTAXES, Limits

CONCEPTS = (
    Concept("learning", ("Deep Learning",), ("deep learning", "neural network*", "cnn")),
    Concept("faces", ("Facial Recognition",), ("facial image*", "face")),
)
LIMITS = Limits("2010", "2021-09", ("English",), articles=True)


def text(database: str, limits: Limits | None = None) -> str:
    return search_string(CONCEPTS, database, limits).text


@pytest.mark.parametrize(
    ("database", "wanted"),
    [
        (
            "PubMed",
            '("Deep Learning"[MeSH] OR "deep learning"[TIAB] OR "neural network*"[TIAB] OR '
            'cnn[TIAB]) AND ("Facial Recognition"[MeSH] OR "facial image*"[TIAB] OR face[TIAB])',
        ),
        (
            "PsycINFO",
            "(exp Deep Learning/ or (deep learning).ti,ab. or (neural network*).ti,ab. or "
            "cnn.ti,ab.) and (exp Facial Recognition/ or (facial image*).ti,ab. or face.ti,ab.)",
        ),
        (
            "CINAHL",
            '((MH "Deep Learning+") OR (TI "deep learning" OR AB "deep learning") OR (TI (neural '
            "W0 network*) OR AB (neural W0 network*)) OR (TI cnn OR AB cnn)) AND ((MH "
            '"Facial Recognition+") OR (TI (facial W0 image*) OR AB (facial W0 image*)) OR '
            "(TI face OR AB face))",
        ),
        (
            "IEEE Xplore",
            '("All Metadata":"deep learning" OR ("All Metadata":neural AND "All Metadata":'
            'network*) OR "All Metadata":cnn) AND (("All Metadata":facial AND '
            '"All Metadata":image*) OR "All Metadata":face)',
        ),
        (
            "Scopus",
            '(TITLE-ABS-KEY("deep learning") OR TITLE-ABS-KEY("neural network*") OR '
            'TITLE-ABS-KEY("cnn")) AND (TITLE-ABS-KEY("facial image*") OR TITLE-ABS-KEY("face"))',
        ),
        (
            "Embase",
            "('deep learning'/exp OR 'deep learning':ti,ab,kw OR 'neural network*':ti,ab,kw OR "
            "cnn:ti,ab,kw) AND ('facial recognition'/exp OR 'facial image*':ti,ab,kw OR "
            "face:ti,ab,kw)",
        ),
        (
            "Web of Science",
            '(TS=("deep learning") OR TS=("neural network*") OR TS=(cnn)) AND '
            '(TS=("facial image*") OR TS=(face))',
        ),
        (
            "Cochrane",
            '([mh "Deep Learning"] OR ("deep learning"):ti,ab,kw OR (neural NEXT network*):ti,ab,kw'
            ' OR cnn:ti,ab,kw) AND ([mh "Facial Recognition"] OR (facial NEXT image*):ti,ab,kw OR '
            "face:ti,ab,kw)",
        ),
    ],
)
def test_each_database_in_its_language(database, wanted):
    assert text(database) == wanted


@pytest.mark.parametrize(
    ("database", "limits"),
    [
        (
            "pubmed",
            '"English"[LA] AND "journal article"[PT] AND ("2010/01/01"[PDAT] : "2021/09/30"[PDAT])',
        ),
        ("psycinfo", "english.lg. and journal.pt. and 2010:2021.(sa_year)."),
        ("cinahl", 'LA English AND PT "Journal Article" AND DT 201001-202109'),
        ("ieee", '("Publication Year":2010_2021)'),
        ("scopus", "LANGUAGE(english) AND DOCTYPE(ar) AND PUBYEAR > 2009 AND PUBYEAR < 2022"),
        ("embase", "[english]/lim AND [article]/lim AND [2010-2021]/py"),
        ("wos", "LA=(English) AND DT=(Article) AND PY=(2010-2021)"),
    ],
)
def test_limits(database, limits):
    assert text(database, LIMITS).endswith(limits)


def test_two_languages_and_open_ends():
    both = Limits("2010-02", "", ("English", "German"))
    assert '("English"[LA] OR "German"[LA]) AND ("2010/02/01"[PDAT] : "3000' in text("pubmed", both)
    assert "LA=(English OR German)" in text("wos", both)


@pytest.mark.parametrize("database", SYNTAXES)
def test_what_is_made_has_no_flaw(database):
    (found,) = strings_of(published(), [database])
    assert lint(found.text, database) == []
    assert len(found.concepts) == 2


def test_notes_say_what_is_left_to_do():
    notes = search_string(CONCEPTS, "ieee", LIMITS).notes
    assert any("word by word" in note for note in notes) and any("filters" in n for n in notes)
    assert "Emtree" in search_string(CONCEPTS, "embase").notes[0]
    stem = Concept("short", (), ("fa*",))
    assert "stem" in search_string([stem], "pubmed").notes[0]


def test_what_cannot_be_asked():
    with pytest.raises(ParameterError):
        search_string([Concept("only headings", ("Face",), ())], "scopus")
    with pytest.raises(ParameterError):
        search_string(CONCEPTS, "AltaVista")
    with pytest.raises(ParameterError):
        search_string([], "pubmed")


@pytest.mark.parametrize(
    ("written", "database", "code"),
    [
        ('("a"[TIAB] OR b', "pubmed", "unbalanced"),
        ("a) OR b", "pubmed", "unbalanced"),
        ('"deep learning', "scopus", "unbalanced"),
        ("“deep learning”", "scopus", "quotes"),
        ("fa*[TIAB]", "pubmed", "stem"),
        ('TI "neural network*"', "cinahl", "wildcard"),
        ("TITLE-ABS-KEY({neural network*})", "scopus", "wildcard"),
        (" OR ".join(f"abc{k}*" for k in "abcdefghijk"), "ieee", "wildcards"),
        ("face and image", "pubmed", "operator"),
        ("face AND OR image", "pubmed", "operator"),
        ("face AND", "pubmed", "operator"),
        ("a AND b OR c", "pubmed", "mixed"),
        ("a AND ()", "pubmed", "empty"),
        ("face[TIBA]", "pubmed", "field"),
    ],
)
def test_flaws(written, database, code):
    assert code in [flaw.code for flaw in lint(written, database)]


def test_what_is_no_flaw():
    assert lint('("signs and symptoms"[MeSH] OR "a (b"[TIAB]) AND face[TIAB]', "pubmed") == []
    assert lint("(face or image) and child", "psycinfo") == []


def test_the_command(mien, tmp_path):
    result = mien("review", "search", "--json")
    assert [one["database"] for one in json.loads(result.stdout)["strings"]] == [
        *("PubMed", "PsycINFO (Ovid)", "CINAHL (EBSCO)", "IEEE Xplore", "Scopus")
    ]
    out = tmp_path / "strings.txt"
    assert mien("review", "search", "--database", "wos", "-o", out).exit_code == 0
    assert "TS=" in out.read_text()
    assert mien("review", "search", "--database", "wos", "-o", out).exit_code == 6
    wrong = mien("review", "search", "--check", "(a", "--database", "pubmed")
    assert wrong.exit_code == 1 and "not closed" in wrong.stdout
    assert mien("review", "search", "--check", "a[TIAB]", "--database", "pubmed").exit_code == 0
    assert mien("review", "search", "--check", "a").exit_code == 2


def test_limits_that_a_database_does_not_take_are_said():
    notes = search_string(CONCEPTS, "Cochrane", LIMITS).notes
    assert [note for note in notes if "languages and kinds" in note]
