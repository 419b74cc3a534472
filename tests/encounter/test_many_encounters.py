"""Studies of many encounters: who is counted, who is not and why, and what the report holds."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from shutil import copy, copytree

import numpy as np
import pytest
from typer.testing import CliRunner

from encounters import encounter
from mien.cli.encounter import encounter as command
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.cases import Case, read_cases
from mien.encounter.clocks import ClockError
from mien.encounter.cohort import (
    NO_CLOCK,
    NO_FACE,
    NO_REPORT,
    NO_ROLES,
    SHORT,
    TWICE,
    UNREADABLE,
    count_all,
)
from mien.encounter.rereading import agreement_of, reread
from mien.encounter.roles import RoleError
from mien.errors import FormatError, NoFaceError, ParameterError, VideoError
from mien.video import VideoInfo, Writer

HEAD = "encounter,report,doctor,sex,age,department,exclude\n"


class Asleep:
    """Says neutral of every score."""

    def predict_proba(self, scores):
        found = np.full((len(scores), 7), 0.01)
        found[:, EXPRESSIONS.index("neutral")] = 0.94
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("encounters")
    rows = []
    for k in range(6):
        made = encounter([(2, 8 + k, "sadness")], [(4, 9, "happiness")], 24 + k)
        made.save(place / f"E{k}")
        rows.append(f"E{k},E{k},D{k % 2},{'fm'[k % 2]},{40 + k},skin,\n")
    rows.append("E7,,D1,f,30,skin,consent withdrawn\n")
    rows.append("E8,nowhere,D1,f,31,skin,\n")
    (place / "encounters.csv").write_text(HEAD + "".join(rows))
    return place


def test_everybody_is_counted_or_left_out_with_a_reason():
    fine = encounter([(0, 20, "sadness")], (), 24)
    short = encounter((), (), 24, missing=[(3, 24)])
    given = {"a": fine, "b": short}

    def read(case):
        if case.name == "lost":
            raise VideoError("cannot be read")
        if case.name == "dark":
            raise NoFaceError("no face")
        if case.name == "mute":
            raise ClockError("no sound track, so its clock cannot be found")
        if case.name == "crowd":
            raise RoleError("several people look like it")
        return given[case.name]

    names = ("a", "b", "lost", "dark", "mute", "crowd")
    cases = [Case(name) for name in names] + [Case("c", exclude="language")]
    made = count_all(cases, read)
    assert made.recruited == 7 and [tally.case.name for tally in made.tallies] == ["a"]
    assert dict(made.excluded) == {
        "b": SHORT, "lost": UNREADABLE, "dark": NO_FACE, "mute": NO_CLOCK, "crowd": NO_ROLES,
        "c": "language",
    }  # fmt: skip
    assert made.counts[0, EXPRESSIONS.index("sadness")] == 20
    counts, shares = made.without_neutral()
    assert counts[:, EXPRESSIONS.index("neutral")].sum() == 0
    assert shares[0, EXPRESSIONS.index("sadness")] == 1
    assert made.detection[0] == pytest.approx(1.0)
    with pytest.raises(ParameterError, match="No encounter is left"):
        count_all(cases[1:], read)

    def wrong(case):
        raise ParameterError("fps must lie between 1 and 30")

    with pytest.raises(ParameterError, match="fps"):  # of a setting: it is wrong for everybody
        count_all(cases, wrong)


def test_a_table_and_a_folder_are_read(folder, tmp_path):
    cases = read_cases(folder)
    assert [case.name for case in cases][-2:] == ["E7", "E8"] and cases[0].age == 40
    assert cases[0].report == folder / "E0"
    (tmp_path / "x").mkdir()
    for role in ("doctor", "patient"):
        (tmp_path / "x" / f"{role}.mp4").write_bytes(b"")
    (tmp_path / "other").mkdir()
    assert [case.recordings[1].name for case in read_cases(tmp_path)] == ["patient.mp4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("encounter,colour\nE1,red\n", "'colour' is none"),
        ("report\nE1\n", "no encounter"),
        (HEAD, "no encounter"),
        (HEAD + "E1,,D,f,3,s,\n", "line 2: give report"),
        (HEAD + "E1,x,D,f,old,s,\n", "'old' is no age"),
        (HEAD + ",x,D,f,3,s,\n", "line 2"),
        (HEAD + "E1,x,D,f,3,s,\nE1,y,D,f,3,s,\n", "E1 stands twice"),
        (HEAD + "E1,x,D,f,3,s,\nE2,y/../x,D,f,3,s,\n", "encounters E1 and E2, and would count"),
        ("encounter,video,doctor_is,patient_is\nE1,a,left,LEFT\n", "both be on the left"),
        ("encounter,video,doctor_is\nE1,a,nobody.png\n", "no such picture"),
        ("encounter,video,offset\nE1,a,3\n", "one clock"),
        ("encounter,report,offset\nE1,a,3\n", "offset is for recordings"),
        ("encounter,doctor_video,patient_video,offset\nE1,a,b,late\n", "'late' is no offset"),
    ],
)
def test_tables_that_are_something_else_are_refused(tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises((FormatError, ParameterError), match=said):
        read_cases(tmp_path / "t.csv")


def test_how_recordings_are_read_stands_in_their_row(tmp_path):
    (tmp_path / "me.png").write_bytes(b"")
    (tmp_path / "t.csv").write_text(
        "encounter,doctor_video,patient_video,offset,doctor_is,patient_is,exclude\n"
        'E1,a,b,"-1,5",Right,me.png,\nE2,c,d,,2,,\nE3,c,d,,,,consent withdrawn\n'
    )
    one, two, three = read_cases(tmp_path / "t.csv")
    assert one.offset == -1.5
    assert one.references == {"doctor": "right", "patient": str(tmp_path / "me.png")}
    assert two.offset is None and two.references == {"doctor": "2"} and not three.references


def test_a_pair_without_sound_is_left_out_and_the_study_goes_on(folder, tmp_path):
    pytest.importorskip("statsmodels", reason="statsmodels is for studies only")
    for brightness, name in enumerate(("d.mp4", "p.mp4"), 19):
        info = VideoInfo(64, 64, Fraction(1, 10), average_rate=Fraction(10))
        with Writer(tmp_path / name, info) as writer:
            for k in range(10):
                writer.write(np.full((64, 64, 3), brightness * k, np.uint8), k)
            writer.commit()
    copy(tmp_path / "d.mp4", tmp_path / "copied.mp4")  # a slip: of nobody else
    copy(tmp_path / "d.mp4", tmp_path / "once more.mp4")
    rows = [f"E{k},{folder / f'E{k}'},," for k in range(3)]
    rows += ["E9,,d.mp4,p.mp4", "E10,,copied.mp4,once more.mp4"]
    (tmp_path / "t.csv").write_text(
        "encounter,report,doctor_video,patient_video\n" + "\n".join(rows) + "\n"
    )
    words = ["study", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["counted"] == 3 and told["left_out"] == {NO_CLOCK: 1, NO_ROLES: 1}


def test_another_classifier_reads_the_same_moments():
    made = encounter([(4, 12, "sadness")], (), 24, missing=[(15, 20)])
    other = reread(made, Asleep())
    neutral = EXPRESSIONS.index("neutral")
    for role, line in other.timelines.items():
        before = made.timelines[role]
        assert np.array_equal(line.times, before.times)
        assert np.array_equal(line.known, before.known)
        assert set(line.dominant[line.known].tolist()) == {neutral}
    lines = made.timelines["doctor"].dominant, other.timelines["doctor"].dominant
    found = agreement_of({"one": lines})
    assert found.steps == 24 and found.share == pytest.approx(16 / 24) and found.kappa == 0
    assert agreement_of({"one": (lines[0], lines[0])}).kappa == 1


def test_the_command_writes_the_study(folder, tmp_path):
    pytest.importorskip("statsmodels", reason="statsmodels is for studies only")
    words = ["study", folder, "-o", tmp_path / "out", "--also", "scores", "--also", "both"]
    done = CliRunner().invoke(command, [str(word) for word in [*words, "--json"]])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["recruited"] == 8 and told["counted"] == 6
    assert told["left_out"] == {"consent withdrawn": 1, NO_REPORT: 1}
    assert told["demographics"]["age_years"]["mean"] == pytest.approx(42.5)
    assert told["without_neutral"]["doctor"]["sadness"]["share"] == 1
    assert len(told["differences"]) == 9 and set(told["classifiers"]) == {"scores", "both"}
    assert any("few" in sentence for sentence in told["cautions"])
    out = tmp_path / "out"
    text = (out / "report.md").read_text()
    assert "described as seen" in text and "10.2196/29506" in text
    assert "E0" not in text and "E0" not in (out / "study.json").read_text()
    drawn = {path.name for path in (out / "figures").glob("*.png")}
    assert {"flow.png", "shares.png", "figure-1-workflow.png"} <= drawn
    again = CliRunner().invoke(command, [str(word) for word in words])
    assert again.exit_code != 0 and "--overwrite" in str(again.output) + str(again.exception)


def test_the_same_report_under_two_names_counts_once(folder, tmp_path):
    pytest.importorskip("statsmodels", reason="statsmodels is for studies only")
    for name in ("E0", "E1", "E2"):
        copytree(folder / name, tmp_path / "in" / name)
    copytree(folder / "E1", tmp_path / "in" / "another")
    words = ["study", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    assert "4 encounters, 1 left out, 3 counted" in done.stdout
    assert f"  another, left out: {TWICE}, E1" in done.stdout  # the first one counts
    told = json.loads((tmp_path / "out" / "study.json").read_text())
    assert told["left_out"] == {TWICE: 1}
    rows = (tmp_path / "out" / "tables" / "left-out.csv").read_text()
    assert f"another,{TWICE},E1" in rows


def test_encounters_in_which_nothing_was_read_are_not_alike():
    nothing = encounter((), (), 24, missing=[(0, 24)])
    nothing = replace(
        nothing, fine={}, timelines=dict.fromkeys(nothing.timelines, nothing.timelines["patient"])
    )
    made = count_all([Case("a"), Case("b")], lambda case: nothing, least_s=0)
    assert len(made.tallies) == 2


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_of_every_spreadsheet_are_read(mark, tmp_path):
    text = "\ufeffEncounter,report,Age,offset,,\nBesuch Ä,r,40.5,,,\n,,,,,\nB,s,50,,,\n"
    text = text.replace(",", mark)
    (tmp_path / "t.csv").write_text(text.replace(".", ",") if mark == ";" else text, "utf-8")
    found = read_cases(tmp_path / "t.csv")
    assert [(case.name, case.age) for case in found] == [("Besuch Ä", 40.5), ("B", 50)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"encounter,report,report\na,b,c\n", "'report' is there twice"),
        ("encounter,report\nÄ,b\n".encode("latin-1"), "no UTF-8 text"),
        (b"encounter,report\na,b,c\n", "line 2: an encounter needs a name"),
        (b"", "it has no encounter"),
        (b"encounter,report\n../../evil,E0\n", "line 2: '../../evil' is a path"),
        (b"encounter,report\nC:\\evil,E0\n", "is a path"),
        (b"encounter,report,age\na,b,old\n", "is no age in years"),
    ],
)
def test_what_is_no_table_says_why(text, said, tmp_path):
    (tmp_path / "t.csv").write_bytes(text)
    with pytest.raises(FormatError, match=said):
        read_cases(tmp_path / "t.csv")
    with pytest.raises(FormatError) as error:
        read_cases(tmp_path / "nowhere.csv")
    assert "Errno" not in str(error.value) and "No such file" in str(error.value)


def test_words_for_nothing_say_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("encounter,report,age,sex,doctor\nA,r,NA,n/a,NA\n")
    (found,) = read_cases(tmp_path / "t.csv")
    assert (found.age, found.sex, found.doctor) == (None, "", "NA")  # the last may be initials


@pytest.mark.parametrize("keep", ["file", "none/kept"])
def test_what_is_kept_has_a_folder(folder, tmp_path, keep):
    pytest.importorskip("statsmodels", reason="statsmodels is for studies only")
    (tmp_path / "file").touch()
    words = ["study", folder, "-o", tmp_path / "out", "--keep", tmp_path / keep]
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == 6 and not (tmp_path / "none").exists()
