"""A review as a folder: two decide blind, a third settles, and nothing that was decided is lost."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from mien.errors import FormatError, OutputError, ParameterError
from mien.review.living.decisions import Decision
from mien.review.living.flow import flow_of
from mien.review.living.review_folder import begin, open_review
from mien.review.living.update import Import, add, freeze
from mien.review.project.database import DATABASE
from mien.review.project.founding import Founding, begin_screening, collect, refresh
from mien.review.project.lists import counted, listed, seen
from mien.review.project.outcomes import agreement, outcome
from mien.review.project.ranking import Ranker, stopping_of
from mien.review.project.standing import pairings, plain, standing
from mien.review.project.store import NotNow, ReviewStore
from mien.review.protocol.protocol import published_text
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


def review_of(folder, found=None) -> None:
    """A review of made-up records, as text in a folder."""
    came = Import("PubMed", "database", "a.ris", tuple(found or records()))
    add(begin(published_text()), [came], "2021-09-30").save(folder)


@pytest.fixture
def store(tmp_path) -> ReviewStore:
    folder = tmp_path / "review"
    review_of(folder)
    return begin_screening(folder, Founding(("Ada", "Ben"), "Cy", pilot=4))


def reason(store: ReviewStore) -> str:
    return store.settings["reasons"][0]["key"]


def decide(store, who, number, decision, why="", *, stage="title", seen=0):
    person = store.people[who]
    return store.decide(person, number, stage, decision, why, seen=seen, now=1000.0 + number)


def test_a_review_is_founded(store):
    assert [one.role for one in store.people] == ["reviewer", "reviewer", "arbiter"]
    assert len({one.token for one in store.people}) == 3
    assert store.person(store.people[1].token).name == "Ben"
    assert store.person("nobody") is None and store.person("\udcff") is None
    lines, total = listed(store, store.people[0], "title")
    assert total == len(lines) == 24 and len({line.id for line in lines}) == 24
    with pytest.raises(FormatError):
        ReviewStore(store.folder.parent)


@pytest.mark.parametrize(
    "people",
    [
        Founding(()),
        Founding(("Ada",)),
        Founding(("Ada", "Ben")),
        Founding(("Ada", "Ada"), "Cy"),
        Founding(("Ada", "consensus"), "Cy"),
    ],
)
def test_who_decides_is_checked(tmp_path, people):
    review_of(tmp_path / "r")
    with pytest.raises(ParameterError):
        begin_screening(tmp_path / "r", people)
    assert not (tmp_path / "r" / DATABASE).exists()


def test_it_begins_once_and_in_a_review_only(store, tmp_path):
    with pytest.raises(OutputError):
        begin_screening(store.folder, Founding(("Ada", "Ben"), "Cy"))
    assert ReviewStore(store.folder).reviewers
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError):
        begin_screening(tmp_path / "empty", Founding(("Ada", "Ben"), "Cy"))


@pytest.mark.parametrize(
    ("given", "stage", "wanted"),
    [
        ([("include", "")], "title", "open"),
        ([("include", ""), ("include", "")], "title", "include"),
        ([("include", ""), ("maybe", "")], "title", "include"),
        ([("include", ""), ("maybe", "")], "full", "conflict"),
        ([("maybe", ""), ("maybe", "")], "title", "include"),
        ([("maybe", ""), ("exclude", "")], "title", "conflict"),
        ([("unavailable", ""), ("unavailable", "")], "full", "unavailable"),
        ([("unavailable", ""), ("include", "")], "full", "conflict"),
        ([("exclude", "a"), ("exclude", "b")], "title", "exclude"),
        ([("exclude", "a"), ("exclude", "b")], "full", "conflict"),
        ([("exclude", "a"), ("exclude", "a")], "full", "exclude"),
        ([("include", ""), ("exclude", "a")], "title", "conflict"),
    ],
)
def test_outcomes(given, stage, wanted):
    assert outcome(given, 2, stage)[0] == wanted


def test_agreement_by_hand():
    pairs = [("include", "include")] * 2 + [("exclude", "exclude")] * 6
    found = agreement([*pairs, ("maybe", "exclude"), ("exclude", "include")])
    assert found.n == 10 and found.share == 0.8 and found.pabak == pytest.approx(0.6)
    assert found.kappa == pytest.approx((0.8 - 0.58) / 0.42, abs=1e-4)
    assert agreement([("exclude", "exclude")]).kappa is None
    assert agreement([]).share is None
    # rounded once, where it is shown: 80.85106 is 80.9 %, and not 80.8 by way of .8085
    assert agreement([("include",) * 2] * 76 + [("include", "exclude")] * 18).share == 76 / 94


def test_reviewers_are_blind(store):
    decide(store, 0, 3, "exclude", reason(store))
    store.note(store.people[0], 3, "<b>mine</b>", 1.0)
    store.label(store.people[0], 3, "sleep", on=True)
    shown = seen(store, store.people[1], 3, "title")
    assert (shown["decision"], shown["note"], shown["labels"], shown["others"]) == ("", "", [], [])
    assert counted(store, store.people[1])["title"]["done"] == 0
    with pytest.raises(NotNow):
        seen(store, store.people[2], 3, "title")  # nor the third, before both have decided
    decide(store, 1, 3, "include")
    shown = seen(store, store.people[2], 3, "title")
    assert [one["decision"] for one in shown["others"]] == ["exclude", "include"]
    assert shown["others"][0]["note"] == "<b>mine</b>"


def test_two_windows_do_not_overwrite_each_other(store):
    version = decide(store, 0, 1, "include")
    assert decide(store, 0, 1, "include") == version  # sent twice
    with pytest.raises(NotNow) as caught:
        decide(store, 0, 1, "exclude")  # the other window had not seen it
    assert caught.value.code == "changed_elsewhere"
    assert seen(store, store.people[0], 1, "title")["decision"] == "include"
    assert decide(store, 0, 1, "exclude", seen=version) == version + 1
    assert decide(store, 0, 1, "", seen=version + 1) == version + 2
    assert counted(store, store.people[0])["title"]["done"] == 0


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
        counts = counted(store, store.people[who])["title"]
        assert (counts["include"], counts["exclude"], counts["todo"]) == (12, 12, 0)
    with store.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM log").fetchone()[0] == 48


def test_from_conflict_to_full_text_to_the_flow(store):
    cy, why = store.people[2], reason(store)
    for number in range(1, 25):
        decide(store, 0, number, "include" if number < 7 else "exclude")
        decide(store, 1, number, "include" if number < 5 else "exclude")
    lines, total = listed(store, cy, "title")
    assert total == 2 and [line.id for line in lines] == [5, 6]
    with pytest.raises(NotNow, match="no conflict"):
        store.settle(cy, 1, "title", "include", "", seen=1, now=1.0)
    with pytest.raises(NotNow):
        store.settle(store.people[0], 5, "title", "include", "", seen=2, now=1.0)
    version = seen(store, cy, 5, "title")["version"]
    store.settle(cy, 5, "title", "include", "", seen=version, now=1.0)
    with pytest.raises(NotNow) as caught:
        store.settle(cy, 5, "title", "exclude", "", seen=version, now=1.0)
    assert caught.value.code == "changed_elsewhere"
    store.settle(cy, 6, "title", "exclude", "", seen=version, now=1.0)
    assert counted(store, store.people[0])["full"]["todo"] == 5
    with pytest.raises(NotNow, match="reason"):
        decide(store, 0, 1, "exclude", stage="full")
    with pytest.raises(NotNow):
        decide(store, 0, 9, "include", stage="full")
    for who in (0, 1):
        for number in range(1, 6):
            excluded = number > 3
            decide(store, who, number, "exclude" if excluded else "include",
                   why if excluded else "", stage="full")  # fmt: skip
    collect(store)
    flow = flow_of(open_review(store.folder))
    assert flow.problems() == []
    assert (flow.identified, flow.excluded, flow.sought, flow.studies) == (24, 19, 5, 3)
    assert sum(flow.excluded_full_text.values()) == 2
    kappas = {(one.stage, one.pilot): one.agreement for one in pairings(store)}
    assert kappas["title", False].n == 24 and kappas["title", True].n == 4
    assert kappas["full", False].kappa == 1


def test_lists_are_searched_and_cut(store):
    person = store.people[0]
    lines, total = listed(store, person, "title", search="ACROMEGALY", limit=3)
    assert total == 8 and len(lines) == 3
    assert listed(store, person, "title", search="author7")[1] == 1
    assert listed(store, person, "title", search="%")[1] == 24  # no words, no wildcard
    rest, _ = listed(store, person, "title", limit=200, offset=20)
    assert len(rest) == 4
    decide(store, 0, lines[0].id, "maybe")
    assert [one.id for one in listed(store, person, "title", "maybe")[0]] == [lines[0].id]
    with pytest.raises(ParameterError):
        listed(store, person, "title", "others")


def test_what_may_not_be_decided(store):
    for words in (("perhaps", ""), ("exclude", "no such reason")):
        with pytest.raises(NotNow):
            decide(store, 0, 1, *words)
    with pytest.raises(NotNow):
        decide(store, 0, 99, "include")
    with pytest.raises(NotNow):
        decide(store, 2, 1, "include")
    for k in range(20):
        store.label(store.people[0], 1, f"label {k}", on=True)
    with pytest.raises(NotNow):
        store.label(store.people[0], 1, "one more", on=True)


def test_likely_records_come_next_and_pilots_first(store):
    person = store.people[0]
    before, _ = listed(store, person, "title", limit=200)
    assert not Ranker(store).rank(person)
    relevant = {k + 1 for k, one in enumerate(store.records()) if TOPICS[0] in one.title}
    for line in before[:10]:
        decide(store, 0, line.id, "include" if line.id in relevant else "exclude")
    ranker = Ranker(store)
    assert ranker.due(person) and ranker.rank(person) and not ranker.due(person)
    after, _ = listed(store, person, "title", limit=200)
    left = [line.id for line in after]
    count = len(relevant & set(left))
    assert set(left[:count]) == relevant & set(left)
    everything, total = listed(store, person, "title", "all", limit=200)
    assert total == 24 and len({line.id for line in everything}) == 24
    other, _ = listed(store, store.people[1], "title", limit=200)
    assert [line.id for line in other] == [line.id for line in before]  # blind in this, too
    assert stopping_of(store, person).screened == 10


def test_what_is_new_is_added_and_decisions_stay(store):
    decide(store, 0, 1, "include")
    collect(store)
    review = open_review(store.folder)
    new = replace(records(1)[0], title="Something nobody had found before", doi="10.9/new")
    later = Import("Embase", "database", "b.ris", (*records(6), new))
    add(freeze(review), [later], "2022-09-30").save(store.folder, overwrite=True)
    assert refresh(store) == 1 and refresh(store) == 0
    assert store.record(25).title == new.title
    assert seen(store, store.people[0], 1, "title")["decision"] == "include"
    assert counted(store, store.people[1])["title"]["todo"] == 25
    found = standing(store)
    assert (found["version"], found["identified"], found["duplicates"]) == (2, 31, 6)


def test_what_was_decided_becomes_the_review(store):
    cy = store.people[2]
    decide(store, 0, 1, "include")
    decide(store, 1, 1, "exclude", reason(store))
    store.note(store.people[0], 1, "=HYPERLINK(1)", 1.0)
    shown = seen(store, cy, 1, "title")
    store.settle(cy, 1, "title", "include", "", seen=shown["version"], now=1.0)
    assert collect(store) == 3 and collect(store) == 3
    review = open_review(store.folder)
    said = [(one.record, one.stage, one.reviewer, one.decision) for one in review.decisions]
    assert said == [
        ("r00001", "title", "Ada", "include"),
        ("r00001", "title", "Ben", "exclude"),
        ("r00001", "title", "consensus", "include"),
    ]
    assert review.decisions[0].note == "=HYPERLINK(1)"
    # what somebody else decided before stays
    other = Decision("r00002", "title", "Dora", "exclude")
    replace(review, decisions=(other, *review.decisions)).save(store.folder, overwrite=True)
    assert collect(store) == 4


def test_all_of_it_is_text(store):
    decide(store, 0, 1, "include")
    store.note(store.people[0], 1, "=HYPERLINK(1)", 1.0)
    files = plain(store)
    (row,) = csv.DictReader(io.StringIO(files["decisions.csv"]))
    assert (row["who"], row["decision"], row["note"]) == ("Ada", "include", "'=HYPERLINK(1)")
    assert json.loads(files["standing.json"])["records"] == 24
    assert files["log.csv"].count("\n") == 2


_DECIDE = """
import sys
from pathlib import Path
from mien.review.project.store import ReviewStore
store = ReviewStore(Path(sys.argv[1]))
for number in range(1, 25):
    store.decide(store.people[0], number, "title", "include", "", seen=0, now=1.0)
    print(number, flush=True)
"""


def test_a_kill_loses_nothing_that_was_answered(store):
    script = [sys.executable, "-c", _DECIDE, str(store.folder)]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, text=True)
    told = [int(process.stdout.readline()) for _ in range(8)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    told += [int(line) for line in rest.split()]
    done = counted(ReviewStore(store.folder), store.people[0])["title"]["include"]
    assert len(told) <= done <= len(told) + 1


def test_the_commands(mien, tmp_path):
    folder = tmp_path / "review"
    review_of(folder, records(6))
    words = ("review", "screen", folder)
    assert mien(*words).exit_code == 3  # not begun
    made = mien(*words, "--reviewer", "Ada", "--reviewer", "Ben", "--arbiter", "Cy")
    assert made.exit_code == 0, made.output
    assert "6 records to decide about" in made.stdout
    store = ReviewStore(folder)
    for who in (0, 1):
        decide(store, who, 1, "include")
    write_records(tmp_path / "b.ris", records(8))
    assert mien("review", "update", folder, tmp_path / "b.ris").exit_code == 0
    again = mien(*words, "--json")
    assert json.loads(again.stdout) == {"records": 8, "new": 2, "decisions": 2}
    told = mien("review", "status", folder)
    assert "Ada (reviewer): 1 of 8" in told.stdout and "1 decided by both" in told.stdout
    assert json.loads(mien("review", "status", folder, "--json").stdout)["records"] == 8
    assert mien("review", "status", tmp_path).exit_code == 3


def test_what_was_decided_before_is_taken_over(tmp_path):
    folder = tmp_path / "review"
    review_of(folder, records(6))
    review = open_review(folder)
    why = review.protocol.exclude[0].key
    before = [
        *(Decision("r00001", "title", name, "include") for name in ("Ada", "Ben")),
        *(Decision("r00002", "title", name, "exclude", why) for name in ("Dora", "Eve")),
        Decision("r00003", "title", "Ada", "include", note="look"),
        Decision("r00003", "title", "Ben", "exclude", why),
        Decision("r00004", "title", "Ada", "include"),
        Decision("r00004", "title", "Ben", "exclude", why),
        Decision("r00004", "title", "consensus", "exclude", why),
    ]
    replace(review, decisions=tuple(before)).save(folder, overwrite=True)
    store = begin_screening(folder, Founding(("Ada", "Ben"), "Cy"))
    ada, _, cy = store.people
    counts = counted(store, ada)
    assert (counts["title"]["todo"], counts["title"]["done"], counts["full"]["todo"]) == (2, 3, 1)
    assert {line.id for line in listed(store, ada, "title")[0]} == {5, 6}
    assert [line.id for line in listed(store, cy, "title")[0]] == [3]
    assert seen(store, ada, 3, "title")["note"] == "look"
    assert collect(store) == len(before)
    assert set(open_review(folder).decisions) == set(before)
    assert decide(store, 0, 1, "include", stage="full") == 1


def test_a_damaged_database_is_named_with_what_to_do(store):
    with (store.folder / DATABASE).open("r+b") as file:
        file.write(bytes(4096))
    with pytest.raises(FormatError, match=f"{DATABASE} in it is damaged, .*Put a copy"):
        ReviewStore(store.folder)
