"""A made-up review through two versions: the flow adds up, nothing decided is lost."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import FormatError, OutputError, ParameterError
from mien.report.review.extraction_sections import characteristics_section
from mien.report.review.prisma_flow import prisma_flow
from mien.report.review.prisma_sections import flow_section
from mien.report.review.review_page import summary
from mien.report.review.review_sections import excluded_section
from mien.review.demo.publications import EXTERNAL, MEAN, publications
from mien.review.demo.staging import stage
from mien.review.living.alone import alone
from mien.review.living.decisions import Decision, outcomes
from mien.review.living.findings import changes, findings, numbers
from mien.review.living.flow import flow_of
from mien.review.living.review_folder import (
    MADE_UP,
    Review,
    Stored,
    begin,
    mark_of,
    open_review,
)
from mien.review.living.update import Import, add, freeze
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record


@pytest.fixture(scope="module")
def review(tmp_path_factory) -> Review:
    return stage(tmp_path_factory.mktemp("exports"), seed=3, size=60)


@pytest.fixture(scope="module")
def found(review):
    return findings(review)


@pytest.fixture(scope="module")
def earlier(review):
    return findings(review.earlier[0])


def test_every_record_is_kept_or_merged(review):
    assert sum(one.records for one in review.searches) == len(review.records) + len(review.merged)
    assert len({one.id for one in review.records}) == len(review.records)


def test_duplicates_of_databases_are_known_again(review):
    """Titles are unique in truth: a title that stands twice is a duplicate that was missed."""
    titles = ["".join(c for c in one.record.title.lower() if c.isalnum()) for one in review.records]
    assert len(titles) - len(set(titles)) <= 0.03 * len(titles)


def test_flows_of_both_versions_add_up(found, earlier):
    assert found.flow.problems() == [] and earlier.flow.problems() == []
    assert found.waiting == {"title": 0, "full": 0}
    assert not earlier.flow.updated and found.flow.updated
    total = earlier.flow.as_dict()["total_studies"]
    assert found.flow.previous_studies == total
    assert found.flow.as_dict()["total_studies"] > total


def test_the_flow_says_what_the_sections_say(found, earlier):
    """In each version, and in both together: searches, duplicates and what was kept."""
    told = numbers(found)["PRISMA flow"]
    sums = {"records identified": 0, "duplicates": 0, "records kept": 0}
    for state in (earlier, found):
        review, flow = state.review, state.flow.filled()
        came = flow.identified + flow.otherwise
        twice = flow.duplicates + flow.other_duplicates
        kept = flow.screened + flow.other_excluded + flow.other_sought
        assert came == sum(x.records for x in review.searches if x.version == review.version)
        assert twice == sum(one.version == review.version for one in review.merged)
        assert kept == sum(one.version == review.version for one in review.records) == came - twice
        for name, count in zip(sums, (came, twice, kept), strict=True):
            sums[name] += count
    assert flow.otherwise and flow.other_duplicates  # of citation searching
    assert sums == {
        "records identified": told["records identified, all versions"],
        "duplicates": told["duplicates, all versions"],
        "records kept": told["records kept"],
    }


def test_no_record_of_other_methods_vanishes():
    """Of three from citation searching one is known, one is excluded by title, one is sought."""
    titles = ("Faces of Noonan syndrome", "Cattle on farms", "Gait of dogs", "Knees in sport")
    known, *others = (Record(title=one, authors=("Xu, B.",), year=2020) for one in titles)
    begun = add(begin(published_text()), [Import("A", "database", "a", (known,))], "2020-01-01")
    cited = Import("Citation searching", "other", "b", (known, *others[:2]))
    review = add(begun, [cited], "2020-01-01")
    said = zip(review.records, ("include", "exclude", "include"), strict=True)
    decisions = [
        Decision(one.id, stage, who, what)
        for one, what in said
        for stage in (("title", "full") if what == "include" else ("title",))
        for who in "12"
    ]
    review = replace(review, decisions=tuple(decisions))
    flow = flow_of(review)
    assert flow.other == {"Citation searching": 3} and flow.problems() == []
    assert (flow.other_duplicates, flow.other_excluded, flow.other_sought) == (1, 1, 1)
    assert (flow.identified, flow.duplicates, flow.screened) == (1, 0, 1)
    words = flow_section(flow).meaning
    assert "Records identified: 4 (1 and 3 by other methods); removed before" in words
    assert "screening: 1 (0 and 1" in words and "screened: 3 (1 and 2 by other methods)" in words
    assert "known already: 1; excluded by title and abstract: 1;" in prisma_flow(flow).caption


def test_decisions_of_earlier_versions_stand(review):
    before = review.earlier[0]
    assert review.decisions[: len(before.decisions)] == before.decisions
    assert review.values[: len(before.values)] == before.values
    studies = review.studies()
    assert set(before.studies()) <= set(studies)
    assert [one.id for one in before.studies().values()] == [
        one.id for name, one in studies.items() if name in before.studies()
    ]


def test_what_is_included_belongs(review):
    truth = {one.key: one for seed, irrelevant, relevant, years in (
        (3, 60, 12, range(2014, 2022)), (1003, 12, 5, range(2021, 2024)))
        for one in publications(seed, relevant=relevant, irrelevant=irrelevant, years=years)
    }  # fmt: skip
    from mien.review.demo.publications import key_of

    assert all(not truth[key_of(one.record)].reason for one in review.included())


def test_the_pooled_result_is_near_the_truth(found):
    fit = found.synthesis.whole.binomial
    mean = np.array([MEAN[0] + EXTERNAL / 4, MEAN[1]])  # a quarter was validated outside
    assert (np.abs(fit.mu - mean) < 3 * np.sqrt(np.diag(fit.covariance))).all()


def test_changes_are_told_by_figure(earlier, found):
    told = changes(earlier, found)
    assert {"PRISMA flow", "Forest plot", "Agreement"} <= {one.figure for one in told}
    assert changes(found, found) == []
    (kept,) = [one for one in told if one.what == "records kept"]
    assert kept.now == len(found.review.records) and kept.before < kept.now


def test_a_folder_comes_back(review, tmp_path):
    review.save(tmp_path / "r")
    again = open_review(tmp_path / "r")
    assert replace(again, earlier=()) == replace(review, earlier=())
    assert again.earlier[0].decisions == review.earlier[0].decisions
    assert flow_of(again.earlier[0]) == flow_of(review.earlier[0])
    (tmp_path / "r" / ".git").mkdir()
    with pytest.raises(OutputError, match="not empty"):
        review.save(tmp_path / "r")
    review.save(tmp_path / "r", overwrite=True)
    assert (tmp_path / "r" / ".git").is_dir()


def test_what_is_made_up_stays_marked(review, tmp_path):
    """Through the folder, its versions and updates; and folders without the mark can be read."""
    review.save(tmp_path / "r")
    again = open_review(tmp_path / "r")
    assert again.made_up and all(state.made_up for state in again.earlier)
    assert freeze(again).made_up and flow_of(again).made_up
    assert mark_of(None, tmp_path / "r" / "protocol.toml") == MADE_UP == mark_of(tmp_path / "r")
    begin(published_text()).save(tmp_path / "real")
    assert not open_review(tmp_path / "real").made_up
    assert (tmp_path / "real" / "review.json").read_text() == '{"version": 1}\n'
    (tmp_path / "review.json").write_text("[no review")
    assert mark_of(tmp_path / "real", tmp_path, tmp_path / "none" / "a.csv") == ""


def test_two_who_write_at_once_lose_nothing(tmp_path):
    folder = tmp_path / "r"
    record = Stored("r00001", 1, "database", Record(title="A"))
    replace(begin(published_text()), records=(record,)).save(folder)

    def decide(who: str) -> None:
        for k in range(6):
            with alone(folder):
                review = open_review(folder)
                said = Decision("r00001", "title", f"{who}{k}", "include")
                replace(review, decisions=(*review.decisions, said)).save(folder, overwrite=True)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(decide, "abc"))
    assert len({one.reviewer for one in open_review(folder).decisions}) == 18


def test_an_update_that_was_killed_has_not_happened(review, tmp_path):
    """All files of version 2 are there, but the one that is written last."""
    review.earlier[0].save(tmp_path / "r")
    last = (tmp_path / "r" / "review.json").read_text()
    review.save(tmp_path / "r", overwrite=True)
    (tmp_path / "r" / "review.json").write_text(last)
    again = open_review(tmp_path / "r")
    assert again.version == 1
    assert [one.id for one in again.records] == [one.id for one in review.earlier[0].records]
    assert again.decisions == review.earlier[0].decisions  # none about records to come


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("review.json", "{", "review.json"),
        ("review.json", "{}", "names no version"),
        ("records.jsonl", '{"id": 3}\n', "records.jsonl, line 1"),
        ("searches.csv", "a,b\n", "searches.csv must begin"),
        ("decisions.csv", "record,stage,reviewer,decision\nr1,x,y,z\n", "decisions.csv, line 2"),
        ("values.csv", "study,field,value\nA,tp,x\n", "values.csv, line 2"),
        ("protocol.toml", "title = 3", "protocol.toml"),
    ],
)
def test_a_damaged_folder_is_one_sentence(tmp_path, name, content, words):
    begin(published_text()).save(tmp_path / "r")
    (tmp_path / "r" / name).write_text(content)
    with pytest.raises(FormatError, match=words):
        open_review(tmp_path / "r")


def test_a_record_that_is_known_keeps_its_number_and_gains_what_is_new():
    one = Record(title="Faces of Noonan syndrome seen by a network", authors=("Weber, A.",),
                 year=2020, doi="10.5555/x.1", journal="J", pages="1-9")  # fmt: skip
    other = Record(title="Cattle faces on farms told apart by learning", authors=("Xu, B.",),
                   year=2019, doi="10.5555/x.2", journal="K", pages="3-8")  # fmt: skip
    first = add(begin(published_text()), [Import("A", "database", "a.ris", (one,))], "2020-01-01")
    fuller = replace(one, abstract="What we did, at length.")
    second = add(freeze(first), [Import("B", "database", "b.ris", (fuller, other))], "2021-01-01")
    assert [(x.id, x.version) for x in second.records] == [("r00001", 1), ("r00002", 2)]
    assert second.records[0].record.abstract == "What we did, at length."
    assert [(x.kept, x.source) for x in second.merged] == [("r00001", "B")]
    assert second.earlier[0].records == first.records


def test_each_full_text_that_was_excluded_is_named_with_its_reason(found, earlier):
    table = excluded_section(found).tables[0]
    full = outcomes(found.review.decisions, "full", found.review.reviewers)
    assert {row[0] for row in table.rows} == {
        key for key, one in full.items() if one.decision == "exclude"
    }
    flow = found.flow.as_dict()["excluded_full_text"]
    assert sum(flow.values()) < len(table.rows)  # those of the version before are named, too
    reasons = {one.title for one in found.review.protocol.exclude}
    assert all(row[1] and row[2] in reasons for row in table.rows)


def test_a_study_that_was_retracted_is_named(found):
    study = next(iter(found.review.studies()))
    one = found.review.studies()[study]
    marked = replace(one, record=replace(one.record, kind="Retracted Publication"))
    records = {study: one.record, "Marked 2020": marked.record}
    notes = characteristics_section(found.extracted, records).notes
    assert any("retracted: Marked 2020." in note for note in notes)


def test_a_review_of_nothing_has_a_summary():
    found = summary(findings(begin(published_text())))
    assert found["synthesis"] is None and found["flow"]["total_studies"] == 0
    json.dumps(found, allow_nan=False)


def test_decided_pairs_of_an_update_count_from_its_own_records():
    one = Record(
        title="Faces of acromegaly in photographs of adults", authors=("Su, Z",), year=2020
    )
    other = Record(title="Knees in sport and play", authors=("Li, B",), year=2019)
    review = add(begin(published_text()), [Import("A", "database", "a.ris", (other,))], "2021")
    came = [Import("B", "database", "b.ris", (one, one, other))]
    assert len(add(review, came, "2022").records) == 2
    assert len(add(review, came, "2022", apart=[(0, 1)]).records) == 3
    assert len(add(review, came, "2022", together=[(0, 2)]).merged) == 3
    with pytest.raises(ParameterError):
        add(review, came, "2022", apart=[(0, 3)])


@pytest.mark.parametrize("frozen", [False, True])
def test_an_update_killed_between_any_two_files_has_not_happened(tmp_path, monkeypatch, frozen):
    """Searches, records and duplicates of a version in which nothing was decided are also apart."""
    import mien.review.living.review_folder as place

    def import_of(title):
        record = Record(title=title, authors=("Weber, A.",), year=2020)
        return Import("PubMed", "database", "a.ris", (record, record))

    folder, real = tmp_path / "r", place.complete
    before = add(begin(published_text()), [import_of("Faces of Noonan syndrome")], "2021-01-01")
    before.save(folder)
    assert len(before.merged) == 1
    after = add(freeze(before) if frozen else before, [import_of("Cattle on farms")], "2022-01-01")
    for survivors in range(20):
        written = []

        def dies(path, *args, survivors=survivors, written=written):
            if len(written) == survivors:
                raise KeyboardInterrupt
            written.append(path)
            return real(path, *args)

        monkeypatch.setattr(place, "complete", dies)
        try:
            after.save(folder, overwrite=True)
        except KeyboardInterrupt:
            assert open_review(folder) == before
        else:
            break
    assert survivors > 5 and open_review(folder) == after
