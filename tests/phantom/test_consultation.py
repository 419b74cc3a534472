from __future__ import annotations

from encounters import encounter
from mien.encounter.observation import NEGATIVE
from mien.phantom.consultation import consultation, read_as_scripted


def test_feedback_has_enough_to_answer():
    script = consultation()
    negative = [
        *(spell for spell in script.patient if spell[2] in NEGATIVE),
        *(spell for spell in script.doctor if spell[2] in NEGATIVE),
    ]
    assert len(negative) >= 3
    assert all(end - start >= 4 for start, end, _ in negative)
    read = encounter(script.doctor, script.patient, 40)
    right, all_of = read_as_scripted(read, script)
    assert right == all_of > 60
