"""Protocols, and where a guided recording stands."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.errors import FormatError, ParameterError
from mien.recording.checks.fault import Fault
from mien.recording.guided.guide import PATIENCE_S, Guide, Phase
from mien.recording.guided.protocol import open_protocol, shipped
from mien.video import Reader

SHORT = """
format = "mien recording protocol 1"
[title]
en = "Short"
de = "Kurz"
[[steps]]
id = "rest"
seconds = 1
repeats = 1
[steps.text]
en = "Rest."
de = "Ruhe."
[[steps]]
id = "smile"
seconds = 1
repeats = 0
allows = ["blurred"]
[steps.text]
en = "Smile."
de = "Lächeln."
"""


@pytest.fixture
def short(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    return path


@pytest.fixture
def guide(short):
    made = Guide("P1", open_protocol(str(short)))
    made.consent("form 1")
    return made


def run(guide, start, seconds, faults=()):
    """Ten moments a second."""
    for time in start + np.arange(0, seconds, 0.1):
        guide.update(float(time), faults)
    return start + seconds


@pytest.mark.parametrize("name", shipped())
def test_shipped_protocols_are_whole(name):
    protocol = open_protocol(name)
    assert protocol.source and 3 <= sum(len(t) > 3 for t in protocol.title.values()) + 1
    assert all(step.text["de"] != step.text["en"] for step in protocol.steps)
    assert 30 <= protocol.seconds <= 200


def test_the_protocols_of_the_field_are_there():
    assert set(shipped()) == {"mds-updrs-face", "facial-palsy", "blink", "expressions"}
    assert open_protocol("blink").steps[0].seconds == 120


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("protocol 1", "protocol 9"),
        ('id = "smile"', 'id = "rest"'),
        ("seconds = 1", "seconds = 0"),
        ('id = "rest"', 'id = "../x"'),
        ('"blurred"', '"nonsense"'),
        ('de = "Ruhe."', ""),
        ("repeats = 1", "repeats = true"),
        ("[title]", "extra = 1\n[title]"),
        ("[title]", "[title"),
    ],
)
def test_a_damaged_protocol_is_refused(short, old, new):
    short.write_text(SHORT.replace(old, new), encoding="utf-8")
    with pytest.raises(FormatError):
        open_protocol(str(short))


def test_nothing_is_recorded_without_consent_or_under_a_name(short):
    guide = Guide("P1", open_protocol(str(short)))
    run(guide, 0, 5)
    assert guide.phase is Phase.CONSENT and not guide.takes
    with pytest.raises(ParameterError, match="name"):
        Guide("Maria", open_protocol(str(short)))
    with pytest.raises(ParameterError):
        Guide("P1", open_protocol("blink"), "fr")


def test_all_goes_well(guide):
    run(guide, 0, 5)
    assert guide.phase is Phase.DONE
    assert [(t.step, t.good, t.kept) for t in guide.takes] == [
        ("rest", True, True), ("smile", True, True)
    ]  # fmt: skip
    assert guide.record()["complete"] and guide.record()["consent"]["statement"] == "form 1"


def test_it_waits_while_something_is_wrong_and_says_what(guide):
    run(guide, 0, 5, [Fault.TOO_DARK])
    assert guide.phase is Phase.READY and guide.words == Fault.TOO_DARK.words("en")


def test_a_fault_that_lasts_repeats_the_step_and_the_last_time_is_kept(guide):
    now = run(guide, 0, 1.3)
    assert guide.phase is Phase.RECORDING
    now = run(guide, now, 1.0, [Fault.TURNED])
    assert guide.phase is Phase.READY and not guide.takes[0].kept
    now = run(guide, now, 1.3)
    now = run(guide, now, 1.0, [Fault.TURNED])
    assert guide.takes[1].kept and not guide.takes[1].good
    assert guide.takes[1].faults["turned"] > 3
    assert guide.step.id == "smile"


def test_a_moment_is_no_reason_to_repeat_and_an_allowed_fault_is_none(guide):
    now = run(guide, 0, 1.3)
    now = run(guide, now, 0.3, [Fault.TURNED])
    now = run(guide, now, 1.0)
    assert guide.takes[0].kept
    run(guide, now, 3.0, [Fault.BLURRED])
    assert guide.phase is Phase.DONE and guide.takes[-1].good


def test_it_goes_on_where_a_fault_cannot_be_mended(guide):
    run(guide, 0, PATIENCE_S + 0.5, [Fault.SLOW])
    assert guide.phase is Phase.RECORDING


def test_a_clip_in_the_cameras_place(mien, make_clip, short, tmp_path):
    clip = make_clip(seconds=4.6, fps=25, width=240, height=240)
    out = tmp_path / "P1"
    words = ("record", "P1", "--replay", clip.path, "--protocol", short, "-o", out)
    refused = mien(*words)
    assert refused.exit_code == 2 and "--consent" in refused.stderr and not out.exists()
    ran = mien(*words, "--consent", "form 1", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["complete"]
    assert {p.name for p in out.iterdir()} == {"P1-rest.mp4", "P1-smile.mp4", "recording.json"}
    with Reader(out / "P1-rest.mp4") as made:
        assert 23 <= len(list(made)) <= 26
    again = mien(*words, "--consent", "form 1")
    assert again.exit_code == 6


def test_nobody_there_leaves_nothing(mien, make_clip, short, tmp_path):
    clip = make_clip(seconds=1.0, absent=((0.0, 1.0),))
    out = tmp_path / "P1"
    words = ("record", "P1", "--replay", clip.path, "--protocol", short, "--consent", "f", "-o")
    ran = mien(*words, out)
    assert ran.exit_code == 4 and "No step" in ran.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"short.toml"}
