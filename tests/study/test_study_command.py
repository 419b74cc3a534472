"""`mien study` as it is typed."""

from __future__ import annotations

import csv
import json

import pytest


@pytest.fixture(scope="module")
def ratings(tmp_path_factory):
    from mien.report.ratings.page import COLUMNS
    from mien.report.spreadsheet import to_csv
    from mien.study.items import HYPOMIMIA
    from mien.study.simulated import SimulatedStudy, simulate

    made = simulate(SimulatedStudy(clips=12, items=(HYPOMIMIA,)))
    path = tmp_path_factory.mktemp("ratings") / "ratings.csv"
    rows = ((a.rater, a.clip, a.version, a.item, a.repeat, a.score) for a in made.answers)
    path.write_text(to_csv(COLUMNS, rows))
    return path


def test_a_report_is_written(mien, ratings, tmp_path):
    before = ratings.read_bytes()
    done = mien("study", "analyse", ratings, "-o", tmp_path / "report", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    kept = json.loads((tmp_path / "report" / "statistics.json").read_text())
    assert said == kept | {"report": str(tmp_path / "report")}
    page = (tmp_path / "report" / "report.html").read_text()
    for words in ("Krippendorff", "GRRAS", "Zhu et al.", "ICC(2,1)", "Methods, to copy"):
        assert words in page
    assert "nan" not in page.lower().replace("tenan", "").split()
    assert (tmp_path / "report" / "figures" / "mds-updrs-3-2-scores.svg").exists()
    again = mien("study", "analyse", tmp_path / "report" / "ratings.csv", "-o", tmp_path / "two",
                 "--json")  # fmt: skip
    assert json.loads(again.stdout)["items"] == said["items"]
    assert ratings.read_bytes() == before


def test_a_report_in_the_way_stays(mien, ratings, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "mine.txt").write_text("mine")
    refused = mien("study", "analyse", ratings, "-o", tmp_path / "report")
    assert refused.exit_code == 6 and "not empty" in refused.stderr
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["mine.txt"]
    inside = mien("study", "analyse", ratings, "-o", ratings.parent)
    assert inside.exit_code == 6 and ratings.exists()


def test_a_bad_table_leaves_nothing(mien, tmp_path):
    (tmp_path / "r.csv").write_text("rater,clip,version,item,score\nA,c,wrong,3.2,1\n")
    done = mien("study", "analyse", tmp_path / "r.csv", "-o", tmp_path / "report")
    assert done.exit_code == 3 and "line 2: version is 'wrong'" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.csv"]


def test_names_with_markup_do_no_harm(mien, tmp_path):
    lines = ["rater,clip,version,item,score"]
    for k in range(6):
        for version in ("original", "result"):
            lines.append(f"<script>alert(1)</script>,c{k},{version},<b>x</b>,{k % 3}")
    (tmp_path / "r.csv").write_text("\n".join(lines))
    done = mien("study", "analyse", tmp_path / "r.csv", "-o", tmp_path / "report")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<script>" not in page and "<b>x" not in page and "&lt;b&gt;x" in page


def analysed(mien, tmp_path, rater="A", items=("x",)):
    lines = ["rater,clip,version,item,score"]
    for item in items:
        for k in range(6):
            lines += [
                f"{rater},c{k},{version},{item},{k % 3}" for version in ("original", "result")
            ]
            lines += [f"B,c{k},{version},{item},{k % 2}" for version in ("original", "result")]
    (tmp_path / "r.csv").write_text("\n".join(lines))
    done = mien("study", "analyse", tmp_path / "r.csv", "-o", tmp_path / "report")
    assert done.exit_code == 0, done.output
    return done


def test_an_item_is_a_name_and_no_place(mien, tmp_path):
    """A table from elsewhere writes nothing outside of the report, whatever items are called."""
    home = tmp_path / "deep" / "er"
    home.mkdir(parents=True)
    items = ("../../../out", "a/b", "..", "i" * 400, "Smile!", "smile?", "/etc/x")
    analysed(mien, home, items=items)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.parent == home) == [
        "r.csv", "report",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in home.parent.iterdir()] == ["er"]
    drawn = list((home / "report" / "figures").iterdir())
    assert len(drawn) == 2 * 2 * len(items) and all(path.is_file() for path in drawn)
    page = (home / "report" / "report.html").read_text()
    assert page.count("<figure>") == 2 * len(items)


def test_no_table_holds_a_formula(mien, tmp_path):
    analysed(mien, tmp_path, rater="=1+1")
    tables = list((tmp_path / "report").rglob("*.csv"))
    assert len(tables) > 5
    for path in tables:
        for cells in csv.reader(path.read_text().splitlines()):
            assert not any(cell[:1] in "=+@" and cell for cell in cells), path.name


def test_names_that_are_nearly_alike_are_said(mien, tmp_path):
    done = analysed(mien, tmp_path, rater="b")
    assert "has b and B" in done.stderr and "No item of mien is called x" in done.stderr.replace(
        "no item", "No item"
    )


def test_simulate_and_help(mien, tmp_path):
    done = mien("study", "simulate", "-o", tmp_path / "r.csv", "--clips", 5, "--raters", 2)
    assert done.exit_code == 0 and "2 simulated raters" in done.stdout
    assert mien("study", "simulate", "-o", tmp_path / "r.csv").exit_code == 6
    for command in ("analyse", "simulate"):
        text = " ".join(mien("study", command, "--help").stdout.split())
        assert f"Example: mien study {command}" in text and "2 wrong usage" in text
