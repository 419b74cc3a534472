"""Timelines survive the way to ELAN and back."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pytest
from typer.testing import CliRunner

from encounters import encounter
from mien.blendshapes.names import NAMES
from mien.cli.encounter import encounter as command
from mien.cli.expression import expression
from mien.emotion.classifier import EXPRESSIONS
from mien.emotion.labelled import expression_of
from mien.encounter.elan import (
    OTHER,
    Annotation,
    annotations_of,
    annotations_of_frames,
    labels_on,
    read_eaf,
    write_eaf,
)
from mien.errors import FormatError
from mien.report.language import languages, told, written_in


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
    assert (labels >= 0).sum() == 2 and labels[5] == OTHER and (labels == -1).sum() == 21


def test_words_that_people_write_for_the_seven_are_known(made):
    line = made.timelines["doctor"]
    for k, (word, name) in enumerate(
        [("Happy", "happiness"), ("angry", "anger"), ("sad", "sadness")]
    ):
        labels = labels_on([Annotation("doctor", k, k + 1.0, word)], "doctor", line)
        assert labels[k] == EXPRESSIONS.index(name)


EAF = """<ANNOTATION_DOCUMENT><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="x" TIME_VALUE="1100"/>
<TIME_SLOT TIME_SLOT_ID="ts2"/><TIME_SLOT TIME_SLOT_ID="ts3"/>
<TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4000"/>{more}</TIME_ORDER>
<TIER TIER_ID="doctor">{annotations}</TIER></ANNOTATION_DOCUMENT>"""


def aligned(*pairs):
    return "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{a}" TIME_SLOT_REF1="{a}" '
        f'TIME_SLOT_REF2="{b}"><ANNOTATION_VALUE>sad</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
        "</ANNOTATION>"
        for a, b in pairs
    )


def test_slots_without_a_time_share_what_lies_between_those_that_have_one(tmp_path):
    pairs = [("ts1", "ts2"), ("ts2", "ts3"), ("ts3", "ts4")]
    (tmp_path / "a.eaf").write_text(EAF.format(more="", annotations=aligned(*pairs)))
    found = [(one.start, one.end) for one in read_eaf(tmp_path / "a.eaf")]
    assert found == [(1, 2), (2, 3), (3, 4)]
    last = '<TIME_SLOT TIME_SLOT_ID="ts5"/>'
    text = EAF.format(more=last, annotations=aligned(*pairs, ("ts4", "ts5")))
    (tmp_path / "b.eaf").write_text(text)
    with pytest.raises(FormatError, match="ts4 of the tier doctor has no time"):
        read_eaf(tmp_path / "b.eaf")
    (tmp_path / "c.eaf").write_text(text.replace("1000", "soon"))
    with pytest.raises(FormatError, match="no number of milliseconds"):
        read_eaf(tmp_path / "c.eaf")


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
    assert told["doctor"] == {
        "steps": 24, "share": 1.0, "kappa": pytest.approx(1.0), "other_words": 0,
    }  # fmt: skip
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert rows[0] == "tier,start_s,end_s,value" and "doctor,4,12,sadness" in rows


def test_the_command_says_which_words_it_left_out_and_never_nan(made, tmp_path):
    made.save(tmp_path / "report")
    own = [Annotation("doctor", 4, 12, "sad"), Annotation("doctor", 14, 20, "smiling")]
    write_eaf(tmp_path / "a.eaf", own)
    words = ["elan", tmp_path / "a.eaf", "-o", tmp_path / "a.csv", "--compare", tmp_path / "report"]
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "6 steps of the doctor have words that are none of anger" in done.output
    assert "100 % of 8 steps the same, no κ of a single expression" in done.output
    assert "nan" not in done.output


def test_runs_of_frames_end_at_the_next_frame_and_before_a_gap():
    times = np.array([0.0, 0.1, 0.2, 0.3, 5.0, 5.1])
    found = annotations_of_frames("face", times, ["sad", "sad", None, "joy", "joy", "joy"])
    assert [(one.value, round(one.start, 3), round(one.end, 3)) for one in found] == [
        ("sad", 0, 0.2), ("joy", 0.3, 0.4), ("joy", 5, 5.2),
    ]  # fmt: skip
    assert annotations_of_frames("face", times[:0], []) == []


def test_predictions_go_to_elan(tmp_path):
    rows = ["time_s," + ",".join(NAMES)]
    rows += [f"{k / 10}," + ",".join(["0"] * len(NAMES)) for k in range(20)]
    (tmp_path / "s.csv").write_text("\n".join(rows) + "\n")
    words = ["predict", "seven", str(tmp_path / "s.csv"), "-o", str(tmp_path / "s.eaf")]
    done = CliRunner().invoke(expression, [*words, "--threshold", "0"])
    assert done.exit_code == 0, done.output
    (one,) = read_eaf(tmp_path / "s.eaf")
    assert one.tier == "face" and one.value in EXPRESSIONS
    assert (one.start, one.end) == (0, pytest.approx(2.0))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_way_to_elan_and_back_goes_in_every_language(made, tmp_path, language, form):
    made.save(tmp_path / "report")
    file, words = tmp_path / "a.eaf", [str(tmp_path / "report"), "--language", language]
    done = CliRunner().invoke(command, ["elan", *words, "-o", str(file)])
    assert done.exit_code == 0, done.output
    with written_in(language):
        assert {one.value for one in read_eaf(file)} >= {told("sadness"), told("anger")}
    file.write_text(unicodedata.normalize(form, file.read_text("utf-8")), "utf-8")
    back = ["elan", str(file), "-o", str(tmp_path / "a.csv"), "--json", "--compare"]
    done = CliRunner().invoke(command, [*back, str(tmp_path / "report")])
    found = json.loads(done.stdout)["agreement"]
    assert [found[role]["share"] for role in ("doctor", "patient")] == [1, 1]
    assert [found[role]["other_words"] for role in ("doctor", "patient")] == [0, 0]


def test_every_expression_is_known_by_its_name_in_every_language():
    for language in languages():
        with written_in(language):
            assert [expression_of(told(name)) for name in EXPRESSIONS] == list(EXPRESSIONS)


def test_what_is_not_there_is_said_without_a_number(made, tmp_path):
    made.save(tmp_path / "report")
    write_eaf(tmp_path / "a.eaf", annotations_of(made.timelines.values()))
    (tmp_path / "empty").mkdir()
    for words, said in (
        (("nowhere", "-o", "b.eaf"), "nowhere cannot be read"),
        (("a.eaf", "-o", "b.csv", "--compare", "nowhere"), "nowhere holds no encounter"),
        (("empty", "-o", "b.eaf"), "empty holds no encounter that mien wrote: No such file"),
        (("a.eaf", "-o", "b.csv", "--compare", "a.eaf"), "a.eaf holds no encounter"),
    ):
        given = [word if word.startswith("-") else str(tmp_path / word) for word in words]
        done = CliRunner().invoke(command, ["elan", *given])
        assert done.exit_code == 3 and said in done.stderr, done.output
        assert "Errno" not in done.stderr and len(done.stderr.splitlines()) == 1
