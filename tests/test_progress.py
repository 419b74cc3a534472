from __future__ import annotations

from mien.progress import staged_as


def test_a_name_stands_before_every_stage():
    told = []
    named = staged_as(lambda *words: told.append(words), "clip 2, ")
    assert named is not None
    named("reading", 3, None)
    assert told == [("clip 2, reading", 3, None)]


def test_nobody_is_told_of_a_stage_nobody_asked_for():
    assert staged_as(None, "clip 2, ") is None
