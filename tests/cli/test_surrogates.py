"""`mien surrogates`: the shipped bank, a bank of one's own, and building one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.surrogates.bank import Bank
from mien.surrogates.making import bank as building
from mien.surrogates.making.bank import Built


@pytest.fixture
def bank(tmp_path) -> Path:
    """A folder with two of the shipped faces, as a cohort's bank describes its own."""
    shipped = Bank.open()
    names = list(shipped.cards)[:2]
    folder = tmp_path / "bank"
    folder.mkdir()
    cards = []
    for number, name in enumerate(names):
        shutil.copy(shipped.folder / f"{name}.jpg", folder / f"own-face-{number}.jpg")
        card = shipped.cards[name] | {"id": f"own-face-{number}", "k": 7 + number}
        cards.append(card | {"apparent_sex": None, "members_born": None})
    (folder / "cards.json").write_text(json.dumps(cards))
    return folder


@pytest.fixture
def cohort(tmp_path) -> Path:
    folder = tmp_path / "cohort"
    folder.mkdir()
    cv2.imwrite(str(folder / "grey.png"), np.full((90, 90, 3), 120, np.uint8))
    return folder


def test_a_bank_of_ones_own_is_listed_and_drawn(mien, bank, tmp_path):
    sheet = tmp_path / "sheet.png"
    result = mien("surrogates", "--bank", bank, "-o", sheet)
    assert result.exit_code == 0, result.stderr
    for number in range(2):
        (line,) = [row for row in result.stdout.splitlines() if f"own-face-{number}" in row]
        assert str(7 + number) in line
    assert cv2.imread(str(sheet)) is not None


def test_a_folder_without_a_bank_is_refused(mien, tmp_path):
    result = mien("surrogates", "--bank", tmp_path)
    assert result.exit_code == 2 and "holds no bank" in result.stderr


def test_help_of_building(mien):
    text = " ".join(mien("surrogates", "build", "--help").stdout.split())
    assert "Example: mien surrogates build" in text and "6 the output cannot be written" in text


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--k", 4], 2, "choose 5 or more"),
        (["--k", 5], 2, "has 0 people of use and a composite needs 5"),
        (["--k", "many"], 2, "valid integer"),
    ],
)
def test_wrong_usage_leaves_nothing(mien, cohort, tmp_path, words, status, sentence):
    result = mien("surrogates", "build", cohort, "-o", tmp_path / "new", *words)
    assert result.exit_code == status
    assert sentence in " ".join(result.stderr.split())
    assert {path.name for path in tmp_path.iterdir()} == {"cohort"}


def test_an_output_in_the_way_stays(mien, cohort, bank):
    before = sorted(path.name for path in bank.iterdir())
    result = mien("surrogates", "build", cohort, "-o", bank)
    assert result.exit_code == 6 and "already exists" in result.stderr
    result = mien("surrogates", "build", cohort, "-o", cohort, "--overwrite")
    assert result.exit_code == 6 and "not a bank" in result.stderr
    assert sorted(path.name for path in bank.iterdir()) == before


@pytest.fixture
def built(monkeypatch, tmp_path) -> Built:
    """What building answers, without the building."""
    counts = {
        "files": 9,
        "people_used": 6,
        "composites": 1,
        "composites_withheld": 1,
        "people_per_composite": [6, 6],
    }
    statement = {"counts": counts, "smallest_distance_to_the_cohort": 0.634}
    answer = Built(
        tmp_path / "new",
        ["own-man-1"],
        {"glasses": ["a.jpg", "b.jpg"]},
        [["c.jpg", "d.jpg"]],
        statement,
    )
    asked = []

    def build(folder, output, k, **settings):
        asked.append([str(folder), str(output), k, settings["overwrite"]])
        return answer

    monkeypatch.setattr(building, "build", build)
    answer.statement["asked"] = asked
    return answer


def test_the_user_is_told_what_was_made_and_of_whom(mien, cohort, tmp_path, built):
    result = mien("surrogates", "build", cohort, "-o", tmp_path / "new", "--k", 6, "--overwrite")
    assert result.exit_code == 0, result.stderr
    assert built.statement["asked"] == [[str(cohort), str(tmp_path / "new"), 6, True]]
    told = " ".join(result.stdout.split())
    for words in (
        "2 left out, because there are glasses: a.jpg, b.jpg",
        "One person, used once: c.jpg, d.jpg",
        "1 composites of 6 people each, made of 6 people",
        "0.63",
        "1 more were withheld",
        "STATEMENT.md",
    ):
        assert words in told


def test_json_is_one_object(mien, cohort, tmp_path, built):
    result = mien("surrogates", "build", cohort, "-o", tmp_path / "new", "--json")
    told = json.loads(result.stdout)
    assert told["composites"] == ["own-man-1"] and told["left_out"] == built.left_out
    assert told["bank"] == str(tmp_path / "new") and told["statement"]["counts"]["files"] == 9
