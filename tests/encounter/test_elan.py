"""Timelines survive the way to ELAN and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from encounters import encounter
from mien.cli.encounter import encounter as command
from mien.encounter.elan import Annotation, annotations_of, labels_on, read_eaf, write_eaf
from mien.errors import FormatError


@pytest.fixture
def made():
    return encounter([(4, 12, "sadness")], [(3, 9, "anger")], 24, missing=[(15, 20)])


def test_there_and_back_every_step_says_the_same(made, tmp_path):
    place = tmp_path / "a.eaf"
    write_eaf(place, annotations_of(made.timelines.values()))
    back = read_eaf(place)
    assert {one.tier for one in back} == {"doctor", "patient"}
    for role, line in made.timelines.items():
        assert np.array_equal(labels_on(back, role, line), line.dominant)


def test_words_of_others_are_kept_and_not_taken_for_expressions(made, tmp_path):
    own = [Annotation("Doctor", 1.0, 3.0, "Sadness"), Annotation("doctor", 5.0, 6.0, "shrug & <b>")]
    write_eaf(tmp_path / "a.eaf", own)
    assert read_eaf(tmp_path / "a.eaf") == own
    labels = labels_on(own, "doctor", made.timelines["doctor"])
    assert (labels >= 0).sum() == 2 and labels[5] == -1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a/>", "begins with a"),
        ("no xml", "damaged"),
        ('<!DOCTYPE x [<!ENTITY e "e">]><ANNOTATION_DOCUMENT/>', "entities"),
        (
            '<ANNOTATION_DOCUMENT><TIER TIER_ID="t"><ANNOTATION><ALIGNABLE_ANNOTATION '
            'ANNOTATION_ID="a1" TIME_SLOT_REF1="x" TIME_SLOT_REF2="y"/></ANNOTATION></TIER>'
            "</ANNOTATION_DOCUMENT>",
            "a1 of the tier t has no time",
        ),
    ],
)
def test_what_is_no_file_of_elan_is_refused(tmp_path, text, said):
    (tmp_path / "a.eaf").write_text(text)
    with pytest.raises(FormatError, match=said):
        read_eaf(tmp_path / "a.eaf")


def test_the_command_goes_both_ways_and_compares(made, tmp_path):
    made.save(tmp_path / "report")
    run = CliRunner().invoke
    done = run(command, ["elan", str(tmp_path / "report"), "-o", str(tmp_path / "a.eaf")])
    assert done.exit_code == 0, done.output
    words = ["elan", str(tmp_path / "a.eaf"), "-o", str(tmp_path / "a.csv"), "--json"]
    done = run(command, [*words, "--compare", str(tmp_path / "report")])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["agreement"]
    assert told["doctor"] == {"steps": 24, "share": 1.0, "kappa": pytest.approx(1.0)}
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert rows[0] == "tier,start_s,end_s,value" and "doctor,4,12,sadness" in rows
