"""Labels before and after de-identification are pooled over encounters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from encounters import encounter
from mien.cli.encounter import encounter as command
from mien.encounter.pooled import Counted, pool, read_published
from mien.errors import FormatError
from mien.statistics import cohen


def table(*cells: tuple[int, int, int]) -> np.ndarray:
    made = np.zeros((7, 7), np.int64)
    for row, column, count in cells:
        made[row, column] = count
    return made


def published(folder, confusion, lost=2):
    folder.mkdir(parents=True)
    one = {"confusion": confusion.tolist(), "lost": lost}
    told = {"label_agreement": {"deidentified": {"all": one, "doctor": one, "patient": one}}}
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def test_the_pooled_kappa_is_of_all_steps_and_says_what_is_lost(tmp_path):
    tables = [table((3, 3, 10 + k), (4, 4, 20), (3, 4, k)) for k in range(6)]
    kept = [read_published(published(tmp_path / str(k), one)) for k, one in enumerate(tables)]
    found = pool(kept)["doctor"]
    total = np.sum(tables, 0)
    assert np.array_equal(found.confusion, total) and found.encounters == 6 and found.lost == 12
    assert found.kappa == pytest.approx(float(cohen(total[None])[0]))
    low, high = found.interval
    assert low < found.kappa < high
    assert found.each[-1] == 1 and found.each[0] < found.kappa
    told = found.as_dict()
    assert told["coverage"] == pytest.approx(total.sum() / (total.sum() + 12))


def test_an_encounter_of_one_expression_counts_in_the_pool_though_it_has_no_kappa():
    alone, both = table((4, 4, 30)), table((4, 4, 10), (3, 3, 10), (3, 4, 5))
    found = pool([{who: Counted(one, 0) for who in ("all", "doctor", "patient")}
                  for one in (alone, both)])["all"]  # fmt: skip
    assert len(found.each) == 1 and found.steps == 55 and found.interval is None
    assert found.kappa > found.each[0]
    assert pool([]) == {}


@pytest.mark.parametrize("text", [None, "{}", '{"label_agreement": {"deidentified": []}}', "no"])
def test_what_was_not_published_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(FormatError, match=r"manifest\.json"):
        read_published(tmp_path)


def test_the_study_says_it_in_both_languages(tmp_path):
    pytest.importorskip("statsmodels", reason="statsmodels is for studies only")
    rows = []
    for k in range(5):
        encounter([(2, 8 + k, "sadness")], [(4, 9, "happiness")], 24 + k).save(tmp_path / f"E{k}")
        published(tmp_path / f"P{k}", table((3, 3, 8), (4, 4, 12 + k), (3, 4, 1)))
        rows.append(f"E{k},E{k},{f'P{k}' if k else ''}\n")
    (tmp_path / "t.csv").write_text("encounter,report,published\n" + "".join(rows))
    words = ["study", str(tmp_path / "t.csv"), "-o"]
    done = CliRunner().invoke(command, [*words, str(tmp_path / "en")])
    assert done.exit_code == 0, done.output
    assert "4 published encounters as one: κ = 0.9" in done.output
    numbers = json.loads((tmp_path / "en" / "study.json").read_text())["labels"]
    assert numbers["patient"]["steps"] == sum(21 + k for k in range(1, 5))
    assert (tmp_path / "en" / "tables" / "labels.csv").read_text().startswith("who,encounters")
    assert "in no kappa" in (tmp_path / "en" / "report.md").read_text()
    german = CliRunner().invoke(command, [*words, str(tmp_path / "de"), "--language", "de"])
    assert german.exit_code == 0, german.output
    text = (tmp_path / "de" / "report.md").read_text()
    assert "veröffentlichte Gespräche zusammen" in text and "ganzen, neu gezogenen" in text
