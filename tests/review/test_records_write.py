"""What is read is written and read again without loss, as RIS, BibTeX, CSV and JSON."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.errors import OutputError
from mien.review.records.latex import from_latex, to_latex
from mien.review.records.reading import read_export
from mien.review.records.record import Record, plain
from mien.review.records.writing import ENDINGS, write_records

SHARED = Path(__file__).parents[2].parent / "shared" / "review" / "exports"
OWN = [one.name for one in fields(Record) if one.name not in ("form", "file", "line", "raw")]
PLACES = SHARED.iterdir() if SHARED.is_dir() else [SHARED]


def again(folder: Path, records: list[Record], ending: str) -> list[Record]:
    path = folder / f"again{ending}"
    write_records(path, records, overwrite=True)
    return list(read_export(path).records)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared exports are not here")
@pytest.mark.parametrize("path", sorted(PLACES), ids=lambda path: path.name)
def test_nothing_of_an_export_is_lost(path, tmp_path):
    before = list(read_export(path).records)
    for ending in ENDINGS:
        after = again(tmp_path, before, ending)
        assert len(after) == len(before)
        for old, new in zip(before, after, strict=True):
            for name in OWN:
                assert getattr(new, name) == getattr(old, name), (ending, name)
            said = " ".join(value for _, value in new.raw)
            if ending == ".bib":
                said = from_latex(said)
            own = " ".join(str(getattr(new, name)) for name in OWN)
            for name, value in old.raw:
                assert plain(value) in plain(said + own), (ending, name)
            if ending in (".csv", ".json"):
                assert new.raw == old.raw


LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co"]), max_size=40
).map(plain)
NAME = LINE.filter(lambda text: text and not set(text) & set(";|"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LINE, LINE, st.lists(NAME, max_size=4, unique=True), st.sampled_from(ENDINGS))
def test_any_text_comes_back(tmp_path, title, abstract, authors, ending):
    record = Record(
        title=plain(f"A {title} title"),
        abstract=f"On {abstract}." if abstract else "",
        authors=tuple(f"Surname{k}, {name}" for k, name in enumerate(authors)),
        year=2020,
        doi="10.1000/a_b%c#d",
        source="Scopus",
        form="table",
        raw=(("Odd & even {1}", "50% \\ of_it"),),
    )
    (back,) = again(tmp_path, [record], ending)
    assert (back.title, back.abstract) == (record.title, record.abstract)
    assert (back.authors, back.year, back.doi) == (record.authors, 2020, record.doi)
    said = " ".join(value for _, value in back.raw)
    assert "50% \\ of_it" in (from_latex(said) if ending == ".bib" else said)


@given(LINE)
def test_latex_is_undone(text):
    assert plain(from_latex(to_latex(text))) == text


def test_lines_that_look_like_tags_stay_in_their_field(tmp_path):
    record = Record(
        title="One",
        kind="JOUR",
        form="ris",
        raw=(("TY", "JOUR"), ("TI", "One"), ("N1", "a\nER  - \nTI  - no")),
    )
    (back,) = again(tmp_path, [record], ".ris")
    assert back.title == "One" and ("N1", "a ER - TI - no") in back.raw


def test_what_was_changed_in_a_spreadsheet_counts(tmp_path):
    write_records(tmp_path / "a.csv", [Record(title="Wrong", year=2001, form="ris")])
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").replace("Wrong", "Right", 1)
    (tmp_path / "b.csv").write_text(text)
    (record,) = read_export(tmp_path / "b.csv").records
    assert (record.title, record.year) == ("Right", 2001)


def test_nothing_is_replaced_unasked(tmp_path):
    path = tmp_path / "a.ris"
    path.write_text("mine")
    with pytest.raises(OutputError):
        write_records(path, [Record(title="One")])
    assert path.read_text() == "mine"


def test_what_a_program_changed_is_written(tmp_path):
    write_records(tmp_path / "a.ris", [Record(title="Wrong", authors=("A",), form="ris")])
    (record,) = read_export(tmp_path / "a.ris").records
    for ending in ENDINGS:
        (back,) = again(tmp_path, [replace(record, title="Right")], ending)
        assert (back.title, back.authors) == ("Right", ("A",))


def test_a_title_is_no_formula(tmp_path):
    record = Record(title="=HYPERLINK(1)", authors=("-A, B",), abstract="+1", form="table")
    write_records(tmp_path / "a.csv", [record])
    assert "\n'=HYPERLINK" in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    (back,) = read_export(tmp_path / "a.csv").records
    assert (back.title, back.abstract, back.authors) == ("=HYPERLINK(1)", "+1", ("-A, B",))
