"""Exports of every form give their records: none lost, none invented, and bad ones one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mien.errors import FormatError
from mien.review.records.names import split_authors
from mien.review.records.reading import read_export

SHARED = Path(__file__).parents[2].parent / "shared" / "review" / "exports"
RIS = (
    "TY  - JOUR\nTI  - Über den\n Titel\nAU  - Müller, A\nAU  - Li, B\nPY  - 2019/03//\n"
    "AB  - Of interest.\nIL - 6 was high.\nAB  - Copyright of Things is the property of Wiley.\n"
    "DO  - https://doi.org/10.1000/ABC(1)2.\nLA  - eng\nDB  - rzh\nZZ  - kept\nER  - \n\n"
)
BIBTEX = r"""
@string{jn = "Journal of " # "Things"}
@comment{anything}
@article{k1,
  title = {The {DNA} of \"{U}ber \& {\'e}t{\'{e}}, 50\%},
  author = "M{\"u}ller, A. and {Food and Drug Administration} and Lee, B",
  journal = jn, year = 2020, month = jan, doi = {10.1000/x_y}
}
@inproceedings(k2, title = "Second", year = "2011")
"""
MEDLINE = """
PMID- 12345678
TI  - A very
      long title.
FAU - Müller, Anna
AU  - Müller A
DP  - 2020 Jan
LA  - ger
AID - S1 [pii]
AID - 10.1234/z [doi]

PMID- 2
TI  - Second.
"""
ENDNOTE = (
    '<?xml version="1.0" encoding="UTF-8"?><xml><records>\n<record><ref-type name="Journal Article"'
    ">17</ref-type><contributors><authors><author><style>Su, Z.</style></author></authors>"
    "</contributors><titles><title><style>Deep &amp; </style><style>face</style></title>"
    "<secondary-title><style>BMJ Open</style></secondary-title></titles><dates><year><style>2021"
    "</style></year></dates><electronic-resource-num><style>10.1136/x</style>"
    "</electronic-resource-num><remote-database-name>Scopus</remote-database-name></record>\n"
    "</records></xml>"
)


@pytest.fixture
def read(tmp_path):
    """Writes text or bytes into a file and reads it."""

    def go(content: str | bytes, name: str = "given.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_export(path)

    return go


def refused(read, content: str | bytes) -> str:
    with pytest.raises(FormatError) as caught:
        read(content)
    assert str(caught.value).count("\n") == 0
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ris_in_any_encoding(read, encoding, end):
    (record,) = read((RIS.replace("\n", end)).encode(encoding)).records
    assert record.title == "Über den Titel"
    assert record.authors == ("Müller, A", "Li, B")
    assert (record.year, record.doi, record.language) == (2019, "10.1000/ABC(1)2", "English")
    assert (record.source, record.line) == ("CINAHL", 1)
    assert record.abstract == "Of interest. IL - 6 was high."
    assert ("ZZ", "kept") in record.raw


def test_ris_without_its_ends(read):
    found = read(RIS.replace("ER  - \n", "") * 3)
    assert [record.line for record in found.records] == [1, 15, 29]
    assert "line 29" in found.notes[0] and "no end" in found.notes[0]


def test_ris_with_numbers_headings_and_spaces(read):
    text = "Record #3 of 18\nProvider: X\n\nTY  -  JOUR\nTI  -  One\nER  -  \n\n\n4. \n" + RIS
    assert [record.title for record in read(text).records] == ["One", "Über den Titel"]
    (record,) = read("TY - JOUR\nTI - One - two\nAB - a\nER -\n").records
    assert record.title == "One - two"


def test_a_ris_record_that_says_nothing_is_none(read):
    found = read("TY  - JOUR\nER  - \n" + RIS)
    assert len(found.records) == 1 and "line 1" in found.notes[0]


def test_a_file_cut_in_a_letter(read):
    found = read((RIS + "TY  - JOUR\nTI  - Secü").encode()[:-1])
    assert found.records[-1].title == "Sec"


def test_medline(read):
    first, second = read(MEDLINE).records
    assert (first.title, first.authors) == ("A very long title.", ("Müller, Anna",))
    assert (first.doi, first.pmid, first.language) == ("10.1234/z", "12345678", "German")
    assert (first.line, second.line, second.title) == (2, 12, "Second.")


def test_bibtex(read):
    first, second = read(BIBTEX).records
    assert first.title == "The DNA of Über & été, 50%"
    assert first.authors == ("Müller, A.", "Food and Drug Administration", "Lee, B")
    assert (first.journal, first.year) == ("Journal of Things", 2020)
    assert (second.title, second.year, second.kind) == ("Second", 2011, "inproceedings")


def test_bibtex_with_one_key_twice(read):
    text = "@article{k, title={A}}\n@article{k, title={B}}\n@misc{,title={C}}"
    assert [record.title for record in read(text).records] == ["A", "B", "C"]


def test_endnote(read):
    (record,) = read(ENDNOTE).records
    assert (record.title, record.journal) == ("Deep & face", "BMJ Open")
    assert (record.year, record.doi, record.source) == (2021, "10.1136/x", "Scopus")
    assert record.line == 2


def test_refer_and_web_of_science(read):
    refer = "%0 Journal Article\n%T One\n%A Barrett, P\n%A Willis, K\n%D 2001\n\n%0 Book\n%T Two\n"
    assert [record.title for record in read(refer).records] == ["One", "Two"]
    wos = "FN Clarivate\nVR 1.0\nPT J\nAU Su, Z\n   Li, B\nTI Deep\n   face\nPY 2020\nER\n\nEF\n"
    (record,) = read(wos).records
    assert (record.title, record.authors) == ("Deep face", ("Su, Z", "Li, B"))


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_tables_below_a_preamble(read, sign):
    rows = [
        ["SEARCH QUERY", "x"],
        [],
        ["Title", "Author Names", "Publication Year", "Embase Link", "PUI", "Odd"],
        ['"A, ""b""; c"', '"Yang Z., Jiang B."', "2024", "", '="0123"', "kept"],
        ["Second", "Curry Rogers K.", "2023"],
    ]
    first, second = read("\n".join(sign.join(row) for row in rows)).records
    assert first.title == 'A, "b"; c' and first.authors == ("Yang Z.", "Jiang B.")
    assert ("PUI", "0123") in first.raw and ("Odd", "kept") in first.raw
    assert (first.line, second.line, second.source) == (4, 5, "Embase")


def test_a_workbook(read, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["A heading"])
    book.active.append(["Title", "Year", "Authors"])
    book.active.append(["Deep", 2021, "Su, Z; Li, B"])
    book.create_sheet("empty")
    book.save(tmp_path / "b.xlsx")
    (record,) = read_export(tmp_path / "b.xlsx").records
    assert (record.title, record.year, record.line) == ("Deep", 2021, 3)
    assert "workbook" in refused(read, (tmp_path / "b.xlsx").read_bytes()[:700])


def test_headings_only_are_no_records(read):
    assert read("Title,Authors,Year\n").records == ()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("\n\n", 1),
        ("<!DOCTYPE html><html>TY  - JOUR", 1),
        ("Dear all,\nthis is a letter.\n", 1),
        (b"%PDF-1.7", 1),
        (bytes(range(256)), 1),
        ("Title,Year\nA\0,2001\n", 2),
        ('Title,Year\nA,2001\n"open, 2002\nE,2003\n', 3),
        (BIBTEX + "@article{k3,\n title = {cut", 10),
        ("@article{k3,\n title = {A},\n = {B}\n}", 3),
        (ENDNOTE[:-20], 2),
        ("<other/>", 1),
        ('<!DOCTYPE a [<!ENTITY b "c">]><records/>', 1),
        ('{"no": "records"}', 1),
    ],
)
def test_bad_files_are_told_with_the_line(read, content, line):
    assert f"line {line}:" in refused(read, content)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Griffin DK, Larkin DM, O'Connor RE.", ("Griffin DK", "Larkin DM", "O'Connor RE")),
        ("Yang, Z. and Jiang, B. and Xu, J.", ("Yang, Z.", "Jiang, B.", "Xu, J.")),
        ("Barrett, Paul M; Willis, Katherine J; ", ("Barrett, Paul M", "Willis, Katherine J")),
        ("Longrich, N.R.\n and Pereda, X.\n", ("Longrich, N.R.", "Pereda, X.")),
        ("Curry Rogers, Kristina", ("Curry Rogers, Kristina",)),
        ("van der Berg, John A.", ("van der Berg, John A.",)),
        ("John Smith and Mary Jones", ("John Smith", "Mary Jones")),
        ("Smith, J., Jones, K., Lee, P.", ("Smith, J.", "Jones, K.", "Lee, P.")),
        ("", ()),
    ],
)
def test_names(written, names):
    assert split_authors(written) == names


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared exports are not here")
def test_the_same_ten_records_are_the_same_in_every_form():
    counts = {path.name: len(read_export(path).records) for path in SHARED.iterdir()}
    assert counts["baseline.ris"] == counts["baseline.csv"] == counts["baseline.xlsx"] == 100
    assert counts["baseline_pubmed.ris"] == 50 and min(counts.values()) == 3
    lens = [read_export(SHARED / f"baseline.{kind}").records for kind in ("ris", "csv", "xlsx")]
    for same in zip(*lens, strict=True):
        for name in ("title", "year", "doi", "authors"):
            said = {str(getattr(record, name)).replace(",", "").lower() for record in same}
            assert len(said) == 1 or name == "authors"
    for name in ("embase.csv", "embase.ris", "zotero.csv", "rayyan.csv", "refworks.ris"):
        for record in read_export(SHARED / f"baseline_{name}").records:
            assert record.doi.startswith("10.") and " " not in record.doi
            assert record.title and record.authors and record.year == 2024
            assert record.language == "English" and record.source


def test_the_command(mien, tmp_path):
    (tmp_path / "a.ris").write_text(RIS)
    (tmp_path / "b.bib").write_text(BIBTEX)
    result = mien("review", "read", tmp_path / "a.ris", tmp_path / "b.bib", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert [one["file"] for one in said["records"]] == ["a.ris", "b.bib", "b.bib"]
    assert said["records"][0]["authors"] == ["Müller, A", "Li, B"]
    assert [one["records"] for one in said["files"]] == [1, 2]
    out = tmp_path / "all.ris"
    assert mien("review", "read", tmp_path / "b.bib", "-o", out).exit_code == 0
    assert len(read_export(out).records) == 2
    refusal = mien("review", "read", tmp_path / "b.bib", "-o", out)
    assert refusal.exit_code == 6 and "--overwrite" in refusal.stderr
    assert mien("review", "read", tmp_path / "b.bib", "-o", tmp_path / "x.doc").exit_code == 6
    missing = mien("review", "read", tmp_path / "none.ris")
    assert missing.exit_code == 3 and missing.stderr.count("\n") == 1
