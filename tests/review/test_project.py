"""A review as a folder: two decide blind, a third settles, and nothing that was decided is lost."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date

import pytest

from mien.errors import FormatError, OutputError, ParameterError
from mien.review.project.founding import Founding, add_records, found_review
from mien.review.project.lists import counted, listed, seen
from mien.review.project.outcomes import agreement, outcome
from mien.review.project.ranking import Ranker, stopping_of
from mien.review.project.standing import flow_of, pairings, standing, write_plain
from mien.review.project.store import Refused, ReviewStore
from mien.review.protocol.protocol import published
from mien.review.records.reading import read_export
from mien.review.records.record import Record
from mien.review.records.writing import write_records

TOPICS = ("deep learning of faces in acromegaly", "surgery of the knee in athletes")


def records(count: int = 24) -> list[Record]:
    """Every third one is relevant; each has words of its own."""
    return [
        Record(
            title=f"Study {k:03d}: {TOPICS[k % 3 > 0]} word{k}a word{k}b word{k}c",
            abstract=f"We looked at {TOPICS[k % 3 > 0]}. " * 2,
            authors=(f"Author{k}, A",),
            year=2000 + k % 20,
            doi=f"10.1000/{k}",
            source="PubMed" if k % 2 else "Scopus",
        )
        for k in range(count)
    ]


@pytest.fixture
def store(tmp_path) -> ReviewStore:
    folder = tmp_path / "review"
    people = Founding(("Ada", "Ben"), "Cy", pilot=4)
    found_review(folder, records(), published(), people, today=date(2021, 9, 30))
    return ReviewStore(folder)


def reason(store: ReviewStore) -> str:
    return store.settings["reasons"][0]["key"]


def decide(store, who, number, decision, why="", *, stage="abstract", seen=0):
    person = store.people[who]
    return store.decide(person, number, stage, decision, why, seen=seen, now=1000.0 + number)


def test_a_review_is_founded(store):
    assert [one.role for one in store.people] == ["reviewer", "reviewer", "arbiter"]
    assert len({one.token for one in store.people}) == 3
    assert store.person(store.people[1].token).name == "Ben"
    assert store.person("nobody") is None and store.person("\udcff") is None
    lines, total = listed(store, store.people[0], "abstract")
    assert total == len(lines) == 24 and len({line.id for line in lines}) == 24
    with pytest.raises(FormatError):
        ReviewStore(store.folder.parent)


def test_duplicates_are_merged_when_it_is_founded(tmp_path):
    twice = [*records(), *(replace(one, doi="", source="Embase") for one in records(5))]
    added = found_review(tmp_path / "r", twice, published(), Founding(("Ada",)))
    assert (added.duplicates, added.fresh) == (5, 24)
    assert added.identified == {"Scopus": 12, "PubMed": 12, "Embase": 5}


@pytest.mark.parametrize(
    "people", [Founding(()), Founding(("Ada", "Ben")), Founding(("Ada", "Ada"), "Cy")]
)
def test_who_decides_is_checked(tmp_path, people):
    with pytest.raises(ParameterError):
        found_review(tmp_path / "r", records(), published(), people)
    assert not (tmp_path / "r").exists()


def test_what_lies_there_is_not_replaced(store):
    with pytest.raises(OutputError):
        found_review(store.folder, records(), published(), Founding(("Ada",)))
    assert ReviewStore(store.folder).reviewers


@pytest.mark.parametrize(
    ("given", "stage", "wanted"),
    [
        ([("include", "")], "abstract", "open"),
        ([("include", ""), ("include", "")], "abstract", "include"),
        ([("include", ""), ("maybe", "")], "abstract", "include"),
        ([("include", ""), ("maybe", "")], "full", "conflict"),
        ([("maybe", ""), ("maybe", "")], "abstract", "conflict"),
        ([("exclude", "a"), ("exclude", "b")], "abstract", "exclude"),
        ([("exclude", "a"), ("exclude", "b")], "full", "conflict"),
        ([("exclude", "a"), ("exclude", "a")], "full", "exclude"),
        ([("include", ""), ("exclude", "a")], "abstract", "conflict"),
    ],
)
def test_outcomes(given, stage, wanted):
    assert outcome(given, 2, stage)[0] == wanted


def test_agreement_by_hand():
    pairs = [("include", "include")] * 2 + [("exclude", "exclude")] * 6
    found = agreement([*pairs, ("maybe", "exclude"), ("exclude", "include")])
    assert found.n == 10 and found.share == 0.8 and found.pabak == 0.6
    assert found.kappa == pytest.approx((0.8 - 0.58) / 0.42, abs=1e-4)
    assert agreement([("exclude", "exclude")]).kappa is None
    assert agreement([]).share is None


def test_reviewers_are_blind(store):
    decide(store, 0, 3, "exclude", reason(store))
    store.note(store.people[0], 3, "<b>mine</b>", 1.0)
    store.label(store.people[0], 3, "sleep", on=True)
    shown = seen(store, store.people[1], 3, "abstract")
    assert (shown["decision"], shown["note"], shown["labels"], shown["others"]) == ("", "", [], [])
    assert counted(store, store.people[1])["abstract"]["done"] == 0
    with pytest.raises(Refused):
        seen(store, store.people[2], 3, "abstract")  # nor the third, before both have decided
    decide(store, 1, 3, "include")
    shown = seen(store, store.people[2], 3, "abstract")
    assert [one["decision"] for one in shown["others"]] == ["exclude", "include"]
    assert shown["others"][0]["note"] == "<b>mine</b>"


def test_two_windows_do_not_overwrite_each_other(store):
    version = decide(store, 0, 1, "include")
    assert decide(store, 0, 1, "include") == version  # sent twice
    with pytest.raises(Refused) as caught:
        decide(store, 0, 1, "exclude")  # the other window had not seen it
    assert caught.value.code == "changed_elsewhere"
    assert seen(store, store.people[0], 1, "abstract")["decision"] == "include"
    assert decide(store, 0, 1, "exclude", seen=version) == version + 1
    assert decide(store, 0, 1, "", seen=version + 1) == version + 2
    assert counted(store, store.people[0])["abstract"]["done"] == 0


def test_many_at_once_lose_nothing(store):
    def work(who):
        for number in range(1, 25):
            decide(store, who, number, "include" if number % 2 else "exclude")

    threads = [threading.Thread(target=work, args=(who,)) for who in (0, 1, 0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for who in (0, 1):
        counts = counted(store, store.people[who])["abstract"]
        assert (counts["include"], counts["exclude"], counts["todo"]) == (12, 12, 0)
    with store.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM log").fetchone()[0] == 48


def test_from_conflict_to_full_text_to_the_flow(store):
    cy, why = store.people[2], reason(store)
    for number in range(1, 25):
        decide(store, 0, number, "include" if number < 7 else "exclude")
        decide(store, 1, number, "include" if number < 5 else "exclude")
    lines, total = listed(store, cy, "abstract")
    assert total == 2 and [line.id for line in lines] == [5, 6]
    with pytest.raises(Refused, match="no conflict"):
        store.settle(cy, 1, "abstract", "include", "", seen=1, now=1.0)
    with pytest.raises(Refused):
        store.settle(store.people[0], 5, "abstract", "include", "", seen=2, now=1.0)
    version = seen(store, cy, 5, "abstract")["version"]
    store.settle(cy, 5, "abstract", "include", "", seen=version, now=1.0)
    with pytest.raises(Refused) as caught:
        store.settle(cy, 5, "abstract", "exclude", "", seen=version, now=1.0)
    assert caught.value.code == "changed_elsewhere"
    store.settle(cy, 6, "abstract", "exclude", "", seen=version, now=1.0)
    assert counted(store, store.people[0])["full"]["todo"] == 5
    with pytest.raises(Refused, match="reason"):
        decide(store, 0, 1, "exclude", stage="full")
    with pytest.raises(Refused):
        decide(store, 0, 9, "include", stage="full")
    for who in (0, 1):
        for number in range(1, 6):
            excluded = number > 3
            decide(store, who, number, "exclude" if excluded else "include",
                   why if excluded else "", stage="full")  # fmt: skip
    flow = flow_of(store)
    assert flow.problems() == []
    assert (flow.identified, flow.excluded, flow.sought, flow.studies) == (24, 19, 5, 3)
    assert sum(flow.excluded_full_text.values()) == 2
    kappas = {(one.stage, one.pilot): one.agreement for one in pairings(store)}
    assert kappas["abstract", False].n == 24 and kappas["abstract", True].n == 4
    assert kappas["full", False].kappa == 1


def test_lists_are_searched_and_cut(store):
    person = store.people[0]
    lines, total = listed(store, person, "abstract", search="ACROMEGALY", limit=3)
    assert total == 8 and len(lines) == 3
    assert listed(store, person, "abstract", search="author7")[1] == 1
    assert listed(store, person, "abstract", search="%")[1] == 24  # no words, no wildcard
    rest, _ = listed(store, person, "abstract", limit=200, offset=20)
    assert len(rest) == 4
    decide(store, 0, lines[0].id, "maybe")
    assert [one.id for one in listed(store, person, "abstract", "maybe")[0]] == [lines[0].id]
    with pytest.raises(ParameterError):
        listed(store, person, "abstract", "others")


def test_what_may_not_be_decided(store):
    for words in (("perhaps", ""), ("exclude", "no such reason")):
        with pytest.raises(Refused):
            decide(store, 0, 1, *words)
    with pytest.raises(Refused):
        decide(store, 0, 99, "include")
    with pytest.raises(Refused):
        decide(store, 2, 1, "include")
    for k in range(20):
        store.label(store.people[0], 1, f"label {k}", on=True)
    with pytest.raises(Refused):
        store.label(store.people[0], 1, "one more", on=True)


def test_likely_records_come_next_and_pilots_first(store):
    person = store.people[0]
    before, _ = listed(store, person, "abstract", limit=200)
    assert not Ranker(store).rank(person)
    relevant = {k + 1 for k, one in enumerate(store.records()) if TOPICS[0] in one.title}
    for line in before[:10]:
        decide(store, 0, line.id, "include" if line.id in relevant else "exclude")
    ranker = Ranker(store)
    assert ranker.due(person) and ranker.rank(person) and not ranker.due(person)
    after, _ = listed(store, person, "abstract", limit=200)
    left = [line.id for line in after]
    count = len(relevant & set(left))
    assert set(left[:count]) == relevant & set(left)
    everything, total = listed(store, person, "abstract", "all", limit=200)
    assert total == 24 and len({line.id for line in everything}) == 24
    other, _ = listed(store, store.people[1], "abstract", limit=200)
    assert [line.id for line in other] == [line.id for line in before]  # blind in this, too
    assert stopping_of(store, person).screened == 10


def test_what_is_new_is_added_and_decisions_stay(store):
    decide(store, 0, 1, "include")
    new = replace(records(1)[0], title="Something nobody had found before", doi="10.9/new")
    later = [*records(6), new, replace(new, doi="", source="Embase")]
    added = add_records(store, later, today=date(2022, 9, 30))
    assert (added.fresh, added.duplicates) == (1, 7)
    assert store.record(25).title == new.title
    assert seen(store, store.people[0], 1, "abstract")["decision"] == "include"
    assert counted(store, store.people[1])["abstract"]["todo"] == 25
    flow = flow_of(store)
    assert flow.identified == 32 and flow.duplicates == 7
    assert [one["added"] for one in standing(store)["batches"]] == ["2021-09-30", "2022-09-30"]


def test_all_of_it_is_text(store, tmp_path):
    decide(store, 0, 1, "include")
    store.note(store.people[0], 1, "=HYPERLINK(1)", 1.0)
    write_plain(store, tmp_path / "text")
    with (tmp_path / "text" / "decisions.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["who"], row["decision"], row["note"]) == ("Ada", "include", "'=HYPERLINK(1)")
    assert len(read_export(tmp_path / "text" / "records.ris").records) == 24
    assert json.loads((tmp_path / "text" / "standing.json").read_text())["records"] == 24
    with pytest.raises(OutputError):
        write_plain(store, tmp_path / "text")


_DECIDE = """
import sys
from pathlib import Path
from mien.review.project.store import ReviewStore
store = ReviewStore(Path(sys.argv[1]))
for number in range(1, 25):
    store.decide(store.people[0], number, "abstract", "include", "", seen=0, now=1.0)
    print(number, flush=True)
"""


def test_a_kill_loses_nothing_that_was_answered(store):
    script = [sys.executable, "-c", _DECIDE, str(store.folder)]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, text=True)
    told = [int(process.stdout.readline()) for _ in range(8)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    told += [int(line) for line in rest.split()]
    done = counted(ReviewStore(store.folder), store.people[0])["abstract"]["include"]
    assert len(told) <= done <= len(told) + 1


def test_the_commands(mien, tmp_path):
    write_records(tmp_path / "a.ris", records(6))
    folder = tmp_path / "review"
    words = ("review", "new", tmp_path / "a.ris", "-o", folder)
    made = mien(*words, "--reviewer", "Ada", "--reviewer", "Ben", "--arbiter", "Cy")
    assert made.exit_code == 0, made.output
    assert "6 to decide about" in made.stdout
    assert mien(*words, "--reviewer", "Ada").exit_code == 6
    write_records(tmp_path / "b.ris", records(8))
    added = mien("review", "update", folder, tmp_path / "b.ris", "--json")
    assert json.loads(added.stdout)["fresh"] == 2
    store = ReviewStore(folder)
    for who in (0, 1):
        decide(store, who, 1, "include")
    told = mien("review", "status", folder)
    assert "Ada (reviewer): 1 of 8" in told.stdout and "1 decided by both" in told.stdout
    assert json.loads(mien("review", "status", folder, "--json").stdout)["records"] == 8
    assert mien("review", "export", folder, "-o", tmp_path / "text").exit_code == 0
    numbers = mien("review", "prisma", tmp_path / "text" / "prisma.json", "--json")
    assert json.loads(numbers.stdout)["identified"] == 14
    assert mien("review", "status", tmp_path).exit_code == 3
