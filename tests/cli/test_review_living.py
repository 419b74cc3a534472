"""`mien review demo`, `update` and `report`, as a user calls them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mien.review.living.decisions import Decision, to_csv
from mien.review.living.review_folder import MADE_UP, mark_of, open_review
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record
from mien.review.records.writing import write_records


def records(first, count):
    return [
        Record(title=f"Number {k} of many studies about {'abcdefghij'[k % 10] * 6} faces",
               authors=(f"Weber{k}, A.",), year=2020, doi=f"10.5555/t.{k}", journal="J",
               pages=f"{k}-{k + 5}")
        for k in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def begun(mien, tmp_path):
    (tmp_path / "p.toml").write_text(published_text())
    write_records(tmp_path / "a.ris", records(0, 4))
    folder = tmp_path / "review"
    run = mien("review", "update", folder, tmp_path / "a.ris", "--protocol", tmp_path / "p.toml",
               "--database", "PubMed", "--date", "2021-09-30", "--json")  # fmt: skip
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["new"] == 4
    return folder


def test_an_update_adds_what_is_new_and_says_what_changed(mien, begun):
    before = open_review(begun)
    said = [Decision(one.id, "title", who, "exclude", "not_human")
            for one in before.records for who in "12"]  # fmt: skip
    path = begun.parent / "d.csv"
    path.write_text(to_csv(said))
    run = mien("review", "update", begun, "--decisions", path, "--json")
    assert run.exit_code == 0 and json.loads(run.stdout)["version"] == 1
    path.write_text(to_csv(said))
    mien("review", "update", begun, "--decisions", path)
    assert open_review(begun).decisions == tuple(said)  # given again, written once
    mind = [replace(said[0], decision=what) for what in ("include", "exclude")]
    path.write_text(to_csv(mind))
    mien("review", "update", begun, "--decisions", path)
    assert open_review(begun).decisions == (*said, *mind)  # the last word counts
    (begun.parent / "v.csv").write_text("study,field,value\nNobody 1999,tp,3\n")
    run = mien("review", "update", begun, "--values", begun.parent / "v.csv")
    assert run.exit_code == 0 and "Nobody 1999" in run.stderr
    write_records(begun.parent / "b.ris", records(2, 4))
    run = mien("review", "update", begun, begun.parent / "b.ris", "--json")
    found = json.loads(run.stdout)
    assert (found["version"], found["came"], found["new"], found["known"]) == (2, 4, 2, 2)
    assert found["waiting"]["title"] == 2
    assert {one["what"] for one in found["changes"]} >= {"records kept"}
    after = open_review(begun)
    assert after.decisions == (*said, *mind) and (begun / "versions" / "001").is_dir()
    run = mien("review", "report", begun, "--json")
    assert run.exit_code == 0 and json.loads(run.stdout)["compared_with"] == 1


def test_bad_wishes_are_refused(mien, begun):
    assert mien("review", "update", begun).exit_code == 2
    form = begun.parent / "form.csv"
    run = mien("review", "extract", "--form", "--review", begun, "-o", form)
    assert run.exit_code == 2 and "no study yet" in run.stderr and not form.exists()
    assert mien("review", "update", begun.parent / "none").exit_code == 3
    assert mien("review", "update", begun, "--protocol", begun.parent / "p.toml").exit_code == 2
    path = begun.parent / "d.csv"
    path.write_text(to_csv([Decision("r99999", "title", "1", "include")]))
    before = sorted(begun.iterdir())
    run = mien("review", "update", begun, "--decisions", path)
    assert run.exit_code == 3 and "r99999" in run.stderr
    run = mien("review", "update", begun, begun.parent / "a.ris", "--date", "yesterday")
    assert run.exit_code == 2 and sorted(begun.iterdir()) == before
    assert mien("review", "report", begun).exit_code == 2
    assert mien("review", "report", begun, "--json", "--since", 9).exit_code == 2
    assert mien("review", "report", begun, "-o", begun).exit_code == 6
    assert mien("review", "demo", "-o", begun).exit_code == 6
    assert mien("review", "demo", "-o", begun.parent / "x", "--size", 3).exit_code == 2


def marked_first(page, methods, content):
    assert page.index(MADE_UP) < page.index("<h1>") and "<title>Made up: " in page
    assert methods.read_text().startswith(MADE_UP)
    assert next(iter(content)) == "made_up"


def marked_wherever_it_goes(mien, demo):
    """What is made of the review's folder later, or of files in it."""
    review, out = demo / "review", demo / "later"
    out.mkdir()
    assert json.loads(mien("review", "report", review, "--json").stdout)["made_up"] == MADE_UP
    assert mark_of(demo / "report" / "accuracy.csv") == MADE_UP
    assert mien("review", "prisma", review, "-o", out / "prisma").exit_code == 0
    assert MADE_UP in (out / "prisma" / "report.html").read_text()
    assert json.loads((out / "prisma" / "flow.json").read_text())["made_up"] is True
    run = mien("review", "protocol", review / "protocol.toml", "-o", out / "protocol")
    assert run.exit_code == 0
    for name in ("prospero.txt", "prisma-p.md"):
        assert (out / "protocol" / name).read_text().startswith(MADE_UP)
    assert mien("review", "extract", review / "values.csv", "-o", out / "data").exit_code == 0
    assert MADE_UP in (out / "data" / "report.html").read_text()


def german_wherever_it_goes(mien, demo):
    """Every page that is made of the review, with what is said of a made-up one."""
    review, out = demo / "review", demo / "german"
    out.mkdir()
    for name, words in {
        "report": (review,),
        "extract": (review / "values.csv", "--review", review),
        "bias": (review / "judgements.csv",),
        "meta": (demo / "report" / "accuracy.csv",),
    }.items():
        options = ("-o", out / name, "--language", "de")
        assert mien("review", name, *words, *options).exit_code == 0
        page = (out / name / "report.html").read_text()
        assert '<html lang="de">' in page and "Zur Vorführung erfunden: Publikationen" in page
    assert mien("review", "report", review, "--json", "--language", "fr").exit_code == 2


def test_the_demo_is_a_whole_review(mien, tmp_path):
    run = mien("review", "demo", "-o", tmp_path / "demo", "--size", 40, "--json")
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert found["version"] == 2 and found["flow"]["problems"] == []
    report = tmp_path / "demo" / "report"
    page = (report / "report.html").read_text()
    for key in ("changes", "flow", "selection", "bias-cochrane", "synthesis", "fairness",
                "clinicians", "checklist", "search"):  # fmt: skip
        assert f'id="m-{key}"' in page
    content = json.loads((report / "review.json").read_text())
    assert content["compared_with"] == 1 and content["changes"]
    assert "PRISMA 2020" in (report / "methods.txt").read_text()
    marked_first(page, report / "methods.txt", content)
    marked_wherever_it_goes(mien, tmp_path / "demo")
    assert len(list((tmp_path / "demo" / "exports").rglob("*.*"))) > 8
    review = tmp_path / "demo" / "review"
    studies = open_review(review).studies()
    assert open_review(review).version == 2 and len(studies) == found["flow"]["total_studies"]
    form = tmp_path / "form.csv"
    assert mien("review", "extract", "--form", "--review", review, "-o", form).exit_code == 0
    assert form.read_text().count(next(iter(studies)) + ",") == 26
    run = mien("review", "prisma", review, "--json")
    assert json.loads(run.stdout)["total_studies"] == len(studies)
    german_wherever_it_goes(mien, tmp_path / "demo")
    options = ("--form", "--review", review, "--tool", "quadas2")
    assert mien("review", "bias", *options, "-o", tmp_path / "bias.csv").exit_code == 0
