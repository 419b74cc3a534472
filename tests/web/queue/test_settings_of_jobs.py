"""A clip is made as its job says, also by a job that an earlier version stored."""

from __future__ import annotations

import pytest

from mien.errors import EngineError
from mien.pipeline.settings import Settings
from mien.web.queue.tables import Kind
from mien.web.queue.tasks import Material, Task
from mien.web.works import deidentify as work
from mien.web.works import trying

OLD = {
    **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all", "subject": None},
    **{"voice": "mute", "compare": False, "time_s": 0.0},
}


@pytest.fixture
def made(monkeypatch, tmp_path, brief):
    """Settings with which a job de-identifies, by what it wants."""

    def of(do, **wanted) -> Settings:
        asked: list[Settings] = []

        def instead(source, output, settings, **_):
            asked.append(settings)
            raise EngineError("That is enough.")

        monkeypatch.setattr(f"{do.__module__}.deidentify", instead)
        clip = Material("a" * 32, "P07", brief.path, None, {})
        with pytest.raises(EngineError):
            do(Task(Kind.DEIDENTIFY, tmp_path, {**OLD, **wanted}, (clip,)), lambda *_: None)
        return asked[0]

    return of


def test_hands_and_how_many_frames_are_asked_about(made):
    old, new = made(work.render), made(work.render, hands="cover", audit="all")
    assert (old.hands, old.thoroughness.checked) == ("keep", Settings().thoroughness.checked)
    assert (new.hands, new.thoroughness.checked) == ("cover", None)


def test_a_moment_is_tried_with_the_hands_that_are_wanted(made):
    assert made(trying.try_moment).hands == "keep"
    assert made(trying.try_moment, hands="cover").hands == "cover"
