"""Searches over open interfaces, with answers of our own making: nothing asks a server."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from mien.errors import FormatError, OutputError, ParameterError
from mien.review.records.reading import read_export
from mien.review.records.record import Record
from mien.review.records.writing import write_records
from mien.review.search.apis.citations import chase
from mien.review.search.apis.harvest import harvest, opened
from mien.review.search.apis.openalex import abstract_of
from mien.review.search.apis.pages import Query
from mien.review.search.apis.transport import Web

DAY = date(2021, 9, 30)
PER_PAGE = 3


class Played:
    """Answers as the servers would, from lists of works; breaks off where it is told to."""

    def __init__(self, count: int = 7, breaks_at: int = 0) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._count = count
        self._breaks_at = breaks_at

    def get(self, address: str, values: dict[str, str]) -> bytes:
        self.asked.append((address, dict(values)))
        if len(self.asked) == self._breaks_at:
            raise FormatError("The server stayed busy: go on later with the same command.")
        if "esearch" in address:
            if "nonsense" in values["term"]:
                return json.dumps({"esearchresult": {"ERROR": "no such field"}}).encode()
            numbers = [str(1000 + k) for k in range(self._count)]
            said = {"count": str(self._count), "idlist": numbers[:10_000]}
            return json.dumps({"esearchresult": said}).encode()
        if "efetch" in address:
            return "\n".join(
                f"PMID- {number}\nTI  - Title {number}\nFAU - Su, Zhaohui\nDP  - 2020\n"
                f"AID - 10.1000/p{number} [doi]\n"
                for number in values["id"].split(",")
            ).encode()
        if "openalex" in address:
            return self._openalex(values)
        return self._crossref(values)

    def _openalex(self, values: dict[str, str]) -> bytes:
        if values["filter"].startswith("doi:"):
            return json.dumps({"results": [work(1, cites=[5, 6]), work(2, cites=[6])]}).encode()
        if values["filter"].startswith("openalex:"):
            numbers = [int(one[1:]) for one in values["filter"].split(":")[1].split("|")]
            return json.dumps(
                {"meta": {"count": len(numbers), "next_cursor": None}, "results": map_(numbers)}
            ).encode()
        start = 0 if values["cursor"] == "*" else int(values["cursor"])
        numbers = list(range(start, min(start + PER_PAGE, self._count)))
        further = str(start + PER_PAGE) if start + PER_PAGE < self._count else None
        meta = {"count": self._count, "next_cursor": further}
        return json.dumps({"meta": meta, "results": map_(numbers)}).encode()

    def _crossref(self, values: dict[str, str]) -> bytes:
        start = 0 if values["cursor"] == "*" else int(values["cursor"])
        items = [
            {
                "DOI": f"10.1000/C{k}",
                "title": [f"Title <i>{k}</i>"],
                "subtitle": ["a study"],
                "author": [{"family": "Su", "given": "Z"}, {"name": "A group"}],
                "issued": {"date-parts": [[2020, 5]]},
                "container-title": ["BMJ Open"],
                "abstract": "<jats:p>Faces.</jats:p>",
                "type": "journal-article",
            }
            for k in range(start, min(start + PER_PAGE, self._count))
        ]
        message = {
            "total-results": self._count,
            "items": items,
            "next-cursor": str(start + PER_PAGE),
        }
        return json.dumps({"message": message}).encode()


def map_(numbers: list[int]) -> list[dict]:
    return [work(number) for number in numbers]


def work(number: int, cites: list[int] | None = None) -> dict:
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.1000/o{number}",
        "title": f"Work <{number}>",
        "publication_year": 2021,
        "language": "en",
        "type": "article",
        "ids": {"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{500 + number}"},
        "authorships": [{"author": {"display_name": "Bin Liang"}}],
        "primary_location": {"source": {"display_name": "BMJ Open"}} if number % 2 else None,
        "abstract_inverted_index": {"faces": [1], "Sick": [0], "heal": [2]},
        "referenced_works": [f"https://openalex.org/W{one}" for one in cites or []],
        "is_retracted": number == 4,
    }


@pytest.mark.parametrize("api", ["pubmed", "openalex", "crossref"])
def test_every_record_comes_once(tmp_path, api):
    found = harvest(tmp_path / "s", api, Query("faces"), Played(), today=DAY)
    assert len(found) == 7 and len({record.doi for record in found}) == 7
    assert all(
        record.title and record.authors and record.year and record.source for record in found
    )
    assert opened(tmp_path / "s").begun == "2021-09-30"
    assert list(read_export(tmp_path / "s" / "records.json").records) == found
    silent = Played()
    assert harvest(tmp_path / "s", api, Query("faces"), silent) == found and not silent.asked


@pytest.mark.parametrize("api", ["pubmed", "openalex", "crossref"])
@pytest.mark.parametrize("breaks_at", [1, 2, 3])
def test_what_was_interrupted_goes_on(tmp_path, api, breaks_at):
    count = 450 if api == "pubmed" else 8
    whole = harvest(tmp_path / "whole", api, Query("faces"), Played(count), today=DAY)
    broken = Played(count, breaks_at)
    with pytest.raises(FormatError):
        harvest(tmp_path / "s", api, Query("faces"), broken, today=DAY)
    rest = Played(count)
    assert harvest(tmp_path / "s", api, Query("faces"), rest) == whole
    again = Played(count)
    harvest(tmp_path / "again", api, Query("faces"), again)
    assert len(rest.asked) == len(again.asked) - (breaks_at - 1)


def test_another_query_does_not_mix(tmp_path):
    harvest(tmp_path / "s", "openalex", Query("faces"), Played(), today=DAY)
    with pytest.raises(OutputError, match="another search"):
        harvest(tmp_path / "s", "openalex", Query("hands"), Played())
    with pytest.raises(ParameterError):
        harvest(tmp_path / "t", "altavista", Query("faces"), Played())


def test_dates_are_asked_for(tmp_path):
    since = Query("faces", "2021-01-01", "2021-09-30", entered=True)
    asked = {}
    for api in ("pubmed", "openalex", "crossref"):
        played = Played()
        harvest(tmp_path / api, api, since, played)
        asked[api] = played.asked[0][1]
    assert asked["pubmed"]["datetype"] == "edat" and asked["pubmed"]["mindate"] == "2021/01/01"
    assert "from_created_date:2021-01-01" in asked["openalex"]["filter"]
    assert "until-created-date:2021-09-30" in asked["crossref"]["filter"]


def test_openalex_in_detail(tmp_path):
    found = harvest(tmp_path / "s", "openalex", Query('"face" AND x'), Played(5), today=DAY)
    assert found[1].abstract == "Sick faces heal" and found[1].journal == "BMJ Open"
    assert (found[1].pmid, found[1].language, found[2].journal) == ("501", "English", "")
    assert found[4].kind == "retracted"
    assert abstract_of({"a": "no list"}) == "" and abstract_of(None) == ""


def test_crossref_is_asked_words_only(tmp_path):
    played = Played(2)
    (first, _) = harvest(tmp_path / "s", "crossref", Query('("face*" OR x)'), played, today=DAY)
    assert played.asked[0][1]["query.bibliographic"] == "face x"
    assert (first.title, first.abstract) == ("Title 0: a study", "Faces.")
    assert first.authors == ("Su, Z", "A group")


def test_pubmed_says_what_it_does_not_understand(tmp_path):
    with pytest.raises(FormatError, match="no such field"):
        harvest(tmp_path / "s", "pubmed", Query("nonsense"), Played())
    with pytest.raises(ParameterError, match="10,000"):
        harvest(tmp_path / "t", "pubmed", Query("faces"), Played(10_001))


class Garbage:
    def get(self, address: str, values: dict[str, str]) -> bytes:
        return b"<html>busy</html>"


@pytest.mark.parametrize("api", ["pubmed", "openalex", "crossref"])
def test_garbage_is_told(tmp_path, api):
    with pytest.raises(FormatError, match="JSON"):
        harvest(tmp_path / "s", api, Query("faces"), Garbage())


def test_citations_are_chased_both_ways(tmp_path):
    studies = [
        Record(title="One", doi="10.1000/O1"),
        Record(doi="10.1000/o2"),
        Record(doi="10.9/x"),
    ]
    found = chase(studies, ["backward", "forward"], tmp_path / "c", Played(3))
    by = {record.source for record in found.records}
    assert by == {"OpenAlex (cited by included)", "OpenAlex (citing included)"}
    assert {"10.1000/o5", "10.1000/o6"} <= {record.doi for record in found.records}
    assert found.unknown == ("10.9/x",)
    with pytest.raises(ParameterError):
        chase([Record(title="no DOI")], ["backward"], tmp_path / "d", Played())


def test_only_the_three_hosts_are_asked():
    web = Web("me@host.org", wait=lambda seconds: None)
    for address in ("http://api.openalex.org/works", "https://example.org/"):
        with pytest.raises(ParameterError):
            web.get(address, {})
    with pytest.raises(ParameterError, match="--email"):
        Web("nobody")


def test_the_commands(mien, given, tmp_path: Path):
    given["transport"] = Played()
    out = tmp_path / "search"
    words = ("review", "fetch", "-o", out, "--email", "me@host.org", "--until", "2021-09")
    result = mien(*words, "--api", "pubmed", "--api", "openalex", "--json")
    assert result.exit_code == 0, result.output
    assert [one["records"] for one in json.loads(result.stdout)["searches"]] == [7, 7]
    assert len(read_export(out / "records.json").records) == 14
    assert '"deep learning"[TIAB]' in given["transport"].asked[0][1]["term"]
    assert given["transport"].asked[0][1]["maxdate"] == "2021/09/30"
    assert mien(*words[:-1], "yesterday").exit_code == 2
    write_records(tmp_path / "in.ris", [Record(title="One", doi="10.1000/o1")])
    result = mien("review", "chase", tmp_path / "in.ris", "-o", tmp_path / "c", "--email", "a@b.c")
    assert result.exit_code == 0 and "records" in result.stdout
