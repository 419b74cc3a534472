"""Feedback comes at the scripted moments and nowhere else, and says no more than was seen."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from encounters import encounter, moments, together
from mien.encounter.feedback import FeedbackStream, feedback_on, live_feedback
from mien.encounter.judging import Feedback, Grounds
from mien.encounter.observation import ROLES
from mien.encounter.rules import CLAIMS, LANGUAGES, Rules
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError

RULE = """
[[rule]]
id = "one"
role = "patient"
expressions = ["sadness"]
confidence = 0.6
duration = 3
rest = 20
source = "somebody"
en = "an expression resembling {expression}"
de = "etwas, das {expression} ähnelt"
"""


def said(found):
    return [(one.rule, one.start, one.time) for one in found]


def of(doctor=(), patient=(), seconds=40, **settings):
    return feedback_on(encounter(doctor, patient, seconds, **settings))


def test_it_comes_at_the_scripted_moments_and_nowhere_else():
    found = of(
        [(50, 56, "anger")],
        [(5, 10, "sadness"), (25, 30, "fear"), (70, 75, "surprise"), (85, 90, "disgust")],
        100,
    )
    assert said(found) == [
        ("name-sadness", 5, 8),
        ("explore-fear", 25, 28),
        ("doctor-negative", 50, 53),
        ("check-surprise", 70, 73),
        ("respect-anger", 85, 88),
    ]
    assert [one.end for one in found] == [10, 30, 56, 75, 90]


def test_a_calm_or_friendly_encounter_has_none():
    assert of([(2, 12, "happiness")], [(14, 30, "happiness")]) == []


def test_the_doctors_smile_at_a_sad_patient_comes_before_other_rules():
    found = of([(5, 12, "happiness")], [(5, 12, "sadness")])
    assert said(found) == [("mismatch", 5, 8)]
    assert [one.role for one in found[0].evidence] == ["patient", "doctor"]


def test_changing_negative_expressions_count_together():
    found = of((), [(5, 7, "sadness"), (7, 9, "fear"), (9, 11, "anger")])
    assert said(found) == [("patient-negative", 5, 10)]


@pytest.mark.parametrize(
    "patient",
    [
        [(5, 6, "sadness")],
        [(5, 7, "anger"), (9, 11, "anger"), (13, 15, "anger")],
        [(5, 15, "sadness", 0.43)],
    ],
    ids=["flicker", "three flickers", "unsure"],
)
def test_flicker_and_doubt_say_nothing(patient):
    assert of((), patient) == []


def test_what_was_not_assessed_never_speaks_and_ends_what_was_seen():
    assert of((), [(5, 15, "sadness")], missing=[(5, 15)]) == []
    assert of((), [(5, 10, "sadness")], missing=[(7, 8)]) == []
    found = of((), [(5, 15, "sadness")], missing=[(7, 8)])
    assert said(found) == [("name-sadness", 8, 11)]


def test_a_rule_rests_and_so_do_all():
    patient = [(t, t + 5, "sadness") for t in range(10, 110, 10)]
    found = of((), patient, 120)
    times = [one.time for one in found]
    assert len(times) >= 2
    assert min(b - a for a, b in pairwise(times)) >= 45
    different = of([(14, 19, "anger")], [(10, 14, "sadness")], 30)
    assert said(different) == [("name-sadness", 10, 13)]  # the second within 10 s is left out


def test_one_spell_is_spoken_of_once():
    assert len(of((), [(5, 12, "sadness"), (12, 30, "fear")])) == 1


def test_a_face_that_looks_so_at_rest_is_not_spoken_of_any_more():
    patient = [(t, t + 8, "sadness") for t in range(0, 300, 10)]
    found = of((), patient, 300)
    assert found
    assert max(one.start for one in found) < 70


def test_live_and_after_are_the_same():
    stream = together(
        moments("doctor", 90, [(50, 57, "anger"), (70, 75, "happiness")]),
        moments("patient", 90, [(10, 18, "sadness"), (35, 41, "fear"), (70, 78, "anger")],
                missing=[(12, 13), (60, 66)]),
    )  # fmt: skip
    timelines = {role: Timeline.of(stream, role) for role in ROLES}
    recorded = [replace(one, end=one.time) for one in feedback_on(timelines)]
    assert len(recorded) >= 3
    assert list(live_feedback(iter(stream))) == recorded


def test_live_does_not_look_ahead():
    stream = together(
        moments("doctor", 20), moments("patient", 20, [(5, 12, "sadness"), (12, 20, "fear")])
    )
    whole = list(live_feedback(stream))
    for cut in (7.9, 8.1, 9.0):
        known = [one for one in stream if one.time <= cut]
        pushed = FeedbackStream()
        early = [item for one in known for item in pushed.push(one)]
        assert early == [item for item in whole if item.time <= cut]


def test_time_may_pass_while_nobody_is_seen_and_late_moments_are_left_out():
    stream = FeedbackStream()
    for one in moments("patient", 3, [(0, 3, "sadness")]):
        assert stream.push(one) == []
    assert said(stream.advance(3.0)) == [("name-sadness", 0, 3)]
    assert stream.push(moments("patient", 1)[0]) == []
    assert stream.late == 1
    assert stream.finish() == []


def test_one_person_alone_is_enough():
    line = Timeline.of(moments("patient", 20, [(5, 12, "sadness")]), "patient")
    assert said(feedback_on({"patient": line})) == [("name-sadness", 5, 8)]


def test_timelines_have_to_fit():
    one = Timeline.of(moments("doctor", 20), "doctor")
    other = Timeline.of(moments("patient", 20), "patient", resolution=2)
    with pytest.raises(ParameterError, match="same steps"):
        feedback_on({"doctor": one, "patient": other})


def test_every_piece_holds_its_evidence():
    (found,) = of((), [(5, 12, "sadness", 0.7)])
    (evidence,) = found.evidence
    assert (evidence.role, evidence.expression) == ("patient", "sadness")
    assert (evidence.start, evidence.end) == (5, 8)
    assert found.confidence == pytest.approx(0.7, abs=1e-3)
    assert evidence.lowest <= evidence.probability
    assert evidence.assessable == 1
    assert "sadness" in found.words and "3 s" in found.words
    assert found.as_dict()["evidence"][0]["start"] == 5


def test_words_are_german_if_asked():
    (found,) = feedback_on(encounter((), [(5, 12, "sadness")], 20), language="de")
    assert "Trauer ähnelt" in found.words
    with pytest.raises(ParameterError, match="choose en or de"):
        feedback_on(encounter((), (), 5), language="fr")


FORBIDDEN = re.compile(
    r"\b(is|are|feels?|seems?|looks?) (angry|sad|afraid|happy|disgusted|surprised|anxious|upset)"
    r"|\b(ist|wirkt|fühlt sich) (wütend|traurig|ängstlich|ärgerlich|verärgert|froh)"
    r"|score|rating|emotion|feeling|Gefühl|diagnos",
    re.I,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_say_what_is_resembled_and_nothing_else(language):
    for rule in Rules.open().rules:
        words = rule.words[language]
        assert re.search("resembling|ähnelt", words), rule.id
        assert not FORBIDDEN.search(words), rule.id
        assert not CLAIMS.search(words), rule.id
        assert re.search(r"Yang|Back|Baile", rule.source), rule.id


def test_nothing_has_a_score_of_a_person():
    fields = [*Feedback.__dataclass_fields__, *Grounds.__dataclass_fields__]
    assert not [name for name in fields if "score" in name or "rating" in name]


def test_rules_of_ones_own(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text("[limits]\nrest = 0\n" + RULE)
    found = feedback_on(
        encounter((), [(5, 9, "sadness"), (30, 34, "sadness")], 40), Rules.open(path)
    )
    assert said(found) == [("one", 5, 8), ("one", 30, 33)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("duration = 3", "duration = 1", "flicker"),
        ("confidence = 0.6", "confidence = 0.3", "confidence"),
        ("confidence = 0.6", "confidence = true", "number"),
        ('"sadness"', '"boredom"', "boredom"),
        ('role = "patient"', 'role = "nurse"', "role"),
        ("resembling {expression}", "of sadness", "resembles"),
        ("an expression resembling", "The patient is angry, resembling", "no picture shows"),
        ("{expression}", "{mood}", "words only"),
        ("rest = 20", "rest = 20\ncolour = 1", "means nothing"),
        ("[[rule]]", "[rule]", r"no \[\[rule\]\]"),
        (RULE, "", r"no \[\[rule\]\]"),
        (RULE, RULE + RULE, "Two rules"),
        (RULE, "= 1", "not TOML"),
        (RULE, "[limits]\npause = 3\n" + RULE, "limits"),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path, old, new, words):
    path = tmp_path / "rules.toml"
    path.write_text(RULE.replace(old, new))
    with pytest.raises(ParameterError, match=words):
        Rules.open(path)


def test_rules_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="cannot be read"):
        Rules.open(tmp_path / "none.toml")
