"""Duplicates are found in what databases make of one publication, and not in what looks alike."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_records import made_up

from mien.errors import ParameterError
from mien.review.duplicates.comparable import comparable, first_page, folded, same_journal
from mien.review.duplicates.comparable import journal_words as bare
from mien.review.duplicates.comparing import compare, hopeless
from mien.review.duplicates.finding import find_duplicates
from mien.review.duplicates.merging import merged, without_duplicates
from mien.review.records.reading import read_exports
from mien.review.records.record import Record
from mien.review.records.writing import write_records

SHARED = Path(__file__).parents[2].parent / "shared" / "review" / "exports"
WORK = Record(
    title="Deep learning for the diagnosis of acromegaly: a multicentre study",
    authors=("Müller, Anna", "Su, Zhaohui", "Liang, Bin"),
    year=2019,
    journal="Journal of Clinical Endocrinology and Metabolism",
    volume="104",
    issue="3",
    pages="1234-1241",
    doi="10.1210/jc.2018-01",
    source="PubMed",
    abstract="We trained a network on photographs of 1,000 faces and compared it with experts. "
    * 3,
)


def certain(**changed: object) -> bool:
    return compare(comparable(WORK), comparable(replace(WORK, **changed))).certain


@pytest.mark.parametrize(
    "changed",
    [
        {"doi": ""},
        {"doi": WORK.doi.upper()},
        {"doi": "", "pages": "", "volume": "", "issue": "", "year": 2018},
        {"doi": "", "title": WORK.title.upper() + "."},
        {"doi": "", "title": "Deep learning for the diagnosis of acromegaly"},
        {"doi": "", "title": WORK.title.replace("multicentre", "multicenter")},
        {"doi": "", "title": WORK.title.replace("learning", "lerning")},
        {"doi": "", "title": WORK.title.replace("Deep learning", "Deep-learning")},
        {"doi": "", "title": f"RETRACTED: {WORK.title}"},
        {"doi": "", "title": f"[{WORK.title}] [Article in German]"},
        {"doi": "", "journal": "J Clin Endocrinol Metab", "pages": "1234-41"},
        {"doi": "", "journal": "JCEM", "pages": "1234"},
        {"doi": "", "authors": ("Mueller A", "Su Z", "Liang B")},
        {"doi": "", "authors": ("A. Müller", "Z. Su")},
        {"doi": "", "authors": ("Anna Muller", "Zhaohui Su", "Bin Liang")},
        {"doi": "", "authors": (), "journal": ""},
        {"doi": "10.9999/typing-error"},
        {"title": "Apprentissage profond pour le diagnostic de l'acromégalie"},
    ],
)
def test_one_publication(changed):
    assert certain(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"title": f"Erratum: {WORK.title}", "doi": "10.1210/jc.2019-99", "pages": "2000"},
        {"title": f"Correction to: {WORK.title}", "doi": "", "abstract": ""},
        {"title": f"Reply to: {WORK.title}", "doi": ""},
        {"title": f"{WORK.title}: study protocol", "doi": "", "year": 2017, "journal": "Trials"},
        {"title": f"{WORK.title}. Part II", "doi": "", "pages": "1242-50"},
        {"title": f"{WORK.title}. Part II", "doi": "10.1210/jc.2018-01b"},
        {"title": f"{WORK.title}, part 2: in practice", "doi": ""},
        {"title": f"{WORK.title} II", "doi": "", "pages": ""},
        {
            "title": WORK.title.replace("acromegaly", "Cushing's syndrome"),
            "doi": "",
            "abstract": "",
        },
        {"title": WORK.title.replace("Deep", "Federated"), "doi": "", "abstract": "", "pages": ""},
        {"journal": "medRxiv", "doi": "10.1101/2018.01", "volume": "", "pages": ""},
        {"journal": "European Congress of Endocrinology", "doi": "", "pages": "7", "volume": "9"},
        {"year": 2024, "doi": "10.1210/jc.2023-7", "volume": "109", "pages": "17-20"},
        {"authors": ("Patel, Raj", "Kim, Sun"), "doi": "", "pages": "9-12", "abstract": ""},
        {"doi": "10.1210/jc.2018-01.pub2", "year": 2020},
    ],
)
def test_what_looks_alike(changed):
    assert not certain(**changed)


def test_parts_and_opposites():
    one = replace(
        WORK,
        doi="",
        abstract="",
        pages="",
        title="Facial signs of hypertension in children. Part I: methods",
    )
    for title in (one.title.replace("Part I", "Part II"), one.title.replace("hyper", "hypo")):
        assert not compare(comparable(one), comparable(replace(one, title=title))).certain


def test_many_copies_of_a_record_are_one_publication():
    other = replace(
        WORK, title="Knees in sport and play of youths", doi="10.1/k", authors=("Li, B",)
    )
    records = [WORK, other] * 60
    found = find_duplicates(records)
    assert found.groups == (tuple(range(0, 120, 2)), tuple(range(1, 120, 2)))
    assert found.unique == 2
    undone = find_duplicates(records, apart=[(0, 2)])
    assert undone.unique == 3


def test_short_titles_need_more():
    one = replace(WORK, title="Editorial", doi="", abstract="", pages="1", volume="")
    assert not compare(comparable(one), comparable(replace(one, pages="77"))).certain


def test_forms():
    assert folded("<i>β</i>-Thalassæmia &amp; O’Connor’s") == "beta thalassaemia and o connors"
    assert first_page("e1234") == first_page("1234-41") == first_page("01234") == "1234"
    assert first_page("S12-S14") == "s12" != first_page("12")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("J Am Med Inform Assoc", "Journal of the American Medical Informatics Association", True),
        ("JAMA", "Journal of the American Medical Association", True),
        ("PNAS", "Proceedings of the National Academy of Sciences of the United States", True),
        ("Proc Natl Acad Sci U S A", "Proceedings of the National Academy of Sciences USA", True),
        ("Lancet (London, England)", "The Lancet", True),
        ("Cladistics : the journal of the Willi Hennig Society", "Cladistics", True),
        ("Nature", "Nature Medicine", False),
        ("Eur Radiol", "European Radiology Experimental", False),
        ("Lancet", "Lancet Neurology", False),
        ("medRxiv", "Medical Image Analysis", False),
    ],
)
def test_journals(one, other, same):
    assert same_journal(bare(one), bare(other)) is same


def test_rates_on_made_up_exports():
    labelled = made_up(600, seed=5)
    found = find_duplicates(labelled.records)
    sensitivity, specificity, *_ = labelled.rates(found.groups)
    assert sensitivity >= 0.98 and specificity >= 0.99
    places = [k for group in found.groups for k in group]
    assert len(places) == len(set(places))
    assert all(group == tuple(sorted(group)) for group in found.groups)


def test_a_group_holds_nothing_that_contradicts_itself():
    cut = replace(WORK, title=WORK.title[:46], doi="", abstract="")
    reply = replace(WORK, title=f"{WORK.title}: reply", doi="10.1/reply", abstract="")
    found = find_duplicates([WORK, cut, reply])
    assert found.groups == ((0, 1),)


def test_decisions_of_people_count_more():
    records = [WORK, replace(WORK, doi=""), replace(WORK, title="Another title", doi="")]
    assert find_duplicates(records).groups == ((0, 1),)
    assert find_duplicates(records, apart=[(1, 0)]).groups == ()
    assert find_duplicates(records, together=[(0, 2)]).groups == ((0, 1, 2),)
    with pytest.raises(ParameterError):
        find_duplicates(records, apart=[(0, 3)])


def test_a_merged_record_keeps_the_fullest_and_every_source():
    raw = (("TI", WORK.title), ("ZZ", "only here"))
    poor = replace(WORK, abstract="", doi="", authors=("Müller A",), source="Scopus", file="s.csv")
    poor = replace(poor, line=7, raw=raw, form="ris", pmid="123", language="English")
    one = merged([poor, WORK])
    assert (one.abstract, one.doi, one.authors) == (WORK.abstract, WORK.doi, WORK.authors)
    assert (one.pmid, one.language, one.source) == ("123", "English", "PubMed; Scopus")
    assert ("ZZ", "only here") in one.raw and "s.csv, line 7" in str(one.raw)
    left = without_duplicates([WORK, replace(WORK, title="Other"), poor], find_duplicates([WORK]))
    assert len(left) == 3


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared exports are not here")
def test_ten_records_in_seven_forms_are_ten():
    names = "embase.csv embase.ris zotero.csv zotero.ris refworks.ris rayyan.csv"
    paths = [SHARED / f"baseline_{name}" for name in (*names.split(), "eppireviewer.xlsx")]
    records = [record for export in read_exports(paths) for record in export.records]
    found = find_duplicates(records)
    assert len(records) == 70 and found.unique == 10 and not found.doubtful


def test_the_command(mien, tmp_path):
    doubtful = replace(
        WORK, journal="Endocrine Abstracts", doi="", abstract="", volume="", pages=""
    )
    write_records(tmp_path / "a.ris", [WORK, replace(WORK, title="Something else", doi="10.1/x")])
    write_records(tmp_path / "b.csv", [replace(WORK, doi="", source="Scopus"), doubtful])
    files = (tmp_path / "a.ris", tmp_path / "b.csv")
    out = tmp_path / "unique.ris"
    result = mien("review", "dedupe", *files, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["groups"] == [[0, 2]] and (said["total"], said["unique"]) == (4, 3)
    assert said == json.loads((tmp_path / "unique.duplicates.json").read_text())
    (export,) = read_exports([out])
    assert export.records[0].source == "PubMed; Scopus" and len(export.records) == 3
    assert mien("review", "dedupe", *files, "-o", out).exit_code == 6
    undone = mien("review", "dedupe", *files, "--apart", "0,2", "--json")
    assert json.loads(undone.stdout)["groups"] == []
    told = mien("review", "dedupe", *files).stdout
    assert "4 records: 3 publications, 1 duplicates in 1 groups" in told
    assert mien("review", "dedupe", *files, "--apart", "a,b").exit_code == 2


def test_what_is_hopeless_is_neither_certain_nor_doubtful():
    forms = [comparable(record) for record in made_up(25, seed=5).records]
    given_up = kept = 0
    for k, one in enumerate(forms):
        for other in forms[:k]:
            verdict = compare(one, other)
            if hopeless(one, other):
                given_up += 1
                assert not verdict.certain and not verdict.doubtful
            else:
                kept += verdict.certain or verdict.doubtful
    assert given_up > 100 and kept > 30
