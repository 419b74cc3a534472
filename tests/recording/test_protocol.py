"""Protocols that can be followed, in both languages, and who a participant may be called."""

from __future__ import annotations

import pytest
from sessions import Camera

from mien.blendshapes.prototypes import FIVE, PROTOTYPES, SEVEN
from mien.errors import ParameterError
from mien.recording.capture import Capture
from mien.recording.protocol import Protocol
from mien.recording.pseudonym import pseudonym
from mien.recording.screen import Stage
from mien.recording.texts import INSTRUCTIONS, LANGUAGES, NAMED


@pytest.mark.parametrize("name", ["P017", "patient-3", "7", "a_1"])
def test_pseudonyms_pass(name):
    assert pseudonym(name) == name


@pytest.mark.parametrize("name", ["Anna", "Anna Muster 1", "a1@b.org", "", "-1", "../P1", "P1\n"])
def test_what_may_be_a_name_is_refused(name):
    with pytest.raises(ParameterError, match="pseudonym"):
        Capture(name)


def test_every_expression_has_texts_in_both_languages():
    assert set(INSTRUCTIONS) == set(PROTOTYPES)
    for language in LANGUAGES:
        for words in (FIVE, SEVEN):
            said = [Protocol(language=language).instruction(name) for name in words]
            assert len(set(said)) == len(said) and all(text.endswith(".") for text in said)
    german, english = (Protocol(language=language) for language in LANGUAGES)
    assert all(german.instruction(name) != english.instruction(name) for name in PROTOTYPES)
    assert "boredom" in english.instruction("boredom")
    own = Protocol(("boredom",), language="de", instructions={"boredom": {"de": "Gähnen Sie."}})
    made = Capture("P001", own)
    assert made.consent("form 12").text.startswith("Gähnen Sie.")
    assert made.record()["protocol"]["instructions"] == {"boredom": "Gähnen Sie."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_says_something(language):
    made = Capture("P001", Protocol(("neutral",), snapshots=2, language=language, settle_s=0.1))
    texts = [made.screen.text, made.consent("form 12").text, made.start().text]
    camera = Camera(made)
    texts.append(camera.see(30).text)
    assert made.screen.stage is Stage.DONE
    assert all(texts) and len(set(texts)) == 4


@pytest.mark.parametrize(
    "settings",
    [
        {"expressions": ()},
        {"expressions": ("fear", "fear")},
        {"expressions": ("a\tb",)},
        {"snapshots": 0},
        {"language": "fr"},
        {"fixation": (0.5, 1.5)},
        {"settle_s": -1.0},
        {"turn_deg": 0.0},
    ],
)
def test_bad_protocols_are_refused(settings):
    with pytest.raises(ParameterError):
        Protocol(**settings)


def test_every_expression_with_an_instruction_has_a_german_name():
    assert set(NAMED) == set(INSTRUCTIONS)
    protocol = Protocol(("surprised", "smirking"), language="de")
    assert [protocol.named(word) for word in protocol.expressions] == ["überrascht", "smirking"]
