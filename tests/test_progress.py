from __future__ import annotations

from mien import progress
from mien.progress import staged_as


def test_a_name_stands_before_every_stage():
    told = []
    named = staged_as(lambda *words: told.append(words), "clip 2, ")
    assert named is not None
    named("reading", 3, None)
    assert told == [("clip 2, reading", 3, None)]


def test_nobody_is_told_of_a_stage_nobody_asked_for():
    assert staged_as(None, "clip 2, ") is None


class _Cell:
    """What stands under a cell of a notebook."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def update(self, content: dict[str, str], raw: bool) -> None:
        assert raw
        self.lines.append(content["text/plain"])

    def display(self, content: dict[str, str], raw: bool, display_id: bool) -> _Cell:
        self.update(content, raw)
        return self


def test_a_notebook_shows_a_line_that_goes_at_the_end():
    cell = _Cell()
    bar = progress.NotebookBar("visit.mp4", cell.display)
    bar("measuring", 0, 10)
    for done in range(1, 11):
        bar("measuring", done, 10)
    bar("choosing", 0, None)
    bar.close()
    assert cell.lines[0] == "visit.mp4" and cell.lines[-1] == ""
    assert "measuring" in cell.lines[1] and "10/10" in cell.lines[-3]
    assert cell.lines[-2] == "visit.mp4: choosing" and len(cell.lines) < 9


def test_elsewhere_nothing_is_shown_unless_it_is_asked_for():
    asked = []
    with progress.usual(None, "visit.mp4") as report:
        assert report is progress.silent
    with progress.usual(lambda *told: asked.append(told), "visit.mp4") as report:
        report("measuring", 1, 2)
    assert asked == [("measuring", 1, 2)] and not progress.in_notebook()
