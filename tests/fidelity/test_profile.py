"""Profiles: what they ask, and what is wrong with them in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mien.errors import ParameterError
from mien.fidelity.figures import look_up
from mien.fidelity.profile import Profile, names

GOOD = """
[[line]]
key = "dynamics.r_x"
says = "It moves alike"
kind = "fidelity"
at_least = 0.5
source = "a paper"
"""


def profile(folder: Path, text: str) -> Profile:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return Profile.open(path)


def asking(folder: Path, **settings: str) -> Profile:
    """A profile of one line, in which some settings are replaced; an empty one is left out."""
    lines = {
        "key": '"dynamics.r_x"',
        "says": '"It moves alike"',
        "kind": '"fidelity"',
        "at_least": "0.5",
        "source": '"a paper"',
        **settings,
    }
    return profile(folder, "[[line]]\n" + "\n".join(f"{k} = {v}" for k, v in lines.items() if v))


@pytest.mark.parametrize("name", names())
def test_what_comes_with_mien_makes_sense(name):
    found = Profile.open(name)
    assert found.name == name and found.title != name
    assert {ask.kind for ask in found.asks} == {"fidelity", "privacy"}
    assert len({ask.key for ask in found.asks}) == len(found.asks)
    for ask in found.asks:
        assert ask.says[0].isupper() and not ask.says.endswith(".") and ask.source
    # what was not measured does not hold, unless the line does not apply
    for line in found.check({}):
        assert line.passed is (None if line.ask.when else False)


def test_generic_comes_with_mien():
    assert "generic" in names()


def test_a_file(tmp_path):
    found = profile(tmp_path, 'title = "For my study"\n' + GOOD)
    assert (found.name, found.title) == ("mine", "For my study")
    (ask,) = found.asks
    assert (ask.low, ask.high, ask.when, ask.unit) == (0.5, None, None, "")
    assert profile(tmp_path, GOOD).title == "mine"


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        ({"at_least": "0.5"}, 0.5, True),
        ({"at_least": "0.5"}, 0.499, False),
        ({"at_most": "3"}, 3, True),
        ({"at_most": "3"}, 3.01, False),
        ({"within": "[-1, 1.5]"}, -1, True),
        ({"within": "[-1, 1.5]"}, 1.5, True),
        ({"within": "[-1, 1.5]"}, 1.6, False),
        ({"within": "[2, 2]"}, 2, True),
        ({"at_least": "1"}, True, True),
        ({"at_least": "1"}, False, False),
    ],
)
def test_thresholds_hold_at_their_ends(tmp_path, bound, value, holds):
    (line,) = asking(tmp_path, **{"at_least": "", **bound}).check({"dynamics": {"r_x": value}})
    assert line.passed is holds and line.value == value
    assert ("DOES NOT HOLD" in line.words) is not holds
    assert "measured" in line.words and line.ask.wanted in line.words


@pytest.mark.parametrize(
    "metrics",
    [{}, {"dynamics": None}, {"dynamics": {}}, {"dynamics": {"r_x": None}}, {"dynamics": 3},
     {"dynamics": {"r_x": "high"}}, {"dynamics": {"r_x": [1]}}],
)  # fmt: skip
def test_what_could_not_be_measured_does_not_hold(tmp_path, metrics):
    (line,) = asking(tmp_path).check(metrics)
    assert line.passed is False and line.value is None
    assert "could not be measured, at least 0.5 asked" in line.words


@pytest.mark.parametrize(
    ("present", "passed"), [(True, False), (False, None), (None, None), (1, None), ("yes", None)]
)
def test_a_line_may_depend_on_something(tmp_path, present, passed):
    found = asking(tmp_path, when='"tremor.present"')
    (line,) = found.check({"tremor": {"present": present}, "dynamics": {"r_x": 0.1}})
    assert line.passed is passed
    assert ("does not apply" in line.words) is (passed is None)


def test_only_one_kind_is_asked(tmp_path):
    other = GOOD.replace("fidelity", "privacy").replace("dynamics.r_x", "privacy.nearest")
    found = profile(tmp_path, GOOD + other)
    for only, keys in (
        ("both", ["dynamics.r_x", "privacy.nearest"]),
        ("fidelity", ["dynamics.r_x"]),
        ("privacy", ["privacy.nearest"]),
    ):
        assert [line.ask.key for line in found.check({}, only)] == keys


def test_the_answers_are_strict_json(tmp_path):
    found = asking(tmp_path, at_least="", within="[0, 1]", unit='"Hz"')
    lines = found.check({"dynamics": {"r_x": 3}})
    content = json.loads(json.dumps(found.as_dict(lines), allow_nan=False))
    assert content["passed"] is False
    (line,) = content["lines"]
    assert (line["low"], line["high"], line["value"], line["unit"]) == (0, 1, 3, "Hz")
    assert found.as_dict(found.check({"dynamics": {"r_x": 1}}))["passed"] is True
    assert found.as_dict([])["passed"] is True


WRONG = [
    ({"key": ""}, "'key'"),
    ({"key": '" "'}, "'key'"),
    ({"key": "7"}, "'key'"),
    ({"says": ""}, "'says'"),
    ({"source": "[]"}, "'source'"),
    ({"kind": ""}, "kind"),
    ({"kind": '"motion"'}, "kind"),
    ({"kind": "[]"}, "kind"),
    ({"at_least": ""}, "one of"),
    ({"at_most": "1"}, "one of"),
    ({"at_least": '"much"'}, "a number"),
    ({"at_least": "true"}, "a number"),
    ({"at_least": "[1, 2]"}, "at_least needs a number"),
    ({"at_least": "nan"}, "a number"),
    ({"at_least": "inf"}, "a number"),
    ({"at_least": "1" + "0" * 400}, "a number"),
    ({"at_least": "", "within": "1"}, "two numbers"),
    ({"at_least": "", "within": "[1]"}, "two numbers"),
    ({"at_least": "", "within": "[]"}, "two numbers"),
    ({"at_least": "", "within": "[1, 2, 3]"}, "two numbers"),
    ({"at_least": "", "within": '["1", "2"]'}, "two numbers"),
    ({"at_least": "", "within": "[2, 1]"}, "smaller number first"),
    ({"treshold": "1"}, "'treshold'"),
    ({"when": "true"}, "'when'"),
    ({"unit": "5"}, "'unit'"),
]


@pytest.mark.parametrize(("settings", "says"), WRONG)
def test_a_bad_line_is_named(tmp_path, settings, says):
    path = tmp_path / "mine.toml"
    with pytest.raises(ParameterError) as caught:
        asking(tmp_path, **settings)
    path.write_text(GOOD + path.read_text())
    with pytest.raises(ParameterError) as second:
        Profile.open(path)
    for number, error in ((1, caught), (2, second)):
        sentence = str(error.value)
        assert f"Line {number} of the profile {path}" in sentence and says in sentence
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no [[line]]"),
        ("title = 'x'", "has no [[line]]"),
        ("line = 3", "has no [[line]]"),
        ("line = []", "has no [[line]]"),
        ("line = [3]", "Line 1"),
        ("[line]\nkey = 'x'", "has no [[line]]"),
        ("this is no TOML", "is not TOML"),
        (GOOD + GOOD.replace("0.5", "0.5.1"), "is not TOML"),
    ],
)
def test_a_bad_file_is_said_in_one_sentence(tmp_path, text, says):
    with pytest.raises(ParameterError) as caught:
        profile(tmp_path, text)
    assert says in str(caught.value) and "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00 binary")
    with pytest.raises(ParameterError, match="cannot be read"):
        Profile.open(path)


@pytest.mark.parametrize("name", ["parkinsons", "missing.toml", "", "."])
def test_an_unknown_name_says_what_there_is(name):
    with pytest.raises(ParameterError, match="generic"):
        Profile.open(name)


def test_look_up():
    content = {"a": {"b": {"c": 0}}, "d": None}
    assert look_up(content, "a.b.c") == 0
    assert look_up(content, "a.b") == {"c": 0}
    for key in ("a.x", "a.b.c.d", "d.e", "x", "", "a..b"):
        assert look_up(content, key) is None
    assert look_up(None, "a") is None


@pytest.mark.parametrize(
    ("found", "passed", "words"),
    [
        ({"r_x": None, "ceiling": {"r_x": None}}, None, "nothing to measure in this clip"),
        ({"r_x": None, "ceiling": {"r_x": 0.9}}, False, "could not be measured"),
        ({"r_x": None}, False, "could not be measured"),
        ({"r_x": 0.3, "ceiling": {"r_x": 0.4}}, None, "encoded again has 0.4, at least 0.5 asked"),
        ({"r_x": 0.3, "ceiling": {"r_x": 0.6}}, False, "DOES NOT HOLD"),
        ({"r_x": 0.6, "ceiling": {"r_x": 0.4}}, True, "holds"),
        ({"r_x": 0.3, "ceiling": {}}, False, "DOES NOT HOLD"),
    ],
)
def test_what_the_original_itself_cannot_show_fails_nobody(tmp_path, found, passed, words):
    (line,) = asking(tmp_path).check({"dynamics": found})
    assert line.passed is passed and words in line.words


def test_privacy_that_could_not_be_measured_does_not_hold(tmp_path):
    asked = asking(tmp_path, key='"privacy.nearest"', kind='"privacy"')
    (line,) = asked.check({"privacy": {"nearest": None, "ceiling": {"nearest": None}}})
    assert line.passed is False


def test_a_share_of_a_sample_comes_with_what_it_says_of_all_frames():
    profile = Profile.open("generic")

    def line(found: float) -> str:
        metrics = {
            "privacy": {"share_recognised": 0.0, "share_upper": 0.0487},
            "continuity": {"face_found": found},
        }
        return next(
            each for each in profile.check(metrics) if each.ask.key == "privacy.share_recognised"
        ).words

    assert "holds, 0 measured, at most 0 asked; with 95 % confidence at most 4.9 %" in line(1.0)
    assert "readable" not in line(1.0)
    assert "no face was readable in 97 % of the frames" in line(0.03)


@pytest.mark.parametrize("name", ["generic", "parkinson", "palsy"])
def test_no_line_asks_what_a_sample_cannot_show(name):
    (ask,) = [a for a in Profile.open(name).asks if a.key == "privacy.share_recognised"]
    assert ask.high == 0
