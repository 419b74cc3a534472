"""Groups are those of the table, and only those that are large enough are judged and compared."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from mien.cli.expression import expression
from mien.emotion.classifier import EXPRESSIONS
from mien.emotion.groups import judge_groups, read_groups
from mien.emotion.labelled import Labelled, read_labelled
from mien.errors import FormatError, ParameterError

PEOPLE, EACH = 40, 10
WRONG = 0.3  # share of the second half that is read wrongly


def made(known: bool = True) -> tuple[Labelled, np.ndarray]:
    """Forty people, the second half of them read wrongly in three of ten pictures."""
    who = np.repeat([f"S{k:02d}" for k in range(PEOPLE)], EACH)
    labels = np.arange(PEOPLE * EACH) % 7
    wrong = (np.arange(PEOPLE * EACH) % 10 < 10 * WRONG) & (
        np.repeat(np.arange(PEOPLE), EACH) >= 20
    )
    given = np.full((len(labels), 7), 0.05)
    given[np.arange(len(labels)), (labels + wrong) % 7] = 0.7
    names = np.array([f"f/{k}.png" for k in range(len(labels))])
    people = who if known else np.full(len(who), "")
    return Labelled([], labels, people, {}, names), given


def table(path, header, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def test_a_group_has_the_figures_of_its_pictures_and_its_difference(tmp_path):
    pictures, given = made()
    rows = [[f"S{k:02d}", "female" if k < 20 else "male", 20 + k] for k in range(PEOPLE)]
    path = table(tmp_path / "t.csv", ["person", "sex", "age"], rows)
    groups = read_groups(path, pictures, ["sex", "age:30/40"])
    found = judge_groups(pictures, given, groups, threshold=0.45)
    assert [(one.column, one.name) for one in found] == [
        ("sex", "female"), ("sex", "male"),
        ("age", "under 30"), ("age", "30 to under 40"), ("age", "40 and over"),
    ]  # fmt: skip
    female, male = found[:2]
    assert (female.pictures, female.people) == (200, 20) and female.found.accuracy == 1
    assert male.found.accuracy == pytest.approx(1 - WRONG)
    assert male.difference == pytest.approx(-WRONG) == -female.difference
    low, high = male.difference_interval
    assert low <= male.difference <= high < 0
    assert male.interval[0] <= 1 - WRONG <= male.interval[1]
    assert sum(one.pictures for one in found[2:]) == 400 and found[2].people == 10


def test_small_groups_are_counted_and_neither_judged_nor_compared(tmp_path):
    pictures, given = made()
    tones = ["dark"] * 4 + [""] * 2 + ["fair"] * 34
    rows = [[f"S{k:02d}", tone] for k, tone in enumerate(tones)]
    path = table(tmp_path / "t.csv", ["person", "tone"], rows)
    dark, fair, unsaid = judge_groups(pictures, given, read_groups(path, pictures), threshold=0.45)
    assert (dark.name, dark.pictures, dark.people, dark.found) == ("dark", 40, 4, None)
    assert unsaid.name == "" and unsaid.found is None and unsaid.pictures == 20
    assert fair.found is not None and fair.difference_interval is None
    assert np.isnan(fair.difference) and fair.as_dict()["difference"] is None


def test_pictures_are_found_by_place_and_by_name_and_people_may_be_unknown(tmp_path):
    pictures, given = made(known=False)
    rows = [[f"f/{k}.png" if k % 2 else f"{k}.png", k < 200] for k in range(400)]
    groups = read_groups(table(tmp_path / "t.csv", ["picture", "first"], rows), pictures)
    first, second = judge_groups(pictures, given, groups, threshold=0.45)[::-1]
    assert first.name == "True" and first.people == 0 and first.found.accuracy == 1
    assert second.interval[0] < second.found.accuracy < second.interval[1]


def test_without_neutral_groups_are_judged_by_six_answers(tmp_path):
    pictures, given = made()
    keep = pictures.labels != EXPRESSIONS.index("neutral")
    given[:, EXPRESSIONS.index("neutral")] = 0.9
    rows = [[f"S{k:02d}", "a" if k < 20 else "b"] for k in range(PEOPLE)]
    groups = read_groups(table(tmp_path / "t.csv", ["person", "g"], rows), pictures.take(keep))
    a, b = judge_groups(
        pictures.take(keep), given[keep], groups, threshold=0.45, without_neutral=True
    )
    assert a.found.accuracy == 1 and b.difference == pytest.approx(b.found.accuracy - 1)


@pytest.mark.parametrize(
    ("text", "columns", "kind", "said"),
    [
        ("who,sex\nS00,f\n", [], FormatError, "person or picture"),
        ("person,sex\nS00,f\nS00,m\n", [], FormatError, "two rows of 'S00'"),
        ("person,sex\nS00\n", [], FormatError, "1 fields for 2 columns"),
        ("person,sex\nX,f\n", [], FormatError, "such as 'S00'"),
        ("person,sex\nS00,f\n", ["age"], ParameterError, "no column 'age'"),
        ("person,age\nS00,old\n", ["age:40"], ParameterError, "divided by numbers"),
        ("person,age\nS00,4\n", ["age:60/40"], ParameterError, "limits rise"),
        ("person,n\n" + "".join(f"S{k},{k}\n" for k in range(10, 40)), [], ParameterError, "n:40"),
    ],
)  # fmt: skip
def test_tables_that_say_nothing_clear_are_refused(tmp_path, text, columns, kind, said):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(kind) as error:
        read_groups(tmp_path / "t.csv", made()[0], columns)
    assert said in str(error.value)


def test_the_command_prints_and_writes_groups(tmp_path):
    rng = np.random.default_rng(0)
    for k in range(70):
        place = tmp_path / "faces" / "sad" / f"S{k % 14}_{k}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place), rng.integers(0, 255, (48, 48), np.uint8))
    assert read_labelled(tmp_path / "faces").names[0].startswith("sad/S0_")
    rows = [[f"S{k}", "f" if k < 7 else "m", "x" if k < 2 else "y"] for k in range(14)]
    path = table(tmp_path / "t.csv", ["person", "sex", "tone"], rows)
    words = ["benchmark", str(tmp_path / "faces"), "--groups", str(path)]
    done = CliRunner().invoke(expression, [*words, "-o", str(tmp_path / "m.csv")])
    assert done.exit_code == 0, done.output
    assert "too few to be judged" in done.output and "Groups are those" in done.output
    with (tmp_path / "m-groups.csv").open() as stream:
        read = list(csv.DictReader(stream))
    assert [row["group"] for row in read] == ["f", "m", "x", "y"]
    assert read[2]["accuracy"] == "" and read[0]["accuracy_low"] != ""
    told = json.loads(CliRunner().invoke(expression, [*words, "--by", "sex", "--json"]).stdout)
    assert [one["pictures"] for one in told["groups"]] == [35, 35]
    alone = CliRunner().invoke(expression, [*words[:2], "--by", "sex"])
    assert alone.exit_code == 2 and "--groups" in alone.output
