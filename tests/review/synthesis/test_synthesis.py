"""The whole synthesis: reference numbers, subgroups, few studies, bad tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from tables_of_studies import drawn, table

from mien.errors import FormatError, ParameterError
from mien.report.review.sroc import _draw_regions
from mien.report.review.synthesis_sections import synthesis_sections
from mien.review.synthesis.accuracy_table import AccuracyTable, parse_table
from mien.review.synthesis.bivariate_normal import fit_normal
from mien.review.synthesis.deeks import deeks_test
from mien.review.synthesis.methods import methods
from mien.review.synthesis.synthesis import SynthesisSettings, synthesise

SHARED = Path(__file__).resolve().parents[4] / "shared" / "review"
HEADER = "study,tp,fp,fn,tn\n"


@pytest.fixture(scope="module")
def grouped():
    """Twelve studies, half of them of sick people in whom the test does better, by year."""
    one = drawn(12, (0.4, 0.5), 0.0, seed=4)
    groups = ["ill", "well"] * 6
    tp = np.where(np.array(groups) == "ill", np.minimum(one.tp + 40, 295), one.tp - 60)
    columns = {"group": tuple(groups), "year": tuple(str(2000 + k) for k in range(12))}
    return AccuracyTable(one.studies, tp, one.fp, 300 - tp, one.tn, columns)


@pytest.fixture(scope="module")
def found(grouped):
    return synthesise(grouped).as_dict()


def test_every_reference_number_is_met():
    if not SHARED.is_dir():
        pytest.skip("the reference numbers in ../shared are not there")
    golden = json.loads((SHARED / "golden_meta.json").read_text())
    ours = synthesise(AccuracyTable.open(SHARED / "kearon1998.csv")).as_dict()
    numbers = 0

    def compare(theirs, mine, where):
        nonlocal numbers
        if isinstance(theirs, dict):
            for key, value in theirs.items():
                if not isinstance(value, str):
                    compare(value, mine[key], f"{where}/{key}")
        elif isinstance(theirs, list):
            for k, value in enumerate(theirs):
                compare(value, mine[k], f"{where}/{k}")
        else:
            numbers += 1
            assert mine == pytest.approx(theirs, abs=1e-3), where

    compare(golden, ours, "")
    assert numbers == 49


def test_everything_can_be_written_as_json(found):
    json.dumps(found, allow_nan=False)


def test_subgroups_and_moderators_find_what_differs(found):
    groups = found["subgroups"]["group"]
    assert groups["ill"]["n"] == groups["well"]["n"] == 6
    assert found["bivariate_binomial"]["ill"] == groups["ill"]["bivariate_binomial"]
    test = found["meta_regression"]["group"]["bivariate_binomial"]
    assert test["p"] < 1e-3 and test["df"] == 2
    (term,) = test["coefficients"]["sensitivity"]
    difference = (
        groups["well"]["bivariate_binomial"]["mu_sens"]
        - (groups["ill"]["bivariate_binomial"]["mu_sens"])
    )
    assert term["value"] == pytest.approx(difference, abs=0.1)
    (term,) = test["coefficients"]["specificity"]
    assert term["p"] > 0.01
    assert found["meta_regression"]["year"]["bivariate_binomial"]["p"] > 0.01


def test_one_study_more_or_less_moves_the_mean_a_little(found):
    rows = found["leave_one_out"]
    assert len(rows) == 12
    whole = found["bivariate_binomial"]["all"]["mu_sens"]
    assert all(abs(row["mu_sens"] - whole) < 0.4 for row in rows)
    assert np.ptp([row["mu_sens"] for row in rows]) > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_studies_are_described_instead(count):
    few = table([(20, 1, 3, 30), (15, 2, 3, 22), (10, 9, 9, 10)][:count])
    found = synthesise(few).as_dict()
    assert not found["pooled"] and "fewer than 4" in found["narrative"]["why"]
    assert len(found["narrative"]["swim"]) == 9
    assert found["narrative"]["summary"]["sensitivity"]["n"] == count
    assert "mu_sens" not in found["bivariate_binomial"]["all"]
    json.dumps(found, allow_nan=False)


def test_the_number_of_studies_that_are_pooled_is_a_setting():
    few = table([(20, 1, 3, 30), (15, 2, 3, 22), (10, 2, 3, 10)])
    assert synthesise(few, SynthesisSettings(fewest=3)).whole.binomial is not None
    with pytest.raises(ParameterError, match="fewer than 2"):
        SynthesisSettings(fewest=1)


def test_where_the_binomial_model_fails_the_normal_one_stands_in():
    found = synthesise(
        table([(20, 1, 0, 30), (15, 2, 0, 22), (40, 5, 0, 61), (8, 1, 0, 9), (12, 0, 0, 14)])
    )
    assert found.whole.binomial is None and found.whole.normal is not None
    assert found.whole.pooled is found.whole.normal
    assert any("100 % in every study" in note for note in found.notes())
    json.dumps(found.as_dict(), allow_nan=False)


def test_small_studies_that_look_better_are_found():
    sizes = np.array([20, 30, 40, 60, 100, 150, 250, 400, 700, 1200])
    rows = [(round(n * p), round(n * (1 - p)), n - round(n * p), n - round(n * (1 - p)))
            for n, p in zip(sizes, np.linspace(0.97, 0.7, 10), strict=True)]  # fmt: skip
    slanted = deeks_test(table(rows))
    assert slanted is not None and slanted.slope > 0 and slanted.p < 0.01
    rows = [(round(n * 0.8), round(n * 0.2), n - round(n * 0.8), n - round(n * 0.2)) for n in sizes]
    even = deeks_test(table(rows))
    assert even is not None and abs(even.slope) < abs(slanted.slope) / 3
    assert deeks_test(table([(8, 2, 2, 8)] * 5)) is None


def test_a_column_that_is_not_there_is_refused(grouped):
    with pytest.raises(ParameterError, match="no column 'sex'"):
        synthesise(grouped, SynthesisSettings(columns=("sex",)))


def test_methods_tell_what_was_done(grouped):
    said = " ".join(methods(synthesise(grouped)))
    assert "Laplace" in said and "group, year" in said and "left out in turn" in said
    few = " ".join(methods(synthesise(grouped.take(np.arange(2)))))
    assert "SWiM" in few and "Laplace" not in few


ALIKE = [(80, 10, 20, 90), (41, 4, 9, 46), (159, 21, 41, 179), (24, 3, 6, 27), (62, 8, 16, 71)]


@pytest.fixture(scope="module")
def alike():
    """Studies that differ less than chance makes them."""
    return synthesise(table(ALIKE))


def test_methods_claim_nothing_that_is_not_there(alike, grouped):
    said = " ".join(methods(alike))
    assert alike.whole.curve is None and not alike.subgroups
    for absent in ("ROC curve", "subgroup", "meta-regression"):
        assert absent not in said
    assert "egions of confidence" in said
    by_year = synthesise(grouped, SynthesisSettings(columns=("year",), influence=False))
    said = " ".join(methods(by_year))
    assert "regression on year" in said and "subgroup" not in said and "ROC curve" in said
    perfect = table([(20, 1, 0, 30), (15, 2, 0, 22), (40, 5, 0, 61), (8, 1, 0, 9)])
    said = " ".join(methods(synthesise(perfect)))
    assert "The binomial model could not be fitted: sensitivity is 100 %" in said


def test_a_page_shows_no_noise_of_rounding(alike):
    parts = {part.key: part for part in synthesis_sections(alike, {})}
    cells = [cell for part in parts.values() for one in part.tables for row in one.rows
             for cell in row]  # fmt: skip
    assert not any("e-" in cell or "e\N{MINUS SIGN}" in cell for cell in cells)
    for row in parts["synthesis"].tables[0].rows:
        assert row[4] == "0; 0" and row[5] == "–"
    notes = parts["synthesis"].notes
    assert any("No variance of sensitivity or specificity between studies" in n for n in notes)


def test_subgroups_without_a_variance_are_named():
    rows, names = [*ALIKE, *((a + 9, b, max(c - 9, 1), d) for a, b, c, d in ALIKE)], ["x", "y"]
    found = synthesise(table(rows, group=[names[k // 5] for k in range(10)]))
    notes = next(part for part in synthesis_sections(found, {}) if part.key == "subgroups").notes
    assert any(note.startswith("group: x") and "not defined" in note for note in notes)


def labels(fit):
    axis = Figure().subplots()
    _draw_regions(axis, fit, "", "k")
    return [line.get_label() for line in axis.lines]


def test_a_legend_names_what_is_seen(alike, grouped):
    assert labels(alike.whole.pooled) == ["95 % confidence and prediction region"]
    assert len(labels(fit_normal(grouped))) == 2


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "no study"),
        ("study,tp,fp,fn\nA,1,2,3\n", "lacks the column tn"),
        (HEADER + "A,1,2,3,4\nB,1,-2,3,4\n", "line 3: fp is '-2'"),
        (HEADER + "A,1,2,3,4.5\n", "line 2: tn is '4.5'"),
        (HEADER + "A,1,2,3,nan\n", "tn is 'nan'"),
        (HEADER + "A,1,2,3,1e99\n", "tn is '1e99'"),
        (HEADER + "A,1,2,3\n", "4 cells where the header has 5"),
        (HEADER + "A,0,0,0,0\n", "all four counts are 0"),
        ("study,tp,tp,fp,fn,tn\nA,1,1,2,3,4\n", "two columns called 'tp'"),
    ],
)
def test_a_bad_table_is_one_sentence_with_the_line(written, words):
    with pytest.raises(FormatError, match=words) as error:
        parse_table(written, "t.csv")
    assert str(error.value).startswith("t.csv") and str(error.value).count("\n") == 0


def test_a_table_may_be_written_in_many_ways():
    plain = parse_table(HEADER + "A,1,2,3,4\n", "t.csv")
    for written in (
        "TN;Study;FN;TP;FP\n4;A;3;1;2\n",
        "study\ttp\tfp\tfn\ttn\nA\t1\t2\t3\t4\n",
        '\n"study","tp","fp","fn","tn"\n\n"A","1.0","2","3","4"\n\n',
    ):
        other = parse_table(written, "t.csv")
        assert other.studies == plain.studies
        assert (other.tp, other.fp, other.fn, other.tn) == (1, 2, 3, 4)


def test_studies_with_one_name_are_told_apart():
    one = table([(1, 2, 3, 4)] * 3)
    same = AccuracyTable(("A",) * 3, one.tp, one.fp, one.fn, one.tn, {"year": ("1", "2", "2")})
    assert same.labels == ("A 1", "A 2 (1)", "A 2 (2)")
