"""Exports that were joined, cut, of mixed letters, or made to harm: nothing is lost unsaid."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from mien.errors import FormatError
from mien.review.records.reading import read_export

RIS = "TY  - JOUR\nTI  - {}\nAB  - An abstract\nER  - \n"
MEDLINE = "PMID- 12\nTI  - {}\n      that goes on\nAU  - Su Z\n"


@pytest.fixture
def read(tmp_path):
    def go(content: str | bytes, name: str = "export.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_export(path)

    return go


def titles(export) -> list[str]:
    return [one.title for one in export.records]


def test_exports_of_several_forms_in_one_file_are_all_read(read):
    parts = [
        RIS.format("First"),
        MEDLINE.format("Second"),
        "\n",
        RIS.format("Third"),
        "@article{k, title={Fourth}, author={A, B}}\n\n",
        RIS.format("Fifth"),
        "%0 Journal Article\n%T Sixth\n%A A, B\n\n",
    ]
    found = read("".join(parts))
    assert titles(found) == ["First", "Second that goes on", "Third", "Fourth", "Fifth", "Sixth"]
    assert [one.line for one in found.records] == [1, 5, 10, 14, 16, 20]
    assert found.records[1].pmid == "12" and found.records[3].authors == ("A, B",)


def test_medline_before_ris(read):
    found = read(MEDLINE.format("One") + "\n" + MEDLINE.format("Two") + "\n" + RIS.format("Three"))
    assert titles(found) == ["One that goes on", "Two that goes on", "Three"]


def test_words_that_look_like_another_form_stay_in_their_field(read):
    text = "TY  - JOUR\nTI  - One\nAB  - Begin\n@article{no}\n%T no\nPMID- 3\nER  - \n"
    (record,) = read(text + RIS.format("Two")).records[:1]
    assert "@article{no}" in record.abstract and "PMID- 3" in record.abstract


def test_files_joined_from_two_encodings_keep_their_letters(read):
    long = RIS.format("Über Gesichter, ärztlich geprüft")
    found = read(long.encode() + RIS.format("Müller").encode("cp1252"))
    assert titles(found) == ["Über Gesichter, ärztlich geprüft", "Müller"]
    assert any("line 6" in note for note in found.notes)
    assert titles(read(RIS.format("Müller, ñandú").encode("cp1252"))) == ["Müller, ñandú"]


def test_a_table_that_is_cut_in_its_last_row_is_told(read):
    head = "Title,Abstract,Year,DOI\nA,b,2001,10.1/a\n"
    assert "line 3" in read(head + "B,c,20", "t.csv").notes[0]
    assert read(head + "B,c,2001,10.1/b", "t.csv").notes == ()
    assert read(head + "B,c\n", "t.csv").notes == ()


def test_a_formula_without_its_value_loses_no_record(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Title", "Abstract", "Year"])
    book.active.append(['=HYPERLINK("http://x/1","Linked")', "one", 2001])
    book.active.append(['=CONCATENATE("a","b")', "two", 2002])
    book.active.append(["Plain", "three", 2003])
    book.save(tmp_path / "f.xlsx")
    found = read_export(tmp_path / "f.xlsx")
    assert titles(found) == ["Linked", '=CONCATENATE("a","b")', "Plain"]
    assert "row 2" in found.notes[0]


def test_xml_that_is_nested_too_deep_is_refused(read):
    deep = "<a>" * 5000 + "</a>" * 5000
    with pytest.raises(FormatError, match=r"line 2: .*nested"):
        read(f"<xml><records>\n<record>{deep}</record></records></xml>")


def test_entities_far_into_a_file_are_refused(read):
    text = f'<!DOCTYPE a [<!--{"x" * 200_000}--><!ENTITY b "c">]><records><record/></records>'
    with pytest.raises(FormatError, match="entities"):
        read(text)


def test_a_workbook_that_swells_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Title"])
    book.save(tmp_path / "small.xlsx")
    with zipfile.ZipFile(tmp_path / "small.xlsx") as small:
        with zipfile.ZipFile(tmp_path / "big.xlsx", "w", zipfile.ZIP_DEFLATED) as big:
            for one in small.infolist():
                big.writestr(one.filename, small.read(one.filename))
            big.writestr("xl/worksheets/filler.xml", b"A" * (80 << 20))
    with pytest.raises(FormatError, match="swells"):
        read_export(tmp_path / "big.xlsx")
